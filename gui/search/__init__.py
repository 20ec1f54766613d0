"""Searching the layers of a model."""
