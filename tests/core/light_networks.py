"""The nine real networks without weights that ship in the onnx package, filled with seeded random numbers.

Their weights are ConstantOfShape nodes; here they become initializers of the same names, which IR version 3 lists among
the inputs too. Opset 9, exported by Caffe2 and Caffe.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
from onnx import helper, numpy_helper

from core.model.model import Model

NAMES = (
    "bvlc_alexnet",
    "densenet121",
    "inception_v1",
    "inception_v2",
    "resnet50",
    "shufflenet",
    "squeezenet",
    "vgg19",
    "zfnet512",
)
_BLOCK = 1 << 18  # larger weights repeat a block: drawing 100 million numbers would take longer than running them


def light_network(name: str, seed: int = 0) -> Model:
    """One of NAMES, with weights of the scale of He et al. 2015 and BatchNormalization rows near one."""
    proto = onnx.load(Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx")
    graph, rng = proto.graph, np.random.default_rng(seed)
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    fills = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "ConstantOfShape" and n.input[0] in stored}
    factors = _factors(graph)
    nodes = [n for n in graph.node if n.output[0] not in fills]
    del graph.node[:]
    graph.node.extend(nodes)
    for weight, source in fills.items():
        shape = [int(n) for n in stored[source]]
        graph.initializer.append(numpy_helper.from_array(_numbers(rng, shape, weight in factors), weight))
        graph.input.append(helper.make_tensor_value_info(weight, onnx.TensorProto.FLOAT, shape))
    for kept in (graph.initializer, graph.input):
        left = [t for t in kept if t.name not in set(fills.values())]
        del kept[:]
        kept.extend(left)
    return Model.from_ir(ir.from_proto(proto))


def logits(model: Model) -> str:
    """The value before the final Softmax, else the output."""
    last = list(model.nodes())[-1]
    return str(last.inputs[0].name) if last.op_type == "Softmax" else model.output_names[0]


def _factors(graph: onnx.GraphProto) -> set[str]:
    """Rows that multiply (scales and variances), also behind Unsqueeze: near one; all other rows near zero."""
    behind = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Unsqueeze"}
    found = set()
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            found |= {node.input[1], node.input[4]}
        elif node.op_type == "Mul":
            found |= {behind.get(name, name) for name in node.input}
    return found


def _numbers(rng: np.random.Generator, shape: list[int], factor: bool) -> np.ndarray:
    if factor:
        return rng.uniform(0.6, 1.4, shape).astype(np.float32)
    spread = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.05
    size = math.prod(shape)
    return np.resize(rng.standard_normal(min(size, _BLOCK)).astype(np.float32) * np.float32(spread), shape)
