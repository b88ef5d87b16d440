"""Measures how well Storytime does, as ratios side by side on the same machine in one run."""
