"""Ranges searched for what they cost at the output, and what biases are corrected toward then."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from core.data.splits import shuffled
from core.execute.runtimes import OnnxSession, onnx_session
from core.execute.walk import Walk
from core.jobs import Job
from core.methods.method import Context
from core.methods.quantize import calibrate, range_search, static, static_work
from core.methods.quantize.calibrate import Observed, elements, keeps_memory, observe
from core.methods.quantize.clipping import clipped, means_of
from core.methods.quantize.range_memory import RangeMemory
from core.methods.quantize.range_search import Narrowed, narrowed
from core.methods.quantize.static import Activations, Params, quantize_static
from core.methods.quantize.static_work import walking_items
from core.methods.scope import Scope
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq import RANGE_FROM, Int8Plan, activation_pairs, plan_int8
from tests.core.qdq_graphs import Arrays, network, node, quantized, run, sqnr, weights

OUTLIER = 40.0
SECOND = weights(4, 8, 1, 1, seed=1)


def _network(reads_outliers: bool) -> Model:
    """Conv -> Relu -> Conv; channel 0 between them has rare outliers, which the second one reads or not."""
    first, second = weights(8, 3, 1, 1), SECOND.copy()
    first[0] = [[[OUTLIER]], [[0.0]], [[0.0]]]
    second[:, 0] = 1.0 if reads_outliers else 0.0
    bias = np.zeros(8, np.float32), np.zeros(4, np.float32)
    nodes = [node("Conv", "x w1 b1", "a"), node("Relu", "a", "b"), node("Conv", "b w2 b2", "y")]
    return network(nodes, {"w1": first, "w2": second, "b1": bias[0], "b2": bias[1]}, [3, 4, 4])


def _data() -> Arrays:
    data = Arrays([3, 4, 4], 24)
    data.values[:, 0] = 0.01
    data.values[::4, 0, 0, 0] = 1.0  # the outliers
    return data


def _seen(model: Model) -> tuple[Observed, Int8Plan]:
    facts = infer(model)
    plan = plan_int8(model, facts)
    return observe(model, facts, _data(), ranges_of=plan.rescaled(), means_of=["x", "b"], keep=24, job=Job()), plan


@pytest.mark.parametrize("reads", [False, True])
def test_outliers_are_cut_off_only_where_the_output_does_not_read_them(reads: bool) -> None:
    model = _network(reads)
    seen, plan = _seen(model)
    found = narrowed(model, plan, seen, {}, ())
    assert found is not None
    high = found.ranges["b"][1]
    assert seen.ranges["b"][1] == pytest.approx(OUTLIER)
    assert (high == pytest.approx(OUTLIER)) if reads else (high <= 0.3 * OUTLIER)
    assert found.after >= found.before
    assert "narrowed" in found.said()


def test_a_range_that_somebody_chose_stays_and_so_do_outputs() -> None:
    model = _network(False)
    seen, plan = _seen(model)
    found = narrowed(model, plan, seen, {}, ("b",))
    assert found is not None
    assert found.ranges["b"] == seen.ranges["b"]
    assert found.ranges["y"] == seen.ranges["y"]


def test_the_highest_scores_are_not_cut_off_though_that_would_bring_scores_closer() -> None:
    """Behind a Flatten the pooled features are the scores: 9 small ones for each that is an answer."""
    nodes = [
        node("Conv", "x w", "a"),
        node("Relu", "a", "b"),
        node("GlobalAveragePool", "b", "c"),
        node("Flatten", "c", "y"),
    ]
    model = network(nodes, {"w": weights(10, 3, 1, 1)}, [3, 4, 4])
    facts = infer(model)
    plan = plan_int8(model, facts)
    data = Arrays([3, 4, 4], 24)
    data.values[:4] *= 12  # items whose answers are sure
    seen = observe(model, facts, data, ranges_of=plan.rescaled(), keep=24, job=Job())
    found = narrowed(model, plan, seen, {}, ())
    assert found is not None
    high = found.ranges["b"][1]
    b = onnx_session(model, taps=["b"]).run({"x": data.values})
    scores = [np.clip(b["b"], 0, top).mean(axis=(2, 3)) for top in (np.inf, high)]
    assert (scores[0].argmax(axis=1) == scores[1].argmax(axis=1)).mean() >= 0.95


def test_the_clipped_network_is_numpys_clip_and_its_means_are_of_what_is_left() -> None:
    model = _network(True)
    seen, _ = _seen(model)
    feed = seen.kept[0].feed
    cut = clipped(model, {"b": (0.0, 2.0)})
    plain = onnx_session(model, taps=["b"]).run(feed)
    found = onnx_session(cut, taps=["b"]).run(feed)
    np.testing.assert_array_equal(found["b"], np.clip(plain["b"], 0, 2))
    wanted = np.einsum("oc,nchw->nohw", SECOND[:, 1:, 0, 0], found["b"][:, 1:]) + found["b"][:, :1]
    np.testing.assert_allclose(found["y"], wanted, rtol=1e-4, atol=1e-4)
    means = means_of(cut, seen.kept, ["x", "b"], {"b": (0.0, 2.0)}, 1, Job())
    whole = np.concatenate([onnx_session(model, taps=["b"]).run(c.feed)["b"] for c in seen.kept])
    np.testing.assert_allclose(means["b"], np.clip(whole, 0, 2).mean(axis=0), rtol=1e-6, atol=1e-6)


def test_a_walk_gives_the_outputs_for_other_numbers_in_a_value() -> None:
    model = _network(True)
    seen, _ = _seen(model)
    feeds = [c.feed for c in seen.kept]
    walk = Walk(model, feeds)
    arrays = list(walk.visit("b", walk.index_of("b") + 1))
    run = walk.onward({"b": arrays[0]})
    whole = onnx_session(model).run(feeds[0])["y"]
    np.testing.assert_allclose(run(0, {"b": arrays[0]})["y"], whole, rtol=1e-5, atol=1e-5)
    assert not np.allclose(run(0, {"b": 0 * arrays[0]})["y"], whole)


def test_a_searched_network_is_closer_and_nothing_is_searched_of_16_bits() -> None:
    model, data = _network(False), _data()
    wanted = run(model, data.values)["y"]
    plain, searched = (quantized(model, data, search_ranges=search) for search in (False, True))
    assert sqnr(wanted, run(searched.model, data.values)["y"]) > sqnr(wanted, run(plain.model, data.values)["y"]) + 6
    assert any("narrowed" in note for note in searched.notes)
    wide = quantized(model, data, search_ranges=True, activations=Activations.INT16)
    assert not any("narrowed" in note for note in wide.notes)


def _wide(size: int = 64) -> Model:
    """Values of 16 channels at 64 x 64: 256 KB for each item."""
    shapes = {"w1": (16, 3, 3, 3), "w2": (16, 1, 3, 3), "w3": (16, 16, 1, 1), "w4": (4, 16, 1, 1)}
    own = {name: weights(*shape, seed=k) for k, (name, shape) in enumerate(shapes.items())}
    own |= {f"b{k}": np.zeros(n, np.float32) for k, n in ((1, 16), (2, 16), (3, 16), (4, 4))}
    nodes = [
        node("Conv", "x w1 b1", "a", pads=[1, 1, 1, 1]), node("Relu", "a", "b"),
        node("Conv", "b w2 b2", "c", pads=[1, 1, 1, 1], group=16), node("Conv", "c w3 b3", "d"),
        node("Add", "d b", "e"), node("Conv", "e w4 b4", "f"), node("GlobalAveragePool", "f", "y"),
    ]  # fmt: skip
    return network(nodes, own, [3, size, size])


_VALUE, _ITEMS = 16 * 64 * 64 * 4, 24


def _peak(act: Callable[[], object]) -> int:
    """Bytes of arrays alive at once beyond those before, as Python's allocator counts numpy's."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_search_holds_as_many_items_as_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large inputs: 3 items' values, not 24, and no rounded copy of all of them."""
    monkeypatch.setattr(range_search, "_BYTES", 3 * _VALUE + 4096)
    monkeypatch.setattr(calibrate, "_BATCH_BYTES", 1)
    model, data = _wide(), Arrays([3, 64, 64], _ITEMS)
    facts = infer(model)
    plan = plan_int8(model, facts)
    seen = observe(model, facts, data, ranges_of=plan.rescaled(), keep=_ITEMS, job=Job())
    found: list[Narrowed | None] = []
    peak = _peak(lambda: found.append(narrowed(model, plan, seen, {}, (), 1, Job(), facts)))
    assert found[0] is not None
    assert found[0].items == 3
    assert peak < 8 * _VALUE, f"{peak / _VALUE:.1f} values are alive at once"
    done = quantize_static(model, data, Params(search_ranges=True), Context())
    assert any("on 21 other calibration items" in note for note in done.notes)


def test_observing_holds_one_sum_of_each_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """In float64, for each layer's input; neither a sum nor its mean is there twice."""
    monkeypatch.setattr(calibrate, "_BATCH_BYTES", 1)
    model, data = _wide(), Arrays([3, 64, 64], _ITEMS)
    facts = infer(model)
    plan = plan_int8(model, facts)
    means = [n.inputs[0].name or "" for n in plan.weighted()]
    peak = _peak(lambda: observe(model, facts, data, ranges_of=plan.rescaled(), means_of=means, keep=2, job=Job()))
    sums = sum(elements(facts, v) for v in means) * 8
    assert peak < sums + 4 * _VALUE, f"{(peak - sums) / _VALUE:.1f} values beside the sums"


@pytest.mark.parametrize("size", [16, 8 * 1024])
def test_a_session_on_large_values_keeps_no_memory(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one that observes nor those of the search: the arena gives nothing back."""
    facts = infer(_wide())
    assert keeps_memory(facts, ["b"], 16)
    assert not keeps_memory(facts, ["b"], 256)
    asked: list[bool] = []
    made = OnnxSession.__init__

    def heard(self: OnnxSession, *args: Any, arena: bool = True, **others: Any) -> None:
        asked.append(arena)
        made(self, *args, arena=arena, **others)

    monkeypatch.setattr(OnnxSession, "__init__", heard)
    monkeypatch.setattr(calibrate, "_LARGE", size * 1024)
    monkeypatch.setattr(calibrate, "_BATCH_BYTES", 1)
    params = Params(search_ranges=True, bias_correction=False)
    quantize_static(_wide(), Arrays([3, 64, 64], 4), params, Context())
    assert set(asked) == {size > 16}


def test_what_was_seen_is_remembered_to_the_same_bytes() -> None:
    model, data = _network(False), _data()
    memory, ctx = RangeMemory(), Context()
    every = [Params(search_ranges=True), Params(search_ranges=True, rounding="gptq"), Params(calibrator="mse")]
    for params in every:
        fresh = quantize_static(model, data, params, ctx).model
        again = quantize_static(model, data, params, ctx, remembered=memory).model
        assert ir.to_proto(again.graph).SerializeToString() == ir.to_proto(fresh.graph).SerializeToString()
    assert len(memory.seen) == 2, "the second is seen like the first"


def test_with_other_layers_in_float_nothing_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the bytes are those of a search of its own, the plain way first as the mixed form goes."""
    seen, measured = list[Any](), list[Any]()
    look, cost = static_work.observe, range_search._Noise.of

    def observing(*args: Any, **others: Any) -> Observed:
        seen.append(args)
        return look(*args, **others)

    def measuring(*args: Any, **others: Any) -> Any:
        measured.append(args)
        return cost(*args, **others)

    monkeypatch.setattr(static_work, "observe", observing)
    monkeypatch.setattr(range_search._Noise, "of", measuring)
    model, data = _wide(8), Arrays([3, 8, 8], 30)
    params = Params(search_ranges=True)
    memory = RangeMemory(walking_items(params))
    said = [(), ("/a",), ("/c", "/d"), ("/d",)]
    contexts = [
        Context(overrides=((Scope(layers=layers), {"precision": "float"}),) if layers else ()) for layers in said
    ]
    quantize_static(model, data, replace(params, bias_correction=False), contexts[0], remembered=memory)
    again = [quantize_static(model, data, params, ctx, remembered=memory) for ctx in contexts]
    assert len(seen) == 1
    assert len(measured) == 2, "no scale was measured twice, and each was new at the first call"
    for ctx, done in zip(contexts, again, strict=True):
        fresh = quantize_static(model, data, params, ctx)
        assert ir.to_proto(done.model.graph).SerializeToString() == ir.to_proto(fresh.model.graph).SerializeToString()
        assert done.observed.ranges == fresh.observed.ranges
        assert done.observed.extremes.keys() == fresh.observed.extremes.keys()


def test_what_was_not_seen_is_looked_at() -> None:
    """A value that a layer in float hid, and items that were not kept."""
    model, data, params = _wide(8), Arrays([3, 8, 8], 6), Params()
    small = Context(overrides=((Scope(layers=("/a",)), {"precision": "float"}),))
    memory = RangeMemory()
    for ctx, chosen in ((small, params), (Context(), params), (small, replace(params, correction_items=3))):
        done = quantize_static(model, data, chosen, ctx, remembered=memory).model
        fresh = quantize_static(model, data, chosen, ctx).model
        assert ir.to_proto(done.graph).SerializeToString() == ir.to_proto(fresh.graph).SerializeToString()


def test_a_searched_range_says_so_and_a_typed_one_stays_typed() -> None:
    def origins(**said: float) -> dict[str, str]:
        overrides = ((Scope(pattern="/b"), said),) if said else ()
        done = quantize_static(_network(False), _data(), Params(search_ranges=True), Context(overrides=overrides))
        pairs = activation_pairs(done.model.graph.graph).values()
        return {p.value: p.quantize.metadata_props.get(RANGE_FROM, "") for p in pairs}

    assert origins()["b"] == "searched"
    assert origins(range_low=0.0, range_high=30.0)["b"] == "typed"


def test_tokens_symmetric_forms_several_and_odd_outputs() -> None:
    """[N, T, C] values, a zero point in the middle, an integer output beside a float one, a dictated Softmax."""
    nodes = [
        node("LayerNormalization", "x g", "n"), node("MatMul", "n w1", "m"), node("Add", "m b1", "a"),
        node("Relu", "a", "r"),
        node("MatMul", "r w2", "y"), node("ArgMax", "y", "k", axis=-1), node("Softmax", "y", "p"),
    ]  # fmt: skip
    constants = {
        "g": np.ones(6, np.float32),
        "w1": weights(6, 8),
        "b1": weights(8, seed=2),
        "w2": weights(8, 6, seed=3),
    }
    model = network(nodes, constants, [5, 6], ("y", "p"))
    model.graph.graph.outputs.append(_integers(model, "k", 5, 1))
    data = Arrays([5, 6], 12)
    done = quantized(model, data, search_ranges=True, symmetric=True)
    assert any("narrowed" in note or "No range" in note for note in done.notes)
    wanted, found = run(model, data.values), run(done.model, data.values)
    assert sqnr(wanted["y"], found["y"]) > 25


def test_outputs_without_floats_or_finite_numbers_leave_ranges_as_they_are() -> None:
    nodes = [node("Conv", "x w", "a"), node("ArgMax", "a", "y", axis=1)]
    model = network(nodes, {"w": weights(8, 3, 1, 1)}, [3, 4, 4], ("a",))
    model.graph.graph.outputs[0] = _integers(model, "y", 1, 4, 4)
    plain, searched = (quantized(model, _data(), search_ranges=search) for search in (False, True))
    assert plain.observed.ranges == searched.observed.ranges
    assert any("No range" in note for note in searched.notes)
    endless = network(
        [node("Conv", "x w", "a"), node("Relu", "a", "b"), node("Log", "b", "y")], {"w": weights(8, 3, 1, 1)}, [3, 4, 4]
    )
    seen, plan = _seen_of(endless)
    assert narrowed(endless, plan, seen, {}, ()) is None


def test_outputs_of_a_walk_stand_in_the_graphs_order() -> None:
    nodes = [node("Relu", "x", "zeta"), node("Neg", "x", "alpha"), node("Abs", "x", "mid")]
    model = network(nodes, {}, [4], ("zeta", "alpha", "mid"))
    made = Walk(model, [{"x": np.zeros((2, 4), np.float32)}]).onward({})(0, {})
    assert list(made) == ["zeta", "alpha", "mid"]


def _integers(model: Model, name: str, *shape: int) -> ir.Value:
    """A value of the graph, typed to be an output: ``network`` calls every output a float."""
    value = next(o for n in model.nodes() for o in n.outputs if o.name == name)
    value.type, value.shape = ir.TensorType(ir.DataType.INT64), ir.Shape(["batch", *shape])
    return value


def _seen_of(model: Model) -> tuple[Observed, Int8Plan]:
    facts = infer(model)
    plan = plan_int8(model, facts)
    return observe(model, facts, _data(), ranges_of=plan.rescaled(), keep=24, job=Job()), plan


def test_what_was_cut_off_for_the_items_that_chose_is_taken_back_where_others_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The input reaches its range in none of the items that choose: on the others the loss is plain."""
    monkeypatch.setattr(static, "shuffled", lambda data, seed: data)
    model, data = _network(True), Arrays([3, 4, 4], 64)
    data.values[:, 0] = np.random.default_rng(5).uniform(0, 0.02, (64, 4, 4))
    data.values[40:, 0, 0, 0] = 1.0
    wanted = run(model, data.values)["y"]
    found, seen = (quantized(model, data, search_ranges=search) for search in (True, False))
    assert any("left as they were: on 32 other calibration items" in note for note in found.notes)
    assert not any("were narrowed" in note for note in found.notes)
    assert found.observed.ranges == seen.observed.ranges
    blind = quantize_static(model, data, Params(), Context(), remembered=RangeMemory(trusted=True))
    assert blind.observed.ranges["x"][1] < 0.5 * seen.observed.ranges["x"][1]
    near, far = (sqnr(wanted, run(done.model, data.values)["y"]) for done in (found, blind))
    assert near > far + 6


@pytest.mark.parametrize("rounding", ["nearest", "gptq"])
def test_searched_ranges_that_help_on_other_items_stay(rounding: str) -> None:
    model, data = _network(False), Arrays([3, 4, 4], 64)
    data.values[:, 0] = 0.01
    data.values[::4, 0, 0, 0] = 1.0
    found = quantized(model, data, search_ranges=True, rounding=rounding)
    assert any(note.startswith("Checked: on 32 other calibration items") for note in found.notes)
    assert found.observed.ranges["b"][1] < 0.5 * OUTLIER


def test_items_that_choose_are_like_all_items() -> None:
    """Data sets stand class by class: 24 items of the first class would choose for all."""
    data = Arrays([3, 4, 4], 100)
    names = [item.name for item in data.items]
    mixed = [item.name for item in shuffled(data, seed=3).items]
    assert sorted(mixed) == sorted(names)
    assert mixed != names
    assert {int(names.index(n) >= 50) for n in mixed[:24]} == {0, 1}
