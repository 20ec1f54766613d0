"""Pairs of QuantizeLinear and DequantizeLinear: values against onnxruntime, gradients against torch's fake_quantize."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.model.model import Model
from tests.core.operator_cases import Draw

RANGES: dict[Any, tuple[int, int]] = {
    np.int8: (-128, 127),
    np.uint8: (0, 255),
    np.int16: (-32768, 32767),
    np.uint16: (0, 65535),
    ml_dtypes.int4: (-8, 7),
    ml_dtypes.uint4: (0, 15),
}


def pair(
    shape: tuple[int, ...],
    scale: np.ndarray,
    zero: np.ndarray | None,
    *,
    again: np.ndarray | None = None,
    integers: bool = False,
    **attributes: Any,
) -> Model:
    """x -> QuantizeLinear -> q -> DequantizeLinear -> y; ``again`` gives the second node another scale."""
    names = ["scale", "zero"] if zero is not None else ["scale"]
    second = ["again", *names[1:]] if again is not None else names
    arrays = {"scale": scale, "zero": zero, "again": again}
    outputs = [helper.make_tensor_value_info("y", 1, None)]
    if integers:
        kind = 2 if zero is None else helper.np_dtype_to_tensor_dtype(zero.dtype)
        outputs.append(helper.make_tensor_value_info("q", kind, None))
    graph = helper.make_graph(
        [
            helper.make_node("QuantizeLinear", ["x", *names], ["q"], **attributes),
            helper.make_node("DequantizeLinear", ["q", *second], ["y"], **attributes),
        ],
        "pair",
        [helper.make_tensor_value_info("x", 1, shape)],
        outputs,
        [numpy_helper.from_array(a, n) for n, a in arrays.items() if a is not None],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return Model.from_ir(ir.from_proto(proto))


def zero_points(d: Draw, kind: Any, shape: tuple[int, ...]) -> np.ndarray:
    low, high = RANGES[kind]
    return d.rng.integers(max(low, -99), min(high, 99) + 1, shape).astype(kind)


@settings(max_examples=40)
@given(data=st.data())
def test_pairs_of_every_type_equal_onnxruntime(data: st.DataObject) -> None:
    d = Draw(data)
    kind, shape = d.one(*RANGES), (d.int(1, 3), 4, 6)
    form = d.one("tensor", "axis", "block")
    attributes: dict[str, Any] = {}
    sizes: tuple[int, ...] = ()
    if form == "axis":
        axis = d.int(-3, 2)
        attributes, sizes = {"axis": axis}, (shape[axis],)
    if form == "block":
        attributes, sizes = {"axis": 2, "block_size": d.one(2, 3)}, (*shape[:2], 0)
        sizes = (*shape[:2], 6 // attributes["block_size"])
    scale = np.asarray(np.abs(d.floats(*sizes)) * d.one(0.01, 0.3) + 0.01, np.float32)
    zero = d.one(zero_points(d, kind, sizes), zero_points(d, kind, sizes), None) if kind is np.uint8 else None
    zero = zero_points(d, kind, sizes) if zero is None and kind is not np.uint8 else zero
    model = pair(shape, scale, zero, **attributes)
    x = d.floats(*shape) * 5
    wanted = onnx_session(model, optimized=False).run({"x": x})["y"]
    with torch.no_grad():
        np.testing.assert_allclose(TorchGraph(model)(torch.from_numpy(x))["y"].numpy(), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
@pytest.mark.parametrize("per_channel", [False, True])
def test_gradients_are_the_straight_through_estimators(kind: Any, per_channel: bool) -> None:
    low, high = RANGES[kind]
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((4, 3, 50)).astype(np.float32) * 6)
    middle = (low + high + 1) // 2
    sizes = (3,) if per_channel else ()
    scale = np.asarray(rng.uniform(0.02, 0.06, sizes), np.float32)
    zero = np.asarray(rng.integers(middle - 20, middle + 20, sizes)).astype(kind)
    net = TorchGraph(pair((4, 3, 50), scale, zero, axis=1)).train()
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    if per_channel:
        rows = (torch.from_numpy(scale), torch.from_numpy(zero.astype(np.int32)))
        wanted = torch.fake_quantize_per_channel_affine(theirs, *rows, 1, low, high)
    else:
        wanted = torch.fake_quantize_per_tensor_affine(theirs, float(scale), int(zero), low, high)
    given_ = net(ours)["y"]
    torch.testing.assert_close(given_, wanted)
    weights = torch.randn_like(x)
    (given_ * weights).sum().backward()
    (wanted * weights).sum().backward()
    assert ours.grad is not None
    assert 0.05 < float((ours.grad == 0).float().mean()) < 0.95
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_quantized_weight_trains_through_its_pair() -> None:
    """w -> Q -> DQ -> MatMul: the loss falls, the scale stays."""
    numbers = {
        "w": np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32),
        "scale": np.full(2, 0.05, np.float32),
        "zero": np.zeros(2, np.int8),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["w", "scale", "zero"], ["q"], axis=1),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["f"], axis=1),
        helper.make_node("MatMul", ["x", "f"], ["y"]),
    ]
    info = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in "xy"]
    tensors = [numpy_helper.from_array(a, n) for n, a in numbers.items()]
    graph = helper.make_graph(nodes, "g", info[:1], info[1:], tensors)
    model = Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    )
    net = TorchGraph(model).train()
    assert [n for n, _ in net.named_initializers()] == ["w"]
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
    target = x @ torch.tensor([[1.0, -2], [0.5, 0], [2, 1], [-1, 0.3]])
    optimizer = torch.optim.SGD(net.parameters(), 0.2)
    losses = []
    for _ in range(60):
        loss = (net(x)["y"] - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-2 * losses[0]
    trained = net.write_back(model)
    wanted = onnx_session(trained, optimized=False).run({"x": x.numpy()})["y"]
    np.testing.assert_allclose(net(x)["y"].detach().numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_integers_that_others_read_or_keep_stay_integers() -> None:
    scale, zero = np.array(0.1, np.float32), np.array(3, np.uint8)
    x = torch.linspace(-3, 30, 24).reshape(4, 6)
    net = TorchGraph(pair((4, 6), scale, zero, integers=True))
    assert net(x)["q"].dtype == torch.uint8
    hidden = TorchGraph(pair((4, 6), scale, zero))
    assert set(hidden(x)) == {"y"}
    kept = hidden(x, keep=("q",))
    assert torch.equal(kept["q"], net(x)["q"])
    assert torch.equal(kept["y"], net(x)["y"])


def test_a_pair_of_two_scales_is_no_pair() -> None:
    """The second scale reinterprets the steps; nothing may be fused and values stay onnxruntime's."""
    model = pair((4, 6), np.array(0.1, np.float32), None, again=np.array(0.2, np.float32))
    x = np.linspace(0, 20, 24, dtype=np.float32).reshape(4, 6)
    wanted = onnx_session(model, optimized=False).run({"x": x})["y"]
    np.testing.assert_allclose(TorchGraph(model)(torch.from_numpy(x))["y"].numpy(), wanted, rtol=1e-6)
