"""From a model as the file has it to one that can be quantized: opset, own weights, no BatchNormalization, Gemm."""

from __future__ import annotations

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.fold_batchnorm import fold_batchnorm
from core.model.fold_weights import fold_weights
from core.model.fuse_gemm import fuse_gemm
from core.model.model import Model
from core.model.prepare import prepare

OPSET = 13  # the first with per-channel DequantizeLinear


def ready(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in the form that quantization needs, and what was changed, in sentences.

    Raises UserError where the opset is too old and cannot be raised.
    """
    new, said = _with_opset(model)
    new, notes = prepare(new)
    said += notes
    new, weights = fold_weights(new)
    if weights:
        said.append(f"{_layers(weights, 'weight was', 'weights were')} computed by nodes and became constant.")
    new, folded = fold_batchnorm(new)
    if folded:
        count = _layers(len(folded), "BatchNormalization layer was", "BatchNormalization layers were")
        said.append(f"{count} folded into the layers before them.")
    new, fused = fuse_gemm(new)
    if fused:
        said.append(f"{_layers(len(fused), 'MatMul', 'MatMuls')} became Gemm, with the bias added behind it.")
    return (new.clone() if new is model else new), tuple(said)


def _layers(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _with_opset(model: Model) -> tuple[Model, list[str]]:
    if model.opset >= OPSET:
        return model, []
    try:
        proto = onnx.version_converter.convert_version(ir.to_proto(model.graph), OPSET)
    except (RuntimeError, ValueError, TypeError) as error:  # the converter's ways to say "no adapter"
        raise UserError(
            f"int8 needs opset {OPSET}; the model's {model.opset} cannot be raised: {str(error).strip()[:120]}.",
            "Export the model again with a later opset.",
        ) from error
    graph = ir.from_proto(proto)
    graph.metadata_props.update(model.graph.metadata_props)
    return model.with_graph(graph), [f"The opset was raised from {model.opset} to {OPSET}."]
