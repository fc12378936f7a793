-- The last synchronisation of each collection.
CREATE TABLE syncs (
    collection text PRIMARY KEY,
    finished_at text NOT NULL,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    removed bigint NOT NULL,
    unchanged bigint NOT NULL,
    skipped bigint NOT NULL
);

-- Vectors that were paid for, as little-endian 32-bit floats.
CREATE TABLE embeddings (
    key text PRIMARY KEY,
    vector bytea NOT NULL,
    used_at text NOT NULL
);

CREATE INDEX embeddings_by_use ON embeddings (used_at);

-- What was spent; rows are added, never changed.
CREATE TABLE ledger (
    id text PRIMARY KEY,
    at text NOT NULL,
    purpose text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens bigint NOT NULL,
    cost_micro_usd bigint NOT NULL,
    estimated bigint NOT NULL
);

CREATE INDEX ledger_by_time ON ledger (at);
