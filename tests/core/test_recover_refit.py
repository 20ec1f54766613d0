"""recover.refit: what a cut took is restored where it can be, nothing is kept that is no better, and others' models
are refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.data.dataset import DataSet
from core.data.open import open_data
from core.data.preprocess import load_preprocessing
from core.data.splits import take
from core.errors import Cancelled, UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.jobs import Job
from core.measure.accuracy import accuracy
from core.methods.method import Context, Method, load_methods
from core.methods.prune.magnitude import Params as Magnitude
from core.methods.recover.refit import RefitSettings, refit
from core.methods.scope import Scope
from core.model.channels import cut, find_groups, mask, surviving
from core.model.kept import KEPT, kept_channels, kept_of
from core.model.model import Model
from core.project.judging import judged_part
from core.project.recipe import Recipe, Step
from tests.conftest import network_path, shared
from tests.core.random_networks import Network
from tests.core.training_sets import Arrays, digits, few, sample

EXACT = RefitSettings(items=40, places=4096, ridge=0.0)


class Inputs(Arrays):
    def load(self, index: int) -> dict[str, np.ndarray]:
        return {"input": self._arrays[index]}


def noise(count: int = 50) -> DataSet:
    arrays = np.random.default_rng(8).standard_normal((count, 3, 8, 8)).astype(np.float32)
    return Inputs(arrays, [None] * count)


def act() -> Method:
    return load_methods().get("recover.refit")


def combined(outputs: int = 5) -> np.ndarray:
    """Filters of which the last is a combination of the others."""
    rows = np.random.default_rng(2).standard_normal((outputs, 3, 3, 3)).astype(np.float32)
    rows[-1] = 0.5 * rows[0] - 2.0 * rows[1]
    return rows


def following(net: Network, kind: str, x: str) -> None:
    """One or two layers that read five channels."""
    if kind == "plain":
        x, net.channels = net.conv(x, 5, 4), 4
    elif kind == "strided without bias":
        x = net.node("Conv", x, net.weight(4, 5, 3, 3), strides=[2, 2], pads=[0, 1, 1, 0])
        x, net.channels = net.norm(x, 4), 4
    elif kind == "dilated":
        x = net.node("Conv", x, net.weight(4, 5, 3, 3), net.weight(4), dilations=[2, 2], pads=[2, 2, 0, 1])
        net.channels = 4
    net.x = net.node("Relu", x)


@pytest.mark.parametrize("kind", ["plain", "strided without bias", "dilated"])
def test_a_channel_that_others_can_stand_in_for_is_not_missed(kind: str) -> None:
    net = Network(seed=1)
    made = net.node("Conv", "input", net.constant(combined()), pads=[1, 1, 1, 1])  # a bias would end at the padding
    following(net, kind, made)
    parent = net.model("pool_flatten_gemm")
    groups = find_groups(parent)
    removed = {"Conv_0": [4]}
    smaller = cut(parent, groups, removed)
    new, report = refit(parent, smaller, kept_of(surviving(groups, removed)), noise(), EXACT, Context())
    x = np.random.default_rng(77).standard_normal((6, 3, 8, 8)).astype(np.float32)
    outputs = [next(iter(onnx_session(m).run({"input": x}).values())) for m in (parent, smaller, new)]
    assert abs(outputs[1] - outputs[0]).max() > 1e-2
    np.testing.assert_allclose(outputs[2], outputs[0], atol=1e-5, rtol=1e-5)
    assert report.measures["check_sqnr"].value > 90 > 30 > report.measures["check_sqnr_before"].value
    rows = {row[0]: row for row in report.tables[0].rows}
    assert rows["Conv_0"][4] == "equal to the parent's"
    assert rows["Conv_1"][4] == "refitted"


def test_a_removed_constant_moves_into_the_bias_behind_a_depthwise_layer() -> None:
    """A channel that is always 2, through a depthwise layer without padding: the next bias takes it over."""
    net = Network(seed=4)
    rows = combined()
    rows[4] = 0.0
    made = net.node("Conv", "input", net.constant(rows), net.constant(np.asarray([0, 1, 0, 1, 2], np.float32)))
    x = net.node("Conv", made, net.weight(5, 1, 3, 3), group=5)
    net.x, net.channels = net.conv(net.node("Relu", x), 5, 4, kernel=1), 4
    parent = net.model("pool_flatten_gemm")
    groups = find_groups(parent)
    removed = {"Conv_0": [4]}
    new, _ = refit(parent, cut(parent, groups, removed), kept_of(surviving(groups, removed)), noise(), EXACT, Context())
    x = np.random.default_rng(7).standard_normal((3, 3, 8, 8)).astype(np.float32)
    a, b = (next(iter(onnx_session(m).run({"input": x}).values())) for m in (parent, new))
    np.testing.assert_allclose(a, b, atol=1e-5, rtol=1e-5)


def prune(model: Model, ratio: float) -> Model:
    outcome = load_methods().get("prune.magnitude").run(model, Magnitude(ratio, multiple=1), Context())
    assert outcome.model is not None
    return outcome.model


def test_kept_channels_compose_and_survive_files() -> None:
    net = Network(seed=0)
    net.x, net.channels = net.node("Relu", net.conv("input", 3, 12)), 12
    net.x, net.channels = net.conv(net.x, 12, 4), 4
    model = net.model("pool_flatten_gemm")
    once = cut(model, find_groups(model), {"Conv_0": [0, 5, 6]})
    note = next(once.nodes()).metadata_props[KEPT]
    assert note == "1-4,7-11/12"
    again = Model.from_ir(ir.from_proto(onnx.load_from_string(ir.to_proto(once.graph).SerializeToString())))
    twice = cut(again, find_groups(again), {"Conv_0": [0, 4]})  # of the original: 1 and 7
    indices, total = kept_channels(next(twice.nodes()), 7) or ([], 0)
    assert (list(indices), total) == ([2, 3, 4, 8, 9, 10, 11], 12)
    assert kept_channels(next(twice.nodes()), 8) is None, "a note that counts other channels is not believed"
    relu = [n for n in once.nodes() if n.op_type == "Relu"]
    assert not any(KEPT in n.metadata_props for n in relu)


def test_kept_channels_survive_a_written_file_and_an_edited_layer_loses_them(tmp_path: Path) -> None:
    smaller = prune(sample(), 0.3)
    noted = {n.name: n.metadata_props[KEPT] for n in smaller.nodes() if KEPT in n.metadata_props}
    load_exporters().get("onnx").write(smaller, tmp_path / "smaller.onnx", None, Job())
    again = open_model(tmp_path / "smaller.onnx")
    assert len(noted) > 20
    assert {n.name: n.metadata_props[KEPT] for n in again.nodes() if KEPT in n.metadata_props} == noted
    layer = next(n for n in again.nodes() if n.op_type == "Conv")
    value = layer.inputs[1]
    assert value is not None
    assert value.const_value is not None
    channels = value.const_value.shape.numpy()[0]
    assert kept_channels(layer, channels) is not None
    assert kept_channels(layer, channels - 1) is None


@pytest.mark.parametrize("note", ["", "x", "3-1/8", "0-8/8", "0-9999999999/99999999999", "1,1/8", "0-1,0-1/8", "2/1"])
def test_a_note_that_makes_no_sense_is_not_believed(note: str) -> None:
    node = ir.node("Relu", [ir.Value(name="x")])
    node.metadata_props[KEPT] = note
    assert all(kept_channels(node, channels) is None for channels in range(1, 12))


def test_an_act_of_its_own_finds_the_channels_of_the_original_or_of_a_model_on_the_way() -> None:
    once = prune(sample(), 0.1)
    twice = prune(once, 0.1)
    data = take(digits(), 240, seed=1)
    for parent in (sample(), once):
        ctx = Context(data=data, teacher=parent)
        outcome = act().run(twice, RefitSettings(items=60, places=2048), ctx)
        value = {k: m.value for k, m in outcome.report.measures.items()}
        assert value["sqnr"] > value["sqnr_before"] + 8
        assert value["top1"] > value["top1_before"] + 20
        assert value["check_sqnr"] > value["check_sqnr_before"]
        assert outcome.report.measures["sqnr"].n == outcome.report.measures["top1"].n


def test_zeros_stay_zero() -> None:
    """A masked network of the old size: its zeros are its sparsity."""
    groups = find_groups(sample())
    removed = {g.key: list(range(0, g.size, 3)) for g in groups if not g.locked}
    masked = mask(sample(), groups, removed)
    new, report = refit(sample(), masked, None, digits(), RefitSettings(items=40, places=1024), Context())
    assert report.measures["check_sqnr"].value > report.measures["check_sqnr_before"].value + 1
    for name, value in masked.graph.graph.initializers.items():
        before = value.const_value.numpy()
        if before.ndim > 1 and before.dtype == np.float32:
            after = new.graph.graph.initializers[name].const_value.numpy()
            assert not after[before == 0].any()


def test_what_does_not_come_nearer_is_not_kept() -> None:
    """Two items fit as many unknowns as they like; the parent itself needs no refit."""
    same, report = refit(sample(), sample(), None, digits(), RefitSettings(items=4), Context())
    assert same is sample()
    assert report.notes[-1].startswith("Nothing was changed: on the 1 items that check")
    assert {row[4] for row in report.tables[0].rows} == {"equal to the parent's"}


def test_only_layers_in_scope_change() -> None:
    smaller = prune(sample(), 0.3)
    chosen = [n.name or "" for n in smaller.nodes() if n.op_type == "Conv"][5]
    ctx = Context(scope=Scope(layers=(chosen,)))
    new, report = refit(sample(), smaller, None, digits(), RefitSettings(items=40, places=2048), ctx)
    assert [row[0] for row in report.tables[0].rows] == [chosen]
    old, found = smaller.graph.graph.initializers, new.graph.graph.initializers
    assert sum(found[n].const_value.numpy().tobytes() != old[n].const_value.numpy().tobytes() for n in old) == 2


def test_another_network_is_refused() -> None:
    net = Network(seed=0, channels=1)
    net.x, net.channels = net.conv("input", 1, 4), 4
    stranger = net.model("pool_flatten_gemm")
    with pytest.raises(UserError, match=r"The parent's input '.*' has another size"):
        act().run(sample(), RefitSettings(), Context(data=digits(), teacher=stranger))
    renamed = sample().clone()
    for node in renamed.nodes():
        node.outputs[0].name = f"other_{node.outputs[0].name}"
    with pytest.raises(UserError, match=r"do not fit together \(layer '.*': the parent has no such layer\)"):
        act().run(sample(), RefitSettings(), Context(data=digits(), teacher=renamed))
    cut_already = prune(sample(), 0.3)
    first = next(n.name or "" for n in sample().nodes() if n.op_type == "Conv")
    ctx = Context(data=digits(), teacher=cut_already, scope=Scope(layers=(first,)))
    with pytest.raises(UserError, match="do not fit together"):  # a smaller one cannot teach the original its channels
        act().run(sample(), RefitSettings(), ctx)


def test_items_that_fitted_do_not_judge() -> None:
    step = Step("recover.refit", data=digits().location, seed=3)
    judged, _ = judged_part(digits(), seed=3, recipes=(Recipe((step,)),))
    from core.methods.recover.items import divided, for_recovery

    pool, own, _ = for_recovery(Context(data=digits(), seed=3))
    items = divided(pool, 256, 3)
    used = {i.name for part in (items.fit, items.check) for i in part.items}
    assert len(used) == 320
    assert len(items.check.items) == 64
    assert not used & {i.name for i in judged.items}
    assert not used & {i.name for i in own.items}
    pool, own, note = for_recovery(Context(data=digits(), test=few(digits(), 30, "test"), seed=3))
    assert (pool.name, len(own.items), own.location) == ("digits (train)", 30, pool.location)
    assert not {i.name for i in pool.items} & {i.name for i in own.items}
    assert note.startswith("Fitted on")


def test_a_cancel_is_heard_within_two_seconds_and_remaining_time_is_said() -> None:
    smaller = prune(sample(), 0.3)
    events: list[Any] = []

    def listen(event: Any) -> None:
        events.append((time.monotonic(), event))
        if getattr(event, "done", 0.0) > 0.5:
            job.cancel()

    job = Job(listen, rate=1000.0)
    with pytest.raises(Cancelled):
        refit(sample(), smaller, None, digits(), RefitSettings(items=64), Context(job=job))
    times = [t for t, _ in events]
    assert max(np.diff(times)) < 2.0
    assert time.monotonic() - times[-1] < 2.0
    assert any(getattr(e, "remaining", None) for _, e in events)


def test_resnet20_comes_back() -> None:
    """30 % of all channels gone: FACTS.md has 13.8 to 63.5 from 256 images; 64 are enough to tell."""
    model = open_model(network_path("resnet20"))
    model = model.with_preprocessing(load_preprocessing("cifar10", model))
    folder = shared("data/cifar10_jpeg/train_20000.zip")
    smaller = prune(model, 0.3)
    new, report = refit(model, smaller, None, open_data(folder), RefitSettings(items=96), Context())
    judge = open_data(shared("data/cifar10_jpeg/test_dev_2000.zip"))
    before, after = (accuracy(m, judge, limit=400).top1.value for m in (smaller, new))
    assert before < 25
    assert after > 45
    assert report.measures["refitted_layers"].value >= 15
