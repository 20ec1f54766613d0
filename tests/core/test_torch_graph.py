"""TorchGraph against onnxruntime and against native torch modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import helper, numpy_helper
from torch import nn

from core.errors import Cancelled, UnsupportedOperator, UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph, check
from core.model.model import Model
from tests.conftest import FIVE, network_path, shared

pytestmark = pytest.mark.usefixtures("one_torch_thread")

FOLDED = [
    "models/mobilenetv1_0.25_224_imagenet/mobilenetv1_0.25_224_imagenet_folded.onnx",
    "models/resnet20_cifar10/resnet20_cifar10_folded.onnx",
]
F32 = onnx.TensorProto.FLOAT


def open_graph(path: Any) -> Model:
    return Model.from_ir(ir.load(path))


def model_of(nodes: list[onnx.NodeProto], initializers: dict[str, np.ndarray], shape: list[Any], **kind: Any) -> Model:
    """x -> ... -> y, opset 17."""
    proto = helper.make_model(
        helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", F32, shape)],
            [helper.make_tensor_value_info("y", F32, None)],
            [numpy_helper.from_array(a, n) for n, a in initializers.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17), *kind.get("domains", ())],
        ir_version=8,
    )
    return Model.from_ir(ir.from_proto(proto))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    return rng(seed).standard_normal(shape).astype(np.float32)


def conv_bn_gemm() -> tuple[Model, nn.Sequential]:
    """Conv, BatchNormalization, Relu, Flatten, Gemm: as a graph, and natively with the same numbers."""
    torch.manual_seed(0)
    native = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)
    )
    with torch.no_grad():
        native[1].weight.uniform_(0.5, 1.5)
        native[1].bias.normal_()
        native[1].running_mean.normal_()
        native[1].running_var.uniform_(0.5, 2)
    numbers = {k: v.detach().numpy().copy() for k, v in native.state_dict().items() if "tracked" not in k}
    bn = [f"1.{k}" for k in ("weight", "bias", "running_mean", "running_var")]
    nodes = [
        helper.make_node("Conv", ["x", "0.weight", "0.bias"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["a", *bn], ["b"], momentum=0.9),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "4.weight", "4.bias"], ["y"], transB=1),
    ]
    return model_of(nodes, numbers, ["batch", 3, 8, 8]), native


def assert_same_outputs(model: Model, net: TorchGraph, batch: int = 2) -> None:
    spec = model.inputs[0]
    x = floats(*spec.bound(batch), seed=1)
    wanted = onnx_session(model).run({spec.name: x})
    with torch.no_grad():
        given = net.eval()(torch.from_numpy(x))
    for name, values in wanted.items():
        assert np.abs(given[name].numpy() - values).max() <= 1e-4 * np.abs(values).max()


@pytest.mark.parametrize("key", FIVE)
def test_real_networks_equal_onnxruntime(key: str) -> None:
    model = open_graph(network_path(key))
    assert_same_outputs(model, TorchGraph(model))


@pytest.mark.parametrize("path", FOLDED)
def test_folded_networks_equal_onnxruntime(path: str) -> None:
    model = open_graph(shared(path))
    assert_same_outputs(model, TorchGraph(model))


def test_every_weight_is_a_parameter_under_its_own_name() -> None:
    model = open_graph(network_path("resnet20"))
    net = TorchGraph(model)
    statistics = {n for n in model.graph.graph.initializers if "running_" in n}
    assert statistics
    assert {n for n, _ in net.named_statistics()} == statistics
    assert {n for n, _ in net.named_initializers()} == set(model.graph.graph.initializers) - statistics
    for name, parameter in net.named_initializers():
        assert net.initializer(name) is parameter
        assert np.array_equal(parameter.detach().numpy(), model.graph.graph.initializers[name].const_value.numpy())


def test_gradients_equal_native_torch() -> None:
    model, native = conv_bn_gemm()
    net = TorchGraph(model).train()
    native.train()
    x, labels = torch.randn(6, 3, 8, 8), torch.tensor([0, 1, 2, 3, 4, 0])
    loss = nn.functional.cross_entropy
    loss(net(x)["y"], labels).backward()
    loss(native(x), labels).backward()
    for name, parameter in native.named_parameters():
        torch.testing.assert_close(net.initializer(name).grad, parameter.grad, rtol=1e-4, atol=1e-6)


def test_statistics_move_as_in_native_torch() -> None:
    model, native = conv_bn_gemm()
    net = TorchGraph(model).train()
    native.train()
    for seed in range(3):
        x = torch.from_numpy(floats(6, 3, 8, 8, seed=seed))
        net(x)
        native(x)
    statistics = dict(net.named_statistics())
    torch.testing.assert_close(statistics["1.running_mean"], native[1].running_mean)
    torch.testing.assert_close(statistics["1.running_var"], native[1].running_var)
    before = statistics["1.running_mean"].clone()
    net.eval()(x)
    assert torch.equal(before, dict(net.named_statistics())["1.running_mean"])


def test_training_steps_equal_native_torch() -> None:
    model, native = conv_bn_gemm()
    net = TorchGraph(model).train()
    native.train()
    trainers = [torch.optim.SGD(m.parameters(), 0.05, momentum=0.9) for m in (net, native)]
    for seed in range(4):
        x, labels = torch.from_numpy(floats(8, 3, 8, 8, seed=seed)), torch.arange(8) % 5
        for optimizer, y in zip(trainers, (net(x)["y"], native(x)), strict=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(y, labels).backward()
            optimizer.step()
    for name, parameter in native.named_parameters():
        torch.testing.assert_close(net.initializer(name), parameter, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", ["resnet20", "sample"])
def test_written_back_weights_are_what_onnxruntime_runs(key: str) -> None:
    model = open_graph(network_path(key))
    before = ir.to_proto(model.graph).SerializeToString()
    net = TorchGraph(model).train()
    optimizer = torch.optim.SGD(net.parameters(), 0.01)
    for seed in range(2):
        y = net(torch.from_numpy(floats(*model.inputs[0].bound(4), seed=seed)))[model.output_names[0]]
        optimizer.zero_grad()
        y.square().mean().backward()
        optimizer.step()
    new = net.write_back(model)
    assert_same_outputs(new, net)
    assert ir.to_proto(model.graph).SerializeToString() == before
    assert [n.name for n in new.nodes()] == [n.name for n in model.nodes()]
    assert list(new.graph.graph.initializers) == list(model.graph.graph.initializers)
    changed = [
        n
        for n, v in new.graph.graph.initializers.items()
        if v.const_value is not model.graph.graph.initializers[n].const_value
    ]
    assert len(changed) > len(list(net.named_statistics()))


def test_untrained_write_back_shares_every_tensor() -> None:
    model = open_graph(network_path("resnet20"))
    new = TorchGraph(model).write_back(model)
    for name, value in model.graph.graph.initializers.items():
        assert new.graph.graph.initializers[name].const_value is value.const_value


def test_write_back_refuses_another_size() -> None:
    model, _ = conv_bn_gemm()
    net = TorchGraph(model)
    other = model.clone()
    other.graph.graph.initializers["4.bias"].const_value = ir.tensor(np.zeros(7, np.float32), name="4.bias")
    with pytest.raises(ValueError, match=r"4\.bias"):
        net.write_back(other)


def test_frozen_weights_and_statistics_stay() -> None:
    model, _ = conv_bn_gemm()
    net = TorchGraph(model, frozen={"0.weight", "1.running_mean", "1.running_var"}).train()
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 0.1)
    net(torch.randn(4, 3, 8, 8))["y"].square().mean().backward()
    optimizer.step()
    new = net.write_back(model)
    same = {
        n: np.array_equal(new.graph.graph.initializers[n].const_value.numpy(), v.const_value.numpy())
        for n, v in model.graph.graph.initializers.items()
    }
    assert {n for n, s in same.items() if s} == {"0.weight", "1.running_mean", "1.running_var"}


def test_kept_values_and_swapped_weights() -> None:
    model, native = conv_bn_gemm()
    net = TorchGraph(model).eval()
    native.eval()
    x = torch.randn(2, 3, 8, 8)
    weight = torch.zeros(5, 64, requires_grad=True)
    values = net(x, keep=("c", "x"), swap={"4.weight": weight})
    torch.testing.assert_close(values["c"], native[:3](x))
    assert values["x"] is x
    torch.testing.assert_close(values["y"], native[4].bias.detach().expand(2, 5))
    values["y"].sum().backward()
    assert weight.grad is not None
    assert net.initializer("4.weight").grad is None
    with pytest.raises(ValueError, match="nothing_of_the_kind"):
        net(x, keep=("nothing_of_the_kind",))
    with pytest.raises(ValueError, match="no_weight"):
        net(x, swap={"no_weight": weight})


def test_values_are_freed_after_their_last_use() -> None:
    """Evaluation of 40 layers holds a few activations, not 40."""
    import weakref

    nodes = [helper.make_node("Neg", ["x" if k == 0 else f"v{k}"], [f"v{k + 1}"], name=f"n{k}") for k in range(39)]
    model = model_of([*nodes, helper.make_node("Neg", ["v39"], ["y"])], {}, [1024])
    net = TorchGraph(model).eval()
    alive: list[int] = []
    refs: list[weakref.ref[torch.Tensor]] = []
    for place, call in enumerate(net._calls):

        def watched(layer: Any, value: torch.Tensor, run: Any = call.run) -> torch.Tensor:
            out: torch.Tensor = run(layer, value)
            refs.append(weakref.ref(out))
            alive.append(sum(r() is not None for r in refs))
            return out

        net._calls[place] = type(call)(call.layer, watched, call.trains, call.inputs, call.outputs, call.last_use_of)
    with torch.no_grad():
        net(torch.ones(1024))
    assert len(alive) == 40
    assert max(alive) <= 2


@pytest.mark.parametrize("layers_allowed", [2, 7])
def test_a_pass_can_be_ended_between_layers_forward_and_backward(layers_allowed: int) -> None:
    model, _ = conv_bn_gemm()
    net = TorchGraph(model).train()
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > layers_allowed:
            raise Cancelled

    net.between_layers = stop
    x = torch.randn(2, 3, 8, 8)
    if layers_allowed < 5:
        with pytest.raises(Cancelled):
            net(x)
    else:
        y = net(x)["y"].sum()
        assert calls == 5
        with pytest.raises(Cancelled):
            y.backward()
    assert calls == layers_allowed + 1


def test_settings_and_scalars_are_not_trained() -> None:
    nodes = [
        helper.make_node("Clip", ["x", "low", "high"], ["a"]),
        helper.make_node("Mul", ["a", "third"], ["b"]),
        helper.make_node("Mul", ["b", "scale"], ["y"]),
    ]
    numbers = {
        "low": np.array(0, np.float32),
        "high": np.array(6, np.float32),
        "third": np.array(1 / 3, np.float32),
        "scale": floats(4),
    }
    net = TorchGraph(model_of(nodes, numbers, [2, 4]))
    assert [n for n, _ in net.named_initializers()] == ["scale"]


def test_statistics_behind_identity_train() -> None:
    """An older exporter merges equal statistics and reads them through Identity."""
    rows = {"one": np.ones(3, np.float32), "mean": np.zeros(3, np.float32), "bias": floats(3)}
    nodes = [
        helper.make_node("Identity", ["mean"], ["mean_again"]),
        helper.make_node("BatchNormalization", ["x", "one", "bias", "mean_again", "var"], ["y"]),
    ]
    model = model_of(nodes, {**rows, "var": np.ones(3, np.float32)}, ["n", 3, 4, 4])
    net = TorchGraph(model).train()
    x = torch.randn(4, 3, 4, 4) + 2
    net(x)["y"].sum().backward()
    assert [n for n, _ in net.named_statistics()] == ["mean", "var"]
    torch.testing.assert_close(dict(net.named_statistics())["mean"], 0.1 * x.mean((0, 2, 3)))


def test_a_weight_behind_transpose_is_trained() -> None:
    nodes = [helper.make_node("Transpose", ["w"], ["wt"]), helper.make_node("MatMul", ["x", "wt"], ["y"])]
    net = TorchGraph(model_of(nodes, {"w": floats(5, 3)}, [2, 3]))
    net(torch.ones(2, 3))["y"].sum().backward()
    torch.testing.assert_close(net.initializer("w").grad, torch.full((5, 3), 2.0))


def test_quantized_graph_equals_onnxruntime() -> None:
    """Weights, bias and activations through QuantizeLinear and DequantizeLinear; unoptimised, so every node counts."""
    w = rng().integers(-127, 128, (4, 3, 3, 3)).astype(np.int8)
    numbers = {
        "sx": np.array(0.02, np.float32),
        "zx": np.array(128, np.uint8),
        "w": w,
        "sw": np.abs(floats(4)) * 0.01 + 1e-3,
        "zw": np.zeros(4, np.int8),
        "b": rng().integers(-500, 500, 4).astype(np.int32),
        "sy": np.array(0.05, np.float32),
        "zy": np.array(3, np.int8),
    }
    numbers["sb"] = (numbers["sx"] * numbers["sw"]).astype(np.float32)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "sx", "zx"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "sx", "zx"], ["xf"]),
        helper.make_node("DequantizeLinear", ["w", "sw", "zw"], ["wf"], axis=0),
        helper.make_node("DequantizeLinear", ["b", "sb"], ["bf"], axis=0),
        helper.make_node("Conv", ["xf", "wf", "bf"], ["c"]),
        helper.make_node("QuantizeLinear", ["c", "sy", "zy"], ["cq"]),
        helper.make_node("DequantizeLinear", ["cq", "sy", "zy"], ["y"]),
    ]
    model = model_of(nodes, numbers, [2, 3, 8, 8])
    net = TorchGraph(model).eval()
    assert not list(net.named_initializers())
    x = floats(2, 3, 8, 8)
    wanted = onnx_session(model, optimized=False).run({"x": x})["y"]
    steps = np.abs(net(torch.from_numpy(x))["y"].numpy() - wanted) / 0.05
    assert steps.max() < 1.5
    assert (steps < 0.5).mean() > 0.99


def test_unknown_operator_and_domain_name_the_layer() -> None:
    node = helper.make_node("Frobnicate", ["x"], ["y"], name="odd one", domain="acme")
    with pytest.raises(UnsupportedOperator, match=r"'odd one' \(Frobnicate\).*acme"):
        TorchGraph(model_of([node], {}, [2], domains=[helper.make_opsetid("acme", 1)]))


def test_invalid_graph_is_refused_in_one_sentence() -> None:
    model = model_of([helper.make_node("Relu", ["nowhere"], ["y"])], {}, [2])
    with pytest.raises(UserError, match=r"The graph is not valid ONNX: layer '' \(Relu\) reads 'nowhere'"):
        check(model)
    with pytest.raises(UserError, match="not valid ONNX"):
        TorchGraph(model_of([helper.make_node("Relu", ["x"], ["y"], alpha=1.0)], {}, [2]))


def test_missing_and_ambiguous_inputs_are_refused() -> None:
    proto = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["y"])],
        "two",
        [helper.make_tensor_value_info(n, F32, [2]) for n in "ab"],
        [helper.make_tensor_value_info("y", F32, [2])],
    )
    model = Model.from_ir(ir.from_proto(helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17)])))
    net = TorchGraph(model)
    assert net({"a": torch.ones(2), "b": torch.ones(2)})["y"].tolist() == [2, 2]
    with pytest.raises(UserError, match="'b' was not given"):
        net({"a": torch.ones(2)})
    with pytest.raises(UserError, match="2 inputs: a, b"):
        net(torch.ones(2))


def test_half_and_bfloat16_weights_keep_their_type() -> None:
    for dtype in (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16):
        value = helper.make_tensor("w", dtype, [2], [1.5, -2.0])
        node = helper.make_node("Mul", ["x", "w"], ["y"])
        info = [helper.make_tensor_value_info(n, dtype, [2]) for n in "xy"]
        graph = helper.make_graph([node], "g", info[:1], info[1:], [value])
        model = Model.from_ir(ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])))
        net = TorchGraph(model)
        with torch.no_grad():
            net.initializer("w").mul_(2)
        stored = net.write_back(model).graph.graph.initializers["w"].const_value
        assert int(stored.dtype) == dtype
        assert stored.numpy().astype(np.float32).tolist() == [3.0, -4.0]
