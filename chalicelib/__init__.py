"""Storytime: stories of photographed pages, and the profiles of their readers."""

from chalicelib import cold_start

cold_start.prepare()  # before any other module is loaded
