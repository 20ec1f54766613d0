"""The detective: a network in which one layer is spoiled by hand, and an ill-scaled one that collapses per tensor."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from core.cli import main
from core.data.sample import sample_data
from core.data.splits import divide, take
from core.errors import Cancelled, UserError
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job
from core.measure.accuracy import accuracy
from core.methods.analyse import quantization_loss
from core.methods.analyse.causes import CAUSES, LayerEvidence, found_in
from core.methods.analyse.cures import CURES, cures_from
from core.methods.analyse.kept_rows import KeptRows
from core.methods.analyse.loss_report import CURED, LAYERS, TAPS
from core.methods.analyse.quantization_loss import Params
from core.methods.analyse.reference import not_judging
from core.methods.analyse.verify import quantized as cured_by
from core.methods.analyse.verify import verified
from core.methods.method import Context, load_methods
from core.methods.quantize.ready import ready
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq import activation_pairs, stored_constant
from core.project.checkpoints import Checkpoints
from core.project.context import context_for
from core.project.recipe import Step, run_step
from core.project.report_file import load_report
from core.report import Report, Table
from tests.conftest import SAMPLE
from tests.core.qdq_graphs import Array, Arrays, network, node, weights

KEY = "analyse.quantization_loss"
FIRST, MIDDLE, HEAD = "/c1", "/c2", "/y"
DEAD = 3  # an almost dead row of the first layer, with a bias


def plain(granularity: str = "channel") -> tuple[Model, Model, Arrays]:
    """(float, quantized, data): Conv-Relu-Conv-Relu-mean-Gemm, nothing wrong with it."""
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("Conv", "r1 w2 b2", "c2", pads=[1, 1, 1, 1]),
        node("Relu", "c2", "r2"),
        node("GlobalAveragePool", "r2", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f w3 b3", "y", transB=1),
    ]
    constants = {
        "w1": weights(8, 3, 3, 3), "b1": weights(8, seed=1), "w2": weights(12, 8, 3, 3, seed=2),
        "b2": weights(12, seed=3), "w3": weights(6, 12, seed=4), "b3": weights(6, seed=5),
    }  # fmt: skip
    constants["w1"][DEAD], constants["b1"][DEAD] = 2e-8, 2.5
    model, data = network(nodes, constants, (3, 10, 10)), Arrays((3, 10, 10), 200)
    done = quantize_static(
        model, divide(data).calibration, Static(granularity=granularity, bias_correction=False), Context()
    )
    return model, done.model.clone(), data


def store(graph: ir.Graph, name: str, array: Array) -> None:
    graph.initializers[name].const_value = ir.tensor(np.ascontiguousarray(array), name=name)


def stretch(model: Model, value: str, factor: float) -> None:
    """Another scale for one stored value, with the biases behind it rounded again (rule 2)."""
    graph = model.graph.graph
    pair = activation_pairs(graph)[value]
    scale = np.float32(pair.params.scale * factor)
    for reader in (u.node for out in pair.outputs for u in out.uses()):
        old = stored_constant(reader.inputs[2]) if len(reader.inputs) > 2 else None
        if old is not None:
            dequantize = reader.inputs[2].producer()
            store(graph, dequantize.inputs[0].name, np.rint(old.q / factor).astype(np.int32))
            store(graph, dequantize.inputs[1].name, (old.scale * np.float32(factor)).astype(np.float32))
    store(graph, pair.quantize.inputs[1].name, np.asarray(scale))


def rescale_weights(model: Model, parent: Model, layer: str, factor: float) -> None:
    """Another scale for the weights of one layer, which are rounded again to it, and its bias too."""
    graph = model.graph.graph
    target = next(n for n in model.nodes() if n.name == layer)
    source = next(n for n in ready(parent)[0].nodes() if n.name == layer)
    weight = infer(ready(parent)[0]).array(source.inputs[1])
    old, bias = stored_constant(target.inputs[1]), stored_constant(target.inputs[2])
    scale = old.scale * np.float32(factor)
    wide = scale.reshape([-1, *[1] * (weight.ndim - 1)])
    q, b = target.inputs[1].producer(), target.inputs[2].producer()
    store(graph, q.inputs[0].name, np.clip(np.rint(weight / wide), -127, 127).astype(np.int8))
    store(graph, q.inputs[1].name, scale)
    store(graph, b.inputs[0].name, np.rint(bias.q / factor).astype(np.int32))
    store(graph, b.inputs[1].name, bias.scale * np.float32(factor))


def shift_bias(model: Model, layer: str, amount: float) -> None:
    target = next(n for n in model.nodes() if n.name == layer)
    bias = stored_constant(target.inputs[2])
    moved = bias.q + np.rint(amount / bias.scale).astype(np.int32) * np.where(np.arange(len(bias.q)) % 2, 1, -1)
    store(model.graph.graph, target.inputs[2].producer().inputs[0].name, moved.astype(np.int32))


def overflow_bias(model: Model, layer: str) -> None:
    """A weight row of its natural, tiny scale, whose bias then has no integer: what a careless quantizer writes."""
    target = next(n for n in model.nodes() if n.name == layer)
    bias, old = stored_constant(target.inputs[2]), stored_constant(target.inputs[1])
    step, rows, q, b = bias.scale.copy(), old.scale.copy(), old.q.copy(), bias.q.copy()
    small = np.float32(2e-10)  # as for weights of at most 2.5e-8
    b[DEAD] = np.sign(bias.q[DEAD]) * (2**31 - 1)
    step[DEAD], rows[DEAD], q[DEAD] = step[DEAD] / rows[DEAD] * small, small, 100
    for value, arrays in ((target.inputs[2], (b, step)), (target.inputs[1], (q, rows))):
        for index, array in enumerate(arrays):
            store(model.graph.graph, value.producer().inputs[index].name, array)


SPOILED: dict[str, tuple[str, str, Callable[[Model, Model], None]]] = {
    "a value's scale ten times too large": (FIRST, "coarse_range", lambda q, f: stretch(q, "r1", 10)),
    "a value's scale ten times too small": (MIDDLE, "saturation", lambda q, f: stretch(q, "r2", 0.1)),
    "weights' scales ten times too large": (MIDDLE, "coarse_range", lambda q, f: rescale_weights(q, f, MIDDLE, 10)),
    "weights' scales ten times too small": (MIDDLE, "saturation", lambda q, f: rescale_weights(q, f, MIDDLE, 0.1)),
    "a shifted bias": (MIDDLE, "constant_shift", lambda q, f: shift_bias(q, MIDDLE, 0.5)),
    "a bias that overflows": (FIRST, "bias_overflow", lambda q, f: overflow_bias(q, FIRST)),
}


@pytest.fixture(scope="module")
def sound() -> tuple[Model, Model, Arrays]:
    return plain()


def table(report: Report, title: str) -> Table:
    return next(t for t in report.tables if t.title == title)


def rows(report: Report) -> dict[str, dict[str, object]]:
    found = table(report, LAYERS)
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}


def detective(model: Model, parent: Model, data: Arrays, **params: object) -> Report:
    return (
        load_methods()
        .get(KEY)
        .run(model, Params(items=24, latency=False, **params), Context(data=data, teacher=parent))
        .report
    )


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_layer_is_named_with_its_cause(sound: tuple[Model, Model, Arrays], what: str) -> None:
    parent, good, data = sound
    layer, cause, spoil = SPOILED[what]
    bad = good.clone()
    spoil(bad, parent)
    report = detective(bad, parent, data)
    found = rows(report)
    worst = max(found, key=lambda name: found[name]["Share of the loss"])
    assert worst == layer, found
    assert found[worst]["Share of the loss"] > 40
    assert found[worst]["Cause"] == CAUSES.get(cause).title, found[worst]
    assert any(c.isdigit() for c in str(found[worst]["Evidence"]))
    offer = cures_from(report)[0]
    assert layer in offer.layers
    step = Step.from_json(offer.step)
    again = run_step(parent, step, Context(data=data)).model
    assert again is not None
    before, after = report.measures["sqnr"].value, detective(again, parent, data).measures["sqnr"].value
    assert after > before + 3, "the cure cures"


def test_a_sound_network_has_nothing_to_name_and_figures_are_onnxruntimes(sound: tuple[Model, Model, Arrays]) -> None:
    import onnxruntime

    parent, good, data = sound
    report = detective(good, parent, data, least_share=30.0)
    x = data.values[[k for k, i in enumerate(data.items) if i.name in names_used(data)]]

    def answers(model: Model) -> Array:
        session = onnxruntime.InferenceSession(ir.to_proto(model.graph).SerializeToString())
        return session.run(None, {"x": x})[0].astype(np.float64)

    wanted, got = answers(parent), answers(good)
    sqnr = 10 * np.log10((wanted**2).sum() / ((wanted - got) ** 2).sum())
    assert report.measures["sqnr"].value == pytest.approx(sqnr, abs=0.05)
    assert report.measures["sqnr"].n == len(x)
    last = table(report, TAPS).rows[-1]
    assert last[0] == HEAD
    assert last[1] == pytest.approx(sqnr, abs=0.05), "the last tap is the output"
    shares = [row["Share of the loss"] for row in rows(report).values()]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert any("8-bit arithmetic" in note for note in report.notes)


def names_used(data: Arrays) -> set[str]:
    return {i.name for i in not_judging(data, 24, 0, "", first="train")[0].items}


def ill_scaled() -> Model:
    """The bundled sample with Relu instead of ReLU6, and channels rescaled by up to 150 without changing it."""
    model, _ = ready(open_model(SAMPLE))
    graph, facts, rng = model.graph.graph, infer(model), np.random.default_rng(3)
    for clip in [n for n in graph if n.op_type == "Clip"]:
        relu = ir.Node("", "Relu", [clip.inputs[0]], name=clip.name)
        graph.insert_before(clip, relu)
        clip.outputs[0].replace_all_uses_with(relu.outputs[0])
        name = clip.outputs[0].name
        graph.remove(clip, safe=True)
        relu.outputs[0].name = name
    for conv in [n for n in graph if n.op_type == "Conv"]:
        uses = list(conv.outputs[0].uses())
        reader = list(uses[0].node.outputs[0].uses()) if uses[0].node.op_type == "Relu" else []
        after = reader[0].node if len(reader) == 1 and reader[0].node.op_type == "Conv" else None
        if after is None:
            continue
        weight, bias, behind = (facts.array(v) for v in (conv.inputs[1], conv.inputs[2], after.inputs[1]))
        by = 10 ** rng.uniform(-1.1, 1.1, len(weight)).astype(np.float32)
        column = by.reshape(-1, 1, 1, 1)
        own = graph.initializers
        now = {n: own[n].const_value.numpy() for n in (conv.inputs[1].name, conv.inputs[2].name, after.inputs[1].name)}
        store(graph, conv.inputs[1].name, now[conv.inputs[1].name] * column)
        store(graph, conv.inputs[2].name, now[conv.inputs[2].name] * by)
        depthwise = behind.shape[1] == 1
        shaped = column if depthwise else by.reshape(1, -1, 1, 1)
        store(graph, after.inputs[1].name, now[after.inputs[1].name] / shaped)
        assert weight.shape[0] == len(bias)
    return model.with_graph(model.graph)


def test_an_ill_scaled_network_is_found_named_and_cured() -> None:
    parent, data = ill_scaled(), sample_data()
    judged = take(divide(data, 0).judge, 200)
    ctx = Context(data=data, teacher=parent)
    step = Step("quantize.static", {"granularity": "tensor", "calibration_items": 40})
    collapsed = run_step(parent, step, ctx).model
    assert collapsed is not None
    float_top1 = accuracy(parent, judged).top1.value
    assert float_top1 > 95
    assert accuracy(collapsed, judged).top1.value < 75, "per tensor it collapses"
    report = load_methods().get(KEY).run(collapsed, Params(items=8, verify=True, latency=False), ctx).report
    found = rows(report)
    ranked = sorted(found.values(), key=lambda row: -row["Share of the loss"])
    unequal = CAUSES.get("unequal_channels").title
    assert ranked[0]["Cause"] == unequal, ranked[:3]
    offer = cures_from(report)[0]
    assert offer.cause == unequal
    assert str(offer.step["method"]) == "quantize.static"
    assert "thimble apply quantize.static PARENT.onnx" in offer.command
    cured = cured_by(parent, offer.step, divide(data, 0).calibration, ctx)
    assert accuracy(cured, judged).top1.value > float_top1 - 1.5
    measured = table(report, CURED)
    before, after = measured.rows[0], measured.rows[1]
    assert before[0] == "as it is"
    assert after[1] > before[1] + 10, "dB, measured again by the analysis itself"
    said = next(n for n in report.notes if n.startswith(f"Applied, '{offer.words}': "))
    assert f"SQNR {before[1]:.1f} → {after[1]:.1f} dB" in said
    assert f"({after[6]:+.1f} to {after[7]:+.1f})" in said
    once, notes = verified((offer, dataclasses.replace(offer, cause="another")), collapsed, parent, ctx)
    assert [row.words for row in once] == ["as it is", offer.words], "two causes with one cure: measured once"
    assert sum(note.startswith("Applied") for note in notes) == 1


def test_an_equalized_network_is_compared_with_its_equalized_parent() -> None:
    """Else putting float weights back would mix two scalings, and every layer would seem to be lost."""
    parent, data = ill_scaled(), sample_data()
    ctx = Context(data=data, teacher=parent)
    done = run_step(parent, Step("quantize.static", {"equalize": True, "calibration_items": 40}), ctx).model
    assert done is not None
    report = load_methods().get(KEY).run(done, Params(items=8, most_layers=3, latency=False), ctx).report
    assert any("equalized as before" in note for note in report.notes)
    assert not any("not roundings" in note for note in report.notes)
    found = rows(report)
    assert len(found) == 3
    assert all(row["Alone quantized"] > report.measures["sqnr"].value for row in found.values())


def test_the_report_survives_json_and_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parent, good, data = plain("tensor")
    np.savez(tmp_path / "data.npz", x=data.values)
    save_onnx(parent, tmp_path / "float.onnx")
    save_onnx(good, tmp_path / "int8.onnx")
    out = tmp_path / "report.json"
    command = ["apply", KEY, str(tmp_path / "int8.onnx"), "-o", str(out), "--data", str(tmp_path / "data.npz")]
    assert main([*command, "--teacher", str(tmp_path / "float.onnx"), "--set", "items=8", "least_share=1"]) == 0
    printed = capsys.readouterr().out
    assert LAYERS in printed
    report = load_report(str(out), lambda r: any(t.title == CURES for t in r.tables))
    offers = cures_from(report)
    assert offers == cures_from(Report.from_json(json.loads(json.dumps(report.to_json()))))
    assert all(Step.from_json(o.step).method == "quantize.static" for o in offers if o.step)
    commands = [line.partition(": ")[2] for line in printed.splitlines() if line.startswith("- To cure")]
    assert len(commands) == len(offers)
    for k, line in enumerate(commands):  # with the files of this call, so that a shell can have it as it is
        made = tmp_path / f"cured{k}.onnx"
        assert main(shlex.split(line.replace("OUT.onnx", str(made)))[1:]) == 0
        assert made.is_file()
    assert "Quantized the network takes" in printed, "times are part of it unless somebody leaves them out"
    assert max(len(line) for line in printed.splitlines() if "…" in line) < 400


def test_a_cancelled_analysis_goes_on(
    sound: tuple[Model, Model, Arrays], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, good, data = sound
    np.savez(tmp_path / "data.npz", x=data.values)
    checkpoints = Checkpoints(tmp_path / "c")
    step = Step(KEY, {"items": 24, "latency": False}, data=str(tmp_path / "data.npz"))
    wanted = run_step(good, step, context_for(good, step, teacher=parent)[1]).report
    stopping = Job()
    add = KeptRows.add

    def add_and_stop(kept: KeptRows, name: str, row: object) -> None:
        add(kept, name, row)
        if len(kept.rows) == 7:
            stopping.cancel()

    _, ctx = context_for(good, step, job=stopping, teacher=parent, checkpoints=checkpoints)
    with monkeypatch.context() as patch:
        patch.setattr(KeptRows, "add", add_and_stop)
        with pytest.raises(Cancelled):
            run_step(good, step, ctx)
    said: list[str] = []
    going = Job(lambda event: said.append(str(event)))
    _, ctx = context_for(good, step, job=going, teacher=parent, checkpoints=checkpoints)
    report = run_step(good, step, ctx).report
    assert any("7 of 10 measurements are there already" in line for line in said), said
    assert [r[:3] for r in table(report, LAYERS).rows] == [r[:3] for r in table(wanted, LAYERS).rows]


def test_the_arithmetic_of_the_host_is_a_cause_only_where_it_makes_the_error(
    sound: tuple[Model, Model, Arrays], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.measure import host, quantized_taps

    parent, good, data = sound
    monkeypatch.setattr(host, "int8_instruction", lambda: "")
    real = quantized_taps.host_errors
    seen: list[dict[str, float]] = []

    def at_the_middle(*args: object, **options: object) -> dict[str, float]:
        seen.append(real(*args, **options))
        return {MIDDLE: 1e9}

    monkeypatch.setattr(quantized_taps, "host_errors", at_the_middle)
    found = rows(detective(good, parent, data, least_share=0.0))
    assert found[MIDDLE]["Cause"] == CAUSES.get("host_arithmetic").title
    assert found[FIRST]["Cause"] != CAUSES.get("host_arithmetic").title
    assert set(seen[0]) == {"x", FIRST, MIDDLE, "/p", HEAD}


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert found_in(LayerEvidence("l", "Conv", 1.0, 3.0, 0.0)) == []


def test_what_is_no_parent_is_refused(sound: tuple[Model, Model, Arrays]) -> None:
    _, good, data = sound
    run = load_methods().get(KEY).run
    with pytest.raises(UserError, match="needs a teacher"):
        run(good, Params(), Context(data=data))
    with pytest.raises(UserError, match="teacher is quantized too"):
        run(good, Params(), Context(data=data, teacher=good))
    other = network([node("Gemm", "x w", "y", transB=1)], {"w": weights(2, 3)}, (3,))
    with pytest.raises(UserError, match="no float weights for the layer '/c1'"):
        run(good, Params(), Context(data=data, teacher=other))
    assert quantization_loss.apply.__doc__


def test_the_parent_is_equalized_by_the_very_items_that_did_it_before() -> None:
    """More items than equalization looks at: other factors would make every weight seem changed."""
    parent, data = ill_scaled(), sample_data()
    ctx = Context(data=data, teacher=parent)
    done = run_step(parent, Step("quantize.static", {"equalize": True, "calibration_items": 100}), ctx).model
    assert done is not None
    again, _ = quantization_loss.before_quantizing(done, ctx)
    arrays = {v.name: v.const_value.numpy() for v in again.graph.graph.initializers.values()}
    convs = [n for n in done.nodes() if n.op_type == "Conv"]
    for conv in convs:
        stored = stored_constant(conv.inputs[1])
        float_weight = next(arrays[n.inputs[1].name] for n in again.nodes() if n.name == conv.name)
        step = np.abs(stored.real - float_weight).max() / np.abs(float_weight).max()
        assert step < 1 / 127, conv.name
