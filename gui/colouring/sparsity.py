"""The share of weights that are exactly zero, of every layer: found in the window's thread, counted in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx_ir as ir

from core.measure.weights import QUANTIZERS, constant, is_weight, stored_tensor
from gui.colouring.layer_figures import SPARSITY, LayerFigure
from gui.graph_view.known import Known
from gui.words import tr

Weights = Mapping[str, list[tuple[ir.TensorProtocol, ir.TensorProtocol | None]]]
_remembered: dict[int, tuple[ir.TensorProtocol, int, int]] = {}
_KEPT = 20_000  # tensors whose zeros are known; a count is three numbers


def weights_of(of_model: Known) -> Weights:
    """The stored weights of each layer, with their zero points where they are quantized. Reads the graph, not the
    numbers."""
    out: dict[str, list[tuple[ir.TensorProtocol, ir.TensorProtocol | None]]] = {}
    for key, (node, cost) in of_model.layers.items():
        if not cost.params:
            continue
        for position, value in enumerate(node.inputs):
            found = constant(value, of_model.facts)
            if value is not None and found is not None and found.tensors and is_weight(node, position, found):
                out.setdefault(key, []).append((found.tensors[0][1], _zero_point(value)))
    return out


def _zero_point(value: ir.Value) -> ir.TensorProtocol | None:
    """That of the quantization node directly behind a weight."""
    node = value.producer()
    if node is None or node.op_type not in QUANTIZERS or len(node.inputs) < 3 or node.inputs[2] is None:
        return None
    return stored_tensor(node.inputs[2])


def measure(weights: Weights, check: Callable[[], None] = lambda: None) -> LayerFigure:
    """Count the zeros; for any thread. ``check`` may raise to end it early."""
    shares, counts = {}, {}
    for key, tensors in weights.items():
        check()
        found = [_zeros(tensor, zero) for tensor, zero in tensors]
        every = sum(count for _, count in found)
        if every:
            shares[key] = sum(zeros for zeros, _ in found) / every
            counts[key] = float(every)
    how = tr("Counted on the stored weights")
    return LayerFigure(SPARSITY, tr("Sparsity"), "share", how, shares, counts)


def _zeros(tensor: ir.TensorProtocol, zero: ir.TensorProtocol | None) -> tuple[int, int]:
    """(zeros, elements); (0, 0) of what cannot be read."""
    known = _remembered.get(id(tensor))
    if known is not None and known[0] is tensor:
        return known[1], known[2]
    try:
        array = tensor.numpy()
        offset = zero.numpy().ravel() if zero is not None else np.zeros(1)
        if offset.any():  # per channel it stands along the first axis
            array = array.astype(np.int32) - offset.astype(np.int32).reshape(-1, *[1] * (array.ndim - 1))
        count = (int(array.size - np.count_nonzero(array)), int(array.size))
    except (OSError, ValueError, TypeError):
        return 0, 0
    if len(_remembered) >= _KEPT:
        _remembered.clear()
    _remembered[id(tensor)] = (tensor, *count)
    return count
