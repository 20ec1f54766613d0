"""A convolution becomes a lightweight block, with what that saves beside its settings."""

from __future__ import annotations

import dataclasses

import onnx_ir as ir
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from core.errors import UserError
from core.measure.block_saving import Saving, block_preview
from core.model.editing import Edit
from core.model.editing.blocks import KINDS, USED, ReplaceBlock
from core.model.editing.edit import labels
from core.model.model import Model, layer_name
from gui import figures
from gui.editing.forms.base import EditForm
from gui.editing.session import Editing
from gui.graph_view.captions import category
from gui.graph_view.known import Known
from gui.number_edit import number_text
from gui.words import mark, tr

Sizes = tuple[int | str | None, ...]
_MEANINGS = {
    "depthwise_separable": mark("One filter a channel, then a 1×1 convolution that mixes the channels."),
    "fire": mark("A 1×1 convolution to fewer channels, then 1×1 and full kernels side by side."),
    "shuffle": mark("Grouped 1×1 convolutions around a filter a channel, with the channels shuffled between."),
    "ghost": mark("A convolution to a part of the outputs; cheap filters make the others out of these."),
}
_KIND_WORDS = {
    "depthwise_separable": mark("Depthwise separable"),
    "fire": mark("Fire"),
    "shuffle": mark("Shuffle"),
    "ghost": mark("Ghost"),
}
_ROWS = (mark("Parameters"), mark("MACs"), mark("Weights"))


class BlockForm(EditForm):
    """``figures`` are the cells of what is saved, row by row: before, after, share."""

    def __init__(self, editing: Editing, parent: QWidget, whole: Known, node: ir.Node) -> None:
        about = f"{layer_name(node)} · {node.op_type}"
        super().__init__(editing, parent, tr("Replace by a lightweight block"), about, category(node))
        self._model: Model = whole.model
        self._layer = layer_name(node)
        self._shape: Sizes | None = whole.facts.shape(node.inputs[0]) if node.inputs else None
        self.kind = QComboBox()
        for key in KINDS:
            self.kind.addItem(tr(_KIND_WORDS.get(key, KINDS[key])), key)
        self.row(tr("&Block"), self.kind)
        self.meaning = QLabel(wordWrap=True)
        self.meaning.setObjectName("Hint")
        self.meaning.setMinimumHeight(2 * self.meaning.fontMetrics().lineSpacing() + 4)
        self.meaning.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.widget(self.meaning)
        self.editors: dict[str, QWidget] = {}
        self._labels: dict[str, QLabel] = {}
        self._settings()
        widest = max(label.sizeHint().width() for label in self._labels.values())
        for label in self._labels.values():  # those of other blocks take part too: the form keeps its width
            label.setMinimumWidth(widest)
        self.figures = [[QLabel() for _ in range(3)] for _ in _ROWS]
        self.widget(self._table())
        self._later = QTimer(self, interval=60, singleShot=True)
        self._later.timeout.connect(self._count)
        self.kind.currentIndexChanged.connect(self._chosen)
        self._chosen()
        self._count()
        self.kind.setFocus()

    def edit(self) -> Edit:
        kind = str(self.kind.currentData())
        values: dict[str, object] = {}
        for name in USED[kind]:
            values[name] = self._value(name)
        return ReplaceBlock(self._layer, kind, **values)  # type: ignore[arg-type]

    def check(self) -> bool:
        """Finding the weights takes longer than a key: as one types, only the counting is done."""
        try:
            self.edit()
            block_preview(self._model, self._act(), self._shape)
        except UserError as error:
            self._say(error, True)
            return False
        self._say(None, False)
        return True

    def changed(self, *_: object) -> None:
        super().changed()
        self._later.start()

    def _act(self) -> ReplaceBlock:
        made = self.edit()
        assert isinstance(made, ReplaceBlock)
        return made

    def _settings(self) -> None:
        words = labels(ReplaceBlock)
        for field in dataclasses.fields(ReplaceBlock)[2:]:
            editor: QWidget
            if isinstance(field.default, bool):
                editor = QCheckBox()
                editor.setChecked(field.default)
                editor.toggled.connect(self.changed)
            else:
                assert isinstance(field.default, int | float)
                editor = QLineEdit(number_text(field.default))
                editor.textChanged.connect(self.changed)
            self.editors[field.name] = editor
            self._labels[field.name] = self.row(tr(words[field.name]), editor)

    def _value(self, name: str) -> bool | int | float:
        editor = self.editors[name]
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        assert isinstance(editor, QLineEdit)
        label, text = self._labels[name].text(), editor.text().strip()
        whole = isinstance(next(f.default for f in dataclasses.fields(ReplaceBlock) if f.name == name), int)
        try:
            return int(text) if whole else float(text)
        except ValueError:
            kind = tr("a whole number") if whole else tr("a number")
            raise UserError(tr("{label} is '{text}'; it must be {kind}.", label=label, text=text, kind=kind)) from None

    def _chosen(self) -> None:
        kind = str(self.kind.currentData())
        self.meaning.setText(tr(_MEANINGS.get(kind, "")))
        for name, editor in self.editors.items():
            used = name in USED[kind]
            editor.setVisible(used)
            self._labels[name].setVisible(used)
        self.fit()
        self.changed()

    # what it saves ----------------------------------------------------------------------------------------------

    def _table(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 8, 0, 0)
        grid.setHorizontalSpacing(24)
        for column, title in enumerate((tr("now"), tr("block"), tr("saved")), start=1):
            head = QLabel(title)
            head.setObjectName("Hint")
            grid.addWidget(head, 0, column)
        for at, (title, cells) in enumerate(zip(_ROWS, self.figures, strict=True), start=1):
            grid.addWidget(QLabel(tr(title)), at, 0)
            for column, cell in enumerate(cells, start=1):
                grid.addWidget(cell, at, column)
        how = QLabel(tr("Estimated: counted on the layers that the block consists of, for one item."), wordWrap=True)
        how.setObjectName("Hint")
        grid.addWidget(how, len(_ROWS) + 1, 0, 1, 4)
        grid.setColumnStretch(3, 1)
        return box

    def _count(self) -> None:
        try:
            found: Saving | None = block_preview(self._model, self._act(), self._shape)
        except UserError:
            found = None
        pairs: list[tuple[int | None, int | None]] = [(None, None)] * 3
        if found is not None:
            pairs = [
                (found.params_before, found.params_after),
                (found.macs_before, found.macs_after),
                (found.bytes_before, found.bytes_after),
            ]
        written = (figures.count, figures.count, figures.size)
        for cells, (before, after), text in zip(self.figures, pairs, written, strict=True):
            cells[0].setText(text(before) if before is not None else figures.MISSING)
            cells[1].setText(text(after) if after is not None else figures.MISSING)
            cells[2].setText(_share(before, after))


def _share(before: int | None, after: int | None) -> str:
    if not before or after is None:
        return figures.MISSING
    return f"{100 * (before - after) / before:.0f} %".replace("-", "−")
