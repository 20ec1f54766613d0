"""Running variants of one graph on the same items, each only from the first node at which it differs.

What the nodes in front of that place give is computed once and kept, so variants asked for in graph order cost on
average half a run. Variants are those of :mod:`core.measure.quantized_parts`; no graph is built for them, their nodes
are wired by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

import onnx
import onnx_ir as ir
from onnx_ir import serde

from core.data.dataset import Array
from core.execute.runtimes import OnnxSession
from core.execute.walk import port, reads
from core.jobs import Job
from core.measure.quantized_edits import float_name
from core.measure.quantized_parts import DEQUANTIZE, QuantizedParts, Variant
from core.model.model import real_inputs

KEPT_BYTES = 384 << 20  # of inner values; where they would be larger, more of the graph is run again
_DYNAMIC_IR = 4  # the first version whose initializers need not be inputs
Feed = Mapping[str, Array]
Outputs = dict[str, Array]


class Wired:
    """A quantized graph's nodes as protos, by place, and its constants: what sessions on parts of it are made of."""

    def __init__(self, parts: QuantizedParts) -> None:
        self.parts = parts
        self.nodes = [serde.serialize_node(n) for n in parts.nodes]
        self.reads = [reads(n) for n in self.nodes]
        self.maker = {o: k for k, n in enumerate(self.nodes) for o in n.output if o}
        self._constants: dict[str, ir.Value] = dict(parts.model.graph.graph.initializers)
        self._tensors: dict[str, onnx.TensorProto] = {}

    def session(
        self,
        variant: Variant,
        outputs: Collection[str],
        given: Collection[str],
        ports: Mapping[str, Array],
        threads: int,
        exact: bool,
    ) -> tuple[OnnxSession | None, list[str]]:
        """A session that computes ``outputs`` from values that are given, and their names; None where all are given.

        ``ports`` has an array of every given value, for its type.
        """
        wires = _Wires(self, variant)
        inside: set[int] = set()
        inputs: dict[str, None] = {}
        constants: dict[str, onnx.TensorProto] = {}
        ask = [name for name in outputs if name not in given]
        while ask:
            name = ask.pop()
            if name in given:
                inputs[name] = None
            elif name in wires.floats:
                constants[name] = onnx.numpy_helper.from_array(wires.floats[name], name)
            elif name in self._constants:
                constants[name] = self._tensor(name)
            elif name in self.maker and self.maker[name] not in inside:
                inside.add(self.maker[name])
                ask += wires.reads(self.maker[name])
        if not inside:
            return None, []
        graph = onnx.helper.make_graph(
            [wires.node(k) for k in sorted(inside)],
            "part",
            [port(name, ports[name]) for name in inputs],
            [onnx.ValueInfoProto(name=name) for name in outputs if name not in given],
            list(constants.values()),
        )
        return OnnxSession(self._proto(graph).SerializeToString(), threads, exact=exact), list(inputs)

    def _proto(self, graph: onnx.GraphProto) -> onnx.ModelProto:
        whole = self.parts.model.graph
        imports = [onnx.helper.make_opsetid(domain, version) for domain, version in whole.opset_imports.items()]
        functions = [serde.serialize_function(f) for f in whole.functions.values()]
        version = max(whole.ir_version or _DYNAMIC_IR, _DYNAMIC_IR)
        return onnx.helper.make_model(graph, opset_imports=imports, ir_version=version, functions=functions)

    def _tensor(self, name: str) -> onnx.TensorProto:
        if name not in self._tensors:
            stored = self._constants[name].const_value
            assert stored is not None, "it is an initializer"
            self._tensors[name] = serde.serialize_tensor(stored)
            self._tensors[name].name = name
        return self._tensors[name]


class _Wires:
    """How the nodes of one variant read: past bypassed pairs, and float constants instead of stored ones."""

    def __init__(self, wired: Wired, variant: Variant) -> None:
        self._wired = wired
        parts = wired.parts
        self._past: dict[str, str] = {}
        for pair in variant.bypassed:
            self._past |= {parts.nodes[k].outputs[0].name or "": pair.value for k in pair.dequantize}
        self.floats: dict[str, Array] = {}
        self._instead: dict[tuple[int, int], str] = {}
        for place in variant.floats:
            for index, array in parts.float_constants(place).items():
                name = "" if array is None else float_name(parts.nodes[place], index)
                self._instead[place, index] = name
                if array is not None:
                    self.floats[name] = array

    def source(self, name: str) -> str:
        """What is read under a value's name."""
        while name in self._past:
            name = self._past[name]
        return name

    def reads(self, place: int) -> list[str]:
        own = len(self._wired.nodes[place].input)
        return [n for n in (*self._inputs(place), *self._wired.reads[place][own:]) if n]

    def node(self, place: int) -> onnx.NodeProto:
        inputs = self._inputs(place)
        if inputs == list(self._wired.nodes[place].input):
            return self._wired.nodes[place]
        node = onnx.NodeProto()
        node.CopyFrom(self._wired.nodes[place])
        del node.input[:]
        node.input.extend(inputs)
        return node

    def _inputs(self, place: int) -> list[str]:
        names = self._wired.nodes[place].input
        return [self._instead.get((place, k), self.source(n)) for k, n in enumerate(names)]


class PartRuns:
    """Answers of variants of ``base``. Those asked for in graph order cost least.

    ``feeds`` are batches of all inputs, of which only the first ``counts`` rows are real items. onnxruntime runs them,
    optimized; ``exact``: with exact 8-bit sums on every processor.
    """

    def __init__(
        self,
        base: Variant,
        feeds: Sequence[Feed],
        counts: Sequence[int],
        *,
        threads: int = 1,
        exact: bool = False,
        kept_bytes: int = KEPT_BYTES,
        wired: Wired | None = None,
    ) -> None:
        self._base, self._threads, self._exact, self._limit = base, threads, exact, kept_bytes
        self._feeds, self._counts = [dict(f) for f in feeds], counts
        self._wired = wired or Wired(base.parts)
        self._wires = _Wires(self._wired, base)
        self._stored = self._feeds
        self._place = 0

    def differs_at(self, variant: Variant) -> int:
        """The place of the first node at which a variant differs from the base; behind the last where nowhere."""
        return min(variant.gone ^ self._base.gone, default=len(self._wired.nodes))

    def outputs(self, variant: Variant, job: Job, say: str = "") -> list[Outputs]:
        """The variant's outputs on real items, batch by batch. Raises Cancelled between batches."""
        self._go_to(self.differs_at(variant), job, say)
        wires = _Wires(self._wired, variant)
        names = {name: wires.source(name) for name in self._base.parts.model.output_names}
        found = []
        for k, made in enumerate(self._each(variant, sorted(set(names.values())), job, say)):
            found.append({name: made[source][: self._counts[k]] for name, source in names.items()})
        return found

    def _each(self, variant: Variant, wanted: Sequence[str], job: Job, say: str) -> Iterator[dict[str, Array]]:
        """Values of a variant, for every batch, from what is stored."""
        first = self._stored[0]
        session, inputs = self._wired.session(variant, wanted, first.keys(), first, self._threads, self._exact)
        for values in job.track(self._stored, len(self._stored), say):
            made = session.run({n: values[n] for n in inputs}) if session is not None else {}
            yield {n: made[n] if n in made else values[n] for n in wanted}

    def _go_to(self, place: int, job: Job, say: str) -> None:
        """Keep the values that are alive in front of a place, unless they are too large together."""
        if place < self._place:
            self._stored, self._place = self._feeds, 0
        wanted = self._alive(place)
        if place == self._place or not wanted:
            return
        found: list[dict[str, Array]] = []
        for values in self._each(self._base, wanted, job, say):
            found.append(values)
            if len(found) == 1 and sum(a.nbytes for a in values.values()) * len(self._stored) > self._limit:
                return
        self._stored, self._place = found, place

    def _alive(self, place: int) -> list[str]:
        """What is made in front of a place and read from there on; integers rather than what is read out of them."""
        later = {self._wires.source(n) for n in self._base.parts.model.output_names}
        for k in range(place, len(self._wired.nodes)):
            if k not in self._skipped:
                later.update(self._wires.reads(k))
        for k in range(place):  # what is read out of integers is read out again
            node = self._wired.nodes[k]
            if k not in self._skipped and node.op_type == DEQUANTIZE and not later.isdisjoint(node.output):
                later.add(node.input[0])
        return sorted(n for n in later if n in self._moving and self._made_before(n, place))

    def _made_before(self, name: str, place: int) -> bool:
        at = self._wired.maker.get(name, -1)
        return at < place and (at < 0 or self._wired.nodes[at].op_type != DEQUANTIZE)

    @cached_property
    def _skipped(self) -> frozenset[int]:
        """Places of the pairs that the base bypasses."""
        return frozenset(k for p in self._base.bypassed for k in (p.quantize, *p.dequantize))

    @cached_property
    def _moving(self) -> set[str]:
        """Values that depend on what is fed."""
        found = {v.name or "" for v in real_inputs(self._base.parts.model.graph)}
        for k, node in enumerate(self._wired.nodes):
            if node.op_type.startswith("Random") or not found.isdisjoint(self._wires.reads(k)):
                found.update(o for o in node.output if o)
        return found


def computed(parts: QuantizedParts, names: Sequence[str]) -> dict[str, Array]:
    """Constants of the quantized graph that its nodes compute (what stored integers are read back as), by name."""
    session, _ = Wired(parts).session(parts.without(()), sorted(set(names)), (), {}, 1, False)
    return session.run({}) if session is not None else {}
