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
    stored = ir.load(Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx")
    graph, rng = stored.graph, np.random.default_rng(seed)
    factors = _factors(graph)
    for node in [n for n in graph if n.op_type == "ConstantOfShape"]:
        sizes, old = node.inputs[0], node.outputs[0]
        assert sizes is not None
        assert sizes.const_value is not None
        numbers = _numbers(rng, [int(n) for n in sizes.const_value.numpy()], old.name in factors)
        tensor = ir.tensor(numbers, name=old.name)
        weight = ir.Value(
            name=old.name, shape=ir.Shape(numbers.shape), type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        for use in list(old.uses()):
            use.node.replace_input_with(use.idx, weight)
        graph.remove(node, safe=True)
        graph.inputs.remove(sizes)
        del graph.initializers[str(sizes.name)]
        graph.inputs.append(weight)
        graph.register_initializer(weight)
    return Model.from_ir(stored)


def logits(model: Model) -> str:
    """The value before the final Softmax, else the output."""
    last = list(model.nodes())[-1]
    return str(last.inputs[0].name) if last.op_type == "Softmax" else model.output_names[0]


def _factors(graph: ir.Graph) -> set[str]:
    """Rows that multiply (scales and variances), also behind Unsqueeze: near one; all other rows near zero."""
    found = set()
    for node in graph:
        if node.op_type == "BatchNormalization":
            found |= {node.inputs[1], node.inputs[4]}
        elif node.op_type == "Mul":
            found |= set(node.inputs)
    names = {v.name for v in found if v is not None}
    return names | {n.inputs[0].name for n in graph if n.op_type == "Unsqueeze" and n.outputs[0].name in names}


def _numbers(rng: np.random.Generator, shape: list[int], factor: bool) -> np.ndarray:
    if factor:
        return rng.uniform(0.6, 1.4, shape).astype(np.float32)
    spread = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.05
    size = math.prod(shape)
    return np.resize(rng.standard_normal(min(size, _BLOCK)).astype(np.float32) * np.float32(spread), shape)
