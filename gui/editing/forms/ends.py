"""What goes into the graph: a new input, another shape, the batch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QLineEdit, QRadioButton, QWidget

from core.errors import UserError
from core.model.editing import Edit
from core.model.editing.ends import AddInput, RemoveInput, RemoveOutput, SetBatch, SetInputShape
from core.model.model import Model
from gui.editing.forms.base import EditForm
from gui.editing.forms.fields import NameLine, sizes, sizes_text
from gui.editing.session import Editing
from gui.words import tr

TYPES = ("float32", "float16", "float64", "int8", "uint8", "int32", "int64", "bool")
_EXAMPLE = "batch, 3, 224, 224"


class AddInputForm(EditForm):
    """``tensor``: whose readers read the new input instead; '' for an input that nobody reads yet."""

    def __init__(
        self,
        editing: Editing,
        parent: QWidget,
        tensors: Sequence[str],
        tensor: str = "",
        shape: Sequence[int | str | None] = (),
        dtype: str = "float32",
    ) -> None:
        super().__init__(editing, parent, tr("Add a graph input"))
        self.name = QLineEdit(f"{tensor}_in" if tensor else "input")
        self.shape = QLineEdit(sizes_text(shape))
        self.shape.setPlaceholderText(_EXAMPLE)
        self.dtype = QComboBox()
        self.dtype.addItems(list(TYPES))
        self.dtype.setCurrentText(dtype if dtype in TYPES else "float32")
        self.tensor = NameLine(tensors, tensor)
        self.tensor.setPlaceholderText(tr("none: connect it later"))
        self.row(tr("&Name"), self.name)
        self.row(tr("&Shape"), self.shape, tr("Numbers, or names of sizes that are known only when the network runs."))
        self.row(tr("&Type"), self.dtype)
        self.row(tr("Takes the &place of"), self.tensor, tr("What reads this tensor reads the new input instead."))
        for line in (self.name, self.shape, self.tensor):
            line.textChanged.connect(self.changed)
        self.dtype.currentIndexChanged.connect(self.changed)
        self.name.selectAll()
        self.name.setFocus()
        self.check()

    def edit(self) -> Edit:
        name = self.name.text().strip()
        return AddInput(name, sizes(self.shape.text(), name), self.dtype.currentText(), self.tensor.text().strip())


class InputShapeForm(EditForm):
    """Another shape for an input; the layers behind it are looked at again."""

    def __init__(self, editing: Editing, parent: QWidget, model: Model, name: str = "") -> None:
        super().__init__(editing, parent, tr("Input shape"))
        self._shapes = {s.name: s.shape for s in model.inputs}
        self.input = QComboBox()
        self.input.addItems(list(self._shapes))
        if name in self._shapes:
            self.input.setCurrentText(name)
        self.shape = QLineEdit()
        self.row(tr("&Input"), self.input)
        self.row(tr("&Shape"), self.shape, tr("Numbers, or names of sizes that are known only when the network runs."))
        self._show()
        self.input.currentIndexChanged.connect(self._show)
        self.shape.textChanged.connect(self.changed)
        self.shape.setFocus()

    def _show(self) -> None:
        self.shape.setText(sizes_text(self._shapes.get(self.input.currentText(), ())))
        self.shape.selectAll()

    def edit(self) -> Edit:
        name = self.input.currentText()
        shape = sizes(self.shape.text(), name)
        if shape == self._shapes.get(name):
            raise UserError(tr("This is its shape already."))
        return SetInputShape(name, shape)


class BatchForm(EditForm):
    """The first axis of every input: a name, or a number."""

    def __init__(self, editing: Editing, parent: QWidget, model: Model) -> None:
        super().__init__(editing, parent, tr("Batch size"))
        now = next((s.shape[0] for s in model.inputs if s.shape), None)
        self.dynamic = QRadioButton(tr("&Dynamic: as many items as are fed"))
        self.fixed = QRadioButton(tr("&Fixed"))
        self.name = QLineEdit(now if isinstance(now, str) else "batch")
        self.count = QLineEdit(str(now) if isinstance(now, int) else "1")
        self.widget(self.dynamic)
        self.row(tr("&Name of the axis"), self.name)
        self.widget(self.fixed)
        self.row(tr("&Items"), self.count, tr("Runtimes on phones often want a fixed batch of 1."))
        (self.dynamic if isinstance(now, int) else self.fixed).setChecked(True)
        for line in (self.name, self.count):
            line.textChanged.connect(self.changed)
        self.dynamic.toggled.connect(self._toggled)
        self._toggled()

    def _toggled(self) -> None:
        self.name.setEnabled(self.dynamic.isChecked())
        self.count.setEnabled(not self.dynamic.isChecked())
        line = self.name if self.dynamic.isChecked() else self.count
        line.setFocus()
        line.selectAll()
        self.changed()

    def edit(self) -> Edit:
        if self.dynamic.isChecked():
            return SetBatch(self.name.text().strip())
        text = self.count.text().strip()
        if not text.isdigit():
            raise UserError(tr("'{text}' is no number of items.", text=text), tr("Use a whole number from 1."))
        return SetBatch(int(text))


class RemoveEndForm(EditForm):
    """One of the graph's inputs that nobody reads, or one of its outputs."""

    def __init__(self, editing: Editing, parent: QWidget, names: Sequence[str], is_input: bool, name: str = "") -> None:
        super().__init__(editing, parent, tr("Remove an input") if is_input else tr("Remove an output"))
        self._kind: type[RemoveInput] | type[RemoveOutput] = RemoveInput if is_input else RemoveOutput
        self.end = QComboBox()
        self.end.addItems(list(names))
        if name in names:
            self.end.setCurrentText(name)
        text = tr("Only an input that no layer reads can go.") if is_input else tr("The layers that make it stay.")
        self.row(tr("&Input") if is_input else tr("&Output"), self.end, text)
        self.end.currentIndexChanged.connect(self.changed)
        self.end.setFocus()
        self.check()

    def edit(self) -> Edit:
        return self._kind(self.end.currentText())
