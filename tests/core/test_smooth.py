"""quantize.smooth: the paper's equation by hand, and outlier channels planted in transformers taken out again."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
import pytest

from core.data.dataset import Array, DataSet, Item
from core.measure.fidelity import fidelity
from core.methods.method import Context, load_methods
from core.methods.quantize.equalizing import groups_of
from core.methods.quantize.ready import ready
from core.methods.quantize.smooth import Params, smooth
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.model.model import Model
from core.model.rescaling import find_rescaling, rescaled
from core.params import from_json
from core.references.create import create
from core.references.reference import load_references
from tests.core.qdq_graphs import Arrays, network, node, run, weights


class Drawn:
    """Random items for whatever inputs a model has: numbers, token numbers below 100, masks."""

    name, location, classes = "drawn", "", ()

    def __init__(self, model: Model, count: int, seed: int) -> None:
        self.inputs, self.seed = model.inputs, seed
        self.items = [Item(f"{seed}-{k}") for k in range(count)]

    def load(self, index: int) -> dict[str, Array]:
        rng = np.random.default_rng((self.seed, index))
        found: dict[str, npt.NDArray[np.generic]] = {}
        for spec in self.inputs:
            shape = spec.bound()[1:]
            if spec.dtype == "float32":
                found[spec.name] = rng.standard_normal(shape).astype(np.float32)
            else:
                found[spec.name] = rng.integers(0, 2 if "mask" in spec.name else 100, shape).astype(spec.dtype)
        return found


def normalized(bias: bool = True) -> tuple[Model, Arrays]:
    """LayerNormalization over 4 features, read by two products; scale and bias 1, 2, 4, 8 and 0."""
    nodes = [
        node("LayerNormalization", "x g b" if bias else "x g", "n"),
        node("MatMul", "n u", "p"), node("MatMul", "n v", "q"), node("Concat", "p q", "y", axis=-1),
    ]  # fmt: skip
    constants = {
        "g": np.array([1, 2, 4, 8], np.float32), "b": np.zeros(4, np.float32),
        "u": np.diag([1, 0.5, 0.25, 1]).astype(np.float32), "v": np.diag([0.5, 0.5, 1, 4]).astype(np.float32),
    }  # fmt: skip
    return network(nodes, constants if bias else {k: v for k, v in constants.items() if k != "b"}, [5, 4]), Arrays(
        [5, 4]
    )


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.8])
def test_equation_4_of_the_paper_by_hand(alpha: float) -> None:
    """s = max|X|^alpha / max|W|^(1 - alpha), max|W| over all that reads the channel."""
    model, data = normalized()
    x = np.abs(run(model, data.values, taps=["n"])["n"]).max(axis=(0, 1))
    s = x**alpha / np.array([1, 0.5, 1, 4]) ** (1 - alpha)
    done = smooth(model, data, Params(alpha=alpha), Context()).model
    held = {n: t.const_value.numpy() for n, t in done.graph.graph.initializers.items() if t.const_value is not None}
    np.testing.assert_allclose(held["g"], np.array([1, 2, 4, 8]) / s, rtol=1e-4)
    np.testing.assert_allclose(np.diag(held["u"]), np.array([1, 0.5, 0.25, 1]) * s, rtol=1e-4)
    np.testing.assert_allclose(np.diag(held["v"]), np.array([0.5, 0.5, 1, 4]) * s, rtol=1e-4)
    np.testing.assert_allclose(run(done, data.values)["y"], run(model, data.values)["y"], rtol=1e-4, atol=1e-5)


def test_a_normalization_without_a_bias_and_a_shortcut_that_keeps_its_scale() -> None:
    assert groups_of(find_rescaling(normalized(bias=False)[0]))
    nodes = [
        node("LayerNormalization", "x g", "n"), node("MatMul", "n u", "p"), node("Add", "x p", "s"),
        node("Add", "n s", "y"),
    ]  # fmt: skip
    model = network(nodes, {"g": np.ones(4, np.float32), "u": weights(4, 4)}, [5, 4])
    assert not groups_of(find_rescaling(model)), "what an output adds to itself cannot have a factor"


def transformer(key: str, values: dict[str, int]) -> Model:
    reference = load_references().get(key)
    made = create(reference, from_json(reference.params, values))
    plain = tuple(dataclasses.replace(i, preprocessing=None) for i in made.inputs)
    for name in ("cls_token", "pos_embed"):  # as large as patches are: fresh ones drown, and one item decides all
        value = made.graph.graph.initializers.get(name)
        if value is not None and value.const_value is not None:
            value.const_value = ir.tensor(50 * value.const_value.numpy(), name=name)
    return ready(dataclasses.replace(made, inputs=plain))[0]


@pytest.mark.parametrize(
    ("key", "values", "gain"),
    [
        ("vit_tiny", {"resolution": 32, "depth": 2, "classes": 10, "dim": 48, "heads": 3}, 4),
        ("bert_tiny", {"vocab": 100, "sequence": 16, "positions": 16}, 5),
    ],
)
def test_planted_outlier_channels_cost_nothing_once_smoothed(key: str, values: dict[str, int], gain: float) -> None:
    """Four channels in sixty times the size of the others: the same function, but 8 bits see only these four."""
    model = transformer(key, values)
    found = find_rescaling(model)
    factors = np.ones(len(found.root_of))
    for group in groups_of(found):
        factors[group[:4]] = 60
    bad = rescaled(model, found, factors)
    calibration: DataSet = Drawn(model, 12, 1)
    judged: DataSet = Drawn(model, 12, 2)

    def decibels(float_model: Model) -> float:
        int8 = quantize_static(float_model, calibration, Static(bias_correction=False), Context()).model
        return fidelity(model, int8, judged).sqnr.value

    smoothed = smooth(bad, calibration, Params(), Context()).model
    assert fidelity(model, smoothed, judged).sqnr.value > 100
    assert decibels(smoothed) > decibels(bad) + gain
    assert decibels(smoothed) > decibels(model) - 2.5, "drawn weights have no outliers: smoothing spreads them a little"


def test_the_method_reports_what_it_did() -> None:
    model, data = normalized()
    outcome = load_methods().get("quantize.smooth").run(model, Params(items=4), Context(data=data))
    assert outcome.report.measures["channels"].value == 4
    assert outcome.report.measures["sqnr"].value > 100
    assert "4 of 4 channels" in " ".join(outcome.report.notes)
