"""Constants of removed channels in the next layer's bias: exact inside, against onnxruntime on the uncut network."""

from __future__ import annotations

import numpy as np
import pytest

from core.execute.runtimes import onnx_session
from core.jobs import Job
from core.methods.recover.constant import channel_axes, constants, fold_constants, mean_values, sources
from core.model.channels import cut, find_groups
from core.model.model import Model
from tests.core.random_networks import Network
from tests.core.test_recover_refit import noise

GONE = {"Conv_0": [1, 3]}


def batchnorm_network(kind: str) -> Model:
    """Conv, BatchNormalization whose scale is 0 in channels 1 and 3, Relu, and a layer that reads the six channels."""
    net = Network(seed=6)
    made = net.conv("input", 3, 6)
    scale = np.asarray([1, 0, 0.7, 0, 1.2, 0.8], np.float32)
    rows = [net.constant(scale), net.constant(np.asarray([0, 1.5, 0, 0.5, 0.1, -0.2], np.float32))]
    x = net.node("BatchNormalization", made, *rows, net.weight(6), net.weight(6, low=0.5))
    x = net.node("Relu", x)
    if kind == "padded":
        x = net.conv(x, 6, 4)
    elif kind == "norm behind":
        x = net.norm(net.node("Conv", x, net.weight(4, 6, 3, 3)), 4)
    elif kind == "depthwise between":
        x = net.conv(net.node("Conv", x, net.weight(6, 1, 3, 3), net.weight(6), group=6), 6, 4, kernel=1)
    elif kind == "grouped":
        x = net.node("Conv", x, net.weight(4, 3, 3, 3), net.weight(4), group=2)
    else:
        assert kind == "no padding"
        x = net.node("Conv", x, net.weight(4, 6, 3, 3), net.weight(4), strides=[2, 2])
    net.x, net.channels = net.node("Relu", x), 4
    return net.model("pool_flatten_gemm")


def inside(model: Model, kind: str) -> np.ndarray:
    """The value before the last Relu, without its border where the layer is padded."""
    last = [n for n in model.nodes() if n.op_type == "Relu"][-1].inputs[0].name or ""
    x = np.random.default_rng(3).standard_normal((4, 3, 8, 8)).astype(np.float32)
    y = onnx_session(model, taps=[last]).run({"input": x})[last]
    return y[:, :, 1:-1, 1:-1] if kind == "padded" else y


@pytest.mark.parametrize("kind", ["padded", "norm behind", "depthwise between", "no padding"])
def test_a_channel_without_scale_is_folded_exactly(kind: str) -> None:
    model = batchnorm_network(kind)
    groups = find_groups(model)
    folded, what = fold_constants(model, groups, GONE, constants(model, groups, GONE))
    assert len(what.layers) == 1
    assert (what.padded == what.layers) == (kind == "padded")
    whole, plain, better = (inside(m, kind) for m in (model, cut(model, groups, GONE), cut(folded, groups, GONE)))
    assert abs(plain - whole).max() > 0.1
    np.testing.assert_allclose(better, whole, atol=1e-5, rtol=1e-5)


def test_a_grouped_layer_gets_each_constant_in_its_own_group() -> None:
    model = batchnorm_network("grouped")
    groups = find_groups(model)
    removed = {"Conv_0": [k for k, _ in enumerate(groups["Conv_0"].roots.tolist())][:1]}
    means = {n: np.arange(6) + 0.5 for n in sources(model, groups, removed)}
    (name,) = means
    folded, what = fold_constants(model, groups, removed, means)
    assert len(what.layers) == 1
    node = next(n for n in model.nodes() if n.attributes.get_int("group", 1) == 2)
    bias, weight = node.inputs[2].name or "", node.inputs[1].const_value.numpy()
    dead = ~np.asarray([np.isin(k, _kept(model, groups, removed, name)) for k in range(6)])
    given = np.where(dead, means[name], 0).reshape(2, 3)
    expected = [float((given[o // 2][:, None, None] * weight[o]).sum()) for o in range(4)]
    moved = [m.graph.graph.initializers[bias].const_value.numpy() for m in (folded, model)]
    np.testing.assert_allclose(moved[0] - moved[1], expected, rtol=1e-4, atol=1e-5)


def _kept(model: Model, groups: object, removed: dict[str, list[int]], name: str) -> np.ndarray:
    from core.model.channels import surviving

    return np.flatnonzero(surviving(groups, removed)[name][1])  # type: ignore[arg-type]


def test_channels_that_vary_have_no_constant_but_a_mean() -> None:
    """Without BatchNormalization nothing is constant; the mean leaves the next layer's outputs right on average."""
    net = Network(seed=2)
    x = net.node("Relu", net.conv("input", 3, 6))
    net.x, net.channels = net.node("Conv", x, net.weight(4, 6, 3, 3), net.weight(4)), 4
    model = net.model("pool_flatten_gemm")
    groups = find_groups(model)
    (name,) = sources(model, groups, GONE)
    assert np.isnan(constants(model, groups, GONE)[name]).all()
    same, what = fold_constants(model, groups, GONE, constants(model, groups, GONE))
    assert (what.layers, len(what.left)) == ((), 1)
    old, new = model.graph.graph.initializers, same.graph.graph.initializers
    assert all(new[n].const_value is old[n].const_value for n in old)

    data = noise(40)
    x = np.stack([data.load(k)["input"] for k in range(40)])
    means = mean_values(model, [name], channel_axes(groups, [name]), data, Job())
    session = onnx_session(model, taps=[name])
    np.testing.assert_allclose(means[name], session.run({"input": x})[name].mean((0, 2, 3)), rtol=1e-4)

    folded, what = fold_constants(model, groups, GONE, means)
    assert what.padded == ()
    assert what.notes()[0].startswith("What removed channels gave on average moved into the biases")
    last = list(model.nodes())[2].outputs[0].name or ""
    mean = [
        onnx_session(m, taps=[last]).run({"input": x})[last].mean((0, 2, 3))
        for m in (model, cut(model, groups, GONE), cut(folded, groups, GONE))
    ]
    assert abs(mean[2] - mean[0]).max() < 0.35 * abs(mean[1] - mean[0]).max()
