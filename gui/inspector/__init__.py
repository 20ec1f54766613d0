"""Everything known of the selected layers."""

from gui.inspector.view import Inspector

__all__ = ["Inspector"]
