-- How questions ended, for reports: the task, the model that answered (`provider/model`), why that rung, and the cost.
-- `is_question`: it is answered from the documents, whatever its words look like.
ALTER TABLE questions ADD COLUMN is_question bigint NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN task text;
ALTER TABLE questions ADD COLUMN model text;
ALTER TABLE questions ADD COLUMN reason text;
ALTER TABLE questions ADD COLUMN cost_micro_usd bigint;

CREATE INDEX questions_without_answer ON questions (asked_at) WHERE reason = 'nothing_relevant';

-- What admins chose while the bot ran: a model for a place, or where they are told of alerts. The configuration holds
-- where nothing is in force; no value is a return to it.
CREATE TABLE choices (
    id text PRIMARY KEY,
    at text NOT NULL,
    who text NOT NULL,
    kind text NOT NULL,
    place text NOT NULL,
    value text,
    ended_at text
);

CREATE INDEX choices_in_force ON choices (kind, place) WHERE ended_at IS NULL;

-- What is wrong, or was, by what it is (`alert`). `detail` is its figures as JSON, `seers` the processes that see it, as
-- JSON; it is over (`resolved_at`) when none of them sees it any more. `told_at` is when it was told last, and `is_owed`
-- says that this was its beginning: its end is told, too.
CREATE TABLE alerts (
    alert text PRIMARY KEY,
    detail text NOT NULL,
    seers text NOT NULL,
    raised_at text NOT NULL,
    told_at text,
    is_owed bigint NOT NULL DEFAULT 0,
    resolved_at text
);

CREATE INDEX alerts_open ON alerts (alert) WHERE resolved_at IS NULL;
CREATE INDEX alerts_by_end ON alerts (resolved_at);

-- Alerts look for the budgets whose thresholds were reached in the windows that are open.
CREATE INDEX quota_events_by_window ON quota_events (since, subject);
CREATE INDEX quota_events_by_time ON quota_events (at);

-- What is to be posted without having been asked for: reports and alerts. `state` goes waiting, posted, or given_up; the
-- row `report` is a mark: since when reports are wanted, and which day was written last. `owner` has a notice in hand,
-- `due_at` is when it is tried next, and of one `topic` the older comes first.
CREATE TABLE notices (
    id text PRIMARY KEY,
    topic text NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    platform text NOT NULL,
    place text NOT NULL,
    state text NOT NULL,
    owner text NOT NULL,
    tries bigint NOT NULL,
    made_at text NOT NULL,
    due_at text NOT NULL,
    ended_at text
);

CREATE INDEX notices_waiting ON notices (platform, topic, made_at) WHERE state = 'waiting';
CREATE INDEX notices_by_end ON notices (ended_at);
