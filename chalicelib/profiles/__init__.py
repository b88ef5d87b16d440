"""Profile photos: one clear face, registered once; a workflow of Step Functions."""
