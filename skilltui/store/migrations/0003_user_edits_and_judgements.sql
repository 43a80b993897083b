-- Whether the person changed what the agent proposed before they let it pass.
ALTER TABLE step ADD COLUMN user_edited INTEGER NOT NULL DEFAULT 0;

-- What a model was asked to judge, and when: nothing is asked twice, and a day's budget outlives a restart.
CREATE TABLE judgement (
    id INTEGER PRIMARY KEY,
    trajectory_id TEXT NOT NULL REFERENCES trajectory (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Empty where it gave none.
    answer TEXT NOT NULL,
    -- What the trajectory was like then; when it has changed, it may be asked again.
    state TEXT NOT NULL
) STRICT;
CREATE INDEX judgement_at ON judgement (at);
CREATE INDEX judgement_trajectory ON judgement (trajectory_id);
