"""From a model as the file has it to one that can be quantized: opset, own weights, no BatchNormalization, Gemm."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.facts import Facts
from core.model.fold_batchnorm import fold_batchnorm
from core.model.fold_weights import fold_weights
from core.model.fuse_gemm import fuse_gemm
from core.model.model import Model, layer_name
from core.model.prepare import prepare
from core.model.qdq_operators import WEIGHTED

OPSET = 13  # the first with per-channel DequantizeLinear
_IR_OF_21 = 10  # the file version that came with opset 21 and knows 4-bit integers


def ready(
    model: Model, opset: int = OPSET, of_rows: Callable[[ir.Node], bool] = lambda _: False
) -> tuple[Model, tuple[str, ...]]:
    """A clone in the form that quantization needs, and what was changed, in sentences.

    ``opset``: the least that the quantized graph needs. ``of_rows``: which MatMuls of values with more than two axes
    become Gemm too, as they are where activations are quantized. Raises UserError where the opset cannot be raised.
    """
    new, said = with_opset(model, opset)
    new, notes = prepare(new)
    said += notes
    new, weights = fold_weights(new)
    if weights:
        said.append(f"{_layers(weights, 'weight was', 'weights were')} computed by nodes and became constant.")
    new, folded = fold_batchnorm(new)
    if folded:
        count = _layers(len(folded), "BatchNormalization layer was", "BatchNormalization layers were")
        said.append(f"{count} folded into the layers before them.")
    new, fused = fuse_gemm(new, of_rows)
    if fused:
        said.append(f"{_layers(len(fused), 'MatMul', 'MatMuls')} became Gemm, with the bias added behind it.")
    return (new.clone() if new is model else new), tuple(said)


def ready_like(parent: Model, quantized: Model) -> Model:
    """The float model in the form that ``quantized`` was made from: its linear layers are Gemm where they are there."""
    gemms = {n.name for n in quantized.nodes() if n.op_type == "Gemm"}
    return ready(parent, of_rows=lambda node: node.name in gemms)[0]


def _layers(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def refuse_broken_weights(nodes: Iterable[ir.Node], facts: Facts) -> None:
    """Raise UserError naming the first layer whose weight or bias holds NaN or infinity."""
    for node in (n for n in nodes if n.op_type in WEIGHTED):
        for what, value in zip(("weight", "bias"), node.inputs[1:3], strict=False):
            array = facts.array(value)
            if array is not None and not np.isfinite(array).all():
                raise UserError(
                    f"The {what} of '{layer_name(node)}' holds values that are not finite (NaN or infinity).",
                    "Repair the model: training may have diverged.",
                )


def with_opset(model: Model, opset: int) -> tuple[Model, list[str]]:
    """The model in this opset or a later one, and a sentence where it was raised. Raises UserError where it cannot."""
    if model.opset >= opset:
        return model, []
    try:
        proto = onnx.version_converter.convert_version(ir.to_proto(model.graph), opset)
    except (RuntimeError, ValueError, TypeError) as error:  # the converter's ways to say "no adapter"
        raise UserError(
            f"This form of quantization needs opset {opset}; the model's {model.opset} cannot be raised: "
            f"{str(error).strip()[:120]}.",
            "Export the model again with a later opset.",
        ) from error
    graph = ir.from_proto(proto)
    if opset >= 21:
        graph.ir_version = max(graph.ir_version, _IR_OF_21)
    _hand_on(model.graph, graph)
    return model.with_graph(graph), [f"The opset was raised from {model.opset} to {opset}."]


def _hand_on(old: ir.Model, new: ir.Model) -> None:
    """onnx's converter drops everything that is said of layers and tensors: origins, locks, masks."""
    new.metadata_props.update(old.metadata_props)
    nodes = {n.name: n for n in old.graph}
    for node in new.graph:
        if node.name in nodes:
            node.metadata_props.update(nodes[node.name].metadata_props)
    for name, value in new.graph.initializers.items():
        if name in old.graph.initializers:
            value.metadata_props.update(old.graph.initializers[name].metadata_props)
