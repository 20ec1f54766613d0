"""Edits of the graph by hand: the session on the current revision, and the forms and menus that lead to it."""
