"""An input of a layer reads another tensor."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir
from PySide6.QtWidgets import QComboBox, QWidget

from core.errors import UserError
from core.model.editing import Edit
from core.model.editing.inference import schema_of
from core.model.editing.layers import Connect
from core.model.model import Model, layer_name
from gui.editing.forms.base import EditForm
from gui.editing.forms.fields import NameLine
from gui.editing.session import Editing
from gui.graph_view.captions import category
from gui.inspector.describe import formal_names
from gui.words import tr


class ConnectForm(EditForm):
    """``index``: the input chosen at first; a missing one before all others."""

    def __init__(
        self,
        editing: Editing,
        parent: QWidget,
        model: Model,
        node: ir.Node,
        tensors: Sequence[str],
        index: int | None = None,
        tensor: str = "",
    ) -> None:
        super().__init__(
            editing, parent, tr("Connect an input"), f"{layer_name(node)} · {node.op_type}", category(node)
        )
        self._layer = layer_name(node)
        self.input = QComboBox()
        schema = schema_of(model.graph, node)
        slots: list[ir.Value | None] = [*node.inputs]
        if schema is not None and len(slots) < schema.max_input:
            slots.append(None)
        for name, value in zip(formal_names(schema.inputs if schema else (), slots), slots, strict=True):
            now = tr("reads {tensor}", tensor=value.name) if value is not None else tr("reads nothing")
            self.input.addItem(f"{name} · {now}")
        missing = next((k for k, v in enumerate(node.inputs) if v is None), 0)
        self.input.setCurrentIndex(missing if index is None else index)
        self.tensor = NameLine(tensors, tensor)
        self.tensor.setPlaceholderText(tr("Name of a tensor"))
        self.row(tr("&Input"), self.input)
        self.row(tr("&Tensor"), self.tensor, tr("It must be made before this layer."))
        self.input.currentIndexChanged.connect(self.changed)
        self.tensor.textChanged.connect(self.changed)
        self.tensor.setFocus()

    def edit(self) -> Edit:
        if not self.tensor.text().strip():
            raise UserError(tr("Say which tensor is to be read."))
        return Connect(self._layer, self.input.currentIndex(), self.tensor.text().strip())
