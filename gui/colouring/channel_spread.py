"""How unequal the ranges of a layer's output channels are: where one scale serves all, small ones are stored coarsely.

Found in the window's thread, measured in another, on float and on quantized weights alike: the same colours before and
after a quantization or an equalization can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.qdq import StoredConstant, weight_axis
from gui.colouring.layer_figures import SPREAD, LayerFigure
from gui.graph_view.known import Known
from gui.inspector.quantized import has_weight
from gui.words import tr


@dataclass(frozen=True, slots=True)
class Weight:
    """One layer's: ``tensor`` with output channels along ``axis``; of integers ``zero`` is taken, then ``scale`` times.

    ``scale`` holds one number, or as many along ``along`` as that axis has, or blocks of ``block``.
    """

    tensor: ir.TensorProtocol
    axis: int
    scale: ir.TensorProtocol | None = None
    zero: ir.TensorProtocol | None = None
    along: int = 0
    block: int = 0


def weights_of(of_model: Known) -> dict[str, Weight]:
    """The stored weight of each layer that has one. Reads the graph, not the numbers."""
    found = {}
    for key, (node, _) in of_model.layers.items():
        if not has_weight(node):
            continue
        value = node.inputs[1]
        maker = None if value is None else value.producer()
        if maker is None or maker.op_type != "DequantizeLinear":
            tensor = _tensor(value)
            found.update({key: Weight(tensor, weight_axis(node))} if tensor is not None else {})
            continue
        tensor, scale = _tensor(maker.inputs[0]), _tensor(maker.inputs[1])
        if tensor is not None and scale is not None:
            along, block = (maker.attributes.get_int(n, d) for n, d in (("axis", 1), ("block_size", 0)))
            zero = _tensor(maker.inputs[2]) if len(maker.inputs) > 2 else None
            found[key] = Weight(tensor, weight_axis(node), scale, zero, along, block)
    return found


def _tensor(value: ir.Value | None) -> ir.TensorProtocol | None:
    return None if value is None else ir.convenience.get_const_tensor(value)


def measure(weights: Mapping[str, Weight], check: Callable[[], None] = lambda: None) -> LayerFigure:
    """The largest channel's range over the median one's, of every layer; for any thread. ``check`` may raise."""
    found = {}
    for key, weight in weights.items():
        check()
        try:
            spread = spread_of(weight)
        except (OSError, ValueError, TypeError):  # a tensor that cannot be read has no figure
            continue
        if spread is not None:
            found[key] = spread
    how = tr("Measured on the stored weights: the largest channel over the median one")
    return LayerFigure(SPREAD, tr("Spread of channel ranges"), "", how, found, dict.fromkeys(found, 1.0))


def spread_of(weight: Weight) -> float | None:
    """None for a layer with one channel, or with nothing but zeros."""
    numbers = weight.tensor.numpy()
    if weight.scale is not None:
        scale = weight.scale.numpy().astype(np.float32)
        along = None if scale.size == 1 and not weight.block else weight.along % numbers.ndim
        zero = np.zeros(scale.shape) if weight.zero is None else weight.zero.numpy()
        integers = numbers.astype(np.int32)
        numbers = StoredConstant(integers, scale, zero.astype(np.int32), along, 8, weight.block).real
    rows = np.abs(np.moveaxis(numbers, weight.axis, 0).reshape(numbers.shape[weight.axis], -1))
    peaks = rows.max(1).astype(np.float64)
    median = float(np.median(peaks))
    return float(peaks.max()) / median if len(peaks) > 1 and median > 0 else None
