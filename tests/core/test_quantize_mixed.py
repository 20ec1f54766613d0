"""Mixed precision: the order of layers on numbers by hand, and networks in which one layer is hard to quantize."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from core import params as parameters
from core.errors import UserError
from core.measure.quantized_parts import QuantizedParts
from core.methods.method import Context, Outcome, load_methods
from core.methods.quantize.mixed import Params
from core.methods.quantize.mixed_report import KEPT, TRIED
from core.methods.quantize.mixing import Move, Piece, path
from core.methods.quantize.ready import ready
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import check_rules, stored_constant
from tests.core.qdq_graphs import Arrays, network, node, run, weights

KEY = "quantize.mixed"
HARD = "/c2"


def piece(name: str, layers: str, noise: float) -> Piece:
    return Piece(name, frozenset(layers.split()), noise)


FOUND = [
    piece("wa", "a", 1.0),
    piece("wb", "b", 2.0),
    piece("wc", "c", 3.0),
    piece("value between b and c", "b c", 5.0),
    piece("value between a, b and d", "a b d", 9.0),
    piece("input", "", 4.0),
]
ONE = {name: (1.0,) for name in "abcd"}


def test_layers_go_together_where_a_value_needs_them_all() -> None:
    """b and c take 2 + 3 + 5 = 10 away for two layers; then a and d take 1 + 9 for two more; 4 of 24 stay."""
    assert path(FOUND, ONE, [4]) == [Move(("b", "c"), 14 / 24), Move(("a", "d"), 4 / 24)]


def test_the_budget_is_held_in_every_currency() -> None:
    assert path(FOUND, ONE, [0]) == []
    assert path(FOUND, ONE, [1]) == [Move(("c",), 21 / 24)]
    assert [m.layers for m in path(FOUND, ONE, [3])] == [("b", "c"), ("a",)], "a and d no longer fit"
    bytes_too = {"a": (1.0, 10.0), "b": (1.0, 10.0), "c": (1.0, 900.0), "d": (1.0, 10.0)}
    assert [m.layers for m in path(FOUND, bytes_too, [4, 100])] == [("a", "b", "d")], "c alone would break it"
    assert path(FOUND, {"c": (1.0,)}, [4]) == [Move(("c",), 21 / 24)], "layers without a cost cannot be chosen"


@pytest.fixture(scope="module")
def data() -> Arrays:
    return Arrays((3, 10, 10), 120)


@pytest.fixture(scope="module")
def model() -> Model:
    """Conv-Relu-Conv-Relu-mean-Gemm; the second Conv has a weight hundreds of times its others, on a dead channel."""
    second = weights(8, 8, 3, 3, seed=2)
    second[0, 0] = 60.0
    first, bias = weights(8, 3, 3, 3), weights(8, seed=1)
    first[0], bias[0] = 0.0, -1.0  # so that the large weights meet zeros: float loses nothing
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("Conv", "r1 w2 b2", "c2", pads=[1, 1, 1, 1]),
        node("Relu", "c2", "r2"),
        node("GlobalAveragePool", "r2", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f w3 b3", "y", transB=1),
    ]
    constants = {"w1": first, "b1": bias, "w2": second, "b2": weights(8, seed=3), "w3": weights(6, 8, seed=4),
                 "b3": weights(6, seed=5)}  # fmt: skip
    return network(nodes, constants, (3, 10, 10))


def mixed(model: Model, data: Arrays, **params: Any) -> Outcome:
    values = {"granularity": "tensor", "equalize": False, "target": "sqnr", "sqnr": 25.0, **params}
    outcome = load_methods().get(KEY).run(model, parameters.from_json(Params, values), Context(data=data))
    assert outcome.model is not None
    assert check_rules(outcome.model) == []
    return outcome


def bits(model: Model) -> dict[str, int]:
    """Weighted layer -> bits of its stored weight; 32 where it is float."""
    found = {}
    for n in model.nodes():
        if n.op_type in ("Conv", "Gemm"):
            stored = stored_constant(n.inputs[1])
            found[n.name or ""] = 32 if stored is None else stored.bits
    return found


def test_the_layer_that_costs_most_stays_float_and_no_more(model: Model, data: Arrays) -> None:
    outcome = mixed(model, data)
    assert bits(outcome.model) == {"/c1": 8, HARD: 32, "/y": 8}
    tables = {t.title: t for t in outcome.report.tables}
    assert [row[0] for row in tables[KEPT].rows] == [HARD]
    tried = {row[0]: row[1] for row in tables[TRIED].rows}
    assert tried[0] < 25 <= tried[1], "without it the target is missed"
    assert outcome.report.measures["sqnr"].value > 25
    assert any("is met" in note for note in outcome.report.notes)


def test_the_result_is_what_quantize_static_makes_of_that_choice_and_replays(model: Model, data: Arrays) -> None:
    first = mixed(model, data)
    assert json.loads(first.params.chosen) == [HARD]
    again = load_methods().get(KEY).run(model, first.params, Context(data=data))
    assert again.model is not None
    one, other = (ir.to_proto(m.graph).SerializeToString(deterministic=True) for m in (first.model, again.model))
    assert one == other
    from core.data.splits import divide

    chosen = ((Scope(layers=(HARD,)), {"precision": "float"}),)
    static = quantize_static(
        model, divide(data, training=True).calibration, Static(granularity="tensor"), Context(overrides=chosen)
    )
    x = data.values[:4]
    np.testing.assert_array_equal(run(first.model, x)["y"], run(static.model, x)["y"])


def test_nothing_is_kept_out_where_the_target_is_met_or_the_budget_is_empty(model: Model, data: Arrays) -> None:
    assert 32 not in bits(mixed(model, data, sqnr=1.0).model).values()
    none = mixed(model, data, most_layers=0)
    assert 32 not in bits(none.model).values()
    assert any("is not met" in note and "no layer fits the budget" in note for note in none.report.notes)


def test_growth_stays_below_its_limit(model: Model, data: Arrays) -> None:
    """The hard layer has 576 weights, 3 bytes each: 1.7 kB more in float; the head has 48."""
    tight = mixed(model, data, most_kilobytes=1.0, sqnr=100.0)
    assert bits(tight.model)[HARD] == 8
    assert bits(tight.model)["/y"] == 32
    wide = mixed(model, data, most_kilobytes=2.0, sqnr=25.0)
    assert bits(wide.model)[HARD] == 32


def test_among_four_bits_the_chosen_become_eight(model: Model, data: Arrays) -> None:
    outcome = mixed(model, data, precision="int4", granularity="channel", keep="int8", most_layers=2, sqnr=100.0)
    assert sorted(bits(outcome.model).values()) == [4, 8, 8]


def test_time_is_a_budget_too(model: Model, data: Arrays) -> None:
    outcome = mixed(model, data, most_milliseconds=1000.0)
    assert bits(outcome.model)[HARD] == 32
    chosen = [row[0] for t in outcome.report.tables if t.title == KEPT for row in t.rows]
    assert chosen == [HARD]


def test_what_must_be_float_before_a_pair_goes(model: Model, data: Arrays) -> None:
    quantized = quantize_static(model, data, Static(bias_correction=False), Context()).model
    parts = QuantizedParts(quantized, ready(model)[0])
    needed = {pair.value: set(parts.needed_for(pair)) for pair in parts.pairs}
    assert needed == {"x": {"/c1"}, "r1": {"/c1", HARD}, "r2": {HARD, "/p"}, "p": {"/p", "/y"}, "f": {"/y"},
                      "y_unquantized": {"/y"}}  # fmt: skip


def test_wrong_wishes_are_refused(model: Model, data: Arrays) -> None:
    with pytest.raises(UserError, match="JSON list"):
        mixed(model, data, chosen="c2")
    with pytest.raises(UserError, match="names 'nosuch', which is no layer"):
        mixed(model, data, chosen='["nosuch"]')
    with pytest.raises(UserError, match="calibrates with data"):
        mixed(model, data, calibrate_from="synthetic")
