-- Capture: what was read, from where, and how far.
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    cursor TEXT NOT NULL,
    unknown TEXT NOT NULL DEFAULT '{}',
    gone INTEGER NOT NULL DEFAULT 0,
    read_at TEXT NOT NULL
) STRICT;

CREATE TABLE quarantine (
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (file_id, offset, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    native TEXT NOT NULL,
    path TEXT NOT NULL,
    project TEXT,
    model TEXT,
    started_at TEXT,
    last_at TEXT,
    -- Nothing was added for so long that its last trajectory was judged as over.
    settled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, native)
) STRICT;
CREATE INDEX session_last ON session (last_at);

CREATE TABLE session_file (
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    PRIMARY KEY (session_id, file_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE trajectory (
    id TEXT PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    request TEXT NOT NULL,
    project TEXT,
    model TEXT,
    started_at TEXT,
    ended_at TEXT,
    outcome TEXT NOT NULL,
    outcome_by TEXT NOT NULL,
    confidence REAL NOT NULL,
    evidence TEXT NOT NULL,
    fault TEXT,
    steps INTEGER NOT NULL,
    failed_steps INTEGER NOT NULL,
    corrections INTEGER NOT NULL,
    match_skill TEXT,
    match_score REAL,
    closing_text TEXT NOT NULL
) STRICT;
CREATE INDEX trajectory_session ON trajectory (session_id, ordinal);
CREATE INDEX trajectory_started ON trajectory (started_at);

CREATE TABLE step (
    id INTEGER PRIMARY KEY,
    trajectory_id TEXT NOT NULL REFERENCES trajectory (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    tool TEXT NOT NULL,
    args TEXT NOT NULL,
    ok INTEGER,
    error_kind TEXT,
    exit_code INTEGER,
    duration_ms INTEGER,
    output TEXT NOT NULL,
    at TEXT,
    file_id INTEGER REFERENCES file (id) ON DELETE SET NULL,
    UNIQUE (source, key)
) STRICT;
CREATE INDEX step_trajectory ON step (trajectory_id, seq);
CREATE INDEX step_file ON step (file_id);

-- A file that repeats a step of another one (a fork, a resumed session): counted for the file, stored once.
CREATE TABLE sighting (
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    step_id INTEGER NOT NULL REFERENCES step (id) ON DELETE CASCADE,
    PRIMARY KEY (file_id, step_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    trajectory_id TEXT NOT NULL REFERENCES trajectory (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    after_step INTEGER NOT NULL,
    at TEXT,
    UNIQUE (source, key)
) STRICT;
CREATE INDEX turn_trajectory ON turn (trajectory_id);

CREATE TABLE skill_use (
    trajectory_id TEXT NOT NULL REFERENCES trajectory (id) ON DELETE CASCADE,
    skill TEXT NOT NULL,
    hash TEXT,
    PRIMARY KEY (trajectory_id, skill)
) STRICT, WITHOUT ROWID;
CREATE INDEX skill_use_skill ON skill_use (skill, hash);

-- Gaps.
CREATE TABLE gap (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    kind TEXT NOT NULL,
    need TEXT NOT NULL,
    project TEXT,
    top_skill TEXT,
    top_score REAL,
    skill TEXT,
    snoozed_until TEXT
) STRICT;

CREATE TABLE gap_request (
    id INTEGER PRIMARY KEY,
    gap_id TEXT NOT NULL REFERENCES gap (id) ON DELETE CASCADE,
    trajectory_id TEXT UNIQUE REFERENCES trajectory (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    at TEXT
) STRICT;
CREATE INDEX gap_request_gap ON gap_request (gap_id);

-- Versions: blobs by hash, states that point at them, proposals, and the log of what was done.
CREATE TABLE blob (
    hash TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE skill (
    name TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    level TEXT NOT NULL,
    origin TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
    skill TEXT NOT NULL REFERENCES skill (name),
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    parent INTEGER,
    blob TEXT REFERENCES blob (hash),
    hash TEXT,
    engine TEXT NOT NULL,
    model TEXT,
    created_at TEXT NOT NULL,
    accepted_edits TEXT NOT NULL DEFAULT '[]',
    refused_edits TEXT NOT NULL DEFAULT '[]',
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (skill, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposal (
    skill TEXT NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (skill, number),
    FOREIGN KEY (skill, number) REFERENCES version (skill, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    skill TEXT NOT NULL,
    version INTEGER,
    detail TEXT NOT NULL,
    undone_by INTEGER REFERENCES operation (id)
) STRICT;
CREATE INDEX operation_skill ON operation (skill, id);
