"""Numbers: single layers against integer arithmetic written out, mean outputs against onnxruntime, random networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.methods.quantize.bias_correction import mean_output
from core.methods.quantize.choices import Granularity
from core.methods.quantize.static import Activations
from core.model.fold_batchnorm import fold_batchnorm
from core.model.fold_weights import fold_weights
from core.model.fuse_gemm import fuse_gemm
from core.model.qdq import activation_pairs, stored_constant
from tests.core.qdq_graphs import Array, Arrays, by_name, kinds, network, node, quantized, run, sqnr, weights


@pytest.mark.parametrize("storage", [Activations("uint8"), Activations("int8")])
@pytest.mark.parametrize("trans", [0, 1])
def test_a_gemm_is_the_integer_sum_it_says(storage: Activations, trans: int) -> None:
    """y = round((sum q_x q_w + q_b) s_x s_w / s_y), in integers, against onnxruntime, optimised or not."""
    w = weights(6, 20) if trans else weights(20, 6)
    model = network([node("Gemm", "x w b", "y", transB=trans)], {"w": w, "b": weights(6)}, [20])
    data = Arrays([20], count=50)
    done = quantized(model, data, activations=storage, bias_correction=False)
    pairs = activation_pairs(done.model.graph.graph)
    s_x, s_y = pairs["x"].params, pairs["y_unquantized"].params
    gemm = by_name(done.model, "/y")
    stored, bias = stored_constant(gemm.inputs[1]), stored_constant(gemm.inputs[2])
    assert stored is not None
    assert bias is not None
    q_w = stored.q.astype(np.int64).T if trans else stored.q.astype(np.int64)
    sums = (s_x.quantize(data.values).astype(np.int64) - s_x.zero_point) @ q_w + bias.q
    steps = np.rint(sums * (bias.scale.astype(np.float64) / s_y.scale)) + s_y.zero_point
    wanted = s_y.dequantize(np.clip(steps, s_y.lowest, s_y.lowest + 255))
    for optimized in (True, False):
        given_ = run(done.model, data.values, optimized)["y"]
        assert np.abs(given_ - wanted).max() <= s_y.scale * 1.001  # a sum at half a step may round either way
        assert (given_ == wanted).mean() > 0.98


CONVS: list[dict[str, Any]] = [
    {},
    {"pads": [1, 1, 1, 1], "strides": [2, 2]},
    {"pads": [0, 1, 2, 3], "dilations": [2, 1]},
    {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    {"auto_pad": "SAME_LOWER", "strides": [2, 1]},
    {"auto_pad": "VALID", "group": 2},
    {"group": 4, "pads": [1, 1, 1, 1]},
]


@pytest.mark.parametrize("attributes", CONVS, ids=str)
def test_the_mean_output_of_a_convolution_follows_from_its_mean_input(attributes: dict[str, Any]) -> None:
    group = attributes.get("group", 1)
    w = weights(8, 4 // group, 3, 2)
    model = network([node("Conv", "x w", "y", **attributes)], {"w": w}, [4, 11, 9])
    x = Arrays([4, 11, 9], count=6).values
    wanted = run(model, x)["y"].mean(axis=(0, 2, 3))
    given_ = mean_output(by_name(model, "/y"), w, x.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(given_, wanted, atol=1e-5)


TRANSPOSED: list[dict[str, Any]] = [
    {},
    {"strides": [2, 3]},
    {"strides": [2, 2], "pads": [1, 0, 1, 1], "output_padding": [1, 0]},
    {"pads": [0, 1, 2, 0], "dilations": [2, 1]},
    {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    {"auto_pad": "SAME_LOWER", "strides": [2, 1]},
    {"strides": [2, 2], "output_shape": [21, 18]},
    {"strides": [2, 2], "output_padding": [1, 1]},
]


@pytest.mark.parametrize("attributes", TRANSPOSED, ids=str)
def test_the_mean_output_of_a_transposed_convolution_follows_too(attributes: dict[str, Any]) -> None:
    w = weights(4, 8, 3, 2)
    model = network([node("ConvTranspose", "x w", "y", **attributes)], {"w": w}, [4, 11, 9])
    x = Arrays([4, 11, 9], count=6).values
    given_ = mean_output(by_name(model, "/y"), w, x.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(given_, run(model, x)["y"].mean(axis=(0, 2, 3)), atol=1e-5)


def test_one_axis_convolutions_have_mean_outputs_too() -> None:
    w = weights(5, 4, 3)
    model = network([node("Conv", "x w", "y", strides=[2], pads=[1, 0])], {"w": w}, [4, 11])
    x = Arrays([4, 11]).values
    np.testing.assert_allclose(
        mean_output(by_name(model, "/y"), w, x.mean(axis=0, dtype=np.float64)),
        run(model, x)["y"].mean(axis=(0, 2)),
        atol=1e-5,
    )


def test_bias_correction_takes_the_mean_shift_out() -> None:
    """A stack of ill-scaled convolutions: mean outputs of every layer come back to the float ones."""
    nodes, constants = [], {}
    for k in range(5):
        source = "x" if k == 0 else f"r{k - 1}"
        nodes += [node("Conv", f"{source} w{k} b{k}", f"c{k}", pads=[1, 1, 1, 1]), node("Relu", f"c{k}", f"r{k}")]
        spread = np.logspace(0, -2.5, 8).reshape(-1, 1, 1, 1)
        constants[f"w{k}"] = (weights(8, 8 if k else 3, 3, 3, seed=k) * spread).astype(np.float32)
        constants[f"b{k}"] = weights(8, seed=k)
    nodes.append(node("Identity", "r4", "y"))
    model = network(nodes, constants, [3, 12, 12])
    data = Arrays([3, 12, 12], count=24)
    shifts = {}
    for correct in (False, True):
        done = quantized(model, data, bias_correction=correct, granularity=Granularity.TENSOR)
        float_, int8 = run(model, data.values)["y"], run(done.model, data.values)["y"]
        shifts[correct] = np.abs((float_ - int8).mean(axis=(0, 2, 3))).mean()
    assert shifts[True] < 0.5 * shifts[False]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_random_networks_hold_the_rules_and_stay_close(seed: int) -> None:
    """2 to 5 blocks of convolution (plain, grouped, depthwise), activation, pooling, shortcut or branches."""
    nodes, constants = random_blocks(seed)
    model = network(nodes, constants, [8, 10, 10])
    data = Arrays([8, 10, 10], count=12, seed=seed)
    done = quantized(model, data)
    assert sqnr(run(model, data.values)["y"], run(done.model, data.values)["y"]) > 18


def random_blocks(seed: int) -> tuple[list[Any], dict[str, Array]]:
    rng = np.random.default_rng(seed)
    nodes: list[Any] = []
    constants: dict[str, Array] = {"lo": np.float32(0), "hi": np.float32(6)}
    now = "x"
    for k in range(rng.integers(2, 6)):
        group = int(rng.choice([1, 2, 8]))
        constants[f"w{k}"] = weights(8, 8 // group, 3, 3, seed=seed + k, scale=(9 * 8 / group) ** -0.5)
        nodes.append(node("Conv", f"{now} w{k}", f"c{k}", pads=[1, 1, 1, 1], group=group))
        kind = rng.choice(["Relu", "Clip", "Sigmoid", "none"])
        now_k = f"c{k}"
        if kind != "none":
            nodes.append(node(str(kind), f"c{k} lo hi" if kind == "Clip" else f"c{k}", f"a{k}"))
            now_k = f"a{k}"
        join = rng.choice(["add", "concat", "pool", "none"])
        if join == "add":
            nodes.append(node("Add", f"{now_k} {now}", f"j{k}"))
        elif join == "concat":
            constants[f"p{k}"] = weights(8, 16, 1, 1, seed=seed + k)
            nodes += [node("Concat", f"{now_k} {now}", f"q{k}", axis=1), node("Conv", f"q{k} p{k}", f"j{k}")]
        elif join == "pool":
            nodes.append(node("MaxPool", now_k, f"j{k}", kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        now = now_k if join == "none" else f"j{k}"
    constants["v"] = weights(8, 5)
    nodes += [node("GlobalAveragePool", now, "g"), node("Flatten", "g", "f"), node("Gemm", "f v", "y")]
    return nodes, constants


# ---------------------------------------------------------------------- what is done before


def norm(channels: int, seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {
        "g": rng.uniform(0.5, 2, channels).astype(np.float32),
        "o": rng.normal(0, 1, channels).astype(np.float32),
        "m": rng.normal(0, 1, channels).astype(np.float32),
        "v": rng.uniform(0.1, 2, channels).astype(np.float32),
    }


HOSTS = {
    "conv": (node("Conv", "x w", "c"), weights(6, 4, 3, 3), [4, 7, 7]),
    "grouped with bias": (node("Conv", "x w b", "c", group=2), weights(6, 2, 3, 3), [4, 7, 7]),
    "transposed": (node("ConvTranspose", "x w b", "c", group=2, strides=[2, 2]), weights(4, 3, 3, 3), [4, 7, 7]),
    "gemm": (node("Gemm", "x w b", "c"), weights(5, 6), [5]),
    "gemm, transposed weight": (node("Gemm", "x w", "c", transB=1), weights(6, 5), [5]),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_folded_batchnorm_changes_nothing(host: str) -> None:
    layer, w, shape = HOSTS[host]
    nodes = [layer, node("BatchNormalization", "c g o m v", "n", epsilon=1e-3), node("Relu", "n", "y")]
    model = network(nodes, {"w": w, "b": weights(6), **norm(6)}, shape)
    before = ir.to_proto(model.graph).SerializeToString()
    folded, names = fold_batchnorm(model)
    assert names == ("/n",)
    assert kinds(folded) == [layer.op_type, "Relu"]
    assert "w" in folded.graph.graph.initializers
    assert not {"g", "o", "m", "v"} & set(folded.graph.graph.initializers)
    x = Arrays(shape).values
    np.testing.assert_allclose(run(folded, x)["y"], run(model, x)["y"], atol=2e-5)
    assert ir.to_proto(model.graph).SerializeToString() == before


def test_a_folded_output_keeps_its_name_and_shared_layers_are_left() -> None:
    nodes = [node("Conv", "x w", "c"), node("BatchNormalization", "c g o m v", "y")]
    folded, _ = fold_batchnorm(network(nodes, {"w": weights(6, 4, 3, 3), **norm(6)}, [4, 7, 7]))
    assert [v.name for v in folded.graph.graph.outputs] == ["y"]
    both = [*nodes, node("Relu", "c", "z")]
    model = network(both, {"w": weights(6, 4, 3, 3), **norm(6)}, [4, 7, 7], outputs=("y", "z"))
    assert fold_batchnorm(model) == (model, ())


def test_weights_behind_moves_become_constant_and_gemm() -> None:
    nodes = [
        node("Transpose", "w", "wt"),
        node("MatMul", "x wt", "m"),
        node("Unsqueeze", "b axes", "bu"),
        node("Add", "m bu", "y"),
    ]
    constants = {"w": weights(70, 90), "b": weights(70), "axes": np.array([0])}
    model = network(nodes, constants, [90])
    folded, count = fold_weights(model)
    assert count == 2
    fused, names = fuse_gemm(folded)
    assert (kinds(fused), names) == (["Gemm"], ("/m",))
    x = Arrays([90]).values
    np.testing.assert_allclose(run(fused, x)["y"], run(model, x)["y"], atol=1e-5)
    quantized(model, Arrays([90]))
