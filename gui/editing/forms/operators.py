"""Another operator in a layer's place, and a new layer behind a tensor: both choose an operator and its settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import onnx_ir as ir
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from core.errors import UserError
from core.model.editing import Edit, WorkingCopy
from core.model.editing.layers import Insert, Replace
from core.model.editing.palette import Offer, candidates, palette
from core.model.editing.several import ReplaceSeveral
from core.model.model import layer_name
from gui.editing.forms.attribute_fields import AttributeFields
from gui.editing.forms.base import EditForm
from gui.editing.forms.fields import NameLine
from gui.editing.forms.operator_list import OperatorList
from gui.editing.session import Editing
from gui.graph_view.captions import category
from gui.words import counted, tr

_ROWS = 3  # attributes seen at once below the list


class OperatorForm(EditForm):
    """The list, and the attributes and constants of the operator that is chosen in it, as they would be.

    ``kind`` is the category of the layer that it is about, ``first`` the one that stands above all others in the list.
    """

    def __init__(
        self,
        editing: Editing,
        parent: QWidget,
        title: str,
        about: str,
        offers: Sequence[Offer],
        kind: str = "",
        first: str = "",
    ) -> None:
        super().__init__(editing, parent, title, about, kind)
        self._offers = {o.operator.name: o for o in offers}
        self.list = OperatorList([o.operator for o in offers], first or kind)
        self.widget(self.list, 1)
        self._place = QWidget()
        QVBoxLayout(self._place).setContentsMargins(0, 0, 0, 0)
        self.widget(self._place)
        self.fields: AttributeFields | None = None
        self.list.setFocus()

    def begin(self) -> None:
        """Once the rest of the form stands."""
        self.list.changed.connect(self._chosen)
        self._chosen()

    def operator(self) -> str:
        one = self.list.chosen()
        if one is None:
            raise UserError(tr("Choose an operator."))
        return one.name

    def _chosen(self) -> None:
        if self.fields is not None:
            self.fields.deleteLater()
            self.fields = None
        one = self.list.chosen()
        offer = self._offers.get(one.name) if one is not None else None
        if offer is not None and (offer.operator.attributes or offer.constants):
            self.fields = AttributeFields(
                offer.operator.name, offer.operator, offer.attributes, offer.constants, most_rows=_ROWS
            )
            self.fields.changed.connect(self.changed)
            layout = self._place.layout()
            assert layout is not None
            layout.addWidget(self.fields)
        self.fit()
        self.changed()


class ReplaceForm(OperatorForm):
    """Operators that can stand in the layers' place, offered as for the first of them; attributes that both know are
    filled in."""

    def __init__(self, editing: Editing, parent: QWidget, copy: WorkingCopy, nodes: Sequence[ir.Node]) -> None:
        first = nodes[0]
        about = f"{layer_name(first)} · {first.op_type}" if len(nodes) == 1 else _counted_operators(nodes)
        title = tr("Replace the operator") if len(nodes) == 1 else counted(
            len(nodes), "Replace the operator of {n} layer", "Replace the operators of {n} layers"
        )  # fmt: skip
        super().__init__(editing, parent, title, about, candidates(copy, first), category(first))
        self._layers = tuple(layer_name(n) for n in nodes)
        self.begin()

    def edit(self) -> Edit:
        fields, operator = self.fields, self.operator()
        attributes = fields.values() if fields is not None else {}
        constants = fields.constants() if fields is not None else {}
        if len(self._layers) == 1:
            return Replace(self._layers[0], operator, attributes, constants)
        return ReplaceSeveral(self._layers, operator, attributes, constants)


def _counted_operators(nodes: Sequence[ir.Node]) -> str:
    """'Relu 3 · Clip 1', the commonest first."""
    return " · ".join(f"{operator} {n}" for operator, n in Counter(n.op_type for n in nodes).most_common())


class InsertForm(OperatorForm):
    """``readers``: the layers that read the tensor; the new layer stands before all of them, or before one."""

    def __init__(
        self,
        editing: Editing,
        parent: QWidget,
        copy: WorkingCopy,
        value: ir.Value,
        readers: Sequence[str],
        tensors: Sequence[str],
        reader: str = "",
    ) -> None:
        about = tr("behind the tensor {tensor}", tensor=value.name)
        super().__init__(editing, parent, tr("Insert a layer"), about, palette(copy, value), first="activation")
        self._tensor = value.name or ""
        self.name = QLineEdit(placeholderText=tr("after the tensor and the operator"))
        self.reader = QComboBox()
        self.reader.addItem(tr("all that read the tensor"), "")
        for one in readers if len(readers) > 1 else ():
            self.reader.addItem(tr("only {layer}", layer=one), one)
        self.reader.setCurrentIndex(max(self.reader.findData(reader), 0))
        self.further = NameLine(tensors)
        self.further.setPlaceholderText(tr("where the operator reads more than one"))
        self.row(tr("&Name"), self.name)
        if self.reader.count() > 1:
            self.row(tr("In &front of"), self.reader)
        self.row(tr("Further &tensors"), self.further)
        self.name.textChanged.connect(self.changed)
        self.further.textChanged.connect(self.changed)
        self.reader.currentIndexChanged.connect(self.changed)
        self.begin()

    def edit(self) -> Edit:
        further = tuple(t.strip() for t in self.further.text().split(",") if t.strip())
        fields, name, reader = self.fields, self.name.text().strip(), str(self.reader.currentData() or "")
        attributes = fields.values() if fields is not None else {}
        constants = fields.constants() if fields is not None and not further else {}
        return Insert(self._tensor, self.operator(), name, reader, further, attributes, constants)
