-- What a dismissed gap keeps of requests that were forgotten: keyed hashes, so that their kind does not come back.
CREATE TABLE gap_memory (
    gap_id TEXT NOT NULL REFERENCES gap (id) ON DELETE CASCADE,
    marks TEXT NOT NULL, -- JSON: for each term its weight and its hashes
    PRIMARY KEY (gap_id, marks)
) STRICT, WITHOUT ROWID;
