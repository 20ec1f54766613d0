"""Taking layers out: bypassed, so that the tensor before flows on, or deleted, so that a gap stays."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir
from PySide6.QtWidgets import QComboBox, QRadioButton, QWidget

from core.model.editing import Edit
from core.model.editing.layers import Bypass, Delete
from core.model.editing.several import BypassSeveral, DeleteSeveral
from core.model.inline import constant_tensor
from core.model.model import layer_name
from gui.editing.forms.base import EditForm
from gui.editing.session import Editing
from gui.graph_view.captions import category
from gui.words import counted, tr


class RemoveForm(EditForm):
    """For one layer, or for several at once. Where one layer reads several tensors, one of them is chosen."""

    def __init__(self, editing: Editing, parent: QWidget, nodes: Sequence[ir.Node]) -> None:
        self._nodes = list(nodes)
        one = self._nodes[0]
        about = f"{layer_name(one)} · {one.op_type}" if len(nodes) == 1 else _listed(nodes)
        title = tr("Bypass or delete") if len(nodes) == 1 else counted(
            len(nodes), "Bypass or delete {n} layer", "Bypass or delete {n} layers"
        )  # fmt: skip
        super().__init__(editing, parent, title, about, category(one) if len(nodes) == 1 else "")
        self.bypass = QRadioButton(tr("&Bypass"))
        self.delete = QRadioButton(tr("&Delete"))
        self.tensor = QComboBox()
        self.tensor.setAccessibleName(tr("Tensor that takes its place"))
        self._options()
        self.bypass.setChecked(True)
        for choice in (self.bypass, self.delete):
            choice.toggled.connect(self._toggled)
        self.tensor.currentIndexChanged.connect(self.changed)
        self.bypass.setFocus()
        self.check()

    def _options(self) -> None:
        flowing = _flowing(self._nodes[0]) if len(self._nodes) == 1 else []
        name = flowing[0].name if flowing else ""
        if len(flowing) > 1:
            self.option(self.bypass, tr("What read its result reads this tensor instead:"))
            self.tensor.addItems([v.name or "" for v in flowing])
            self.widget(self.tensor)
        else:
            self.tensor.hide()
            one = tr("What read its result reads '{name}' instead, and the graph still runs.", name=name)
            self.option(self.bypass, one if name else tr("What read a layer's result reads its input instead."))
        self.option(self.delete, tr("What read its result lacks an input until you connect it to something else."))

    def _toggled(self) -> None:
        self.tensor.setEnabled(self.bypass.isChecked())
        self.changed()

    def edit(self) -> Edit:
        names = [layer_name(n) for n in self._nodes]
        if self.delete.isChecked():
            return Delete(names[0]) if len(names) == 1 else DeleteSeveral(tuple(names))
        if len(names) > 1:
            return BypassSeveral(tuple(names))
        return Bypass(names[0], self.tensor.currentText() if self.tensor.count() else "")


def _flowing(node: ir.Node) -> list[ir.Value]:
    return list(dict.fromkeys(v for v in node.inputs if v is not None and constant_tensor(v) is None))


def _listed(nodes: Sequence[ir.Node]) -> str:
    return ", ".join(layer_name(n) for n in nodes)
