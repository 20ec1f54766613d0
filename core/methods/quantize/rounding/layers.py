"""A layer as rounders see it: weights and inputs as (groups, outputs or rows, features), whatever the operator.

A layer with more features than a curvature may have falls into blocks of features that are rounded as if they were
groups: what one block spoils, another one does not make good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.methods.quantize.rounding.grid import Array64
from core.methods.recover.linear import Ints, Linear
from core.model.facts import Array
from core.model.qdq_operators import weight_axis

LARGEST = 2304  # features of a block: 256 channels of a 3 x 3 convolution


@dataclass(frozen=True)
class LayerView:
    """Takes a layer's weight-shaped arrays and inputs apart, and puts weights together again."""

    linear: Linear
    blocks: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, node: ir.Node, shape: tuple[int, ...]) -> LayerView:
        """Of a Conv, Gemm or MatMul whose weight has this shape."""
        conv = node.op_type == "Conv"
        groups = node.attributes.get_int("group", 1) if conv else 1
        outputs = shape[weight_axis(node)]
        features = int(np.prod(shape)) // outputs
        source, result, weight = (v.name or "" for v in (node.inputs[0], node.outputs[0], node.inputs[1]) if v)
        linear = Linear(
            node, source, result, weight, groups, features, outputs,
            1 if conv else -1, np.zeros(outputs), None, shape[2:] if conv else (),
        )  # fmt: skip
        return cls(linear, -(-features // LARGEST), shape)

    def split(self, array: Array, fill: float = 0.0) -> Array64:
        """A weight-shaped array as (groups, outputs, features); ``fill`` is what fills up a last block."""
        return self._blocks(self.linear.matrix(np.broadcast_to(array, self.shape)).transpose(0, 2, 1), fill)

    def join(self, rows: Array64) -> Array64:
        """The inverse of :meth:`split`."""
        groups, outputs = self.linear.groups, rows.shape[1]
        whole = rows.reshape(groups, self.blocks, outputs, -1).transpose(0, 2, 1, 3).reshape(groups, outputs, -1)
        like = np.empty(self.shape, np.float64)
        return np.asarray(self.linear.tensor(whole[:, :, : self.linear.features].transpose(0, 2, 1), like), np.float64)

    def inputs(self, x: Array, places: Ints) -> Array64:
        """What the layer multiplies its weights with at sampled places: (groups, rows, features)."""
        return self._blocks(self.linear.inputs(x, places))

    def _blocks(self, rows: Array64, fill: float = 0.0) -> Array64:
        """(groups, n, features) -> (groups * blocks, n, features / blocks)."""
        if self.blocks == 1:
            return rows
        groups, n, features = rows.shape
        each = -(-features // self.blocks)
        filled = np.pad(rows, [(0, 0), (0, 0), (0, each * self.blocks - features)], constant_values=fill)
        split = filled.reshape(groups, n, self.blocks, each).transpose(0, 2, 1, 3)
        return split.reshape(groups * self.blocks, n, each)
