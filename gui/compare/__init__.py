"""Figures of revisions and files side by side."""
