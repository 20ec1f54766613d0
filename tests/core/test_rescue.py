"""quantize.rescue: what is kept and why, when a target is met, an ill-scaled network, replay without a search."""

from __future__ import annotations

import dataclasses
import json
import math
from functools import cache

import numpy as np
import onnx_ir as ir
import pytest

from benchmarks.ill_scaled import ill_scaled
from core.data.sample import sample_data, sample_model
from core.data.splits import take
from core.errors import Cancelled, UserError
from core.formats.open import open_model
from core.jobs import Job
from core.measure.accuracy import accuracy
from core.measure.statistics import paired
from core.methods.method import Context, Outcome, load_methods
from core.methods.quantize import rescue, static
from core.methods.quantize.choices import Granularity
from core.methods.quantize.rescue import Params, Target, _said, met
from core.methods.quantize.rescue_search import Verdict, better
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq_pairs import stored_constant
from core.params import from_json, to_json
from tests.core.qdq_graphs import Arrays, network, node, weights

TENSOR = Params(granularity=Granularity.TENSOR, calibration_items=40, check_items=100)


def verdict(db: float, noise: float = 1.0, agrees: int = 90, gained: int = 0, lost: int = 0, n: int = 100) -> Verdict:
    """Of ``n`` items the first ``agrees`` agree; 70 were right in float, ``lost`` of them no more, others gained."""
    before = np.arange(n) < 70
    after = (np.arange(n) < 70 + gained) & (np.arange(n) >= lost)
    spread = np.random.default_rng(0).lognormal(0, 0.1, n)
    return Verdict(db, noise * spread, np.arange(n) < agrees, after, paired(before, after))


class TestBetter:
    def test_less_noise_in_total_and_item_by_item(self) -> None:
        assert better(verdict(21, 0.8), verdict(20)) == (True, "+1.0 dB")

    def test_too_little_says_how_much_would_be_kept(self) -> None:
        assert better(verdict(20.3, 0.93), verdict(20), 1.0) == (False, "+0.3 dB, less than the 1 that it must bring")
        assert better(verdict(19.98), verdict(20)) == (False, "+0.0 dB")

    def test_a_target_that_labels_are_missing_for_says_what_counts_instead(self) -> None:
        unlabelled = dataclasses.replace(verdict(20), right=None, change=None)
        words = _said(Params(target=Target.DROP), unlabelled, False, 17)
        assert words.startswith(
            "The target, agreement with float of at least 98 %, for without labels top-1 is not known, was not shown"
        )
        assert "labels" not in _said(Params(target=Target.AGREEMENT), unlabelled, True, 17)
        assert "at most 1 point below float, was met on 17" in _said(Params(), verdict(20), True, 17)

    def test_less_noise_of_a_few_items_is_chance(self) -> None:
        old, new = verdict(20), verdict(21)
        noise = old.noise * np.random.default_rng(1).lognormal(0, 1, 100)
        kept, why = better(dataclasses.replace(new, noise=noise), old)
        assert not kept
        assert "chance" in why

    def test_fewer_answers_that_agree_are_not_made_up_for(self) -> None:
        kept, why = better(verdict(30, 0.1, agrees=75), verdict(20, agrees=90))
        assert not kept
        assert "fewer answers agree" in why

    def test_fewer_right_answers_are_not_made_up_for(self) -> None:
        kept, why = better(verdict(30, 0.1, lost=12), verdict(20))
        assert not kept
        assert "fewer answers are right" in why

    def test_many_more_answers_that_agree_make_up_for_a_little_noise(self) -> None:
        assert better(verdict(19.8, 1.1, agrees=99), verdict(20, agrees=85))[0]
        assert not better(verdict(18, 1.6, agrees=99), verdict(20, agrees=85))[0]

    def test_layers_in_float_must_bring_more(self) -> None:
        assert better(verdict(20.5, 0.8), verdict(20))[0]
        assert not better(verdict(20.5, 0.8), verdict(20), 1.0)[0]


class TestMet:
    def test_top1_lost_with_one_standard_error(self) -> None:
        """3 of 100 lost and 1 gained: 2 points; with half an item more on each side, of 102: 2.19 points of error."""
        found = verdict(20, gained=1, lost=3)
        edge = 2 + 100 * math.sqrt(5 - 4 / 102) / 102
        assert met(Params(drop=edge + 0.01), found)
        assert not met(Params(drop=edge - 0.01), found)

    def test_no_change_on_few_items_proves_nothing(self) -> None:
        """Of 100 items: an error of 100 / 102 points."""
        assert not met(Params(drop=0.5), verdict(20))
        assert met(Params(drop=0.99), verdict(20))

    def test_gained_answers_make_up_for_no_error(self) -> None:
        """6 gained of 100: sqrt(7 - 36 / 102) of 102 = 2.53 points of error."""
        assert not met(Params(drop=2.5), verdict(20, gained=6))
        assert met(Params(drop=2.6), verdict(20, gained=6))

    def test_agreement_with_one_standard_error(self) -> None:
        """90 of 100: (0.905 - sqrt(0.09 / 100 + 1 / 40,000)) / 1.01 = 86.59 %, Wilson's lower end at z = 1."""
        assert met(Params(target=Target.AGREEMENT, agreement=86.5), verdict(20))
        assert not met(Params(target=Target.AGREEMENT, agreement=86.7), verdict(20))

    def test_without_labels_agreement_counts_and_without_classes_sqnr(self) -> None:
        unlabelled = dataclasses.replace(verdict(20), right=None, change=None)
        assert met(Params(agreement=80), unlabelled)
        assert not met(Params(agreement=95), unlabelled)
        bare = dataclasses.replace(unlabelled, agrees=None)
        assert met(Params(sqnr=19), bare)
        assert not met(Params(sqnr=21), bare)


@cache
def bad() -> Model:
    return ill_scaled(open_model(sample_model()))


@cache
def rescued() -> Outcome:
    return load_methods().get("quantize.rescue").run(bad(), TENSOR, Context(data=sample_data()))


def result(outcome: Outcome) -> Model:
    assert outcome.model is not None
    return outcome.model


def test_an_ill_scaled_network_regains_its_accuracy_and_the_step_is_named() -> None:
    outcome = rescued()
    measures = outcome.report.measures
    assert measures["top1_plain"].value < 30
    assert measures["top1"].value >= measures["top1_float"].value - 0.5 > 97
    assert measures["sqnr"].value > measures["sqnr_plain"].value + 20
    (steps,) = outcome.report.tables
    assert steps.rows[0][:3] == ("plain", "", "yes")
    kept = [row for row in steps.rows[1:] if row[2] == "yes"]
    assert "channels equalized" in {row[0] for row in kept}
    assert "channels equalized (equalize true" in outcome.report.notes[0]
    judged = take(sample_data(), 300, seed=5)
    assert accuracy(result(outcome), judged).top1.value > 97


def test_what_was_found_is_replayed_without_searching() -> None:
    found = rescued().params
    assert found.found
    again = (
        load_methods().get("quantize.rescue").run(bad(), from_json(Params, to_json(found)), Context(data=sample_data()))
    )
    assert not again.report.tables
    first, second = (ir.to_proto(result(o).graph).SerializeToString(deterministic=True) for o in (rescued(), again))
    assert first == second
    assert again.params == found


def test_the_report_says_which_arithmetic_evaluated_the_result() -> None:
    found = json.dumps({"activations": "int16", "calibration_items": 8})
    model, data = open_model(sample_model()), sample_data()
    params = Params(found=found, calibration_items=8, check_items=8)
    report = load_methods().get("quantize.rescue").run(model, params, Context(data=data)).report
    assert report.notes[-1].endswith("convolutions and products in float32, not in integers as phones may.")


def test_the_last_resort_is_layers_in_float_and_at_most_so_many() -> None:
    params = dataclasses.replace(
        TENSOR, target=Target.SQNR, sqnr=140, most_float=3, check_items=24, calibration_items=16
    )
    good = open_model(sample_model())
    outcome = load_methods().get("quantize.rescue").run(good, params, Context(data=sample_data()))
    rows = [row for row in outcome.report.tables[0].rows if row[0] == "layers in float"]
    assert [len(row[1].split(", ")) for row in rows] == [2, 3]
    assert "was not shown to be met by any way" in " ".join(outcome.report.notes)


@pytest.mark.parametrize("layers", [1, 2])
def test_however_many_may_be_in_float_a_layer_stays_quantized(layers: int) -> None:
    nodes = [node("Conv", "x w0", "a"), node("Conv", "a w1", "y")][:layers]
    weights_ = {f"w{k}": weights(4, 4, 3, 3, seed=k) for k in range(layers)}
    model = network(nodes, weights_, (4, 8, 8), ("y" if layers == 2 else "a",))
    params = Params(target=Target.SQNR, sqnr=140, check_items=8, calibration_items=8)
    done = load_methods().get("quantize.rescue").run(model, params, Context(data=Arrays((4, 8, 8), 40)))
    held = [stored_constant(n.inputs[1]) for n in result(done).nodes() if n.op_type == "Conv"]
    assert sum(weight is not None for weight in held) >= 1
    kept = [row for row in done.report.tables[0].rows if row[0] == "layers in float" and row[2] == "yes"]
    assert any("in float it takes" in note for note in done.report.notes) == bool(kept)


def test_a_choice_with_layers_in_float_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = static.quantize_static

    def watched(model: Model, data: object, params: static.Params, ctx: Context, **more: object) -> object:
        asked.append((params, ctx.overrides))
        return real(model, data, params, ctx, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(static, "quantize_static", watched)
    name = next(n.name or "" for n in open_model(sample_model()).nodes() if n.op_type == "Gemm")
    params = Params(found=f'{{"calibrator": "mse", "calibration_items": 16, "float_layers": ["{name}"]}}')
    outcome = load_methods().get("quantize.rescue").run(open_model(sample_model()), params, Context(data=sample_data()))
    wanted = static.Params(calibrator="mse", calibration_items=16)
    assert asked == [(wanted, ((Scope(layers=(name,)), {"precision": "float"}),))]
    gemm = next(n for n in result(outcome).nodes() if n.op_type == "Gemm")
    assert gemm.inputs[1] is not None
    assert gemm.inputs[1].producer() is None, "its weight is stored in float"


def test_items_that_check_neither_calibrate_nor_judge() -> None:
    ctx = Context(data=sample_data())
    pool, judge, _ = rescue.for_recovery(ctx)
    items = rescue.items_of(pool, Params(), ctx)
    fit, check, judged = ({i.name for i in d.items} for d in (items.fit, items.check, judge))
    assert len(fit) == 100
    assert len(check) == 200
    assert not fit & check
    assert not (fit | check) & judged
    some = rescue.items_of(take(pool, 30), dataclasses.replace(Params(), calibration_items=2000), ctx)
    assert some.final is some.fit, "the network that was checked is the result"
    ctx = Context(data=take(sample_data(), 60))
    pool, _, _ = rescue.for_recovery(ctx)
    few = rescue.items_of(pool, Params(), ctx)
    assert {i.name for i in few.final.items} == {i.name for i in (*few.fit.items, *few.check.items)}


@pytest.mark.parametrize("found", ["nonsense", "[1]", '{"float_layers": "all"}', '{"no_such": 1}'])
def test_what_was_found_must_be_readable(found: str) -> None:
    with pytest.raises(UserError):
        load_methods().get("quantize.rescue").run(bad(), Params(found=found), Context(data=sample_data()))


def test_it_stops_when_cancelled() -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        load_methods().get("quantize.rescue").run(bad(), TENSOR, Context(job=job, data=sample_data()))
