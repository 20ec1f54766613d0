"""Layers that are linear in their weights, as matrices: their rows of inputs, their weights, where a shift can go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.facts import Array, Facts
from core.model.model import Model, layer_name
from core.model.qdq_operators import default_domain
from core.model.windows import pads

Array64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
KINDS = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True, slots=True)
class Shift:
    """An initializer that a constant per output channel can be added to: a bias, or a running mean with ``sign`` -1."""

    name: str
    sign: int


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """One layer y = x W + b: ``groups`` products of (rows, ``features``) by (features, outputs / groups).

    ``source``, ``result`` and ``weight`` name its input, its output and its initializer; ``axis`` is the channels'
    axis of the output; ``bias`` its own bias (channels,), zeros where there is none; ``kernel`` its spatial sizes.
    """

    node: ir.Node
    source: str
    result: str
    weight: str
    groups: int
    features: int
    outputs: int
    axis: int
    bias: Array64
    shift: Shift | None
    kernel: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return layer_name(self.node)

    def matrix(self, weight: Array) -> Array64:
        """(groups, features, outputs / groups) of the stored weight."""
        kernel = np.asarray(weight, np.float64)
        if self.node.op_type == "Conv":
            return kernel.reshape(self.groups, self.outputs // self.groups, self.features).transpose(0, 2, 1)
        return (kernel.T if self.node.attributes.get_int("transB", 0) else kernel)[None]

    def tensor(self, matrix: Array64, like: Array) -> Array:
        """The inverse of :meth:`matrix`, in the type and shape of ``like``."""
        if self.node.op_type == "Conv":
            rows = matrix.transpose(0, 2, 1)
        else:
            rows = matrix[0].T if self.node.attributes.get_int("transB", 0) else matrix[0]
        return np.ascontiguousarray(rows.reshape(like.shape), like.dtype)

    def inputs(self, x: Array, places: Ints) -> Array64:
        """Rows of inputs at sampled output places: (groups, rows, features); ``places`` from :func:`sample`."""
        if self.node.op_type != "Conv":
            return x.reshape(-1, x.shape[-1])[places].astype(np.float64)[None]
        item, position = np.divmod(places, self.rows(x.shape) // x.shape[0])
        taps = self._taps(x, item, position)  # (taps, rows, channels)
        count, rows, channels = taps.shape
        split = taps.reshape(count, rows, self.groups, channels // self.groups)
        return split.transpose(2, 1, 3, 0).reshape(self.groups, rows, self.features).astype(np.float64)

    def rows(self, shape: tuple[int, ...]) -> int:
        """How many rows of outputs there are for an input of this shape."""
        if self.node.op_type == "Conv":
            return shape[0] * int(np.prod(self._sizes(shape[2:])))
        return int(np.prod(shape[:-1]))

    def pads(self) -> bool:
        """Whether some of its outputs see zeros around the input."""
        given = self.node.attributes.get_ints("pads", [0]) if self.node.op_type == "Conv" else [0]
        return any(given) or self.node.attributes.get_string("auto_pad", "NOTSET").startswith("SAME")

    def split(self, y: Array64) -> Array64:
        """(rows, outputs) as (groups, rows, outputs / groups)."""
        return y.reshape(len(y), self.groups, -1).transpose(1, 0, 2)

    def _geometry(self) -> tuple[list[int], list[int], list[int]]:
        """Reach, strides and dilations of each spatial axis."""
        strides = list(self.node.attributes.get_ints("strides", [1] * len(self.kernel)))
        dilations = list(self.node.attributes.get_ints("dilations", [1] * len(self.kernel)))
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, dilations, strict=True)]
        return reach, strides, dilations

    def _sizes(self, spatial: tuple[int, ...]) -> list[int]:
        reach, strides, _ = self._geometry()
        around = pads(self.node, spatial, reach, strides)
        return [(n + a + b - r) // s + 1 for n, (a, b), r, s in zip(spatial, around, reach, strides, strict=True)]

    def _taps(self, x: Array, item: Ints, position: Ints) -> Array:
        """What each tap of the kernel meets at the places, zeros in the padding; (taps, rows, channels)."""
        reach, strides, dilations = self._geometry()
        spatial = x.shape[2:]
        starts = [
            q * s - before
            for q, s, (before, _) in zip(
                np.unravel_index(position, self._sizes(spatial)),
                strides,
                pads(self.node, spatial, reach, strides),
                strict=True,
            )
        ]
        flat = np.moveaxis(x.reshape(*x.shape[:2], -1), 1, 2)  # a view (items, places, channels)
        out = np.empty((int(np.prod(self.kernel)), len(item), x.shape[1]), x.dtype)
        for number, tap in enumerate(np.ndindex(*self.kernel)):
            where = [a + t * d for a, t, d in zip(starts, tap, dilations, strict=True)]
            inside = np.logical_and.reduce([(w >= 0) & (w < n) for w, n in zip(where, spatial, strict=True)])
            index = np.ravel_multi_index([np.clip(w, 0, n - 1) for w, n in zip(where, spatial, strict=True)], spatial)
            out[number] = flat[item, index] * inside[:, None]
        return out


def sample(rng: np.random.Generator, rows: int, batch: int, count: int, each: int) -> Ints:
    """At most ``each`` of the rows of every one of the first ``count`` of ``batch`` items, ascending."""
    own = rows // batch if rows % batch == 0 else rows
    items = count if rows % batch == 0 else 1
    if own <= each:
        return np.arange(items * own)
    chosen = [np.sort(rng.choice(own, each, replace=False)) for _ in range(items)]
    return (np.arange(items)[:, None] * own + np.stack(chosen)).reshape(-1)


def channel_rows(y: Array, axis: int, places: Ints) -> Array64:
    """The channels of a layer's output at sampled places: (rows, channels)."""
    if axis == y.ndim - 1:
        return y.reshape(-1, y.shape[-1])[places].astype(np.float64)
    flat = np.moveaxis(y.reshape(*y.shape[:2], -1), 1, 2)
    item, position = np.divmod(places, flat.shape[1])
    return flat[item, position].astype(np.float64)


def linear_of(model: Model, node: ir.Node, facts: Facts) -> Linear | str:
    """The layer as a matrix, or why it cannot be one (for a table: "its weight is computed")."""
    weight, source = node.inputs[1], node.inputs[0]
    if not default_domain(node) or node.op_type not in KINDS:
        return "this operator is not refitted"
    stored = None if weight is None else model.graph.graph.initializers.get(weight.name or "")
    if stored is None or stored.const_value is None or source is None or weight is None:
        return "its weight is computed, not stored"
    if stored.const_value.dtype not in (ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.DOUBLE):
        return f"its weight is {stored.const_value.dtype.name}"
    shape = [int(d) for d in stored.const_value.shape.numpy()]
    if node.op_type == "Gemm" and _scaled(node):
        return "its product is scaled or its input transposed"
    if node.op_type == "MatMul" and len(shape) != 2:
        return "its weight has more than two axes"
    given, made = facts.shape(source), facts.shape(node.outputs[0])
    if given is None or made is None:
        return "the size of its input is not known"
    groups = node.attributes.get_int("group", 1) if node.op_type == "Conv" else 1
    if node.op_type == "Conv":
        outputs, features = shape[0], int(np.prod(shape[1:]))
    else:
        outputs, features = shape[::-1] if not node.attributes.get_int("transB", 0) else shape
    kernel = tuple(shape[2:]) if node.op_type == "Conv" else ()
    axis = 1 if node.op_type == "Conv" else len(made) - 1
    bias = _own_bias(node, facts, outputs)
    if bias is None:
        return "its bias is computed, or not one number a channel"
    return Linear(
        node, source.name or "", node.outputs[0].name or "", weight.name or "",
        groups, features, outputs, axis, bias, _shift(node, facts, outputs), kernel,
    )  # fmt: skip


def _scaled(node: ir.Node) -> bool:
    factors = (node.attributes.get_float("alpha", 1.0), node.attributes.get_float("beta", 1.0))
    return factors != (1.0, 1.0) or node.attributes.get_int("transA", 0) != 0


def _own_bias(node: ir.Node, facts: Facts, outputs: int) -> Array64 | None:
    """The bias that is part of the layer itself, zeros where it has none; None where its numbers are not known."""
    bias = _bias_of(node)
    if bias is None:
        return np.zeros(outputs)
    numbers = facts.array(bias)
    if numbers is None or not numbers.shape[-1:] == (outputs,) == (numbers.size,):
        return None
    return np.asarray(numbers, np.float64).reshape(-1)


def _bias_of(node: ir.Node) -> ir.Value | None:
    return node.inputs[2] if len(node.inputs) > 2 and node.op_type != "MatMul" else None


def _shift(node: ir.Node, facts: Facts, outputs: int) -> Shift | None:
    """Where a constant can be added: to the layer's bias, to the one in an Add behind it, to the running mean."""
    bias = _bias_of(node)
    if bias is not None:
        return Shift(bias.name or "", 1) if _is_own(bias, facts) else None
    reader = _only_reader(node.outputs[0])
    if reader is None or not default_domain(reader):
        return None
    if reader.op_type == "BatchNormalization" and node.op_type == "Conv" and reader.inputs[0] is node.outputs[0]:
        mean = reader.inputs[3]
        still = reader.attributes.get_int("training_mode", 0) == 0
        return Shift(mean.name or "", -1) if still and mean is not None and _is_own(mean, facts) else None
    if reader.op_type == "Add" and node.op_type != "Conv":
        other = next((v for v in reader.inputs if v is not node.outputs[0]), None)
        numbers = facts.array(other)
        if other is not None and numbers is not None and numbers.shape[-1:] == (outputs,) == (numbers.size,):
            return Shift(other.name or "", 1) if _is_own(other, facts) else None
    return None


def _only_reader(value: ir.Value) -> ir.Node | None:
    uses = list(value.uses())
    return uses[0].node if len(uses) == 1 and not value.is_graph_output() else None


def _is_own(value: ir.Value, facts: Facts) -> bool:
    """Whether a value is a float initializer that one layer alone reads."""
    stored = facts.graph.initializers.get(value.name or "")
    if stored is None or stored.const_value is None or value.is_graph_output():
        return False
    return len(list(value.uses())) == 1 and stored.const_value.dtype in (ir.DataType.FLOAT, ir.DataType.DOUBLE)
