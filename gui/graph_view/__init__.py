"""The graph on a canvas."""

from gui.graph_view.view import GraphView

__all__ = ["GraphView"]
