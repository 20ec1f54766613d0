"""Acts of pruning besides its methods: the preview beside the graph, locks, coupled layers."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from core.model.editing.locks import Lock, LockSeveral, Unlock, UnlockSeveral
from core.model.model import is_locked, layer_name
from gui.act.dialog import MethodDialog
from gui.desk import Desk
from gui.editing import target
from gui.graph_view.known import known
from gui.operations.folded import folded
from gui.pruning.couplings import Coupled, Couplings
from gui.pruning.on_graph import PruningOnGraph
from gui.words import tr

_GAP, _LEAST = 8, 240


def bind(desk: Desk) -> None:
    """Made once, lives as long as the window."""
    inspector, coupled = desk.window.inspector, Coupled(desk.state, desk.jobs, desk.window)
    inspector.couplings = coupled.want
    coupled.changed.connect(inspector.look_at_channels)
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
    _make_room(desk, dialog)
    dialog.moved.connect(lambda: _make_room(desk, dialog))
    dialog.finished.connect(lambda _: desk.window.graphs.view.keep_clear(0))


# locks and what is coupled ------------------------------------------------------------------------------------------


def lock(desk: Desk) -> None:
    """Keep the channels of the selected layers, whatever is pruned; one step to undo."""
    names = [layer_name(node) for node in target.layers(desk) if not is_locked(node)]
    if names:
        desk.editing.do(Lock(names[0]) if len(names) == 1 else LockSeveral(tuple(names)))


def unlock(desk: Desk) -> None:
    names = [layer_name(node) for node in target.layers(desk) if is_locked(node)]
    if names:
        desk.editing.do(Unlock(names[0]) if len(names) == 1 else UnlockSeveral(tuple(names)))


@folded
def select_coupled(desk: Desk) -> None:
    """The selected layers and all that are coupled to them; the groups may have to be found first."""
    chosen = list(desk.state.selected)

    def ready(found: Couplings) -> None:
        if found.failure:
            desk.errors.say("info", found.failure)
        elif desk.state.selected == chosen:
            shown = set(known(desk.state.model).layers) if desk.state.model is not None else set()
            more = [name for name in found.layers if name in found.coupled(chosen) and name in shown]
            desk.state.select([*chosen, *more])
            if not more:
                desk.errors.say("info", tr("No other layer is coupled to what is selected."))

    coupled_of(desk).when_known(ready)


def toggle_coupled(desk: Desk) -> None:
    shown = on_graph(desk)
    shown.show_coupled(not shown.always)


def _place(desk: Desk, dialog: MethodDialog) -> None:
    """Over the panels on the left, so that the graph and the inspector can be seen and used."""
    window = desk.window
    top = window.pages.mapToGlobal(QPoint(0, 0)).y()
    left = window.mapToGlobal(QPoint(_GAP, 0)).x()
    dialog.resize(dialog.width(), min(dialog.height(), window.mapToGlobal(window.rect().bottomLeft()).y() - top - 40))
    dialog.move(left, top + _GAP)


def _make_room(desk: Desk, dialog: MethodDialog) -> None:
    """What of the graph the dialog covers from its left end is left empty, as long as enough remains."""
    view = desk.window.graphs.view
    covered = dialog.frameGeometry().right() + _GAP - view.mapToGlobal(QPoint(0, 0)).x()
    starts_left = dialog.frameGeometry().left() <= view.mapToGlobal(QPoint(0, 0)).x()
    wanted = covered if starts_left and 0 < covered < view.width() - _LEAST else 0
    view.keep_clear(wanted if dialog.isVisible() else 0)
