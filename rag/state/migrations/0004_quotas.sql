-- Quotas: `subject` says whose (`user:U1`, `everything`), `measure` what is counted in which window (`usd_per_day`).
-- What was used, by the bucket of time that it counts in.
CREATE TABLE quota_used (
    subject text NOT NULL,
    measure text NOT NULL,
    since text NOT NULL,
    until text NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (subject, measure, since, until)
);

-- Work under way, and what is booked if nobody settles it before its lease is over.
CREATE TABLE reservations (
    id text PRIMARY KEY,
    made_at text NOT NULL,
    expires_at text NOT NULL,
    micro_usd bigint NOT NULL,
    expense text NOT NULL
);

CREATE INDEX reservations_by_end ON reservations (expires_at);

-- What each reservation holds of which quota.
CREATE TABLE quota_held (
    reservation text NOT NULL REFERENCES reservations (id) ON DELETE CASCADE,
    subject text NOT NULL,
    measure text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (reservation, subject, measure)
);

CREATE INDEX quota_held_by_quota ON quota_held (subject, measure, amount);

-- Limits that were changed while the bot ran; those without an end are in force. `target` is a subject, or `user:*`,
-- or `role:NAME`; no amount is no limit.
CREATE TABLE quota_changes (
    id text PRIMARY KEY,
    at text NOT NULL,
    who text NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    measure text NOT NULL,
    amount bigint,
    expires_at text,
    ended_at text
);

CREATE INDEX quota_changes_by_target ON quota_changes (target, ended_at);

-- Thresholds of budgets that were reached, once each in a window.
CREATE TABLE quota_events (
    subject text NOT NULL,
    measure text NOT NULL,
    since text NOT NULL,
    threshold text NOT NULL,
    amount bigint NOT NULL,
    limit_amount bigint NOT NULL,
    at text NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (subject, measure, since, threshold, amount)
);

-- Who asked where, which call it was, and how sure its cost is: `actual`, `estimate`, or `unconfirmed` where the process
-- that made the call died. `calls` is more than 1 where old entries were summed up, `questions` those that ended here.
ALTER TABLE ledger ADD COLUMN user_id text;
ALTER TABLE ledger ADD COLUMN channel text;
ALTER TABLE ledger ADD COLUMN workspace text;
ALTER TABLE ledger ADD COLUMN asked_model text;
ALTER TABLE ledger ADD COLUMN cache_write_long_tokens bigint;
ALTER TABLE ledger ADD COLUMN rung text;
ALTER TABLE ledger ADD COLUMN latency_ms bigint;
ALTER TABLE ledger ADD COLUMN attempt bigint;
ALTER TABLE ledger ADD COLUMN certainty text NOT NULL DEFAULT 'actual';
ALTER TABLE ledger ADD COLUMN calls bigint NOT NULL DEFAULT 1;
ALTER TABLE ledger ADD COLUMN questions bigint;

UPDATE ledger SET certainty = 'estimate' WHERE estimated = 1;
CREATE INDEX ledger_by_reference ON ledger (reference);
