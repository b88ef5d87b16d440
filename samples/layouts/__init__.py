"""Labelled pages of many layouts: what stands where, what is read aloud, and what is skipped."""
