-- Answers that may be given again, as JSON. `gist` is where questions that mean the same look.
CREATE TABLE answers (
    key text PRIMARY KEY,
    gist text,
    entry text NOT NULL,
    made_at text NOT NULL
);

CREATE INDEX answers_by_gist ON answers (gist);
CREATE INDEX answers_by_age ON answers (made_at);
