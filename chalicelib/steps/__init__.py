"""What happens to a story, one file for each step, in pipeline order."""
