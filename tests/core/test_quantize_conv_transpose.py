"""Transposed convolutions in int8: in every form as LiteRT computes them, corrected, or in float with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core import params as parameters
from core.methods.method import Context
from core.methods.quantize.result import Quantized
from core.methods.quantize.static import Params, quantize_static
from core.model.model import Model
from core.model.qdq import check_rules
from core.model.qdq_pairs import stored_constant
from tests.core.qdq_graphs import Arrays, by_name, network, node, run, weights
from tests.core.test_tflite_conv_transpose import counts
from tests.core.tflite_graphs import step_gap

DATA = Arrays((3, 9, 8), 40)


def decoder(bias: bool = True, **attributes: Any) -> Model:
    up = node("ConvTranspose", f"b w1{' b1' if bias else ''}", "c", strides=[2, 2], **attributes)
    nodes = [node("Conv", "x w0", "a"), node("Relu", "a", "b"), up, node("Relu", "c", "d"), node("Conv", "d w2", "y")]
    constants = {"w0": weights(8, 3, 3, 3), "w1": weights(8, 6, 3, 3, seed=1), "w2": weights(4, 6, 1, 1, seed=2)}
    return network(nodes, {**constants, **({"b1": weights(6, seed=3)} if bias else {})}, (3, 9, 8))


def quantized(model: Model, **asked: Any) -> Quantized:
    return quantize_static(model, DATA, parameters.from_json(Params, asked), Context())


FORMS: dict[str, dict[str, Any]] = {
    "channel": {},
    "tensor": {"granularity": "tensor"},
    "int8": {"activations": "int8"},
    "equalized": {"equalize": True},
    "gptq": {"rounding": "gptq"},
    "no bias": {"bias_correction": False},
}


@pytest.mark.parametrize("form", FORMS)
def test_one_graph_for_onnxruntime_and_litert(form: str) -> None:
    for model in (decoder(), decoder(bias=False, pads=[1, 1, 1, 1], output_padding=[1, 1])):
        done = quantized(model, **FORMS[form])
        assert [n.op_type for n in done.plan.weighted()] == ["Conv", "ConvTranspose", "Conv"]
        assert check_rules(done.model) == []
        gap, converted = step_gap(done.model)
        assert gap <= 1
        assert converted.notes == ()
        assert "DEQUANTIZE" not in dict(counts(done.model))  # all of it in integers
        reals = run(model, DATA.values)["y"]
        noise = np.square(run(done.model, DATA.values)["y"] - reals).sum() / np.square(reals).sum()
        assert noise < 10**-2.5


def test_4_bits_are_stored_in_8_and_16_bit_activations_run() -> None:
    gap, converted = step_gap(quantized(decoder(), precision="int4").model)
    assert gap <= 2  # a step at one layer is more at the next: its weights have 15 steps
    assert [n for n in converted.notes if "4-bit weights in 8 bits" in n]
    gap, _ = step_gap(quantized(decoder(), activations="int16").model)
    assert gap <= 8  # of 65,536 steps


def test_its_scales_go_by_output_channel_and_its_bias_takes_the_shift_out() -> None:
    model = decoder(bias=False)
    done = quantized(model)
    layer = by_name(done.model, "/c")
    stored = stored_constant(layer.inputs[1])
    assert stored is not None
    assert (stored.axis, stored.scale.shape) == (1, (6,))
    means = [run(m, DATA.values, taps=("c",))["c"].mean(axis=(0, 2, 3)) for m in (model, done.model)]
    plain = quantized(model, bias_correction=False).model
    before = run(plain, DATA.values, taps=("c",))["c"].mean(axis=(0, 2, 3))
    assert np.abs(means[1] - means[0]).max() < np.abs(before - means[0]).max() / 4


def test_rounders_that_look_at_data_leave_its_weights_at_the_nearest() -> None:
    near, looked = (quantized(decoder(), rounding=key) for key in ("nearest", "gptq"))
    held = [stored_constant(by_name(done.model, "/c").inputs[1]) for done in (near, looked)]
    assert held[0] is not None
    assert held[1] is not None
    np.testing.assert_array_equal(held[0].q, held[1].q)
    assert any("The weights of 2 layers were rounded in sequence" in note for note in looked.notes)


def test_with_groups_it_stays_in_float_and_says_why() -> None:
    nodes = [node("Conv", "x w0", "a"), node("ConvTranspose", "a w1", "y", group=2)]
    model = network(nodes, {"w0": weights(8, 3, 3, 3), "w1": weights(8, 3, 2, 2, seed=1)}, (3, 9, 8))
    done = quantized(model)
    assert [n.op_type for n in done.plan.weighted()] == ["Conv"]
    assert "transposed convolutions with groups have no int8 form" in done.plan.kept[0].reason
