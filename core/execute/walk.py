"""Walking through a network layer by layer with many items at once, while its weights are being changed.

A Walk holds, for every batch, the values that later layers still read at one place of the graph. It computes a value
further on from there with a session of just the layers between, and moves up to a later place where the values alive
there fit into its memory; where they do not, it goes on from the earlier place, so a wide stretch of a network costs
time instead of memory. Weights may be changed as long as their layer has not been passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from core.execute.runtimes import OnnxSession
from core.execute.session import Array
from core.model.model import Model

MEMORY = 384 << 20  # bytes of values that one Walk keeps


def reads(node: onnx.NodeProto) -> list[str]:
    """Inputs of a node and what the bodies it holds read from outside."""
    names = list(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node if attribute.type == onnx.AttributeProto.GRAPH else ():
            names += reads(inner)
        body = attribute.g
        made = {o for inner in body.node for o in inner.output}
        made |= {v.name for v in (*body.input, *body.initializer)}
        names = [n for n in names if n not in made]
    return names


def port(name: str, array: Array) -> onnx.ValueInfoProto:
    """A graph input for arrays like this one, of any size."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnx.helper.make_tensor_value_info(name, kind, [None] * array.ndim)


Onward = Callable[[int, Mapping[str, Array]], dict[str, Array]]  # see Walk.onward


@dataclass(frozen=True, slots=True)
class _Part:
    """Nodes that compute some values; ``inputs`` are what is given to them, ``weights`` the constants they read."""

    nodes: tuple[onnx.NodeProto, ...]
    inputs: tuple[str, ...]
    weights: tuple[str, ...]


class Walk:
    """One network and its items; ``feeds`` are batches of its inputs, [B, ...] by name.

    ``arena``: see OnnxSession. The graph's nodes must stand in order. Raises UserError where onnxruntime cannot run a
    part.
    """

    def __init__(
        self,
        model: Model,
        feeds: Sequence[Mapping[str, Array]],
        threads: int = 1,
        memory: int = MEMORY,
        arena: bool = True,
    ) -> None:
        self._proto = ir.to_proto(model.graph)
        self._nodes = list(self._proto.graph.node)
        self._weights = {t.name: t for t in self._proto.graph.initializer}
        self._maker = {o: k for k, n in enumerate(self._nodes) for o in n.output if o}
        self._outputs = dict.fromkeys(o.name for o in self._proto.graph.output)  # in the graph's order
        self._moving = self._following_inputs(set(feeds[0]) if feeds else set())
        self._last_read = {name: k for k, n in enumerate(self._nodes) for name in reads(n)}
        self._stored: list[dict[str, Array]] = [dict(f) for f in feeds]
        self._place, self._threads, self._memory, self._arena = 0, threads, memory, arena

    def index_of(self, value: str) -> int:
        """The number of the node that makes a value; -1 for an input of the graph."""
        return self._maker.get(value, -1)

    def set_weight(self, name: str, array: npt.NDArray[np.generic]) -> None:
        """Give an initializer other numbers, of the same size; layers passed already keep what they computed."""
        self._weights[name] = onnx.numpy_helper.from_array(array, name)

    def visit(self, value: str, place: int) -> Iterator[Array]:
        """A value on every batch, in order; afterwards the walk may stand in front of node ``place``.

        ``place`` must not be beyond what later visits need. Each array is the walk's own: do not write into it.
        """
        alive = self._alive(place) if place > self._place else []
        run = self._runner({value, *alive})
        for k, stored in enumerate(self._stored):
            found = run(stored)
            if k == 0 and alive and self._too_large(found, alive):
                alive, run = [], self._runner({value})
            if alive:
                self._stored[k] = {n: found[n] for n in alive}
            yield found[value]
        if alive or place <= self._place:
            self._place = max(place, self._place)

    def onward(self, given: Mapping[str, Array]) -> Onward:
        """What computes the graph's outputs from where the walk stands, with other numbers in some values.

        ``given`` has an array of each such value, for its type. The result is called with the number of a batch and the
        values' arrays, and gives output name -> array; it holds until the walk goes on.
        """
        first = {**self._stored[0], **given}
        part = self._part(set(self._outputs), first)
        session = self._session(part, first, sorted(n for n in self._outputs if n not in first))

        def run(batch: int, values: Mapping[str, Array]) -> dict[str, Array]:
            known = {**self._stored[batch], **values}
            made = session.run({n: known[n] for n in part.inputs}) if session is not None else {}
            return {n: made[n] if n in made else known[n] for n in self._outputs}

        return run

    def _too_large(self, found: Mapping[str, Array], alive: Sequence[str]) -> bool:
        return sum(found[n].nbytes for n in alive) * len(self._stored) > self._memory

    def _following_inputs(self, given: set[str]) -> set[str]:
        """The values that depend on what is fed; others are computed again wherever they are read."""
        moving = set(given)
        for node in self._nodes:
            if not moving.isdisjoint(reads(node)) or node.op_type.startswith("Random"):
                moving.update(o for o in node.output if o)
        return moving

    def _alive(self, place: int) -> list[str]:
        """What is made in front of a node and read from there on."""
        return sorted(
            name
            for name in self._moving
            if self.index_of(name) < place and (self._last_read.get(name, -1) >= place or name in self._outputs)
        )

    def _runner(self, wanted: set[str]) -> _Runner:
        first = self._stored[0]
        part = self._part(wanted, first)
        session = self._session(part, first, sorted(n for n in wanted if n not in first))
        return _Runner(session, part.inputs if session is not None else (), wanted)

    def _session(self, part: _Part, given: Mapping[str, Array], outputs: Sequence[str]) -> OnnxSession | None:
        """A session of just these nodes; None where everything is there already."""
        if not outputs:
            return None
        proto = self._proto
        graph = onnx.helper.make_graph(
            part.nodes,
            "part",
            [port(n, given[n]) for n in part.inputs],
            [onnx.ValueInfoProto(name=n) for n in outputs],
            [self._weights[n] for n in part.weights],
        )
        model = onnx.helper.make_model(
            graph, opset_imports=proto.opset_import, ir_version=proto.ir_version, functions=proto.functions
        )
        return OnnxSession(model.SerializeToString(), self._threads, arena=self._arena)

    def _part(self, wanted: set[str], given: Mapping[str, Array]) -> _Part:
        inside: set[int] = set()
        inputs: set[str] = set()
        weights: set[str] = set()
        ask = sorted(wanted - given.keys())
        while ask:
            name = ask.pop()
            if name in given:
                inputs.add(name)
            elif name in self._weights:
                weights.add(name)
            elif name and self._maker[name] not in inside:
                inside.add(self._maker[name])
                ask += reads(self._nodes[self._maker[name]])
        return _Part(tuple(self._nodes[k] for k in sorted(inside)), tuple(sorted(inputs)), tuple(sorted(weights)))


@dataclass(frozen=True, slots=True)
class _Runner:
    """Calls a part's session on the stored values of one batch; what is stored already is handed through."""

    session: OnnxSession | None
    inputs: tuple[str, ...]
    wanted: set[str]

    def __call__(self, stored: Mapping[str, Array]) -> dict[str, Array]:
        made = self.session.run({n: stored[n] for n in self.inputs}) if self.session is not None else {}
        return {n: made[n] if n in made else stored[n] for n in self.wanted}
