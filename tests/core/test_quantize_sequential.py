"""Rounding and bias correction layer by layer: what each layer sees, and what comes out, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from core.methods.method import Context
from core.methods.quantize.choices import Granularity, Precision
from core.methods.quantize.sequential import Inputs, visit_layers
from core.methods.quantize.static import Params, Quantized, quantize_static
from core.model.masks import MASK
from core.model.model import Model
from core.model.qdq import check_rules, stored_constant
from core.model.qdq_insert import Int8Layer
from tests.core.qdq_graphs import Array, Arrays, by_name, network, node, run, sqnr, weights


class Smooth(Arrays):
    """Neighbours go together, as in pictures; never below zero, as behind a Relu."""

    def __init__(self, shape: list[int], seed: int = 0) -> None:
        super().__init__(shape, 24 if len(shape) > 2 else 120, seed)
        turn = np.random.default_rng(1).normal(0.3, 0.3, (shape[0], shape[0])).astype(np.float32)
        mixed = np.einsum("nc...,cd->nd...", self.values, turn)
        self.values = np.maximum(mixed + np.roll(mixed, 1, -1), 0)


LAYERS: dict[str, tuple[onnx.NodeProto, Array, list[int]]] = {
    "dense": (node("Conv", "x w b", "y", pads=[1, 1, 1, 1]), weights(8, 16, 3, 3), [16, 10, 10]),
    "strided": (node("Conv", "x w b", "y", strides=[2, 2], dilations=[2, 1]), weights(8, 16, 3, 3), [16, 11, 9]),
    "depthwise": (node("Conv", "x w b", "y", group=16, pads=[1, 1, 1, 1]), weights(16, 1, 3, 3), [16, 10, 10]),
    "grouped": (node("Conv", "x w b", "y", group=2), weights(8, 8, 3, 3), [16, 10, 10]),
    "one axis": (node("Conv", "x w b", "y", pads=[1, 1]), weights(8, 16, 3), [16, 20]),
    "gemm": (node("Gemm", "x w b", "y", transB=1), weights(8, 32), [32]),
    "gemm turned": (node("Gemm", "x w b", "y"), weights(32, 8), [32]),
    "matmul": (node("MatMul", "x w", "y"), weights(32, 8), [5, 32]),
}


def single(key: str) -> tuple[Model, Arrays]:
    layer, w, shape = LAYERS[key]
    layer = onnx.NodeProto.FromString(layer.SerializeToString())
    channels = w.shape[1] if key in ("gemm turned", "matmul") else w.shape[0]
    constants = {"w": w, "b": weights(channels)} if "b" in layer.input else {"w": w}
    return network([layer], constants, shape), Smooth(shape)


def static(model: Model, data: Arrays, **params: Any) -> Quantized:
    done = quantize_static(model, data, Params(**params), Context())
    assert check_rules(done.model) == []
    return done


def closeness(model: Model, done: Quantized, x: Array) -> float:
    return sqnr(run(model, x)["y"], run(done.model, x)["y"])


@pytest.mark.parametrize("form", [Granularity.TENSOR, Granularity.CHANNEL, Granularity.GROUP])
@pytest.mark.parametrize("key", LAYERS)
def test_gptq_brings_4_bit_layers_closer(key: str, form: Granularity) -> None:
    """On other items than it looked at, with biases corrected in both."""
    model, data = single(key)
    how = {"precision": Precision.INT4, "granularity": form, "group_size": 8}
    plain, rounded = (static(model, data, **how, rounding=r) for r in ("nearest", "gptq"))
    other = Smooth(LAYERS[key][2], seed=5).values
    assert closeness(model, rounded, other) > closeness(model, plain, other) + (0 if key == "depthwise" else 0.5)
    stored = stored_constant(by_name(rounded.model, "/y").inputs[1])
    assert stored is not None
    assert np.abs(stored.q).max() <= 7
    assert "error feedback" in " ".join(rounded.notes)


def residual() -> tuple[Model, Arrays]:
    """Five layers, a shortcut, two readers of one value."""
    nodes = [
        node("Conv", "x w0 b0", "c0", pads=[1, 1, 1, 1]), node("Relu", "c0", "r0"),
        node("Conv", "r0 w1", "c1", pads=[1, 1, 1, 1]), node("Conv", "r0 w2 b2", "c2"),
        node("Add", "c1 c2", "s"), node("Relu", "s", "r1"),
        node("GlobalAveragePool", "r1", "p"), node("Flatten", "p", "f"), node("Gemm", "f w3 b3", "y"),
    ]  # fmt: skip
    constants = {
        "w0": weights(8, 3, 3, 3), "b0": weights(8), "w1": weights(8, 8, 3, 3, seed=1), "w2": weights(8, 8, 1, 1),
        "b2": weights(8), "w3": weights(8, 5), "b3": weights(5),
    }  # fmt: skip
    return network(nodes, constants, [3, 12, 12]), Arrays([3, 12, 12], count=20)


@pytest.mark.parametrize("rounding", ["nearest", "gptq", "adaround"])
def test_every_layer_sees_what_the_finished_network_gives_it(rounding: str) -> None:
    """The walk's inputs, layer by layer, are the values of the whole network in onnxruntime, to the bit."""
    model, data = residual()
    done = static(model, data, rounding=rounding, precision=Precision.INT4, rounding_steps=20)
    seen: dict[str, Array] = {}

    def act(layer: Int8Layer, inputs: Inputs) -> None:
        seen[layer.source] = np.concatenate(list(inputs.reals(len(inputs.chunks))))

    layers = _layers_of(done)
    visit_layers(done.model, layers, done.observed.kept, act)
    walked = np.concatenate([chunk.real(chunk.feed["x"]) for chunk in done.observed.kept])
    assert np.array_equal(np.sort(walked, 0), np.sort(data.values, 0)), "all items, in an order of their own"
    whole = run(done.model, walked, taps=[f"{n}_dequantized" for n in seen])
    assert set(seen) == {"x", "r0", "f"}
    for name, values in seen.items():
        np.testing.assert_array_equal(values, whole[f"{name}_dequantized"])


def _layers_of(done: Quantized) -> list[Int8Layer]:
    from core.model.qdq import activation_pairs, form_of

    found = []
    pairs = activation_pairs(done.model.graph.graph)
    for n in (n for n in done.model.nodes() if n.op_type in ("Conv", "Gemm")):
        dequantized = n.inputs[0]
        assert dequantized is not None
        source = (dequantized.name or "").removesuffix("_dequantized")
        stored = stored_constant(n.inputs[1])
        assert stored is not None
        w, form = stored.real, form_of(n, stored.q.shape)
        found.append(Int8Layer(n, source, pairs[source].params, w, None, form, (), None))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("rounding", ["gptq", "adaround"])
def test_rounding_helps_a_network(rounding: str) -> None:
    model, data = residual()
    how = {"precision": Precision.INT4, "rounding_steps": 200}
    other = Arrays([3, 12, 12], count=40, seed=7).values
    plain, rounded = (closeness(model, static(model, data, **how, rounding=r), other) for r in ("nearest", rounding))
    assert rounded > plain + 1


def test_without_bias_correction_weights_are_rounded_all_the_same() -> None:
    model, data = residual()
    how = {"precision": Precision.INT4, "bias_correction": False}
    plain, rounded = (static(model, data, **how, rounding=r) for r in ("nearest", "gptq"))
    assert rounded.shifts == ()
    assert closeness(model, rounded, data.values) > closeness(model, plain, data.values) + 1


def test_the_same_seed_gives_the_same_weights() -> None:
    model, data = residual()
    first, second = (static(model, data, rounding="adaround", rounding_steps=20) for _ in range(2))
    for one, other in zip(*(_integers(d.model) for d in (first, second)), strict=True):
        np.testing.assert_array_equal(one, other)


def _integers(model: Model) -> list[Array]:
    found = (stored_constant(n.inputs[1]) for n in model.nodes() if n.op_type in ("Conv", "Gemm"))
    return [s.q for s in found if s is not None]


@pytest.mark.parametrize("rounding", ["gptq", "adaround"])
def test_a_masked_weight_stays_masked(rounding: str) -> None:
    model, data = single("dense")
    value = model.graph.graph.initializers["w"]
    assert value.const_value is not None
    w = value.const_value.numpy() * (np.random.default_rng(0).random((8, 16, 3, 3)) < 0.5)
    masked = network([LAYERS["dense"][0]], {"w": w.astype(np.float32), "b": weights(8)}, [16, 10, 10])
    masked.graph.graph.initializers["w"].metadata_props[MASK] = "weight"
    done = static(masked, data, rounding=rounding, precision=Precision.INT4, rounding_steps=20)
    stored = stored_constant(by_name(done.model, "/y").inputs[1])
    assert stored is not None
    assert not stored.q[w == 0].any()
    assert stored.q[w != 0].any()
