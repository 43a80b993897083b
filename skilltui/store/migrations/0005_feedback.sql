-- Whether the person changed what the agent proposed before they let it pass.
ALTER TABLE step ADD COLUMN user_edited INTEGER NOT NULL DEFAULT 0;
