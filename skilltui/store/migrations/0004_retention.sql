-- What may not be stored (again), named by hashes alone: nothing of what was forgotten or withheld can be read here.
CREATE TABLE barred (
    kind TEXT NOT NULL, -- session, file, trajectory (its id, a hash as well), rules, shred (bytes are left to clear)
    key TEXT NOT NULL,
    why TEXT NOT NULL, -- "forgotten", or the setting that withholds it; of rules, their fingerprint
    asked TEXT, -- the hash of what a person named when they had it forgotten
    session TEXT, -- of a file or a trajectory: its session's key
    file TEXT, -- of a session: the key of the file that it stands in
    ordinal INTEGER, -- of a trajectory: its place in the session
    at TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX barred_session ON barred (session);

-- Trajectories whose text was cut down to keep the store under its cap. 1: outputs, 2: arguments as well.
CREATE TABLE trimmed (
    trajectory_id TEXT PRIMARY KEY REFERENCES trajectory (id) ON DELETE CASCADE,
    level INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
