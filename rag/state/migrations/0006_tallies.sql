-- What an answer that cost nothing would have cost.
ALTER TABLE ledger ADD COLUMN saved_micro_usd bigint NOT NULL DEFAULT 0;

-- Which entry a question counts at, so that it counts once however many calls it took, whatever is added up: its first
-- one (`questions`), its first one of a model or of a provider, and the one that ended it. Of an older ragbot's entries
-- nobody has said it yet, and they are in no tally.
ALTER TABLE ledger ADD COLUMN model_questions bigint;
ALTER TABLE ledger ADD COLUMN provider_questions bigint;
ALTER TABLE ledger ADD COLUMN ended_questions bigint;
CREATE INDEX ledger_untallied ON ledger (at) WHERE model_questions IS NULL;

-- The ledger's sums by day, kept so that nobody who asks waits until it is read through. `day` is when a day begins,
-- `kind` what the sums are broken down by, `key` one of that kind, and empty where that is not known.
CREATE TABLE tallies (
    day text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    questions bigint NOT NULL,
    micro_usd bigint NOT NULL,
    unconfirmed_micro_usd bigint NOT NULL,
    estimated_micro_usd bigint NOT NULL,
    saved_micro_usd bigint NOT NULL,
    calls bigint NOT NULL,
    failed bigint NOT NULL,
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint,
    cache_write_tokens bigint,
    cache_write_long_tokens bigint,
    thinking_tokens bigint,
    PRIMARY KEY (day, subject, kind, key)
);

-- The same for one user, one channel or one workspace each. There are many more of these, and the few rows above would
-- lie scattered among them.
CREATE TABLE tallies_within (
    day text NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    questions bigint NOT NULL,
    micro_usd bigint NOT NULL,
    unconfirmed_micro_usd bigint NOT NULL,
    estimated_micro_usd bigint NOT NULL,
    saved_micro_usd bigint NOT NULL,
    calls bigint NOT NULL,
    failed bigint NOT NULL,
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint,
    cache_write_tokens bigint,
    cache_write_long_tokens bigint,
    thinking_tokens bigint,
    PRIMARY KEY (day, subject, kind, key)
);

CREATE INDEX tallies_by_user ON tallies (key) WHERE kind = 'user';
CREATE INDEX tallies_within_by_user ON tallies_within (key) WHERE kind = 'user';

-- The time zone whose days the tallies are of: one row, and none before they are made.
CREATE TABLE tallies_zone (
    zone text NOT NULL
);
