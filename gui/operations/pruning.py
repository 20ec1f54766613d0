"""Acts of pruning besides its methods: the preview beside the graph, locks, coupled layers."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from gui.act.dialog import MethodDialog
from gui.desk import Desk
from gui.pruning.couplings import Coupled
from gui.pruning.on_graph import PruningOnGraph

_GAP = 8


def bind(desk: Desk) -> None:
    """Made once, lives as long as the window."""
    coupled = Coupled(desk.state, desk.jobs, desk.window)
    desk.kept.extend((coupled, PruningOnGraph(desk.state, desk.window.graphs.view, coupled, desk.editing.fold)))


def coupled_of(desk: Desk) -> Coupled:
    """The window's one memory of channel groups."""
    return next(kept for kept in desk.kept if isinstance(kept, Coupled))


def on_graph(desk: Desk) -> PruningOnGraph:
    """What shows pruning on the window's graph."""
    return next(kept for kept in desk.kept if isinstance(kept, PruningOnGraph))


def show_live(desk: Desk, dialog: MethodDialog) -> None:
    """Beside the graph, which stays in use; what it would do is on the graph until it is closed."""
    on_graph(desk).follow(dialog)
    dialog.show()
    _place(desk, dialog)


def _place(desk: Desk, dialog: MethodDialog) -> None:
    """Over the panels on the left, so that the graph and the inspector can be seen and used."""
    window = desk.window
    top = window.pages.mapToGlobal(QPoint(0, 0)).y()
    left = window.mapToGlobal(QPoint(_GAP, 0)).x()
    dialog.resize(dialog.width(), min(dialog.height(), window.mapToGlobal(window.rect().bottomLeft()).y() - top - 40))
    dialog.move(left, top + _GAP)
