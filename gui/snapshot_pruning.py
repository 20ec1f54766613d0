"""Pictures of pruning: the preview beside the graph, what is coupled and locked, a scope that lacks layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from core.methods.method import load_methods
from gui import theme
from gui.act.dialog import MethodDialog
from gui.actions import PRUNE
from gui.desk import Desk
from gui.number_edit import NumberEdit
from gui.operations import act, looking, pruning
from gui.words import tr

_LARGE, _SMALL = QSize(1600, 1000), QSize(1120, 720)
_SHARE = 0.6


class Draws(Protocol):
    """What this needs of the one who draws (:class:`gui.snapshot.Artist`)."""

    def settle(self) -> None: ...

    def draw(self, name: str, look: str, widget: QWidget | None = None) -> None: ...


def draw_pruning(desk: Desk, artist: Draws, folder: Path, look: str) -> None:
    """Everything in one look; the window and the graph are afterwards as they were."""
    model = desk.state.model
    first = next((n.name for n in model.nodes() if n.op_type in ("Conv", "Gemm") and n.name), "") if model else ""
    if not first or not desk.actions["method.prune.channels"].isEnabled():
        return
    window, size = desk.window, desk.window.size()
    looking.show_graph(desk)
    for name, wanted in (("", _LARGE), ("_small", _SMALL)):
        window.resize(wanted)
        artist.settle()
        _preview(desk, artist, first, partial(_compose, desk, folder, f"{name}_{look}"))
    window.resize(size)
    _locked(desk, artist, first, look)
    menu = next((m for m in window.menuBar().findChildren(QMenu) if m.title() == tr(PRUNE)), None)
    if menu is not None:
        menu.popup(window.mapToGlobal(QPoint(0, 0)))
        artist.settle()
        artist.draw("menu_prune", look, menu)
        menu.hide()
    artist.settle()


def _preview(desk: Desk, artist: Draws, first: str, draw: Callable[[str], None]) -> None:
    desk.state.select([first])
    desk.window.graphs.view.go_to_input()
    act.choose(desk, load_methods().get("prune.channels"))
    artist.settle()
    dialog = pruning.on_graph(desk).dialog
    if dialog is None:
        return
    ratio = dialog.form.rows["ratio"].editor
    assert isinstance(ratio, NumberEdit)
    ratio.set_value(_SHARE)
    artist.settle()
    shown = desk.window.graphs.view.channels()
    desk.window.graphs.view.reveal(next((k for k, (before, after) in shown.widths.items() if after < before), first))
    artist.settle()
    draw("preview")
    desk.state.select([first])
    desk.window.graphs.view.go_to_input()
    dialog.scope.selected.setChecked(True)
    artist.settle()
    draw("scope")
    dialog.reject()
    artist.settle()


def _locked(desk: Desk, artist: Draws, first: str, look: str) -> None:
    """A layer that the user has locked, coupled layers shown, and the inspector's section open."""
    pruning.toggle_coupled(desk)
    pruning.lock(desk)
    folds = desk.window.inspector.folds
    was_open = folds.is_open("channels", False)
    folds.set_open("channels", True)
    desk.state.select([])
    desk.state.select([first])
    artist.settle()
    desk.window.inspector.ensureWidgetVisible(desk.window.inspector.page.sections["channels"])
    artist.draw("prune_locked", look)
    folds.set_open("channels", was_open)
    pruning.toggle_coupled(desk)
    desk.editing.undo()
    artist.settle()


def _compose(desk: Desk, folder: Path, name: str, state: str) -> None:
    """The window with the dialog where it stands over it."""
    window = desk.window
    whole: QPixmap = window.grab()
    painter = QPainter(whole)
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible() and isinstance(dialog, MethodDialog):
            place = dialog.rect().translated(window.mapFromGlobal(dialog.mapToGlobal(QPoint(0, 0))))
            painter.drawPixmap(place.topLeft(), dialog.grab())
            painter.setPen(theme.color("faint"))  # a desktop draws a frame around it
            painter.drawRect(place)
    painter.end()
    whole.save(str(folder / f"prune_{state}{name}.png"))
