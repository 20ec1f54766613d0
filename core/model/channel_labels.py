"""Labels of channels, carried through a graph: the state that the channel rules read and write.

Every output channel of every producing layer gets a label, a positive integer. Label 0 means "no identity": such a
position is always kept. A value carries labels along at most one axis (its :class:`Lane`): label arrays of real
networks vary along one axis only, and where a Reshape would make them vary along two, the survivors must lie on a
grid, so all but one of these axes are joined anyway. Labels that must live or die together are joined in a
union-find; labels that must live are locked, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.facts import Facts
from core.model.model import layer_name

Ints = npt.NDArray[np.int64]
Role = Literal["produces", "carries", "reads"]
STATIC_MOVES = {
    "Identity", "Cast", "Transpose", "Unsqueeze", "Squeeze", "Reshape", "Gather", "DequantizeLinear", "QuantizeLinear",
}  # fmt: skip


_KEEP_ROWS = {"Identity", "Cast", "DequantizeLinear", "QuantizeLinear"}


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """The labels of a value along one axis; along every other axis they are the same. ``labels``: (size of axis,)."""

    axis: int
    labels: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """One use of one axis of a constant tensor whose positions belong to labels.

    ``tensor`` is the name of an initializer or of a Constant node's output; ``labels``: (size of axis,).
    ``use`` is the (node, input slot) that reads it. ``blank`` is what a masked position holds: 0, but 1 where a 0
    would be a divisor. ``rows``: where only a run of the tensor's first axis is meant, from and up to (without): the
    groups of a grouped convolution read different channels.
    """

    layer: str
    use: tuple[int, int]
    tensor: str
    axis: int
    labels: Ints
    role: Role
    blank: float = 0.0
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """An axis of a value between a stored weight and its layer (dequantized, transposed); labels as there."""

    value: str
    axis: int
    labels: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Labels (n,) in ``groups`` equal runs, of which every run must lose the same number (grouped convolutions)."""

    labels: Ints
    groups: int
    reason: str


class UnionFind:
    """Labels 0..n-1 in classes; the smallest label of a class is its root. Works on whole arrays."""

    def __init__(self) -> None:
        self._parent = np.zeros(1024, np.int64)
        self._count = 1

    def __len__(self) -> int:
        return self._count

    def add(self, n: int) -> Ints:
        """``n`` new labels, each a class of its own."""
        while self._count + n > len(self._parent):
            self._parent = np.concatenate([self._parent, np.zeros_like(self._parent)])
        new = np.arange(self._count, self._count + n, dtype=np.int64)
        self._parent[new] = new
        self._count += n
        return new

    def roots(self, labels: Ints) -> Ints:
        """The root of each label; the paths walked are shortened."""
        found = self._parent[labels]
        while True:
            above = self._parent[found]
            if np.array_equal(above, found):
                break
            found = above
        self._parent[labels] = found
        return found

    def join(self, a: Ints, b: Ints) -> None:
        """Join the classes of a[k] and b[k] for every k (same shapes)."""
        while True:
            a, b = self.roots(a), self.roots(b)
            differ = a != b
            if not differ.any():
                return
            a, b = a[differ], b[differ]
            # a root hooked to two smaller roots keeps the smallest; the other pair still differs in the next round
            np.minimum.at(self._parent, np.maximum(a, b), np.minimum(a, b))

    def all_roots(self) -> Ints:
        return self.roots(np.arange(self._count, dtype=np.int64))


class Labelling:
    """What is known while the rules walk over a graph in order; see the module's text.

    ``lanes``: value name -> Lane. ``occurrences``: uses of weight axes, in graph order; ``derived``: what lies between
    a weight and its use. ``locks``: (labels, reason).
    ``notes``: full sentences on operators without a rule. ``stacked``: labels seen along a batch axis of a product of
    computed matrices (attention heads). ``balances``: what channel_balance settles once all labels are joined.
    ``probing``: this labelling only finds out where an axis leads.
    """

    def __init__(self, facts: Facts, opset: int, static: Mapping[str, bool] | None = None) -> None:
        self.facts, self.opset = facts, opset
        self.probing = static is not None
        self.classes = UnionFind()
        self.lanes: dict[str, Lane] = {}
        self.occurrences: list[Occurrence] = []
        self.derived: list[Derived] = []
        self.locks: list[tuple[Ints, str]] = []
        self.notes: list[str] = []
        self.stacked: list[Ints] = []
        self.balances: list[Balance] = []
        self._static = _static_values(facts.graph) if static is None else static

    def probe(self) -> Labelling:
        """An empty labelling of the same graph, to send labels through a part of it."""
        return Labelling(self.facts, self.opset, self._static)

    # reading -----------------------------------------------------------------------------------------------------
    def lane(self, value: ir.Value | None) -> Lane | None:
        return None if value is None else self.lanes.get(value.name or "")

    def shape(self, value: ir.Value | None) -> tuple[int, ...]:
        """The shape of a value that is known to have one (the dispatcher checked)."""
        shape = self.facts.shape(value)
        if shape is None:
            raise KeyError(f"no shape for '{value.name if value else ''}'")
        return shape

    def is_static(self, value: ir.Value | None) -> bool:
        """Whether a value depends on no graph input."""
        return value is not None and (value.name or "") in self._static

    def constants(self, value: ir.Value | None) -> list[int] | None:
        """The numbers of an index-like constant (pads, axes, target shape), flat; None where not known."""
        array = self.facts.array(value)
        return None if array is None else [int(x) for x in array.reshape(-1)]

    # labels ------------------------------------------------------------------------------------------------------
    def fresh(self, n: int) -> Ints:
        """``n`` new labels; a single channel can never be removed, so it gets no identity."""
        return self.classes.add(n) if n > 1 else np.zeros(n, np.int64)

    def put(self, value: ir.Value, axis: int, labels: Ints) -> None:
        """Let a value carry labels along an axis."""
        if not labels.any():
            return
        if len(labels) == 1:
            self.lock(labels, f"it is the only channel of '{value.name}'")
            return
        self.lanes[value.name or ""] = Lane(axis, np.ascontiguousarray(labels))

    def join(self, a: Ints, b: Ints, why: str) -> Ints:
        """Join two label arrays position by position; what meets a position without identity is locked."""
        both = (a != 0) & (b != 0)
        self.classes.join(a[both], b[both])
        if not both.all():
            self.lock(np.where(both, 0, a), why)
            self.lock(np.where(both, 0, b), why)
        return np.where(a != 0, a, b)

    def lock(self, labels: Ints, reason: str) -> None:
        """These labels must live."""
        held = labels[labels != 0]
        if held.size:
            self.locks.append((held, reason))

    def lock_value(self, value: ir.Value | None, reason: str) -> None:
        lane = self.lane(value)
        if lane is not None:
            self.lock(lane.labels, reason)

    def equal(self, a: Ints, b: Ints) -> bool:
        """Whether two label arrays are already the same classes."""
        return np.array_equal(a, b) or np.array_equal(self.classes.roots(a), self.classes.roots(b))

    # weights -----------------------------------------------------------------------------------------------------
    def tie(
        self,
        node: ir.Node,
        slot: int,
        axis: int,
        labels: Ints,
        role: Role,
        blank: float = 0.0,
        rows: tuple[int, int] | None = None,
    ) -> None:
        """Record that input ``slot`` of ``node`` holds ``labels`` along ``axis``; labels: (size of that axis,).

        Goes back through Transpose, Unsqueeze, DequantizeLinear and the like to the stored tensor. Locks the labels
        where there is none, because the weight is computed some other way. ``rows``: see :class:`Occurrence`.
        """
        value = node.inputs[slot]
        if value is None or not labels.any():
            return
        axis %= len(self.shape(value))
        use = (id(node), slot)
        while True:
            name = value.name or ""
            if name in self.facts.graph.initializers:
                break
            maker = value.producer()
            if maker is not None and maker.op_type == "Constant" and "value" in maker.attributes:
                break
            step = self._step_back(maker, axis) if maker is not None and self.is_static(value) else None
            if rows is not None and maker is not None and maker.op_type not in _KEEP_ROWS:
                step = None  # the run of rows may lie elsewhere there
            if maker is None or step is None or maker.inputs[0] is None:
                self.lock(labels, f"the weight '{name}' of layer {layer_name(node)} is computed, not stored")
                return
            if maker.op_type in ("DequantizeLinear", "QuantizeLinear"):
                self._tie_quantization(maker, axis, labels, layer_name(node))
            self.derived.append(Derived(name, axis, labels))
            value, axis = maker.inputs[0], step
        self.occurrences.append(Occurrence(layer_name(node), use, name, axis, labels, role, blank, rows))

    def _step_back(self, maker: ir.Node, axis: int) -> int | None:
        """The axis of the maker's first input that its output's ``axis`` comes from; None if there is no such axis."""
        source, result = self.facts.shape(maker.inputs[0]), self.facts.shape(maker.outputs[0])
        if maker.op_type not in STATIC_MOVES or source is None or result is None:
            return None
        if maker.op_type == "Transpose":
            perm = maker.attributes.get_ints("perm", tuple(range(len(source)))[::-1])
            return int(perm[axis])
        if maker.op_type in ("Unsqueeze", "Squeeze"):
            long = [k for k, d in enumerate(result) if d > 1]
            return [k for k, d in enumerate(source) if d > 1][long.index(axis)]
        if maker.op_type == "Reshape":
            return _same_axis(source, result, axis)
        if maker.op_type == "Gather":
            return self._before_gather(maker, axis, len(source))
        return axis

    def _before_gather(self, maker: ir.Node, axis: int, rank: int) -> int | None:
        """The axis before a Gather of whole rows of a table; None for the axis that it makes."""
        chosen = maker.attributes.get_int("axis", 0) % rank
        made = len(self.shape(maker.inputs[1]))
        if axis < chosen:
            return axis
        return axis - made + 1 if axis >= chosen + made else None

    def _tie_quantization(self, maker: ir.Node, axis: int, labels: Ints, layer: str) -> None:
        """Scale and zero point of a quantized weight follow its channels."""
        zero = self.facts.array(maker.inputs[2]) if len(maker.inputs) > 2 else None
        if maker.attributes.get_int("block_size", 0) or (zero is not None and np.asarray(zero, np.float64).any()):
            self.lock(labels, f"its quantized weight is asymmetric or blocked (layer {layer})")
            return
        along = maker.attributes.get_int("axis", 1) % max(len(self.shape(maker.inputs[0])), 1)
        for slot, value in enumerate(maker.inputs[1:3], start=1):
            if value is not None and along == axis and self.shape(value) == (len(labels),):
                self.tie(maker, slot, 0, labels, "carries", 1.0 if slot == 1 else 0.0)


def _same_axis(source: tuple[int, ...], result: tuple[int, ...], axis: int) -> int | None:
    """The source axis that a Reshape leaves whole as ``axis`` of its result; None where it is split or merged."""
    before = math.prod(result[:axis])
    for k, size in enumerate(source):
        if size == result[axis] and math.prod(source[:k]) == before:
            return k
    return None


def _static_values(graph: ir.Graph) -> Mapping[str, bool]:
    """Names of the values that depend on no graph input."""
    static = dict.fromkeys(graph.initializers, True)
    for node in graph:
        fixed = not (node.op_type.startswith("Random") or has_body(node))  # a body may read values from outside
        if fixed and all(v is None or (v.name or "") in static for v in node.inputs):
            static.update((v.name or "", True) for v in node.outputs)
    return static


def has_body(node: ir.Node) -> bool:
    """Whether a node carries graphs (If, Loop, Scan)."""
    return any(a.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS) for a in node.attributes.values())
