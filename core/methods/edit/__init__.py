"""Edits by hand as a step that is stored, replayed and undone like every other act."""
