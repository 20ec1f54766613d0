"""Taking quantization out of a graph layer by layer: against onnxruntime, arithmetic by hand, and other quantizers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.jobs import Job
from core.measure.layer_errors import layer_errors
from core.measure.part_runs import PartRuns
from core.measure.quantized_parts import QuantizedParts, with_only, without
from core.measure.quantized_taps import taps
from core.methods.method import Context
from core.methods.quantize.ready import ready
from core.methods.quantize.static import Params, quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import activation_pairs
from tests.core.qdq_graphs import Array, Arrays, network, node, run, weights


@pytest.fixture(scope="module")
def data() -> Arrays:
    return Arrays((3, 12, 12), 8)


@pytest.fixture(scope="module")
def model() -> Model:
    """Conv-Relu-MaxPool, a residual branch with a depthwise Conv, Concat, a mean and a head."""
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("MaxPool", "r1", "m1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "m1 w2", "c2", pads=[1, 1, 1, 1], group=8),
        node("Clip", "c2 low high", "r2"),
        node("Add", "m1 r2", "a"),
        node("Concat", "a r2", "k", axis=1),
        node("GlobalAveragePool", "k", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f w3 b3", "y", transB=1),
    ]
    constants = {
        "w1": weights(8, 3, 3, 3), "b1": weights(8, seed=1), "w2": weights(8, 1, 3, 3, seed=2),
        "low": np.float32(0), "high": np.float32(6), "w3": weights(5, 16, seed=3), "b3": weights(5, seed=4),
    }  # fmt: skip
    return network(nodes, constants, (3, 12, 12))


@pytest.fixture(scope="module")
def quantized(model: Model, data: Arrays) -> Model:
    return quantize_static(model, data, Params(), Context()).model


def answers(model: Model, x: Array) -> Array:
    return run(model, x)["y"]


def test_all_none_and_the_two_ends(model: Model, quantized: Model, data: Arrays) -> None:
    parent, x = ready(model)[0], data.values
    parts = QuantizedParts(quantized, parent)
    assert list(parts.parts) == ["x", "/c1", "/c2", "/a", "/p", "/y"], "MaxPool, Concat and Flatten round nothing anew"
    everything = tuple(parts.parts)
    np.testing.assert_array_equal(answers(with_only(quantized, parent, everything), x), answers(quantized, x))
    np.testing.assert_array_equal(answers(without(quantized, parent, ()), x), answers(quantized, x))
    for bare in (with_only(quantized, parent, ()), without(quantized, parent, everything)):
        assert not any("Quantize" in n.op_type for n in bare.nodes())
        np.testing.assert_allclose(answers(bare, x), answers(model, x), atol=1e-6)
        onnx.checker.check_model(ir.to_proto(bare.graph), full_check=True)
    assert answers(quantized, x).tobytes() != answers(model, x).tobytes()


def test_a_layer_alone_is_its_weights_its_bias_and_the_pair_behind_it(data: Arrays) -> None:
    """By hand: y = s_y round((x W' + b') / s_y) with W' the stored weights, the input in float."""
    weight, bias = weights(4, 6), weights(4, seed=1)
    nodes = [node("Gemm", "x w b", "h", transB=1), node("Relu", "h", "r"), node("Gemm", "r v", "y", transB=1)]
    model = network(nodes, {"w": weight, "b": bias, "v": weights(2, 4, seed=2)}, (6,))
    data = Arrays((6,), 16)
    quantized = quantize_static(model, data, Params(bias_correction=False), Context()).model
    alone = with_only(quantized, ready(model)[0], ["/h"])
    scale = np.abs(weight).max(axis=1, keepdims=True) / 127
    stored = np.rint(weight / scale) * scale
    reached = np.maximum(data.values @ weight.T + bias, 0)
    step = reached.max() / 255
    values = np.clip(np.rint(np.maximum(data.values @ stored.T + bias, 0) / step), 0, 255) * step
    expected = values @ weights(2, 4, seed=2).T
    np.testing.assert_allclose(answers(alone, data.values), expected, atol=2e-3 * np.abs(expected).max())
    assert kinds(alone)["QuantizeLinear"] == 1
    assert kinds(alone)["DequantizeLinear"] == 3, "its weight, its bias, its value"


def test_without_is_what_the_quantizer_makes_of_that_choice(model: Model, quantized: Model, data: Arrays) -> None:
    parent, x = ready(model)[0], data.values
    plain = quantize_static(model, data, Params(bias_correction=False), Context()).model
    step = next(p.params.scale for p in activation_pairs(plain.graph.graph).values() if p.outputs[0].name == "y")
    for layers in (["/c1"], ["/c2"], ["/y"], ["/c2", "/y"]):
        chosen = ((Scope(layers=tuple(layers)), {"precision": "float"}),)
        mixed = quantize_static(model, data, Params(bias_correction=False), Context(overrides=chosen)).model
        taken_out = without(plain, parent, layers)
        assert kinds(taken_out) == kinds(mixed), layers
        # other scales where a Concat behind float layers no longer joins ranges: a step or two of the output
        near = 1e-5 if layers == ["/y"] else 2 * step
        np.testing.assert_allclose(answers(taken_out, x), answers(mixed, x), atol=near, err_msg=str(layers))


def test_values_of_different_types_are_taken_out_alike(model: Model, data: Arrays) -> None:
    """What is left has the same pairs as what the quantizer makes, types included; taps count their own levels."""
    types = tuple(
        (Scope(layers=(n,)), {"activations": t}) for n, t in (("x", "int8"), ("/c1", "int16"), ("/y", "int16"))
    )
    chosen = (*types, (Scope(layers=("/c2",)), {"precision": "float"}))
    settings, parent = Params(bias_correction=False), ready(model, 21)[0]
    whole, mixed = (quantize_static(model, data, settings, Context(overrides=said)).model for said in (types, chosen))
    taken_out = without(whole, parent, ["/c2"])
    found, wanted = ({p.params.storage for p in activation_pairs(m.graph.graph).values()} for m in (taken_out, mixed))
    assert found == wanted == {"int8", "uint8", "int16"}
    assert kinds(taken_out) == kinds(mixed)
    near = 2 * next(iter(p.params.scale for p in activation_pairs(whole.graph.graph).values()))
    np.testing.assert_allclose(answers(taken_out, data.values), answers(mixed, data.values), atol=near)
    np.testing.assert_array_equal(
        answers(with_only(whole, parent, ["x", "/c1", "/c2", "/a", "/p", "/y"]), data.values),
        answers(whole, data.values),
    )
    seen = {t.layer: t.steps for t in taps(QuantizedParts(whole, parent), [{"x": data.values}], [8], exact=True)}
    assert [(seen[n].lowest, seen[n].highest) for n in ("x", "/c1", "/c2")] == [(-128, 127), (-32768, 32767), (0, 255)]


def kinds(model: Model) -> dict[str, int]:
    """How many nodes of each operator there are."""
    return dict(Counter(n.op_type for n in model.nodes()))


def test_runs_from_the_middle_give_what_whole_runs_give(model: Model, quantized: Model, data: Arrays) -> None:
    parts = QuantizedParts(quantized, ready(model)[0])
    feeds, counts = [{"x": data.values[:5]}, {"x": data.values[3:]}], [5, 4]
    for base, make in ((parts.with_only(()), parts.with_only), (parts.without(()), parts.without)):
        for memory in (1 << 30, 0):  # 0: nothing may be kept
            runs = PartRuns(base, feeds, counts, exact=True, kept_bytes=memory)
            for layer in parts.parts:
                got = runs.outputs(make([layer]), Job())
                whole = make([layer]).model()
                for k, feed in enumerate(feeds):
                    want = answers(whole, feed["x"])[: counts[k]]
                    np.testing.assert_allclose(got[k]["y"], want, atol=2e-3 * np.abs(want).max(), err_msg=layer)


def test_taps_and_errors_of_layers_are_those_computed_by_hand(model: Model, quantized: Model, data: Arrays) -> None:
    parts = QuantizedParts(quantized, ready(model)[0])
    feeds, counts = [{"x": data.values[:6]}, {"x": data.values[6:]}], [6, 1]
    found = {t.layer: t for t in taps(parts, feeds, counts, exact=True)}
    x = data.values[:7]
    want = run(model, x, taps=["r1"])["r1"]
    got = run(quantized, x, taps=["r1_quantized"])["r1_quantized"]
    tap = found["/c1"]
    error = (got.astype(np.float64) - tap.steps.zero) * tap.steps.scale - want
    assert tap.error == pytest.approx((error**2).sum(), rel=1e-4)
    assert tap.signal == pytest.approx((want.astype(np.float64) ** 2).sum(), rel=1e-4)
    assert tap.shift == pytest.approx((error.mean(axis=(0, 2, 3)) ** 2).sum() * 7 * 144, rel=1e-3)
    np.testing.assert_allclose(tap.channel_high, want.max(axis=(0, 2, 3)))
    each = layer_errors(parts, feeds, counts)
    assert set(each) == {"/c1", "/c2", "/y"}
    features = run(model, x, taps=["f"])["f"].astype(np.float64)
    head = each["/y"]
    source = found["/p"].steps
    rounded = np.clip(np.rint(features / source.scale), 0, 255) * source.scale
    change = rounded @ (head.stored_weight - head.weight).T.astype(np.float64) + head.stored_bias - head.bias
    assert head.weights == pytest.approx((change**2).sum(), rel=1e-3)
    assert head.inputs == pytest.approx((((rounded - features) @ head.weight.T) ** 2).sum(), rel=1e-3)


def test_a_file_of_onnxruntimes_own_quantizer(model: Model, data: Arrays, tmp_path: Path) -> None:
    """It deletes Relu layers and names values its own way."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static as theirs

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = iter([{"x": data.values}])

        def get_next(self) -> dict[str, Array] | None:
            return next(self.feeds, None)

    source, target = tmp_path / "float.onnx", tmp_path / "int8.onnx"
    onnx.save(ir.to_proto(model.graph), source)
    theirs(source, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8)
    quantized = Model.from_ir(ir.load(target))
    assert "/r1" not in {n.name for n in quantized.nodes()}, "else this test shows nothing"
    parent = ready(model)[0]
    parts = QuantizedParts(quantized, parent)
    assert {"x", "/c1", "/c2", "/a", "/y"} <= set(parts.parts)
    x = data.values
    np.testing.assert_allclose(answers(with_only(quantized, parent, ()), x), answers(model, x), atol=1e-5)
    np.testing.assert_allclose(answers(without(quantized, parent, ()), x), answers(quantized, x), atol=1e-6)
    found = {t.layer: t.sqnr for t in taps(parts, [{"x": x}], [len(x)])}
    assert {"/c1", "/c2", "/y"} <= set(found)
    assert all(sqnr > 20 for sqnr in found.values()), found


def test_what_does_not_fit_is_refused_by_name(model: Model, quantized: Model) -> None:
    parent = ready(model)[0]
    with pytest.raises(UserError, match="'/r1' is not quantized"):
        with_only(quantized, parent, ["/r1"])
    other = network([node("Gemm", "x w", "y", transB=1)], {"w": weights(2, 6)}, (6,))
    with pytest.raises(UserError, match="no float weights for the layer '/c1'"):
        with_only(quantized, other, [])
