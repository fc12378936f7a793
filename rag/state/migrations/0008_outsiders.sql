-- Whoever asked reads only what is public (1): a guest, somebody of another organisation, or who writes where they read along.
ALTER TABLE questions ADD COLUMN is_outside bigint NOT NULL DEFAULT 0;
