"""Weights stored alone, rounded on data: every format, against onnxruntime; stored bytes stay what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.methods.method import Context
from core.methods.quantize.formats import format_names
from core.methods.quantize.weights import Params, apply
from core.model.masks import MASK
from core.model.model import Model
from core.model.stored_weights import dequantized
from tests.core.qdq_graphs import Arrays, run, sqnr
from tests.core.test_quantize_sequential import residual

FORMS: list[dict[str, Any]] = [
    {"format": "int4"},
    {"format": "uint4", "granularity": "group", "group_size": 4},
    {"format": "int8", "granularity": "tensor"},
    {"format": "powers_of_two"},
    {"format": "additive_powers", "bits": 4},
    {"format": "codebook", "bits": 3},
]


def stored(model: Model, data: Arrays, **params: Any) -> tuple[Model, float]:
    from core.params import from_json

    outcome = apply(model, from_json(Params, params), Context(data=data))
    assert outcome.model is not None
    return outcome.model, outcome.report.measures["weight_bytes_after"].value


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f["format"])
def test_every_format_comes_closer(form: dict[str, Any]) -> None:
    """In onnxruntime, on other items; what is stored decodes to what was walked with, to the bit."""
    assert form["format"] in format_names()
    model, data = residual()
    other = Arrays([3, 12, 12], count=40, seed=7).values
    wanted = run(model, other)["y"]
    plain, size = stored(model, data, **form)
    rounded, same_size = stored(model, data, **form, rounding="gptq", bias_correction=True)
    given = run(rounded, other)["y"]
    assert sqnr(wanted, given) > sqnr(wanted, run(plain, other)["y"]) + 1
    assert same_size == size
    np.testing.assert_array_equal(given, run(dequantized(rounded), other)["y"])


def test_biases_alone_take_out_the_mean_shift() -> None:
    model, data = residual()
    corrected, _ = stored(model, data, format="powers_of_two", bias_correction=True)
    plain, _ = stored(model, data, format="powers_of_two")
    wanted = run(model, data.values)["y"].mean(0)
    before, after = (np.abs(run(m, data.values)["y"].mean(0) - wanted).max() for m in (plain, corrected))
    assert after < before / 20


def test_masks_stay_and_data_is_asked_for() -> None:
    model, data = residual()
    value = model.graph.graph.initializers["w1"]
    value.metadata_props[MASK] = "weight"
    assert value.const_value is not None
    w = value.const_value.numpy()
    masked = model.clone()
    import onnx_ir as ir

    masked.graph.graph.initializers["w1"].const_value = ir.tensor(np.where(np.abs(w) < 0.2, 0, w), name="w1")
    masked = masked.with_graph(masked.graph)
    rounded, _ = stored(masked, data, format="int4", rounding="gptq")
    decoded = dequantized(rounded).graph.graph.initializers["w1"].const_value
    assert decoded is not None
    assert not decoded.numpy()[np.abs(w) < 0.2].any()
    with pytest.raises(UserError, match="gptq looks at data"):
        apply(model, Params(rounding="gptq"), Context())
