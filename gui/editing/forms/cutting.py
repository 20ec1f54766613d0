"""The selected layers as a model of their own, or all others taken away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QRadioButton, QWidget

from core.model.editing import Edit
from core.model.editing.draft import Draft
from core.model.editing.several import CutOutLayers, boundary
from core.model.model import Model
from gui.editing.forms.base import EditForm, hint
from gui.editing.session import Editing
from gui.words import counted, tr

_NAMES = 4


class CutForm(EditForm):
    """``as_project`` asks for a new project of the layers; otherwise the part stays here alone, which can be undone."""

    as_project = Signal(object)

    def __init__(self, editing: Editing, parent: QWidget, model: Model, layers: Sequence[str]) -> None:
        title = counted(len(layers), "Cut out {n} layer", "Cut out {n} layers")
        super().__init__(editing, parent, title, ", ".join(layers))
        self._layers = tuple(layers)
        inputs, outputs = boundary(Draft(model), self._layers)
        self.widget(hint(tr("Goes in: {names}", names=_listed(inputs))))
        self.widget(hint(tr("Comes out: {names}", names=_listed(outputs))))
        self.project = QRadioButton(tr("As a &new project"))
        self.here = QRadioButton(tr("&Keep only them here"))
        self.project.setChecked(True)
        self.option(self.project, tr("This project stays as it is; it is among the recent ones."))
        self.option(self.here, tr("All other layers go. It can be undone."))
        for choice in (self.project, self.here):
            choice.toggled.connect(self.changed)
        self.project.setFocus()
        self.check()

    def edit(self) -> Edit:
        return CutOutLayers(self._layers)

    def accept(self) -> None:
        if self.here.isChecked():
            super().accept()
        elif self.check():
            self.as_project.emit(self.edit())
            self.done(int(self.DialogCode.Accepted))


def _listed(names: Sequence[str]) -> str:
    if not names:
        return tr("nothing")
    more = len(names) - _NAMES
    listed = ", ".join(names[:_NAMES])
    return tr("{names} and {n} more", names=listed, n=more) if more > 0 else listed
