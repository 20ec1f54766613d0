"""Types and shapes after an edit, inferred again only as far as they change, and what is wrong with a layer."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

import onnx_ir as ir

from core.model.editing.draft import Draft
from core.model.editing.inference import Inference, Known, TensorType, Types, type_of
from core.model.model import layer_name


class Typing:
    """Types of the values that the file does not annotate, and what is wrong with which layer.

    ``wrong`` holds the end of a sentence that begins with the layer, or a tensor that the layer reads too early:
    names may change, see :meth:`sentence`.
    """

    def __init__(self, draft: Draft, before: Typing | None = None) -> None:
        self.types: Types = {}
        self.wrong: dict[ir.Node, str | ir.Value] = {}
        graph = draft.model.graph
        kept = before.inference if before is not None else None
        self.inference: Inference = kept if kept is not None and kept.fits(graph) else Inference(graph)
        self._start(draft)

    def type_of(self, value: ir.Value) -> Known | None:
        """As the file says, else as inferred; None where nothing is known."""
        return type_of(value, self.types)

    def sentence(self, node: ir.Node) -> str:
        """What is wrong with a layer, under the names that layers and tensors have now."""
        what = self.wrong[node]
        if isinstance(what, ir.Value):
            return f"Layer '{layer_name(node)}' reads '{what.name}' before it is made."
        return f"Layer '{layer_name(node)}' ({node.op_type}){what}"

    def _start(self, draft: Draft) -> None:
        """Look at every layer once: some 10 microseconds each."""
        graph = draft.model.graph
        for node in graph.graph:
            outputs, sentence = self.inference.ask(graph, node, self.type_of)
            for value, known in zip(node.outputs, outputs, strict=False):
                if known is not None and value.name and (value.shape is None or value.dtype is None):
                    self.types[value] = known
            wrong = _too_early(node, draft) or sentence
            if wrong:
                self.wrong[node] = wrong

    def spread(self, draft: Draft) -> None:
        """Infer the touched layers and, where their results changed, the layers behind them; the draft records it."""
        for node in draft.noted.gone():
            self._mark(draft, node, "")
        if not draft.touched:
            return
        order = draft.order
        queue = [(order.place(n), id(n), n) for n in draft.touched if n in order]
        heapq.heapify(queue)
        waiting = {n for *_, n in queue}
        while queue:
            *_, node = heapq.heappop(queue)
            waiting.discard(node)
            for value in self._update(draft, node):
                for reader in dict.fromkeys(u.node for u in value.uses()):
                    draft.better.discard(reader)
                    if reader in order and reader not in waiting:
                        waiting.add(reader)
                        heapq.heappush(queue, (order.place(reader), id(reader), reader))

    def _update(self, draft: Draft, node: ir.Node) -> list[ir.Value]:
        """The outputs whose type changed."""
        outputs, sentence = self.inference.ask(draft.model.graph, node, self.type_of)
        before = self.wrong.get(node)  # only who is touched may read something else than before
        late = _too_early(node, draft) if node in draft.touched else before if isinstance(before, ir.Value) else None
        self._mark(draft, node, late or sentence)
        changed = []
        for value, new in itertools.zip_longest(node.outputs, outputs[: len(node.outputs)]):
            if new is None and not sentence and value in self.types:
                # behind a wrong layer what was known last stays known, until it is repaired
                self._remember(draft, value, None)
                changed.append(value)
            if not isinstance(new, TensorType) or not value.name:
                continue
            old = self.type_of(value)
            if node in draft.better and isinstance(old, TensorType):
                new = _merged(old, new)
            nameless = value.is_graph_output() and value.dtype is None  # outputs must say their type
            if old is not None and old == new and not nameless:
                continue
            if value.shape is not None or value.dtype is not None or value.is_graph_output():
                _annotate(draft, value, new)
            if value.shape is None or value.dtype is None:
                self._remember(draft, value, new)
            changed.append(value)
        return changed

    def _remember(self, draft: Draft, value: ir.Value, new: Known | None) -> None:
        old = self.types.get(value)
        draft.change(lambda: _put(self.types, value, new), lambda: _put(self.types, value, old))
        draft.noted.value(value)

    def _mark(self, draft: Draft, node: ir.Node, what: str | ir.Value) -> None:
        old = self.wrong.get(node)
        if (old or "") != what:
            draft.change(lambda: _put(self.wrong, node, what or None), lambda: _put(self.wrong, node, old))
            draft.noted.layers((node,))


def _too_early(node: ir.Node, draft: Draft) -> ir.Value | None:
    """A tensor that a layer reads though a later one makes it, or nothing."""
    graph, order = draft.graph, draft.order
    for value in node.inputs:
        maker = value.producer() if value is not None else None
        if value is None or value.graph is not graph:
            continue
        if maker is None:
            late = not (value.is_graph_input() or value.is_initializer())
        else:
            late = order.place(maker) >= order.place(node)
        if late:
            return value
    return None


def _merged(old: TensorType, new: TensorType) -> TensorType:
    """What is known now, and where that is nothing, what was known before."""
    if old.dtype != new.dtype or old.shape is None or (new.shape is not None and len(old.shape) != len(new.shape)):
        return new
    sizes = new.shape or (None,) * len(old.shape)
    return TensorType(new.dtype, tuple(b if n is None else n for b, n in zip(old.shape, sizes, strict=True)))


def _put(mapping: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value


def _annotate(draft: Draft, value: ir.Value, known: TensorType) -> None:
    """Write an inferred tensor type to a value; an output must say a shape, so what the file says of it stays."""
    if value.dtype is None or int(value.dtype) != known.dtype:
        draft.set(value, "type", ir.TensorType(ir.DataType(known.dtype)))
    if known.shape is not None:
        draft.set(value, "shape", ir.Shape(known.shape))
    elif not value.is_graph_output():
        draft.set(value, "shape", None)
