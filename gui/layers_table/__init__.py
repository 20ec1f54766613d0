"""The layers as a table."""

from gui.layers_table.view import LayersTable

__all__ = ["LayersTable"]
