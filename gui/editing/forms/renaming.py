"""Another name for a layer or a tensor."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from core.errors import UserError
from core.model.editing import Edit
from core.model.editing.names import RenameLayer, RenameTensor
from gui.editing.forms.base import EditForm
from gui.editing.session import Editing
from gui.words import tr


class RenameForm(EditForm):
    """``tensor``: whether the name is a tensor's."""

    def __init__(self, editing: Editing, parent: QWidget, name: str, tensor: bool, category: str = "") -> None:
        title = tr("Rename tensor") if tensor else tr("Rename layer")
        super().__init__(editing, parent, title, name, category)
        self._kind: type[RenameLayer] | type[RenameTensor] = RenameTensor if tensor else RenameLayer
        self._old = name
        self.name = QLineEdit(name)
        self.name.selectAll()
        self.name.textChanged.connect(self.changed)
        text = tr("Everything that reads it follows.") if tensor else tr("Its tensors keep their names.")
        self.row(tr("New &name"), self.name, text)
        self.name.setFocus()

    def edit(self) -> Edit:
        name = self.name.text().strip()
        if name == self._old:
            raise UserError(tr("This is its name already."))
        return self._kind(self._old, name)
