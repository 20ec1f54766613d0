"""What quantization put at each layer of a graph, and the same graph with it at some layers only.

A layer's own share of the quantization is its stored weights, its bias, and the pair behind what it makes (behind the
Relu or Clip that runs inside it). A pair on an input of the graph belongs to that input, under the input's name. Pairs
that round nothing anew (behind MaxPool, Reshape, Concat of equal scales) belong to nobody: they stay where the pairs
before them stay.

Taking quantization out bypasses pairs and puts the parent's float weights back. Works on foreign QDQ graphs too, as far
as their layers have the names of the parent's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import onnx_ir as ir

from core.errors import UserError
from core.measure.dropped_activations import completed
from core.measure.quantized_edits import (
    bypass,
    constant_values,
    drop_dead,
    holds_dequantize,
    put_constant,
    same_steps,
)
from core.model.facts import Array, Facts, infer
from core.model.model import Model, layer_name, real_inputs
from core.model.qdq_operators import ACTIVATIONS, BIASED, BINARY, FIXED, MEANS, PASS_THROUGH, WEIGHTED, data_inputs

QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
_COMPUTING = frozenset({"AveragePool", "Resize"})  # they share a scale, but make numbers that are rounded anew
_MOVING = (PASS_THROUGH - _COMPUTING) | ACTIVATIONS
_INT8 = WEIGHTED | PASS_THROUGH | ACTIVATIONS | BINARY | FIXED | MEANS
_CHOOSE = "Choose the float model that this one was quantized from."


@dataclass(frozen=True, slots=True)
class Pair:
    """A QuantizeLinear with the DequantizeLinear nodes that read it, by their places in the graph.

    ``value``: what is quantized. ``owner``: the layer it belongs to; '' where it rounds nothing anew, and then
    ``sources`` are the places of the pairs before it. ``maker``: the layer whose result it stores.
    """

    value: str
    quantize: int
    dequantize: tuple[int, ...]
    owner: str
    maker: str
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One layer's own share. ``pairs``: the values it quantizes. ``constants``: its inputs that are stored integers."""

    layer: str
    operator: str
    pairs: tuple[str, ...]
    constants: tuple[int, ...]


@dataclass(frozen=True)
class Variant:
    """The graph with quantization at some layers. ``kept``: pairs, by the place of their QuantizeLinear.

    ``floats``: places of the layers whose stored constants are float again.
    """

    parts: QuantizedParts
    kept: frozenset[int]
    floats: frozenset[int]

    @cached_property
    def bypassed(self) -> tuple[Pair, ...]:
        return tuple(p for p in self.parts.pairs if p.quantize not in self.kept)

    @cached_property
    def gone(self) -> frozenset[int]:
        """Places of what is different from the quantized graph: pairs, and layers whose weights are float."""
        return self.floats.union(*((p.quantize, *p.dequantize) for p in self.bypassed))

    def model(self) -> Model:
        """As a model of its own."""
        model = self.parts.model.clone()
        nodes = list(model.nodes())
        for place in sorted(self.floats):
            for index, array in self.parts.float_constants(place).items():
                put_constant(model.graph.graph, nodes[place], index, array)
        for pair in self.bypassed:
            bypass(model.graph.graph, nodes[pair.quantize], [nodes[k] for k in pair.dequantize])
        drop_dead(model.graph.graph)
        return model.with_graph(model.graph)


def with_only(quantized: Model, parent: Model, layers: Collection[str]) -> Model:
    """The graph with the quantization of these layers (and graph inputs) only; everything else is float.

    ``parent``: the float model in the form that was quantized (core.methods.quantize.ready). Raises UserError where
    a layer is not quantized, or the parent lacks the float weights of one.
    """
    return QuantizedParts(quantized, parent).with_only(layers).model()


def without(quantized: Model, parent: Model, layers: Collection[str]) -> Model:
    """The graph with these layers in float, as a mixed form would have them; see :func:`with_only`.

    A pair stays where a layer that is left in int8 makes or reads its value.
    """
    return QuantizedParts(quantized, parent).without(layers).model()


class QuantizedParts:
    """A quantized graph taken apart once, for many variants. ``parts``: by layer, in graph order."""

    def __init__(self, quantized: Model, parent: Model) -> None:
        self.model, self.parent = completed(quantized, parent), parent
        self.nodes = list(self.model.nodes())
        self._place = {id(n): k for k, n in enumerate(self.nodes)}
        self.constant = constant_values(self.model, self.nodes)
        self.pairs = tuple(self._pairs())
        self._stored = {k: found for k, n in enumerate(self.nodes) if (found := tuple(self._stored_inputs(n)))}
        self.parts = {p.layer: p for p in self._parts()}

    @cached_property
    def parent_facts(self) -> Facts:
        return infer(self.parent)

    @cached_property
    def twins(self) -> dict[int, ir.Node]:
        """Place of a node -> the parent's layer of the same name, else the one that makes the value of the same name.

        The operators are the same.
        """
        named = {n.name: n for n in self.parent.nodes() if n.name}
        making = {o.name: n for n in self.parent.nodes() for o in n.outputs if o.name}
        found = {}
        for k, node in enumerate(self.nodes):
            made = (node.outputs[0].name or "").removesuffix("_unquantized") if node.outputs else ""
            for twin in (named.get(node.name or ""), making.get(made)):
                if twin is not None and twin.op_type == node.op_type:
                    found[k] = twin
                    break
        return found

    def place_of(self, layer: str) -> int:
        """Where the layer stands; -1 for a graph input."""
        return next((k for k, n in enumerate(self.nodes) if layer_name(n) == layer), -1)

    def with_only(self, layers: Collection[str]) -> Variant:
        """See the function of this name."""
        self._check(layers)
        chosen = set(layers)
        kept = {p.quantize for p in self.pairs if p.owner in chosen}
        for pair in self.pairs:  # in graph order, so that what stands before is decided
            if not pair.owner and kept.issuperset(pair.sources):
                kept.add(pair.quantize)
        floats = [k for k in self._stored if layer_name(self.nodes[k]) not in chosen]
        return Variant(self, frozenset(kept), frozenset(floats))

    def without(self, layers: Collection[str]) -> Variant:
        """See the function of this name."""
        self._check(layers)
        left = self._left_in_int8(set(layers))
        kept: set[int] = set()
        for pair in self.pairs:
            read = any(layer_name(r) in left and r.op_type not in _MOVING for r in self._readers(pair))
            again = not pair.owner and kept.issuperset(pair.sources) and pair.maker in left
            if read or again or (pair.owner and {pair.owner, pair.maker} <= left):
                kept.add(pair.quantize)
        floats = [k for k in self._stored if layer_name(self.nodes[k]) in set(layers)]
        return Variant(self, frozenset(kept), frozenset(floats))

    def source_of(self, place: int) -> ir.Node | None:
        """The QuantizeLinear of the pair that the layer at ``place`` reads; None where it reads a float value."""
        value = self.nodes[place].inputs[0]
        return None if value is None else self._source(value)

    def float_weight(self, place: int, index: int) -> Array | None:
        """The parent's constant at an input of the layer that stands at ``place``; None where it has none there."""
        twin = self.twins.get(place)
        value = twin.inputs[index] if twin is not None and len(twin.inputs) > index else None
        return None if value is None else self.parent_facts.array(value)

    @property
    def stored(self) -> tuple[int, ...]:
        """Places of the layers with stored constants."""
        return tuple(self._stored)

    def needed_for(self, pair: Pair) -> frozenset[str]:
        """The layers that must be float before the quantizer drops a pair: who makes its value, and who reads it.

        Readers behind pairs that round nothing anew count too.
        """
        found = {layer_name(n) for n in self._readers(pair) if n.op_type not in _MOVING}
        for later in self.pairs:
            if pair.quantize in later.sources:
                found |= self.needed_for(later)
        maker = self.place_of(pair.maker)
        if maker >= 0 and pair.owner and self._runs_in_int8(maker):
            found.add(pair.maker)
        return frozenset(found)

    def float_constants(self, place: int) -> dict[int, Array | None]:
        """The parent's constants for the stored inputs of a layer; None for a bias that the parent does not have.

        Raises UserError where the parent lacks them.
        """
        node, found = self.nodes[place], {}
        for index in self._stored[place]:
            array, old = self.float_weight(place, index), node.inputs[index]
            if array is None and not (node.op_type in BIASED and index == 2):
                raise UserError(f"The parent has no float weights for the layer '{layer_name(node)}'.", _CHOOSE)
            known = old.shape if old is not None and index == 1 else None
            if array is not None and known is not None and known.is_static() and known.numpy() != array.shape:
                shapes = f"{known.numpy()}, the parent's {array.shape}"
                raise UserError(f"The weights of '{layer_name(node)}' have the shape {shapes}.", _CHOOSE)
            found[index] = array
        return found

    # ------------------------------------------------------------------ reading

    def _check(self, layers: Collection[str]) -> None:
        strange = next((name for name in layers if name not in self.parts), None)
        if strange is not None:
            raise UserError(
                f"The layer '{strange}' is not quantized.", f"Quantized are: {', '.join(list(self.parts)[:5])}, …"
            )

    def _pairs(self) -> Iterator[Pair]:
        outputs = {id(v) for v in self.model.graph.graph.outputs}
        for k, node in enumerate(self.nodes):
            value = node.inputs[0] if node.op_type == QUANTIZE else None
            if value is None or value.name in self.constant or id(node.outputs[0]) in outputs:
                continue
            readers = [u.node for u in node.outputs[0].uses()]
            if not readers or any(r.op_type != DEQUANTIZE for r in readers):
                continue  # integers that an integer operator reads cannot be bypassed
            owner, maker, sources = self._owner(value, node)
            places = tuple(sorted({self._place[id(r)] for r in readers}))
            yield Pair(value.name or "", k, places, owner, maker, sources)

    def _owner(self, value: ir.Value, quantize: ir.Node) -> tuple[str, str, tuple[int, ...]]:
        """(owner, maker, places of the pairs before) of the pair on a value."""
        maker = value.producer()
        if maker is None:
            return value.name or "", value.name or "", ()
        while True:
            before = [self._source(v) for v in data_inputs(maker)] if maker.op_type != DEQUANTIZE else []
            if maker.op_type == DEQUANTIZE:  # a second pair: it belongs to whom the first belongs to
                source = self._source(maker.outputs[0])
                inner = None if source is None else source.inputs[0]
                assert source is not None, "constants are no activations"
                assert inner is not None, "a QuantizeLinear reads a value"
                return (*self._owner(inner, source)[:2], ())
            if maker.op_type not in _MOVING:
                break
            found = [q for q in before if q is not None]
            if len(found) == len(before) and all(same_steps(q, quantize) for q in found):
                return "", layer_name(maker), tuple(self._place[id(q)] for q in found)
            inner = maker.inputs[0]
            if found or inner is None or len(before) != 1:
                break
            producer = inner.producer()
            if producer is None:
                return inner.name or "", inner.name or "", ()
            if producer.op_type == DEQUANTIZE:  # rows of a stored table: they are rounded with it
                break
            maker = producer
        return layer_name(maker), layer_name(maker), ()

    def _source(self, value: ir.Value) -> ir.Node | None:
        """The QuantizeLinear of the pair that makes a value, else None."""
        node = value.producer()
        if node is None or node.op_type != DEQUANTIZE or node.inputs[0] is None:
            return None
        quantize = node.inputs[0].producer()
        return quantize if quantize is not None and quantize.op_type == QUANTIZE else None

    def _stored_inputs(self, node: ir.Node) -> Iterator[int]:
        """Inputs whose numbers are computed from stored integers."""
        if node.op_type == DEQUANTIZE or all((o.name or "") in self.constant for o in node.outputs):
            return
        for index, value in enumerate(node.inputs):
            if value is None or value.name not in self.constant or value.producer() is None:
                continue
            if holds_dequantize(value) or (node.op_type in WEIGHTED and index in (1, 2)):
                yield index

    def _parts(self) -> Iterator[Part]:
        own: dict[str, list[str]] = {}
        for pair in self.pairs:
            if pair.owner:
                own.setdefault(pair.owner, []).append(pair.value)
        for value in real_inputs(self.model.graph):
            if value.name in own:
                yield Part(value.name or "", "", tuple(own[value.name or ""]), ())
        for k, node in enumerate(self.nodes):
            name = layer_name(node)
            if name in own or k in self._stored:
                yield Part(name, node.op_type, tuple(own.get(name, ())), self._stored.get(k, ()))

    def _runs_in_int8(self, place: int) -> bool:
        """It has stored weights, or it reads stored values and its result is stored: between the two it is float."""
        node = self.nodes[place]
        if place in self._stored:
            return True
        reads = node.op_type in _INT8 and any(self._source(v) is not None for v in data_inputs(node))
        return reads and any(self._is_stored(v) for v in node.outputs)

    def _is_stored(self, value: ir.Value) -> bool:
        readers = [u.node for u in value.uses()]
        return any(
            n.op_type == QUANTIZE or (n.op_type in ACTIVATIONS and self._is_stored(n.outputs[0])) for n in readers
        )

    def _left_in_int8(self, layers: set[str]) -> set[str]:
        """The layers that still run in int8, by the quantizer's own rules (core.model.qdq_plan)."""
        left: set[str] = set()
        for k, node in enumerate(self.nodes):
            if not self._runs_in_int8(k) or layer_name(node) in layers:
                continue
            reached = [self._made_by(v) in left | {""} for v in data_inputs(node) if v.name not in self.constant]
            needed = all(reached) if node.op_type == "Concat" else any(reached)
            if k in self._stored or needed:
                left.add(layer_name(node))
        return left

    def _made_by(self, value: ir.Value) -> str:
        """The layer that makes what a layer reads, behind its pair and what runs inside it; '' for a graph input."""
        source = self._source(value)
        while source is not None and source.inputs[0] is not None:
            value = source.inputs[0]
            source = self._source(value)
        node = value.producer()
        while node is not None and node.op_type in ACTIVATIONS and node.inputs[0] is not None:
            if self._source(node.inputs[0]) is not None:
                break
            node = node.inputs[0].producer()
        return "" if node is None else layer_name(node)

    def _readers(self, pair: Pair) -> list[ir.Node]:
        nodes = [u.node for k in pair.dequantize for u in self.nodes[k].outputs[0].uses()]
        return [n for n in nodes if self._runs_in_int8(self._place[id(n)])] if nodes else []
