"""Pruning on the graph: what a plan would leave of every layer, which layers are coupled, whose channels stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer

from core.methods.method import Plan
from core.model.editing.changes import Changes
from core.model.model import is_locked
from gui.act.dialog import MethodDialog
from gui.app_state import AppState
from gui.graph_view.channels import Channels
from gui.graph_view.view import GraphView
from gui.pruning.couplings import Coupled, locked_by_user
from gui.words import tr

Fold = Callable[[Callable[[], object]], None]


class PruningOnGraph(QObject):
    """While a dialog that cuts channels is followed, or coupled layers are to be shown anyway, locks and what is
    coupled to the selection are on the graph; what the user has locked always is."""

    def __init__(self, state: AppState, view: GraphView, coupled: Coupled, fold: Fold) -> None:
        """``fold`` makes edits by hand a revision and then does something: plans are made of revisions."""
        super().__init__(view)
        self._state, self._view, self._coupled, self._fold = state, view, coupled, fold
        self.dialog: MethodDialog | None = None
        self.always = False
        self._cuts = False  # whether the dialog's act changes channels, as its plans tell
        self._sizes: Mapping[str, tuple[int, int, str]] = {}
        self._locked: frozenset[str] | None = None  # by the user; None where the whole graph has to be asked
        self._late = QTimer(self, interval=0, singleShot=True)
        self._late.timeout.connect(self._show)
        state.opened.connect(self._moved)
        state.moved.connect(self._moved)
        state.edited.connect(self._edited)
        state.selection_changed.connect(self._selected)
        coupled.changed.connect(self._late.start)

    @property
    def on(self) -> bool:
        return self.always or self._cuts

    def show_coupled(self, always: bool) -> None:
        """Whether coupled and locked layers are shown without a dialog too."""
        self.always = always
        self._show()

    def follow(self, dialog: MethodDialog) -> None:
        """Show what the dialog plans until it is closed; then everything is as before.

        Another dialog gives way. It closes when another revision is shown, and asks again after an edit by hand.
        """
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog, self._cuts = dialog, False
        dialog.planned.connect(self._planned)
        dialog.scope.changed.connect(self._late.start)
        dialog.scope.include.connect(self._include)
        dialog.finished.connect(lambda _: self._leave(dialog))
        self._show()

    def _planned(self, plan: Plan | None) -> None:
        self._sizes = plan.sizes if plan is not None else {}
        self._cuts = self._cuts or bool(self._sizes)
        self._show()

    def _moved(self) -> None:
        self._locked = None
        if self.dialog is not None:
            self.dialog.reject()
        self._late.start()

    def _edited(self, changes: Changes) -> None:
        if self._locked or changes.whole or any(is_locked(node) for node in changes.layers):
            self._locked = None
        if self.dialog is not None:
            self._fold(self.dialog.look_again)
        self._late.start()

    def _selected(self, names: list[str]) -> None:
        if self.dialog is not None:
            self.dialog.scope.set_selected(names)
            if self.dialog.otherwise is not None:
                self.dialog.otherwise.set_selected(names)
        self._late.start()

    def _include(self) -> None:
        """Take the layers in that keep groups from being cut; they are then selected, and seen to be."""
        found, dialog = self._coupled.current, self.dialog
        if found is None or dialog is None:
            return
        inside = dialog.scope.inside()
        self._state.select([*inside, *found.missing(inside)])
        dialog.scope.selected.setChecked(True)

    def _leave(self, dialog: MethodDialog) -> None:
        if self.dialog is dialog:
            self.dialog, self._cuts, self._sizes = None, False, {}
            self._show()

    def _show(self) -> None:
        self._late.stop()
        if self._locked is None:
            self._locked = locked_by_user(self._state.model)
        locks = dict.fromkeys(self._locked, tr("locked by you"))
        widths: dict[str, tuple[int, int]] = {}
        coupled: frozenset[str] = frozenset()
        if self.on and self._state.model is not None:
            found = self._coupled.want()
            if found is not None:
                locks = {**found.locks(), **locks}
                coupled = found.coupled(self._state.selected)
                if self.dialog is not None and self._cuts:
                    self.dialog.show_missing(found.missing(self.dialog.scope.inside()))
            widths = {name: (before, after) for name, (before, after, _) in self._sizes.items()}
        told = Channels(widths, locks, coupled)
        self._view.set_channels(told if widths or locks or coupled else None)
