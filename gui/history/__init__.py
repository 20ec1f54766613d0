"""Revisions as a tree."""
