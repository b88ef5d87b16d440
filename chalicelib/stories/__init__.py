"""Stories: records, legal changes, ids, keys, queues, and the ports to AWS."""
