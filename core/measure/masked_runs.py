"""Running a model again and again with other channels masked, each time only from the first layer that they touch.

The weights of one channel group become inputs of the part of the graph behind its first layer, so that one session
serves every mask of the group; what goes into that part is computed once and kept, and the next group goes on from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.data.dataset import Array
from core.execute.runtimes import OnnxSession, onnx_session
from core.jobs import Job
from core.model.channels import ChannelGroup, ChannelGroups, Removed, masked_tensors, stored_arrays
from core.model.model import Model, layer_name, real_inputs

KEPT_BYTES = 512 << 20  # of inner values; where they would be larger, more of the graph is run again
_DYNAMIC_IR = 4  # the first version whose initializers need not be inputs
Feed = Mapping[str, Array]
Outputs = dict[str, Array]


@dataclass
class _Place:
    """Layers before ``position`` are done: ``values`` holds, batch by batch, what the others need of them."""

    position: int
    values: list[dict[str, Array]]


class MaskedRuns:
    """Answers of a model with channels of one group masked. Groups asked for in graph order cost least.

    ``model`` is prepared, ``groups`` are its own; ``feeds`` are batches of all its inputs, of which only the first
    ``counts`` rows are real items. onnxruntime runs it.
    """

    def __init__(
        self,
        model: Model,
        groups: ChannelGroups,
        feeds: Sequence[Feed],
        counts: Sequence[int],
        *,
        threads: int = 1,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._model, self._groups, self._threads = model, groups, threads
        self._counts, self._kept_bytes = counts, kept_bytes
        self._nodes = list(model.nodes())
        self._wiring = _Wiring(model, self._nodes)
        self._start = _Place(0, [dict(feed) for feed in feeds])
        self._here = self._start
        self._items = sum(len(next(iter(feed.values()))) for feed in feeds)

    def uncut(self, job: Job, say: str = "") -> list[Outputs]:
        """The model's own answers, batch by batch. ``say`` is what progress is reported with."""
        session = onnx_session(self._model, self._threads)
        return [self._real(session.run(feed), k) for k, feed in _each(self._start.values, job, say)]

    def share_behind(self, group: ChannelGroup, weights: Mapping[str, float]) -> float:
        """The share of all layers' ``weights`` (by layer name, such as MACs) that is run again for each mask."""
        first = self._first_layer(group)
        each = [weights.get(layer_name(node), 0.0) for node in self._nodes]
        return sum(each[first:]) / (sum(each) or 1.0)

    def of_group(self, group: ChannelGroup, job: Job, say: str = "") -> GroupRuns:
        """Everything that masks of the group need, computed once. Raises Cancelled between batches."""
        self._go_to(self._first_layer(group), job, say)
        return GroupRuns(self, group, stored_arrays(self._model, _tensors(group)))

    def session(self, weights: Mapping[str, Array], stored: bool) -> OnnxSession:
        """A session on the layers not yet done, whose ``weights`` are stored in it, or inputs of the same names."""
        needed = self._wiring.crossing(self._here.position)
        piece = self._piece([*needed, *weights], self._left(), self._here, weights)
        if stored:
            graph = piece.graph.graph
            for value in [v for v in graph.inputs if v.name in weights]:
                graph.inputs.remove(value)
                value.const_value = ir.tensor(weights[value.name or ""], name=value.name)
                graph.initializers.add(value)
        return onnx_session(piece, self._threads)

    def _left(self) -> list[str]:
        """The model's outputs that are not yet made."""
        return [name for name in self._model.output_names if self._wiring.made_at(name) >= self._here.position]

    def has_grouped_convolution(self, tensors: Collection[str]) -> bool:
        """Whether one of the tensors is the kernel of a depthwise or grouped convolution."""
        readers = {self._nodes[k] for name in tensors for k in self._wiring.readers(name)}
        return any(n.op_type == "Conv" and n.attributes.get_int("group", 1) != 1 for n in readers)

    def _first_layer(self, group: ChannelGroup) -> int:
        return self._wiring.first_reader(_tensors(group))

    def _go_to(self, position: int, job: Job, say: str) -> None:
        """Have the values that the layers from ``position`` on need, or those of an earlier place if they are large."""
        if position < self._here.position:
            self._here = self._start
        if position == self._here.position or not self._fits(position):
            return
        wanted = self._wiring.crossing(position)
        made = [name for name in wanted if self._wiring.made_at(name) >= self._here.position]
        session = None
        if made:
            needed = self._wiring.crossing(self._here.position)
            session = onnx_session(self._piece(needed, made, self._here), self._threads)
        found = []
        for _, values in _each(self._here.values, job, say):
            feed = {} if session is None else {p.name: values[p.name] for p in session.inputs}
            new = {} if session is None else session.run(feed)
            found.append({name: new[name] if name in new else values[name] for name in wanted})
        self._here = _Place(position, found)

    def _fits(self, position: int) -> bool:
        facts = self._groups.facts
        elements = sum(int(np.prod(facts.shapes.get(n, ()), dtype=np.int64)) for n in self._wiring.crossing(position))
        return 4 * elements * self._items <= self._kept_bytes

    def _piece(
        self, inputs: Sequence[str], outputs: Sequence[str], place: _Place, weights: Mapping[str, Array] | None = None
    ) -> Model:
        """The part of the graph between two sets of values, as a model of its own."""
        whole = self._model.graph
        graph = ir.convenience.extract(whole.graph, inputs=list(inputs), outputs=list(outputs))
        for value in graph.inputs:
            name = value.name or ""
            given = weights[name] if weights and name in weights else place.values[0][name]
            value.const_value = None
            value.type = value.type or ir.TensorType(ir.DataType.from_numpy(given.dtype))
            fixed = weights is not None and name in weights
            value.shape = ir.Shape(given.shape if fixed else [f"{name}:{axis}" for axis in range(given.ndim)])
        read = _read_in(graph)
        graph.inputs[:] = [v for v in graph.inputs if v.name in read]
        version = max(whole.ir_version or _DYNAMIC_IR, _DYNAMIC_IR)
        made = ir.Model(graph, ir_version=version, functions=list(whole.functions.values()))
        return self._model.with_graph(made)

    def _real(self, outputs: Mapping[str, Array], batch: int) -> Outputs:
        """The rows of real items, of the model's outputs in their order."""
        return {name: outputs[name][: self._counts[batch]] for name in self._model.output_names}

    def run(self, session: OnnxSession, weights: Feed, job: Job, say: str = "") -> list[Outputs]:
        """The model's outputs, from a :meth:`session` on the layers not yet done."""
        found = []
        for k, values in _each(self._here.values, job, say):
            feed = {p.name: weights[p.name] if p.name in weights else values[p.name] for p in session.inputs}
            found.append(self._real({**values, **session.run(feed)}, k))
        return found

    def masked_weights(self, group: ChannelGroup, units: Collection[int]) -> dict[str, Array]:
        """The tensors that change where these units are masked."""
        removed: Removed = {group.key: units}
        return dict(masked_tensors(self._model, self._groups, removed))


class GroupRuns:
    """Runs with units of one group masked, until the next group is asked for.

    A depthwise or grouped convolution whose kernel is fed runs three times slower than one that has it stored, so that
    its groups get a session for each mask.
    """

    def __init__(self, runs: MaskedRuns, group: ChannelGroup, tensors: Mapping[str, Array]) -> None:
        self._runs, self._group, self._tensors = runs, group, tensors
        self._stored = runs.has_grouped_convolution(tensors)
        self._session: OnnxSession | None = None

    def changes(self, units: Collection[int]) -> bool:
        """Whether masking these units changes a single weight; where it does not, nothing need be run."""
        masked = self._runs.masked_weights(self._group, units)
        return any(masked[name].tobytes() != self._tensors[name].tobytes() for name in masked)

    def masked(self, units: Collection[int], job: Job, say: str = "") -> list[Outputs]:
        """Answers with these units masked, batch by batch. Raises Cancelled between batches."""
        weights = {**self._tensors, **self._runs.masked_weights(self._group, units)}
        if self._stored or self._session is None:
            self._session = self._runs.session(weights, self._stored)
        return self._runs.run(self._session, weights, job, say)


def _each(batches: Sequence[dict[str, Array]], job: Job, say: str) -> Iterator[tuple[int, dict[str, Array]]]:
    return enumerate(job.track(batches, len(batches), say))


def _tensors(group: ChannelGroup) -> tuple[str, ...]:
    """The stored tensors that a mask of the group writes into."""
    return tuple(dict.fromkeys(m.tensor for m in group.members if bool((m.units >= 0).any())))


class _Wiring:
    """Who makes and who reads a value, by the number of the layer; what no input of the model reaches is constant."""

    def __init__(self, model: Model, nodes: Sequence[ir.Node]) -> None:
        self._made = {v.name or "": -1 for v in real_inputs(model.graph)}
        self._readers: dict[str, list[int]] = {}
        for k, node in enumerate(nodes):
            read = list(_reads(node))
            for name in read:
                self._readers.setdefault(name, []).append(k)
            if any(name in self._made for name in read) or _is_random(node):
                self._made.update((o.name or "", k) for o in node.outputs)
        self._outputs = set(model.output_names)

    def made_at(self, name: str) -> int:
        """The number of the layer that makes a value; -1 for an input."""
        return self._made.get(name, -1)

    def readers(self, name: str) -> Sequence[int]:
        """Numbers of the layers that read a value, in order."""
        return self._readers.get(name, ())

    def first_reader(self, tensors: Collection[str]) -> int:
        return min(self._readers[name][0] for name in tensors if name in self._readers)

    def crossing(self, position: int) -> list[str]:
        """Values made before ``position`` that a layer from there on reads, or that the model gives as they are."""
        return [
            name
            for name, made in self._made.items()
            if made < position and (name in self._outputs or self._readers.get(name, [-1])[-1] >= position)
        ]


def _reads(node: ir.Node) -> Iterator[str]:
    """Names of the values that a node reads, inside its own subgraphs too."""
    for value in node.inputs:
        if value is not None and value.name:
            yield value.name
    for attribute in node.attributes.values():
        if attribute.is_ref():
            continue
        inner = [attribute.value] if attribute.type == ir.AttributeType.GRAPH else []
        inner = list(attribute.value) if attribute.type == ir.AttributeType.GRAPHS else inner
        for graph in inner:
            for below in graph:
                yield from _reads(below)
            yield from (v.name for v in graph.outputs if v.name)


def _read_in(graph: ir.Graph) -> set[str]:
    names = {name for node in graph for name in _reads(node)}
    return names | {v.name or "" for v in graph.outputs}


def _is_random(node: ir.Node) -> bool:
    """Random numbers are drawn once and kept, so that every mask is judged on the same."""
    return node.op_type.startswith("Random") or node.op_type == "Bernoulli"
