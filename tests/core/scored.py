"""Small networks and items whose scores can be computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx import TensorProto, helper

from core.data.dataset import DataSet, Item
from core.jobs import Job
from core.methods.method import Context
from core.methods.prune.scores import Combine, Evidence, ScoreSettings, unit_scores
from core.model.channels import find_groups
from core.model.model import Model
from core.model.prepare import prepare
from tests.core.random_networks import SIZE, Network

CLASSES = 4


class Pictures:
    """Twenty-four items that calibrate and one that judges."""

    def __init__(self, labelled: bool = True, count: int = 24, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.name, self.location, self.classes = "pictures", "memory:pictures", ()
        self.arrays = rng.standard_normal((count + 1, 3, SIZE, SIZE)).astype(np.float32)
        self.labels = rng.integers(0, CLASSES, count + 1)
        parts = ["calibration"] * count + ["test"]
        labels = [int(v) if labelled else None for v in self.labels]
        self.items = tuple(Item(f"{k:02}", v, p) for k, (v, p) in enumerate(zip(labels, parts, strict=True)))

    def load(self, index: int) -> dict[str, np.ndarray]:
        return {"input": self.arrays[index]}

    @property
    def seen(self) -> np.ndarray:
        """What a score may look at."""
        return self.arrays[:-1]


def head(net: Network) -> Model:
    """Mean over positions, then a Gemm to the classes."""
    flat = net.node("Flatten", net.node("GlobalAveragePool", net.x))
    net.x = net.node("Gemm", flat, net.weight(CLASSES, net.channels), net.weight(CLASSES, scale=0.1), transB=1)
    return closed(net)


def closed(net: Network) -> Model:
    """The model that answers the current value, one score a class."""
    outputs = [helper.make_tensor_value_info(net.x, TensorProto.FLOAT, ["batch", CLASSES])]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])]
    graph = helper.make_graph(net.nodes, "scored", inputs, outputs, net.weights)
    opsets = [helper.make_opsetid("", net.opset)]
    proto = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=opsets, ir_version=8))
    return Model.from_ir(ir.from_proto(proto))


def plain(seed: int = 1) -> Model:
    """Conv_0 (6) - BatchNormalization - Relu - Conv_3 (5) - Relu - mean - Gemm_7."""
    net = Network(seed)
    net.x = net.node("Relu", net.norm(net.conv(net.x, 3, 6), 6))
    net.x, net.channels = net.node("Relu", net.conv(net.x, 6, 5)), 5
    return head(net)


def trunk(seed: int = 2) -> Model:
    """Conv_0 (6) and Conv_4 (6) are added; between them Conv_2 (4). Two groups: the trunk and Conv_2."""
    net = Network(seed)
    stem = net.node("Relu", net.conv(net.x, 3, 6))
    inner = net.node("Relu", net.conv(stem, 6, 4))
    net.x, net.channels = net.node("Relu", net.node("Add", stem, net.conv(inner, 4, 6))), 6
    return head(net)


def context(data: DataSet | None = None, seed: int = 0, job: Job | None = None) -> Context:
    return Context(data=data, seed=seed, job=job or Job())


def evidence(model: Model, data: Any = None, seed: int = 0, job: Job | None = None, **settings: Any) -> Evidence:
    prepared, _ = prepare(model)
    groups = find_groups(prepared)
    chosen = tuple(g for g in groups if not g.locked)
    return Evidence(prepared, groups, chosen, context(data, seed, job), ScoreSettings(**settings))


def scores(
    key: str, model: Model, data: Any = None, combine: Combine = Combine.MEAN, **settings: Any
) -> dict[str, Any]:
    return unit_scores(evidence(model, data, **settings), key, combine)


def weight(model: Model, layer: str, slot: int = 1) -> np.ndarray:
    """A stored input of a layer, float64."""
    node = next(n for n in model.nodes() if n.name == layer)
    tensor = node.inputs[slot].const_value  # type: ignore[union-attr]
    assert tensor is not None
    return np.asarray(tensor.numpy(), np.float64)


def with_weight(model: Model, layer: str, array: np.ndarray, slot: int = 1) -> Model:
    """The model with another tensor of the same shape."""
    new = model.clone()
    node = next(n for n in new.nodes() if n.name == layer)
    value = node.inputs[slot]
    assert value is not None
    value.const_value = ir.tensor(array.astype(np.float32), name=value.name)
    return new
