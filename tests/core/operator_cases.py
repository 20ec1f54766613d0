"""One-node graphs run by torch and by onnxruntime, and the table of random ones: operator -> what makes a Case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import torch
from hypothesis import strategies as st
from onnx import helper

from core.execute.torch_graph import TorchGraph
from core.model.model import Model

CASES: dict[str, Callable[[Draw], Case]] = {}


@dataclass
class Case:
    """One node: arrays in order (None: not given), attributes, opset; ``fixed`` inputs become initializers."""

    inputs: list[np.ndarray | None]
    attributes: dict[str, Any] = field(default_factory=dict)
    opset: int = 18
    fixed: tuple[int, ...] = ()
    outputs: int = 1
    steps: int = 0  # integer outputs may differ by this much


class Draw:
    """Hypothesis' draws under short names."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.rng = np.random.default_rng(self.int(0, 2**31))

    def int(self, low: int, high: int) -> int:
        return self._data.draw(st.integers(low, high))

    def one(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def shape(self, low: int = 1, high: int = 4, size: int = 4) -> tuple[int, ...]:
        return tuple(self.int(1, size) for _ in range(self.int(low, high)))

    def floats(self, *shape: int) -> np.ndarray:
        return np.asarray(self.rng.standard_normal(shape), np.float32)

    def image(self, channels: int, dims: int, size: int = 9) -> np.ndarray:
        return self.floats(self.int(1, 2), channels, *(self.int(5, size) for _ in range(dims)))


def model_of(operator: str, case: Case) -> Model:
    names = [f"x{k}" if a is not None else "" for k, a in enumerate(case.inputs)]
    given_ = [(n, a) for k, (n, a) in enumerate(zip(names, case.inputs, strict=True)) if a is not None]
    node = helper.make_node(operator, names, [f"y{k}" for k in range(case.outputs)], name="it", **case.attributes)
    fixed = {f"x{k}" for k in case.fixed}
    graph = helper.make_graph(
        [node],
        "one",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in given_
            if n not in fixed
        ],
        [onnx.ValueInfoProto(name=f"y{k}") for k in range(case.outputs)],
        [onnx.numpy_helper.from_array(a, n) for n, a in given_ if n in fixed],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", case.opset)], ir_version=8)
    del proto.graph.output[:]
    inferred = onnx.shape_inference.infer_shapes(proto)
    kinds = {v.name: v for v in inferred.graph.value_info}
    for k in range(case.outputs):
        info = kinds.get(f"y{k}") or helper.make_tensor_value_info(f"y{k}", 1, None)
        info.type.tensor_type.ClearField("shape")
        proto.graph.output.append(info)
    return Model.from_ir(ir.from_proto(proto))


def runs_alike(operator: str, case: Case) -> None:
    model = model_of(operator, case)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(
        ir.to_proto(model.graph).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {s.name: np.asarray(case.inputs[int(s.name[1:])]) for s in model.inputs}
    wanted = session.run(None, feed)
    net = TorchGraph(model).eval()
    with torch.no_grad():
        given_ = net({n: torch.from_numpy(a.copy()) for n, a in feed.items()})
    for name, expected in zip(model.output_names, wanted, strict=True):
        found = given_[name].numpy()
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
        else:
            assert np.abs(found.astype(np.int64) - expected.astype(np.int64)).max(initial=0) <= case.steps


def case(*names: str) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    def register(make: Callable[..., Case]) -> Callable[..., Case]:
        for name in names:
            CASES[name] = make
        return make

    return register


def pair(d: Draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast."""
    full = d.shape()
    part = tuple(n if d.int(0, 1) else 1 for n in full)[d.int(0, len(full) - 1) :]
    return (full, part) if d.int(0, 1) else (part, full)
