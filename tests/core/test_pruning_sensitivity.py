"""Pruning sensitivity: known answers, the figures of masks made by hand, going on after a cancel, ratios from it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from core import params as parameters
from core.data.open import open_data
from core.data.sample import sample_data
from core.data.splits import divide
from core.errors import Cancelled, UserError
from core.formats.open import open_model
from core.jobs import Event, Job
from core.measure.fidelity import FLOAT32_DB
from core.methods.analyse import pruning_sensitivity
from core.methods.analyse.sensitivity_report import (
    LAYERS,
    MEASURED,
    Row,
    holds_ratios,
    ratios_from,
    suggested,
    unit_of_loss,
)
from core.methods.method import Context, load_methods
from core.methods.scope import Scope, overridden
from core.model.model import Model
from core.project.checkpoints import Checkpoints, unfinished
from core.project.context import context_for
from core.project.recipe import Step, checked
from core.project.report_file import load_report
from core.report import Report
from tests.conftest import SAMPLE, network_path

KEY = "analyse.pruning_sensitivity"
FIRST, SECOND = "first", "second"
Change = Callable[[dict[str, np.ndarray]], None]


def network(change: Change = lambda weights: None, softmax: bool = False) -> onnx.ModelProto:
    """x [batch, 1, 6, 6] -> Conv(8) -> Relu -> Conv(4) -> Relu -> mean -> Gemm -> y [batch, 3], weights by hand."""
    rng = np.random.default_rng(5)
    weights = {
        "w1": rng.standard_normal((8, 1, 3, 3)),
        "b1": rng.standard_normal(8),
        "w2": rng.standard_normal((4, 8, 3, 3)) / 3,
        "w3": rng.standard_normal((3, 4)),
    }
    change(weights)
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], name=FIRST),
        helper.make_node("Relu", ["c1"], ["r1"], name="relu1"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], name=SECOND),
        helper.make_node("Relu", ["c2"], ["r2"], name="relu2"),
        helper.make_node("GlobalAveragePool", ["r2"], ["p"], name="pool"),
        helper.make_node("Flatten", ["p"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "w3"], ["y"], name="head", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(a.astype(np.float32), n) for n, a in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def as_model(proto: onnx.ModelProto) -> Model:
    return Model.from_ir(ir.from_proto(proto))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """40 items of noise with three classes; the network need not be right about them."""
    rng = np.random.default_rng(1)
    path = tmp_path / "noise.npz"
    np.savez(path, x=rng.standard_normal((40, 1, 6, 6)).astype(np.float32), y=rng.integers(0, 3, 40))
    return path


def measure(model: Model, ctx: Context, **values: Any) -> Report:
    chosen = METHODS_OF().get(KEY)
    return chosen.run(model, parameters.from_json(chosen.params, values), ctx).report


METHODS_OF = load_methods


def rows(report: Report, group: str) -> list[dict[str, Any]]:
    """Every measurement of a group, by the names of its columns."""
    table = next(t for t in report.tables if t.title == MEASURED)
    return [dict(zip(table.columns, r, strict=True)) for r in table.rows if r[0] == group]


# known answers ------------------------------------------------------------------------------------------------------


def test_channels_that_are_zero_already_cost_nothing(data: Path) -> None:
    def half_is_zero(weights: dict[str, np.ndarray]) -> None:
        weights["w1"][[1, 3, 4, 6]] = weights["b1"][[1, 3, 4, 6]] = 0
        weights["w2"][:, [1, 3, 4, 6]] = 0

    report = measure(as_model(network(half_is_zero)), Context(data=open_data(data)), ratios="0.25 0.5 0.75", items=40)
    quarter, half, more = rows(report, FIRST)
    for row in (quarter, half):
        assert (row["Loss"], row["Agreement"], row["SQNR"]) == (0.0, 100.0, FLOAT32_DB)
    assert half["Units masked"] == 4
    assert more["SQNR"] < 30
    ratios = {s.layers[0]: part["ratio"] for s, part in ratios_from(report, 0.0)}
    assert ratios[FIRST] >= 0.5
    assert ratios[SECOND] < 0.5


def test_channels_that_nobody_reads_cost_nothing(data: Path) -> None:
    """They are weak but not zero, so the masked network is really run."""

    def unread(weights: dict[str, np.ndarray]) -> None:
        weights["w1"][4:] *= 0.01
        weights["w2"][:, 4:] = 0

    report = measure(as_model(network(unread)), Context(data=open_data(data)), ratios="0.5", items=40)
    (row,) = rows(report, FIRST)
    assert row["Loss"] == 0.0
    assert row["Agreement"] == 100.0
    assert row["SQNR"] > 110  # the same up to the rounding of sums in another order


@pytest.mark.parametrize("labelled", [True, False])
def test_every_figure_is_that_of_a_mask_made_by_hand(data: Path, tmp_path: Path, labelled: bool) -> None:
    """The filters with the smallest sums of absolute weights go first; zeroed here with numpy, run by onnxruntime."""
    stored = np.load(data)
    if not labelled:
        data = tmp_path / "plain.npz"
        np.savez(data, x=stored["x"])
    found = open_data(data)
    report = measure(as_model(network()), Context(data=found, seed=4), ratios="0.25, 0.5", items=30, tolerance=2.5)
    parts = divide(found, 4, training=True)
    chosen = sorted((*parts.calibration.indices, *parts.train.indices[: 30 - len(parts.calibration.indices)]))
    x, y = stored["x"][chosen], stored["y"][chosen]
    weights = {w.name: numpy_helper.to_array(w) for w in network().graph.initializer}

    def answers(proto: onnx.ModelProto) -> np.ndarray:
        session = onnxruntime.InferenceSession(proto.SerializeToString())
        return np.asarray(session.run(None, {"x": x})[0], np.float64)

    before = answers(network())
    for group, produces, reads in ((FIRST, "w1", "w2"), (SECOND, "w2", "w3")):
        order = np.argsort(np.abs(weights[produces]).reshape(len(weights[produces]), -1).sum(1))
        for row, share in zip(rows(report, group), (0.25, 0.5), strict=True):
            dead = order[: round(share * len(order))]

            def zero(w: dict[str, np.ndarray], dead: Any = dead, produces: str = produces, reads: str = reads) -> None:
                w[produces][dead] = 0
                w[reads][:, dead] = 0
                if produces == "w1":
                    w["b1"][dead] = 0

            after = answers(network(zero))
            sqnr = 10 * math.log10(np.sum(before**2) / np.sum((before - after) ** 2))
            assert row["SQNR"] == pytest.approx(sqnr, abs=1e-3)
            assert row["Agreement"] == pytest.approx(100 * np.mean(before.argmax(1) == after.argmax(1)))
            right, still = before.argmax(1) == y, after.argmax(1) == y
            loss = 100 * (right.mean() - still.mean()) if labelled else 100 - row["Agreement"]
            assert row["Loss"] == pytest.approx(loss)
            assert row["Lower"] <= row["Loss"] <= row["Upper"]
            assert row["Top-1"] == (pytest.approx(100 * still.mean()) if labelled else "")
    assert unit_of_loss(report) == ("points" if labelled else "%")
    if labelled:
        assert report.measures["top1"].value == pytest.approx(100 * np.mean(before.argmax(1) == y))
        assert "One item is 3.3 points" in report.notes[-1]
    curve = report.curves[0]
    assert (curve.title, curve.x) == (FIRST, (0.0, 25.0, 50.0))


def test_noise_where_there_is_no_data_and_outputs_that_are_no_classes() -> None:
    report = measure(as_model(network()), Context(), ratios="0.5")
    assert "noise" in report.notes[0]
    assert not report.measures
    proto = network()
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("r2", TensorProto.FLOAT, ["batch", 4, 2, 2]))
    del proto.graph.node[4:]
    report = measure(as_model(proto), Context(), ratios="0.5")
    (row,) = rows(report, FIRST)
    assert row["Agreement"] == ""
    assert row["Loss"] == pytest.approx(100 * 10 ** (-row["SQNR"] / 20))
    assert report.curves[0].y_label == "dB"
    assert SECOND not in {r[0] for r in report.tables[0].rows}  # a graph output: locked


def test_shares_that_few_channels_cannot_have_are_told_as_they_are(data: Path) -> None:
    report = measure(as_model(network()), Context(data=open_data(data)), ratios="0.05 0.3 0.99", items=8)
    assert [r["Units masked"] for r in rows(report, SECOND)] == [1, 3]
    assert [r["Share masked"] for r in rows(report, SECOND)] == [0.25, 0.75]
    layers = report.tables[0]
    assert layers.title == LAYERS
    second = next(r for r in layers.rows if r[0] == SECOND)
    assert second[3] == second[4] == rows(report, SECOND)[0]["Loss"]  # for 5 and for 30 % one of four is nearest


@pytest.mark.parametrize("ratios", ["", "0.5 1", "0", "much", "nan", " ".join(f"0.{k}" for k in range(10, 31))])
def test_shares_that_are_none_are_refused(ratios: str) -> None:
    with pytest.raises(UserError, match="shares masked"):
        measure(as_model(network()), Context(), ratios=ratios)


def test_the_scope_chooses_groups_and_an_empty_one_is_refused(data: Path) -> None:
    ctx = Context(data=open_data(data), scope=Scope(pattern="sec*"))
    assert {c.title for c in measure(as_model(network()), ctx, ratios="0.5", items=8).curves} == {SECOND}
    with pytest.raises(UserError, match="nothing to be sensitive"):
        measure(as_model(network()), dataclasses.replace(ctx, scope=Scope(pattern="head")), ratios="0.5")


# going on -----------------------------------------------------------------------------------------------------------


def test_a_cancelled_analysis_goes_on_and_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = checked(Step(KEY, {"items": 24, "ratios": "0.3 0.6"}, data=sample_data().location, seed=2))[2]
    whole = measure(*context_of(step), **step.params)

    def run(job: Job) -> tuple[Report, Checkpoints]:
        checkpoints = Checkpoints(tmp_path / "kept")
        model, ctx = context_for(open_model(SAMPLE), step, job=job, checkpoints=checkpoints)
        return measure(model, ctx, **step.params), checkpoints

    measured: list[str] = []
    row_of = pruning_sensitivity._Judge.row

    def row(judge: Any, group: Any, *rest: Any) -> Row:
        measured.append(group.key)
        if len(measured) == 7:
            stopped.cancel()
        return row_of(judge, group, *rest)

    monkeypatch.setattr(pruning_sensitivity._Judge, "row", row)
    stopped = Job()
    with pytest.raises(Cancelled):
        run(stopped)
    (left,) = unfinished(tmp_path / "kept")
    assert (left.steps, left.total, left.step) == (7, 22, step)
    rest: list[Event] = []
    again, checkpoints = run(Job(rest.append))
    assert len(measured) == 22
    assert any("7 of 22 measurements" in e for e in rest if isinstance(e, str))
    assert again == whole
    checkpoints.done()
    assert not unfinished(tmp_path / "kept")


def context_of(step: Step) -> tuple[Model, Context]:
    return context_for(open_model(SAMPLE), step)


# ratios from it -----------------------------------------------------------------------------------------------------


def test_the_suggested_share_is_read_on_straight_lines() -> None:
    points = [(0.1, 0.0), (0.3, 2.0), (0.5, 0.5), (0.7, 40.0)]
    assert suggested(points, 1.0) == 0.2  # halfway from 0 to 2 points
    assert suggested(points, 0.0) == 0.1
    assert suggested(points, 2.0) == 0.507  # 0.5 + 0.2 * 1.5 / 39.5, rounded down
    assert suggested(points, 50.0) == 0.7  # nothing beyond what was measured
    assert suggested([(0.5, -3.0), (0.9, 3.0)], 0.0) == 0.7  # a gain first
    assert suggested([(0.99, 0.0)], 1.0) == 0.95  # the most that pruning takes


def test_ratios_follow_the_tolerance_and_cover_every_layer_of_a_group() -> None:
    report = measure(open_model(SAMPLE), Context(data=sample_data()), items=64)
    assert holds_ratios(report)
    strict, loose = ratios_from(report, 1.0), ratios_from(report, 30.0)
    assert [s for s, _ in strict] == [s for s, _ in loose]
    assert all(a["ratio"] <= b["ratio"] for (_, a), (_, b) in zip(strict, loose, strict=True))
    assert ratios_from(Report.from_json(json.loads(json.dumps(report.to_json()))), 1.0) == strict
    trunk = next(s for s, _ in strict if "features.2.conv.6/Conv" in s.layers)
    assert trunk.layers == ("features.2.conv.6/Conv", "features.3.conv.6/Conv")
    shown = {r[0]: r[2] for r in report.tables[0].rows}
    assert shown == {layer: part["ratio"] for scope, part in strict for layer in scope.layers}


def test_other_reports_and_tolerances_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no pruning sensitivity"):
        ratios_from(Report(), 1.0)
    report = measure(as_model(network()), Context(), ratios="0.5")
    for bad in (-1.0, math.nan):
        with pytest.raises(UserError, match="tolerance"):
            ratios_from(report, bad)
    broken = dataclasses.replace(report.tables[1], columns=("a",))
    with pytest.raises(UserError, match="damaged"):
        ratios_from(dataclasses.replace(report, tables=(report.tables[0], broken, report.tables[2])), 1.0)
    for text in ("", "{", "[1]", '{"measures": 3}', '{"a": 1}', "\xff", '{"reports": 3}', '{"tables": [{}]}'):
        (tmp_path / "r.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(UserError, match=r"r\.json"):
            load_report(tmp_path / "r.json")


def test_a_layer_of_two_groups_stands_once_and_each_group_keeps_its_ratio() -> None:
    """ResNet-20's shortcuts pad channels, so layers of a later stage produce channels of two trunks."""
    model = open_model(network_path("resnet20"))
    report = measure(model, Context(), ratios="0.3 0.6")
    layers = [row[0] for row in report.tables[0].rows]
    assert len(layers) == len(set(layers)) == sum(n.op_type == "Conv" for n in model.nodes())
    shared = next(row for row in report.tables[0].rows if row[0] == "/layer2/layer2.0/conv2/Conv")
    assert shared[1] == "/conv1/Conv, /layer2/layer2.0/conv2/Conv"
    curves = {g: [(r["Share masked"], r["Loss"]) for r in rows(report, g)] for g in shared[1].split(", ")}
    assert shared[2] == min(suggested(c, 1.0) for c in curves.values())
    assert shared[3] == max(c[0][1] for c in curves.values())
    overrides = ratios_from(report, 30.0)
    nodes = {n.name: n for n in model.nodes()}
    for scope, part in overrides:
        assert overridden(overrides, [nodes[name] for name in scope.layers], "ratio") == part["ratio"]
