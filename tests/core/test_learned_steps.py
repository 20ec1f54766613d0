"""Gradients of learned steps against the paper's formula by hand and against torch's own kernels; scale groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.execute.torch_graph import TorchGraph
from core.methods.quantize.learned_steps import LearnedSteps
from core.model.model import Model
from core.model.qdq import check_rules
from core.model.qdq_groups import activation_groups, set_scale, settle
from core.model.qdq_thaw import freeze, thaw
from tests.core.qdq_graphs import Arrays, network, node, quantized, run, weights
from tests.core.test_torch_quantized import pair


def gradients(
    x: np.ndarray, scale: np.ndarray, zero: np.ndarray, upstream: np.ndarray, **attributes: Any
) -> tuple[np.ndarray, np.ndarray]:
    """(dL/dx, dL/dscale) of a pair in our executor, for L = sum(upstream * y)."""
    net = TorchGraph(pair(x.shape, scale, zero, **attributes))
    given, step = torch.tensor(x, requires_grad=True), torch.tensor(scale, requires_grad=True)
    y = net(given, swap={"scale": step})["y"]
    (y * torch.from_numpy(upstream)).sum().backward()
    assert given.grad is not None
    assert step.grad is not None
    return given.grad.numpy(), step.grad.numpy()


def test_the_papers_equations_by_hand() -> None:
    """Esser et al. 2020, equations 3 and 5, with Qn = 8, Qp = 7: 4 signed bits."""
    s = np.float32(0.5)
    x = np.asarray([[0.6, -1.3, 3.4, 9.0, -7.0, 0.0]], np.float32)
    upstream = np.asarray([[1.0, 2.0, -1.0, 0.5, 3.0, 1.0]], np.float32)
    # v = x/s = 1.2, -2.6, 6.8, 18, -14, 0
    by_scale = [1 - 1.2, -3 + 2.6, 7 - 6.8, 7, -8, 0]
    wanted = sum(u * g for u, g in zip(upstream[0], by_scale, strict=True))
    by_x, by_s = gradients(x, np.asarray(s), np.asarray(0, "int8").astype(_int4()), upstream)
    np.testing.assert_allclose(by_s, wanted, rtol=1e-5)
    np.testing.assert_array_equal(by_x, upstream * [[1, 1, 1, 0, 0, 1]])


def _int4() -> Any:
    import ml_dtypes

    return ml_dtypes.int4


def test_torchs_learnable_kernel_per_tensor() -> None:
    rng = np.random.default_rng(0)
    x, upstream = (rng.normal(0, 3, (5, 7)).astype(np.float32) for _ in range(2))
    scale, zero = np.asarray(0.021, np.float32), np.asarray(113, np.uint8)
    given, step = torch.tensor(x, requires_grad=True), torch.tensor([0.021], requires_grad=True)
    y = torch._fake_quantize_learnable_per_tensor_affine(given, step, torch.tensor([113.0]), 0, 255, 1.0)
    (y * torch.from_numpy(upstream)).sum().backward()
    assert given.grad is not None
    assert step.grad is not None
    by_x, by_s = gradients(x, scale, zero, upstream)
    np.testing.assert_array_equal(by_x, given.grad.numpy())
    np.testing.assert_allclose(by_s, step.grad.numpy()[0], rtol=1e-4)


def test_torchs_learnable_kernel_per_channel() -> None:
    rng = np.random.default_rng(1)
    x, upstream = (rng.normal(0, 1, (4, 3, 5)).astype(np.float32) for _ in range(2))
    scale = np.asarray([0.003, 0.01, 0.05], np.float32)
    given, step = torch.tensor(x, requires_grad=True), torch.tensor(scale, requires_grad=True)
    y = torch._fake_quantize_learnable_per_channel_affine(given, step, torch.zeros(3), 1, -128, 127, 1.0)
    (y * torch.from_numpy(upstream)).sum().backward()
    assert given.grad is not None
    assert step.grad is not None
    by_x, by_s = gradients(x, scale, np.zeros(3, np.int8), upstream, axis=1)
    np.testing.assert_array_equal(by_x, given.grad.numpy())
    np.testing.assert_allclose(by_s, step.grad.numpy(), rtol=1e-4, atol=1e-4)


def test_blocks_have_a_gradient_each() -> None:
    x = np.asarray([[0.6, -1.3, 3.4, 9.0]], np.float32)
    scale = np.asarray([[0.5, 2.0]], np.float32)
    _, by_s = gradients(x, scale, np.zeros((1, 2), np.int8), np.ones_like(x), axis=1, block_size=2)
    np.testing.assert_allclose(by_s, [[(1 - 1.2) + (-3 + 2.6), (2 - 1.7) + (4 - 4.5)]], rtol=1e-4)


def one_layer() -> tuple[Model, Arrays]:
    """x -> Gemm -> y, and its items."""
    model = network([node("Gemm", "x w b", "y", transB=1)], {"w": weights(3, 4), "b": weights(3, seed=1)}, (4,))
    return model, Arrays((4,), 16)


def test_a_step_of_sgd_moves_a_scale_as_the_papers_does() -> None:
    """s - rate * dL/ds / sqrt(N * Qp), N the weights of a channel, Qp = 127."""
    model, data = one_layer()
    thawed = thaw(quantized(model, data).model)
    net, hook = TorchGraph(thawed), LearnedSteps(thawed, ranges=False)
    hook.start(net)
    (share,) = hook.parameters()
    optimizer = torch.optim.SGD([share], lr=0.1)
    x = torch.from_numpy(data.values)
    net(x, swap=dict(hook.weights(dict(net.named_initializers()), 0)))["y"].square().sum().backward()
    optimizer.step()
    after = hook.weights(dict(net.named_initializers()), 1)["w_scale"].detach().numpy()
    step = net.setting("w_scale").clone().requires_grad_()
    net(x, swap={"w_scale": step})["y"].square().sum().backward()
    assert step.grad is not None
    wanted = net.setting("w_scale").numpy() - 0.1 * step.grad.numpy() / np.sqrt(4 * 127)
    np.testing.assert_allclose(after, wanted, rtol=1e-4)
    assert not np.allclose(after, net.setting("w_scale").numpy(), rtol=1e-5)


def test_weights_keep_to_the_narrow_range() -> None:
    """-128 is no weight for TFLite's kernels, so training must not get there either."""
    model, data = one_layer()
    thawed = thaw(quantized(model, data).model)
    net, hook = TorchGraph(thawed), LearnedSteps(thawed, ranges=False)
    hook.start(net)
    with torch.no_grad():
        net.initializer("w_float").mul_(-5.0)
        hook.finish(net)
    q = freeze(net.write_back(thawed)).graph.graph.initializers["w_quantized"].const_value
    assert q is not None
    assert q.numpy().min() == -127


def test_biases_are_simulated_as_they_will_be_stored() -> None:
    """To the bit: onnxruntime on the frozen integers, torch on the float weights."""
    model, data = one_layer()
    thawed = thaw(quantized(model, data).model)
    net, hook = TorchGraph(thawed), LearnedSteps(thawed, ranges=False)
    hook.start(net)
    with torch.no_grad():
        net.initializer("b").mul_(1.2345)
        simulated = dict(hook.weights(dict(net.named_initializers()), 0))
        hook.finish(net)
    values = run(freeze(net.write_back(thawed)), data.values, optimized=False, taps=["b"])
    np.testing.assert_array_equal(simulated["b"].numpy(), values["b"])
    np.testing.assert_array_equal(net(torch.from_numpy(data.values))["y"].detach().numpy(), values["y"])


def branches() -> tuple[Model, Arrays]:
    """Two convolutions added, pooled, averaged, and a Sigmoid: every kind of group."""
    nodes = [
        node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
        node("Clip", "c low high", "r"),
        node("Conv", "x v", "d", pads=[1, 1, 1, 1]),
        node("Add", "r d", "a"),
        node("MaxPool", "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("GlobalAveragePool", "p", "m"),
        node("Flatten", "m", "f"),
        node("Gemm", "f u", "g", transB=1),
        node("Sigmoid", "g", "y"),
    ]
    constants = {
        "w": weights(6, 3, 3, 3),
        "v": weights(6, 3, 3, 3, seed=1),
        "u": weights(4, 6, seed=2),
        "low": np.float32(0),
        "high": np.float32(2),
    }
    return network(nodes, constants, (3, 8, 8)), Arrays((3, 8, 8))


def test_groups_are_those_of_the_plan() -> None:
    model, data = branches()
    done = quantized(model, data)
    groups = {g.values: g for g in activation_groups(done.model)}
    found = {frozenset(v.removesuffix("_unquantized") for v in values): g for values, g in groups.items()}
    assert set(found) == {frozenset(s) for s in (("x",), ("r",), ("d",), ("a", "p"), ("m", "f"), ("g",), ("y",))}
    assert [v for v, g in found.items() if g.dictated] == [{"y"}]
    assert [v for v, g in found.items() if g.topped] == [{"r"}]


def test_moved_scales_are_made_to_follow_the_rules_again() -> None:
    model, data = branches()
    changed = thaw(quantized(model, data).model)
    for k, group in enumerate(activation_groups(changed)):
        if not group.dictated:
            set_scale(changed, group, group.params.scale * (1 + 0.03 * k))
    settle(changed)
    assert check_rules(freeze(changed)) == []


@pytest.mark.parametrize("ranges", [False, True])
def test_groups_move_as_one_and_dictated_scales_stand_still(ranges: bool) -> None:
    model, data = branches()
    thawed = thaw(quantized(model, data).model)
    net, hook = TorchGraph(thawed), LearnedSteps(thawed, ranges=ranges)
    hook.start(net)
    assert hook.learns_ranges == ranges
    optimizer = torch.optim.AdamW(hook.parameters(), lr=0.02)
    for step in range(4):
        swap = dict(hook.weights(dict(net.named_initializers()), step))
        assert set(swap) >= {"w_scale", "v_scale", "u_scale"}
        optimizer.zero_grad()
        net(torch.from_numpy(data.values), swap=swap)["y"].square().sum().backward()
        optimizer.step()
        with torch.no_grad():
            hook.after_step(net, step + 1)
    with torch.no_grad():
        hook.finish(net)
    after = net.write_back(thawed)
    groups = [{g.values: g.params.scale for g in activation_groups(m)} for m in (thawed, after)]
    assert groups[0].keys() == groups[1].keys()
    moved = {v for v in groups[0] if groups[0][v] != groups[1][v]}
    assert bool(moved) == ranges
    assert not any("y" in str(v) for v in moved)
    assert groups[1]["r",] <= groups[0]["r",]
    settle(after)
    assert check_rules(freeze(after)) == []
