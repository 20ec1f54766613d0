"""A graph while it is edited: every change of it is written down with its opposite.

Edits change a graph through a Draft only. What a Draft recorded can be played backwards and forwards any number of
times; both are exact, because the graph is then always in the state in which the change was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.changes import Noted
from core.model.editing.index import Index, Order
from core.model.editing.inference import Types, type_of
from core.model.model import Model, layer_name

LISTS_INPUTS = 4  # IR versions before it list initializers among the inputs
Change = tuple[Callable[[], None], Callable[[], None]]


class History:
    """How things were before they were edited, for offers to set them back; hints only, which undo does not touch."""

    def __init__(self) -> None:
        self.lost: dict[tuple[ir.Node, int], ir.Value] = {}  # what an input was that is missing since
        self.read: dict[ir.Node, tuple[ir.Value | None, ...]] = {}  # what a layer read that is gone
        self.attributes: dict[tuple[ir.Node, str], ir.Attr | None] = {}
        self.shapes: dict[ir.Value, ir.Shape | None] = {}  # of graph inputs

    def copy(self) -> History:
        """As it is now."""
        new = History()
        for name, known in vars(self).items():
            setattr(new, name, dict(known))
        return new


class Draft:
    """A Model that may be changed, the changes made so far, and the nodes whose types have to be inferred again."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.changes: list[Change] = []
        self.noted = Noted()
        self.note = ""  # what the user should know of the edit beyond its title
        self.history = History()
        self._history_before = History()  # before the edit that is being carried out
        self.touched: dict[ir.Node, None] = {}
        self.better: set[ir.Node] = set()  # touched only because more is known: they compute what they did
        self.known: Types = {}  # types that the file does not say, as inferred before the edit
        self._index = Index(model.graph.graph)

    @property
    def graph(self) -> ir.Graph:
        return self.model.graph.graph

    # ---- looking things up -------------------------------------------------------------------------------------
    def layer(self, name: str) -> ir.Node:
        """The layer called so; raises UserError."""
        known = self._index.layers
        if name not in known:
            raise UserError(f"There is no layer '{name}'.", _nearest(name, known))
        return known[name]

    def tensor(self, name: str) -> ir.Value:
        """The graph's value called so (not one inside a body); raises UserError."""
        known = self._index.tensors
        if name not in known or known[name].graph is not self.graph:
            raise UserError(f"There is no tensor '{name}'.", _nearest(name, known))
        return known[name]

    def is_taken(self, name: str) -> bool:
        """Whether a layer or a tensor, bodies included, has this name."""
        return name in self._index.tensors or name in self._index.layers

    def unused(self, wanted: str) -> str:
        """The name itself, or with a number behind it."""
        name, k = wanted, 1
        while self.is_taken(name):
            name, k = f"{wanted}_{k}", k + 1
        return name

    def look_up(self) -> None:
        """Build the tables now, so that the first edit is as quick as the others."""
        self.is_taken("")

    def owner(self, node: ir.Node) -> ir.Node:
        """The layer in whose body a node stands; itself where it is a layer of the graph."""
        return self._index.owner(node)

    @property
    def order(self) -> Order:
        """Which layer stands before which."""
        return self._index.order

    # ---- changing ----------------------------------------------------------------------------------------------
    def change(self, forward: Callable[[], None], backward: Callable[[], None]) -> None:
        """Make one change and write it down."""
        forward()
        self.changes.append((forward, backward))

    def set(self, thing: ir.Node | ir.Value, field: str, value: Any) -> None:
        """Set a field of a node or value (not its name: see :meth:`rename_layer`, :meth:`rename_tensor`)."""
        old = getattr(thing, field)
        self.change(lambda: setattr(thing, field, value), lambda: setattr(thing, field, old))
        if isinstance(thing, ir.Value):
            self.noted.value(thing)
        else:
            self.noted.layers((thing,))

    def rename_layer(self, node: ir.Node, name: str) -> None:
        """Another name for a layer; its tensors keep theirs."""
        old = node.name

        def put(new: str | None) -> None:
            before = layer_name(node)
            node.name = new
            self._index.layer_renamed(node, before)

        self.change(lambda: put(name), lambda: put(old))
        self.noted.layers((node,))

    def set_attributes(self, node: ir.Node, attributes: Mapping[str, ir.Attr]) -> None:
        """All attributes of a layer, in order."""
        for name in dict.fromkeys((*node.attributes.data, *attributes)):
            if node.attributes.data.get(name) is not attributes.get(name):
                self.history.attributes[node, name] = node.attributes.data.get(name)
        self.set_entries(node.attributes.data, attributes)
        self.noted.layers((node,))
        self.touched[node] = None

    def set_entries(self, mapping: MutableMapping[str, Any], entries: Mapping[str, Any]) -> None:
        """Replace what a dict holds, order included (metadata)."""
        old, new = dict(mapping), dict(entries)

        def put(what: dict[str, Any]) -> None:
            mapping.clear()
            mapping.update(what)

        put(new)
        self.changes.append((lambda: put(new), lambda: put(old)))

    def set_model(self, model: Model) -> None:
        """Go on with another Model: other knowledge of this graph, or another graph."""
        old, index = self.model, self._index
        if old.graph is not model.graph:
            self.noted.whole()
        new = index if old.graph is model.graph else Index(model.graph.graph)

        def put(what: Model, tables: Index) -> None:
            self.model, self._index = what, tables

        self.change(lambda: put(model, new), lambda: put(old, index))

    def set_inputs(self, node: ir.Node, values: Sequence[ir.Value | None]) -> None:
        """What a layer reads."""
        old, new = tuple(node.inputs), tuple(values)

        def put(what: tuple[ir.Value | None, ...]) -> None:
            if len(what) != len(node.inputs):
                node.resize_inputs(len(what))
            for index, value in enumerate(what):
                node.replace_input_with(index, value)

        put(new)
        self.changes.append((lambda: put(new), lambda: put(old)))
        layer = self.owner(node)
        self.touched[layer] = None
        self.noted.layers((layer,))
        self.noted.wiring()

    def redirect(self, old: ir.Value, new: ir.Value | None, only: ir.Node | None = None) -> None:
        """Readers of one value read another; the types of readers are inferred again where the two differ."""
        if new is None:
            self.history.lost.update(((u.node, u.idx), old) for u in old.uses())
        readers = dict.fromkeys(u.node for u in old.uses() if only is None or u.node is only)
        for node in readers:
            known = node in self.touched
            self.set_inputs(node, [new if v is old else v for v in node.inputs])
            if not known and new is not None and self._same_type(old, new):
                del self.touched[node]

    def _same_type(self, a: ir.Value, b: ir.Value) -> bool:
        """Whether two values are known to be of one type and shape."""
        known = type_of(a, self.known)
        return known is not None and known == type_of(b, self.known)

    def insert(self, node: ir.Node, after: ir.Node | None) -> None:
        """Put a layer behind another one of the file (None: at the front)."""
        graph = self.graph

        def forward() -> None:
            if after is not None:
                graph.insert_after(after, node)
            else:
                _put_first(graph, node)
            self._index.added(node, after)

        def backward() -> None:
            graph.remove(node)
            self._index.removed(node)

        self.change(forward, backward)
        self.touched[node] = None
        self.noted.added(node)

    def remove(self, node: ir.Node) -> None:
        """Take a layer out whose outputs nobody reads any more."""
        graph, before = self.graph, self.order.previous(node)
        self.history.read[node] = tuple(node.inputs)
        self.set_inputs(node, [None] * len(node.inputs))

        def forward() -> None:
            graph.remove(node)
            self._index.removed(node)

        def backward() -> None:
            if before is not None:
                graph.insert_after(before, node)
            else:
                _put_first(graph, node)
            self._index.added(node, before)

        self.change(forward, backward)
        self.touched.pop(node, None)
        self.noted.removed(node)

    def set_ends(self, field: str, values: Iterable[ir.Value]) -> None:
        """The graph's ``inputs`` or ``outputs``."""
        ends = getattr(self.graph, field)
        old, new = list(ends), list(values)

        def put(what: list[ir.Value]) -> None:
            for value in ends if field == "inputs" else ():
                self._index.value_removed(value)
            ends.clear()
            ends.extend(what)
            for value in ends if field == "inputs" else ():
                self._index.value_added(value)

        self.change(lambda: put(new), lambda: put(old))
        self.noted.wiring()

    def rename_tensor(self, value: ir.Value, name: str) -> None:
        """Rename a value; an initializer keeps its place, and its tensor, which other models share, its name."""
        old, tensor = value.name or "", value.const_value

        def put(before: str, after: str, stored: ir.TensorProtocol | None) -> None:
            graph = value.graph if value.is_initializer() else None
            order = list(graph.initializers) if graph is not None else []
            value.const_value = None
            value.name = after
            value.const_value = stored
            if graph is not None:
                _in_order(graph, [after if k == before else k for k in order])
            self._index.value_renamed(value, before)

        renamed = None if tensor is None else renamed_tensor(tensor, name)
        self.change(lambda: put(old, name, renamed), lambda: put(name, old, tensor))
        self.noted.value(value)
        self.noted.wiring()

    def add_initializer(self, value: ir.Value) -> None:
        """A constant behind all others."""
        graph = self.graph

        def forward() -> None:
            graph.initializers.add(value)
            self._index.value_added(value)

        def backward() -> None:
            del graph.initializers[value.name or ""]
            self._index.value_removed(value)

        self.change(forward, backward)
        if self.model.graph.ir_version < LISTS_INPUTS:
            self.set_ends("inputs", [*graph.inputs, value])

    def drop_initializers(self, values: Iterable[ir.Value]) -> None:
        """Take constants out."""
        graph, gone = self.graph, [(v.name or "", v) for v in values]
        order = list(graph.initializers)

        def forward() -> None:
            for name, value in gone:
                del graph.initializers[name]
                self._index.value_removed(value)

        def backward() -> None:
            for _, value in gone:
                graph.initializers.add(value)
                self._index.value_added(value)
            _in_order(graph, order)

        if gone:
            self.change(forward, backward)

    def drop_unread(self, values: Iterable[ir.Value | None]) -> None:
        """Take out those constants that no layer reads any more; what the file lists as an input stays."""
        stored = []
        for value in dict.fromkeys(v for v in values if v is not None):
            maker = value.producer()
            if maker is not None and maker.op_type == "Constant" and maker.graph is self.graph:
                if not value.uses() and not value.is_graph_output():
                    self.remove(maker)
                continue
            is_end = value.is_graph_output() or value.is_graph_input()
            if value.is_initializer() and value.graph is self.graph and not value.uses() and not is_end:
                stored.append(value)
        self.drop_initializers(stored)

    def roll_back(self) -> None:
        """Undo everything written down."""
        for _, backward in reversed(self.changes):
            backward()
        self.history = self._history_before
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was written down: the edit is done, or taken back."""
        self.changes, self.noted, self.note = [], Noted(), ""
        self._history_before = self.history.copy()
        self.touched.clear()
        self.better.clear()


def renamed_tensor(tensor: ir.TensorProtocol, name: str) -> ir.TensorProtocol:
    """The same numbers under another name; the tensor given keeps its own."""
    import copy

    if isinstance(tensor, ir.serde.TensorProtoTensor):
        proto = onnx.TensorProto()
        proto.CopyFrom(ir.to_proto(tensor))
        proto.name = name
        return ir.serde.TensorProtoTensor(proto)
    twin = copy.copy(tensor)
    twin.name = name
    return twin


def _put_first(graph: ir.Graph, node: ir.Node) -> None:
    if len(graph):
        graph.insert_before(graph[0], node)
    else:
        graph.append(node)


def _in_order(graph: ir.Graph, names: Sequence[str]) -> None:
    """The same initializers in another order; its own dict, so that no value is taken out and put in again."""
    data = graph.initializers.data
    items = {name: data[name] for name in names}
    data.clear()
    data.update(items)


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
