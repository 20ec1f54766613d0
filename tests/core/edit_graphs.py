"""Graphs that edits are tried on, and how two models are compared."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
from onnx import TensorProto, helper

from core.execute.runtimes import onnx_session
from core.formats.onnx_file import graph_to_proto
from core.model.model import Model

Feed = dict[str, np.ndarray]


def written(model: Model) -> bytes:
    return graph_to_proto(model.graph).SerializeToString(deterministic=True)


def noise(model: Model, batch: int = 1) -> Feed:
    rng = np.random.default_rng(0)
    return {s.name: rng.standard_normal(s.bound(batch)).astype(s.dtype) for s in model.inputs}


def run(model: Model, feed: Feed | None = None, taps: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    return onnx_session(model, taps=taps, optimized=False).run(noise(model) if feed is None else feed)


def close(a: np.ndarray, b: np.ndarray) -> None:
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= 1e-4 * max(1.0, float(np.abs(b).max()))


def name_of(value: ir.Value | None) -> str:
    assert value is not None
    assert value.name
    return value.name


def small() -> Model:
    """x(1,4) -> Relu a -> (Identity b) -> Reshape flat -> y, and z = Clip(a)."""
    nodes = [
        helper.make_node("Relu", ["x"], ["ra"], name="a"),
        helper.make_node("Identity", ["ra"], ["rb"], name="b"),
        helper.make_node("Reshape", ["rb", "target"], ["y"], name="flat"),
        helper.make_node("Clip", ["ra", "low"], ["z"], name="c"),
        helper.make_node("LeakyRelu", ["x"], ["w"], name="d", alpha=0.5),
    ]
    target = onnx.numpy_helper.from_array(np.array([1, 2, 2], np.int64), "target")
    low = onnx.numpy_helper.from_array(np.array(0.5, np.float32), "low")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in
            (("x", [1, 4]), ("y", [1, 2, 2]), ("z", [1, 4]), ("w", [1, 4]))]  # fmt: skip
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], [target, low])
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8))
    )


def long_chain(layers: int) -> Model:
    nodes, x = [], "x"
    for k in range(layers // 2):
        nodes.append(helper.make_node("Conv", [x, f"w{k}"], [f"c{k}"], name=f"conv{k}"))
        nodes.append(helper.make_node("Relu", [f"c{k}"], [f"r{k}"], name=f"relu{k}"))
        x = f"r{k}"
    weights = [
        onnx.numpy_helper.from_array(np.full((2, 2, 1, 1), 0.5, np.float32), f"w{k}") for k in range(layers // 2)
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", 2, 4, 4]) for n in ("x", x)]
    graph = helper.make_graph(nodes, "long", ends[:1], ends[1:], weights)
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8))
    )
