"""The detective on a layer whose input channels have very unlike weights under one scale a tensor."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.splits import divide
from core.methods.analyse.causes import CAUSES
from core.methods.analyse.cures import cures_from
from core.methods.analyse.quantization_loss import Params
from core.methods.method import Context, load_methods
from core.methods.quantize.choices import Granularity
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.model.model import Model
from core.project.recipe import Step, run_step
from core.report import Report
from tests.core.qdq_graphs import Arrays, network, node, weights

DATA = Arrays((3, 10, 10), 200)


def parent(factor: float) -> Model:
    """Conv-Relu-Conv-Relu-Conv; the second layer multiplies two of its inputs by ``factor``, the first divides them."""
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]), node("Relu", "c1", "r1"),
        node("Conv", "r1 w2 b2", "c2", pads=[1, 1, 1, 1]), node("Relu", "c2", "r2"), node("Conv", "r2 w3", "y"),
    ]  # fmt: skip
    w1, b1, w2 = weights(8, 3, 3, 3), weights(8, seed=1), weights(12, 8, 3, 3, seed=2)
    for channel in (2, 5):
        w1[channel], b1[channel], w2[:, channel] = w1[channel] / factor, b1[channel] / factor, w2[:, channel] * factor
    constants = {"w1": w1, "b1": b1, "w2": w2, "b2": weights(12, seed=3), "w3": weights(6, 12, 1, 1, seed=4)}
    return network(nodes, constants, (3, 10, 10))


def detective(model: Model, factor: float) -> Report:
    params, ctx = Params(items=16, latency=False), Context(data=DATA, teacher=parent(factor))
    return load_methods().get("analyse.quantization_loss").run(model, params, ctx).report


@pytest.mark.parametrize(("factor", "found"), [(100.0, True), (1.5, False)])
def test_unlike_input_channels_are_named_and_equalized(factor: float, found: bool) -> None:
    plain = Static(granularity=Granularity.TENSOR, search_ranges=False)
    quantized = quantize_static(parent(factor), divide(DATA).calibration, plain, Context()).model
    report = detective(quantized, factor)
    cause = CAUSES.get("unequal_inputs")
    offers = [o for o in cures_from(report) if o.cause == cause.title]
    assert bool(offers) == found
    if not found:
        return
    assert cures_from(report)[0] is not None
    assert cures_from(report)[0].cause == cause.title, "named first"
    assert "/c2" in offers[0].layers
    cured = run_step(parent(factor), Step.from_json(dict(offers[0].step)), Context(data=DATA)).model
    assert cured is not None
    before, after = report.measures["sqnr"].value, detective(cured, factor).measures["sqnr"].value
    assert after > before + 10


def test_scales_by_output_channel_would_not_help() -> None:
    """Which is why it has a cure of its own."""
    models = [
        quantize_static(parent(100.0), divide(DATA).calibration, Static(granularity=g, search_ranges=False), Context())
        for g in (Granularity.TENSOR, Granularity.CHANNEL)
    ]
    tensor, channel = (detective(done.model, 100.0).measures["sqnr"].value for done in models)
    assert channel < tensor + 6
    assert np.isfinite(tensor)
