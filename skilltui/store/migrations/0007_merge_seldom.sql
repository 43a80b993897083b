-- Every group of an import leaves a segment of the index. To merge them by four took a quarter of the time of indexing;
-- by eight it takes half as much, and no commit pays for sixteen at once.
INSERT INTO step_text (step_text, rank) VALUES ('automerge', 8);
INSERT INTO turn_text (turn_text, rank) VALUES ('automerge', 8);
