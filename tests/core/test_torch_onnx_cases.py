"""ONNX's own examples of every operator (onnx.backend.test), inputs and outputs as the standard has them."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import torch
from onnx.backend.test.case.node import collect_testcases

from core.errors import UnsupportedOperator, UserError
from core.execute.torch_graph import TorchGraph
from core.execute.torch_ops import NEWEST_OPSET, to_array, to_tensor
from core.model.model import Model

# onnxruntime, which models are held to, leaves out or computes otherwise
OTHERWISE = {
    "test_maxunpool_export_with_output_shape": "onnx issue 5398: places counted in another shape than the output's",
    "test_resize_downsample_scales_linear_align_corners": "sizes that are not whole are rounded before placing",
    "test_resize_downsample_scales_cubic_align_corners": "sizes that are not whole are rounded before placing",
}
FEWEST = 1300  # examples that run; 1,371 with onnx 1.23.2
TOLERANCE = {"bfloat16": 2e-2, "float16": 2e-3}
HELD = ("bfloat16", "int4", "uint4", "int2", "uint2")
SMALL = ("float8", "float4")
LACKING = ("not implemented for 'UInt", "two spatial axes")


@cache
def examples() -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the examples overflow on purpose
        np.random.seed(0)
        return list(collect_testcases())


def outcome(example: Any) -> str:
    """'ran', why it is refused ('refused: ...'), or what is wrong."""
    for opset in example.model.opset_import:
        if opset.domain == "":
            opset.version = min(opset.version, NEWEST_OPSET)
    graph = example.model.graph
    if "training_dropout" in example.name:
        return "refused: the graph does not decide whether it is trained"
    try:
        net = TorchGraph(Model.from_ir(ir.from_proto(example.model))).eval()
    except UnsupportedOperator:
        return "refused: unsupported"
    except UserError as error:
        newer = "No Op registered" in error.message or "Unrecognized attribute" in error.message
        return "refused: newer operator" if newer else error.message
    inputs, outputs = ([array_of(a) for a in part] for part in example.data_sets[0])
    if any((a.dtype.kind in "OVSU" and a.dtype.name not in HELD) or a.dtype.name.startswith(SMALL) for a in inputs):
        return "refused: numbers that torch lacks"
    feed = {v.name: to_tensor(a) for v, a in zip(graph.input, inputs, strict=True)}
    try:
        with torch.no_grad():
            found = net(feed)
    except UserError as error:
        return "refused: torch lacks it" if any(text in error.message for text in LACKING) else error.message
    for name, array in zip((v.name for v in graph.input), inputs, strict=True):
        if to_array(feed[name]).tobytes() != to_array(to_tensor(array)).tobytes():
            return f"input {name} was changed"
    wrong = [difference(to_array(found[v.name]), o) for v, o in zip(graph.output, outputs, strict=True)]
    return next(filter(None, wrong), "ran")


def array_of(given: Any) -> np.ndarray:
    return onnx.numpy_helper.to_array(given) if isinstance(given, onnx.TensorProto) else np.asarray(given)


def difference(found: np.ndarray, wanted: np.ndarray) -> str:
    if wanted.dtype.name in ("int4", "uint4", "int2", "uint2"):
        wanted = wanted.astype(np.uint8 if wanted.dtype.name.startswith("u") else np.int8)
    if (found.dtype, found.shape) != (wanted.dtype, wanted.shape):
        return f"{found.dtype} {found.shape} instead of {wanted.dtype} {wanted.shape}"
    tolerance = TOLERANCE.get(wanted.dtype.name, 1e-3)
    near = np.allclose(
        found.astype(np.float64), wanted.astype(np.float64), rtol=tolerance, atol=tolerance / 100, equal_nan=True
    )
    return "" if near else "other values"


def test_onnx_own_examples() -> None:
    assert onnx.defs.onnx_opset_version() >= NEWEST_OPSET
    found = {e.name: outcome(e) for e in examples()}
    wrong = {n: o for n, o in found.items() if o != "ran" and not o.startswith("refused") and n not in OTHERWISE}
    assert not wrong
    assert list(found.values()).count("ran") >= FEWEST
