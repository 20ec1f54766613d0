"""The values of a stored tensor: typed into a table where they are few, loaded from a .npy file in any case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx_ir as ir
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.model.editing import Edit
from core.model.editing.weights import LoadWeights, SetWeights, save_values
from core.model.model import Model
from gui import theme
from gui.editing.forms.base import EditForm, hint
from gui.editing.forms.value_table import ValueTable
from gui.editing.session import Editing
from gui.graph_view.known import times
from gui.settings import Settings
from gui.words import counted, tr

MOST = 4096  # values in the table; more cannot be looked through by hand
_ROWS = 9


class ValuesForm(EditForm):
    """``table`` is None where there are too many values for one."""

    def __init__(
        self, editing: Editing, parent: QWidget, model: Model, values: Sequence[ir.Value], settings: Settings, name: str
    ) -> None:
        """``values`` are the stored tensors to choose from, ``name`` the one that is shown at first."""
        super().__init__(editing, parent, tr("Values"))
        self._model, self._settings = model, settings
        self._stored = {v.name or "": v for v in values}
        self._name = ""
        self._file: Path | None = None
        self.table: QTableView | None = None
        self._values: ValueTable | None = None
        self.tensor = QComboBox()
        for value in values:
            self.tensor.addItem(_described(value), value.name or "")
        self.tensor.setCurrentIndex(max(self.tensor.findData(name), 0))
        self.row(tr("&Tensor"), self.tensor)
        self._place = QWidget()
        QVBoxLayout(self._place).setContentsMargins(0, 0, 0, 0)
        self.widget(self._place, 1)
        self.widget(self._files())
        self.tensor.currentIndexChanged.connect(self._show)
        self._show()
        (self.table or self.load_button).setFocus()

    def _show(self) -> None:
        """The chosen tensor's values; what was typed for another one is dropped."""
        self._name = str(self.tensor.currentData())
        self._file, self.table, self._values = None, None, None
        self.chosen.clear()
        layout = self._place.layout()
        assert layout is not None
        while (item := layout.takeAt(0)) is not None:
            before = item.widget()
            if before is not None:
                before.deleteLater()
        tensor = self._stored[self._name].const_value
        assert tensor is not None
        if 0 < tensor.size <= MOST and tensor.dtype.numpy().kind in "iufb":
            self._values = ValueTable(tensor.numpy())
            self._values.setParent(self)
            self._values.dataChanged.connect(self._typed)
            self.table = self._view(self._values)
            layout.addWidget(self.table)
        else:
            layout.addWidget(hint(
                counted(tensor.size, "{n} value: load it from a file.", "{n} values: load them from a file.")
            ))  # fmt: skip
        self._say(None, False)

    def _view(self, model: ValueTable) -> QTableView:
        view = QTableView()
        view.setModel(model)
        view.setAccessibleName(tr("Values of the tensor"))
        view.setTabKeyNavigation(False)
        view.horizontalHeader().setDefaultSectionSize(96)
        view.verticalHeader().setDefaultSectionSize(3 * theme.UNIT)
        rows = min(model.rowCount(), _ROWS)
        view.setMinimumHeight(3 * theme.UNIT * rows + view.horizontalHeader().sizeHint().height() + 12)
        view.selectRow(0)
        view.setCurrentIndex(model.index(0, 0))
        return view

    def _files(self) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        self.load_button = QPushButton(tr("&Load .npy…"))
        self.save_button = QPushButton(tr("&Save .npy…"))
        self.chosen = QLabel()
        self.chosen.setObjectName("Hint")
        for button, act in ((self.load_button, self._choose), (self.save_button, self._save)):
            button.setAutoDefault(False)
            button.clicked.connect(act)
            line.addWidget(button)
        line.addWidget(self.chosen, 1)
        return box

    def edit(self) -> Edit:
        if self._file is not None:
            return LoadWeights(self._name, str(self._file))
        if self._values is None or not self._values.changed:
            raise UserError(tr("No value is changed."))
        return SetWeights(self._name, tuple(self._values.array.ravel().tolist()))

    # files ------------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        folder = self._settings.folder("values")
        name, _ = QFileDialog.getOpenFileName(self, tr("Load values"), folder, tr("Arrays (*.npy)"))
        if name:
            self.take(Path(name))

    def take(self, path: Path) -> None:
        """Values of a file instead of those typed in; a wrong shape or type is said at once."""
        self._file = path
        self.chosen.setText(path.name)
        if self.check():
            self._settings.set_folder("values", path.parent)
            if self._values is not None:
                self._values.show(np.load(path, allow_pickle=False))
        else:
            self._file = None

    def _typed(self) -> None:
        self._file = None
        self.chosen.clear()
        self.changed()

    def _save(self) -> None:
        start = Path(self._settings.folder("values") or Path.home()) / f"{_file_name(self._name)}.npy"
        name, _ = QFileDialog.getSaveFileName(self, tr("Save values"), str(start), tr("Arrays (*.npy)"))
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the stored values, whatever is typed in beside them."""
        target = path if path.suffix == ".npy" else path.with_name(path.name + ".npy")
        try:
            save_values(self._model, self._name, target)
        except UserError as error:
            self._say(error, False)
            return
        self._settings.set_folder("values", target.parent)
        self.chosen.setText(tr("saved as {name}", name=target.name))


def _described(value: ir.Value) -> str:
    tensor = value.const_value
    assert tensor is not None
    shape = tuple(int(d) for d in tensor.shape.numpy())
    return f"{value.name} · {times(shape) or tr('a single number')} · {tensor.dtype.numpy().name}"


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name) or "values"
