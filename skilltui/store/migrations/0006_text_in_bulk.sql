-- What is inserted is indexed by whoever inserts it, many rows in one statement: a trigger a row takes half as long
-- again. And the index keeps which rows hold a word, no longer where in them: half as long again, and a fifth of the file.
DROP TRIGGER step_told;
DROP TRIGGER turn_told;
DROP TABLE step_text;
DROP TABLE turn_text;
CREATE VIRTUAL TABLE step_text USING fts5 (
    args, output, content = 'step', content_rowid = 'id', columnsize = 0, detail = none
);
CREATE VIRTUAL TABLE turn_text USING fts5 (
    text, content = 'turn', content_rowid = 'id', columnsize = 0, detail = none
);
INSERT INTO step_text (step_text, rank) VALUES ('hashsize', 67108864);
INSERT INTO step_text (step_text) VALUES ('rebuild');
INSERT INTO turn_text (turn_text) VALUES ('rebuild');
