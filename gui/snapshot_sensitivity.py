"""Pictures of a pruning sensitivity: its curves, the graph coloured by it, and the form that uses its ratios."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog

from core.measure.cost import cost
from core.methods.scope import Scope
from core.model.model import quantized
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.operations import act, reports
from gui.operations.timing import colouring_of
from gui.report_dialog import ReportDialog
from gui.snapshot_workbench import Draws

_LARGEST = 500_000  # parameters: this waits for a measurement
_ITEMS = 64  # for the same reason: curves of the same kind, with wider intervals


def draw_sensitivity(desk: Desk, artist: Draws, look: str) -> None:
    """Measured once, on the revision that is shown, where that is small and its data has classes."""
    state = desk.state
    if state.revision is None or state.model is None or not state.labelled or quantized(state.model):
        return
    if cost(state.model).params > _LARGEST:
        return
    number = state.revision.id
    if not state.analyses(number):
        act.apply_request(desk, ActRequest("analyse.pruning_sensitivity", {"items": _ITEMS}, Scope(), 0))
        artist.settle()
        _close(ReportDialog)
    found = state.analyses(number)
    if not found:
        return
    colouring = colouring_of(desk)
    colouring.choose(next(c.key for c in colouring.choices() if c.key.startswith("analysis.")))
    artist.settle()
    artist.draw("colour_sensitivity", look)
    reports.show_analysis(desk, number)
    artist.settle()
    for dialog in _open(ReportDialog):
        assert isinstance(dialog, ReportDialog)
        artist.draw("dialog_sensitivity", look, dialog)
        if dialog.sensitivity is not None:
            reports.use_ratios(desk, dialog.sensitivity.overrides())
    _close(ReportDialog)
    artist.settle()
    for form in _open(MethodDialog):
        artist.draw("dialog_ratios", look, form)
    _close(MethodDialog)
    colouring.choose("")
    artist.settle()


def _open(kind: type[QDialog]) -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def _close(kind: type[QDialog]) -> None:
    for dialog in _open(kind):
        dialog.reject()
        dialog.deleteLater()
