-- What the place belongs to where a question was asked, the nearest first, as JSON: a channel's category and its server.
ALTER TABLE questions ADD COLUMN within_places text NOT NULL DEFAULT '[]';
