"""The steps of a story, and the requests about it: one file for each."""
