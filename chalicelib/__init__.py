"""Storytime: stories of photographed pages, and the profiles of their readers."""
