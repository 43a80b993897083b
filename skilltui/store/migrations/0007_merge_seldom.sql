-- Every group of an import leaves a segment of the index. To merge them by four took a quarter of the time of indexing;
-- by sixteen it takes little, and searching that many is not felt.
INSERT INTO step_text (step_text, rank) VALUES ('automerge', 16);
INSERT INTO turn_text (turn_text, rank) VALUES ('automerge', 16);
