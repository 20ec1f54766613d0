"""A small network with every kind of weight that can be stored in another format."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
from onnx import numpy_helper

from core.model.model import Model

WEIGHTS = {"w_conv": (8, 4, 3, 3), "w_depth": (8, 1, 3, 3), "w_up": (8, 6, 2, 2), "w_fc": (10, 6), "w_mm": (10, 12)}
_TEXT = """<ir_version: 8, opset_import: ["" : 17]>
small (float[batch, 4, 6, 6] x) => (float[batch, 12] y)
{
    c = Conv <pads = [1, 1, 1, 1]> (x, w_conv, b_conv)
    r = Relu (c)
    d = Conv <pads = [1, 1, 1, 1], group = 8> (r, w_depth)
    u = ConvTranspose <strides = [2, 2]> (d, w_up)
    p = GlobalAveragePool (u)
    f = Flatten (p)
    g = Gemm <transB = 1> (f, w_fc, b_fc)
    y = MatMul (g, w_mm)
}"""


def small_model(seed: int = 0, opset: int = 17) -> Model:
    """Weights are drawn from a Laplace distribution, as trained ones are nearly."""
    proto = onnx.parser.parse_model(_TEXT.replace('"" : 17', f'"" : {opset}'))
    names = ("c", "r", "d", "u", "p", "f", "g", "y")
    for node, name in zip(proto.graph.node, names, strict=True):
        node.name = f"layer_{name}"
    rng = np.random.default_rng(seed)
    for name, shape in {**WEIGHTS, "b_conv": (8,), "b_fc": (10,)}.items():
        array = rng.laplace(scale=0.1, size=shape).astype(np.float32)
        proto.graph.initializer.append(numpy_helper.from_array(array, name))
    return Model.from_ir(ir.from_proto(proto))


def feed(model: Model, seed: int = 1, count: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {s.name: rng.standard_normal(s.bound(count)).astype(np.float32) for s in model.inputs}
