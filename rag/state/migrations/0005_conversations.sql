-- Conversations: `state` is active, muted or handed_over; no row is a conversation that nobody has begun.
CREATE TABLE conversations (
    platform text NOT NULL,
    place text NOT NULL,
    thread text NOT NULL,
    state text NOT NULL,
    active_at text NOT NULL,
    PRIMARY KEY (platform, place, thread)
);

CREATE INDEX conversations_by_age ON conversations (active_at);

-- The journal: every message that was taken. `state` goes accepted, answering, delivered, or retracted; `owner` is the
-- process that has it in hand, `address` where the platform shows the reply, `wish` what another process asks of the
-- owner. Who asked it again pays for that (`payer`), for another answer than the first perhaps. `said` is what the bot said that later questions may lean on, `answer` how it came about, as JSON.
CREATE TABLE questions (
    reference text PRIMARY KEY,
    platform text NOT NULL,
    place text NOT NULL,
    thread text NOT NULL,
    message text NOT NULL,
    author text NOT NULL,
    workspace text NOT NULL,
    roles text NOT NULL,
    locale text NOT NULL,
    question text NOT NULL,
    state text NOT NULL,
    owner text NOT NULL,
    address text NOT NULL,
    is_resumable bigint NOT NULL,
    resumed bigint NOT NULL,
    refused bigint NOT NULL DEFAULT 0,
    wish text,
    is_another bigint NOT NULL DEFAULT 0,
    payer text,
    outcome text,
    said text,
    answer text,
    asked_at text NOT NULL,
    taken_at text NOT NULL,
    UNIQUE (platform, place, message)
);

CREATE INDEX questions_by_thread ON questions (platform, place, thread, asked_at);
CREATE INDEX questions_by_state ON questions (state);
CREATE INDEX questions_by_age ON questions (asked_at);
CREATE INDEX questions_by_author ON questions (author);
CREATE INDEX questions_by_payer ON questions (payer) WHERE payer IS NOT NULL;

-- Processes by the numbers of their locks: a number whose `life` is another's was freed by a death.
CREATE TABLE processes (
    number bigint PRIMARY KEY,
    life text NOT NULL
);

-- Events that were delivered, by the platform's ids.
CREATE TABLE events (
    event text PRIMARY KEY,
    at text NOT NULL
);

CREATE INDEX events_by_age ON events (at);

-- What people thought of answers: `good` or `bad`, and what was wrong; with the question, whose reference changes when it
-- is asked again.
CREATE TABLE feedback (
    reference text NOT NULL,
    author text NOT NULL,
    platform text NOT NULL,
    place text NOT NULL,
    message text NOT NULL,
    asker text,
    question text,
    verdict text NOT NULL,
    reason text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (reference, author)
);

CREATE INDEX feedback_by_age ON feedback (at);
CREATE INDEX feedback_by_author ON feedback (author);
CREATE INDEX feedback_by_asker ON feedback (asker);
CREATE INDEX feedback_by_message ON feedback (platform, place, message);
