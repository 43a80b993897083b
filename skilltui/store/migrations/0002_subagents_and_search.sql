-- Subagents: the session whose agent started this one, and the trajectory that its work belongs to.
ALTER TABLE session ADD COLUMN parent TEXT;
ALTER TABLE session ADD COLUMN host TEXT REFERENCES trajectory (id) ON DELETE SET NULL;
CREATE INDEX session_parent ON session (source, parent) WHERE parent IS NOT NULL;
ALTER TABLE step ADD COLUMN agent TEXT;

-- Full text of what was said and done. The texts themselves stay where they are.
CREATE VIRTUAL TABLE step_text USING fts5 (
    args, output, content = 'step', content_rowid = 'id', columnsize = 0
);
CREATE VIRTUAL TABLE turn_text USING fts5 (text, content = 'turn', content_rowid = 'id', columnsize = 0);
-- An import writes much at once: fewer, larger segments need less merging.
INSERT INTO step_text (step_text, rank) VALUES ('hashsize', 67108864);
INSERT INTO step_text (step_text) VALUES ('rebuild');
INSERT INTO turn_text (turn_text) VALUES ('rebuild');

CREATE TRIGGER step_told AFTER INSERT ON step BEGIN
    INSERT INTO step_text (rowid, args, output) VALUES (new.id, new.args, new.output);
END;
CREATE TRIGGER step_retold AFTER UPDATE OF args, output ON step
WHEN old.output IS NOT new.output OR old.args IS NOT new.args BEGIN
    INSERT INTO step_text (step_text, rowid, args, output) VALUES ('delete', old.id, old.args, old.output);
    INSERT INTO step_text (rowid, args, output) VALUES (new.id, new.args, new.output);
END;
CREATE TRIGGER step_untold AFTER DELETE ON step BEGIN
    INSERT INTO step_text (step_text, rowid, args, output) VALUES ('delete', old.id, old.args, old.output);
END;
CREATE TRIGGER turn_told AFTER INSERT ON turn BEGIN
    INSERT INTO turn_text (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER turn_untold AFTER DELETE ON turn BEGIN
    INSERT INTO turn_text (turn_text, rowid, text) VALUES ('delete', old.id, old.text);
END;
