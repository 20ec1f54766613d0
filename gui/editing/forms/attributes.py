"""The attributes of a layer, several at once."""

from __future__ import annotations

import onnx_ir as ir
from PySide6.QtWidgets import QWidget

from core.model.editing import Edit
from core.model.editing.attribute_set import SetAttributes
from core.model.editing.attributes import attribute_values
from core.model.editing.operators import operator_info
from core.model.model import Model, layer_name
from gui.editing.forms.attribute_fields import AttributeFields
from gui.editing.forms.base import EditForm
from gui.editing.session import Editing
from gui.graph_view.captions import category
from gui.words import tr


class AttributesForm(EditForm):
    """What is changed is set, what is emptied is removed; all of it is one step to undo."""

    def __init__(self, editing: Editing, parent: QWidget, model: Model, node: ir.Node) -> None:
        about = f"{layer_name(node)} · {node.op_type}"
        super().__init__(editing, parent, tr("Attributes"), about, category(node))
        self._layer = layer_name(node)
        self.fields = AttributeFields(
            node.op_type, operator_info(node.op_type, node.version or model.opset, node.domain), attribute_values(node)
        )
        self.fields.changed.connect(self.changed)
        self.widget(self.fields, 1)
        first = next((r.editor for r in self.fields.rows.values() if r.typed), None)
        if first is not None:
            first.setFocus()
        self.apply_button.setEnabled(bool(self.fields.rows))  # Relu and its like have none

    def edit(self) -> Edit:
        new, gone = self.fields.changes()
        return SetAttributes(self._layer, new, tuple(gone))
