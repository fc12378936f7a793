-- What calls to chat models were for, what they used, and what became of them.
ALTER TABLE ledger ADD COLUMN output_tokens bigint;
ALTER TABLE ledger ADD COLUMN cached_input_tokens bigint;
ALTER TABLE ledger ADD COLUMN cache_write_tokens bigint;
ALTER TABLE ledger ADD COLUMN thinking_tokens bigint;
ALTER TABLE ledger ADD COLUMN task text;
ALTER TABLE ledger ADD COLUMN outcome text;
ALTER TABLE ledger ADD COLUMN reference text;

-- The day's sum is read from the index alone.
DROP INDEX ledger_by_time;
CREATE INDEX ledger_by_time ON ledger (at, cost_micro_usd);
