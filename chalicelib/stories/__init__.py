"""Stories: their records, legal changes, ids, files and what they ask of AWS."""
