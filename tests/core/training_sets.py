"""Models and items that the tests of training share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx import helper, numpy_helper

from core.data.dataset import DataSet, Item
from core.data.open import open_data
from core.data.splits import Subset
from core.model.model import Model
from tests.conftest import ROOT, network_path

F32 = onnx.TensorProto.FLOAT


@lru_cache
def digits() -> DataSet:
    return open_data(ROOT / "resources" / "samples" / "digits.npz")


@lru_cache
def sample() -> Model:
    return Model.from_ir(ir.load(network_path("sample")))


@lru_cache
def damaged() -> Model:
    """The sample with noise of 0.7 standard deviations on every convolution."""
    model = sample().clone()
    rng = np.random.default_rng(0)
    for name, value in model.graph.graph.initializers.items():
        a = value.const_value.numpy()
        if a.ndim == 4 and a.dtype == np.float32:
            noise = rng.standard_normal(a.shape).astype(np.float32) * a.std() * np.float32(0.7)
            value.const_value = ir.tensor(a + noise, name=name)
    return model


def few(data: DataSet, count: int, kind: str = "train") -> Subset:
    return Subset(data, [k for k, i in enumerate(data.items) if i.part == kind][:count])


class Arrays:
    """Items in memory."""

    def __init__(self, arrays: np.ndarray, labels: list[int | None], name: str = "arrays") -> None:
        self.name, self.location, self.classes = name, f"memory:{name}", ()
        self.items = tuple(Item(f"item{k}", label) for k, label in enumerate(labels))
        self._arrays = arrays

    def load(self, index: int) -> dict[str, np.ndarray]:
        return {"x": self._arrays[index]}


def linear(batch: Any = "batch", end: str = "", classes: int = 3) -> Model:
    """x [batch, 4] -> Gemm -> (Softmax) -> y [batch, classes]."""
    rng = np.random.default_rng(1)
    w, b = rng.standard_normal((classes, 4)).astype(np.float32), np.zeros(classes, np.float32)
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["s" if end else "y"], name="fc", transB=1)]
    if end:
        nodes.append(helper.make_node(end, ["s"], ["y"], name="end"))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, [batch, 4])],
        [helper.make_tensor_value_info("y", F32, [batch, classes])],
        [numpy_helper.from_array(w, "w"), numpy_helper.from_array(b, "b")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def points(count: int = 60, unlabelled: int = 0) -> Arrays:
    """Three separable clouds."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    x = rng.standard_normal((count, 4)).astype(np.float32) * 0.3 + np.eye(3, 4, dtype=np.float32)[labels] * 2
    return Arrays(x, [None if k < unlabelled else int(v) for k, v in enumerate(labels)])
