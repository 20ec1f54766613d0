"""Fine-tuning as a method: real data and the sample, judged by onnxruntime."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch

from core.data.splits import divide, part
from core.errors import Cancelled, UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point, Progress
from core.methods.method import METHODS, Context, Outcome
from core.methods.scope import Scope
from core.methods.training_act import parts
from core.methods.training_data import Samples
from core.methods.training_net import logits_name, out_of_scope
from core.methods.tune.finetune import Params
from core.model.model import Model
from tests.core.training_sets import damaged, digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def tune(model: Model, params: Params, **context: Any) -> Outcome:
    return METHODS.get("tune.finetune").run(model, params, Context(threads=1, **{"data": digits(), **context}))


def as_bytes(model: Model | None) -> bytes:
    assert model is not None
    return ir.to_proto(model.graph).SerializeToString()


def test_a_damaged_sample_recovers_and_says_how() -> None:
    before = as_bytes(damaged())
    out = tune(damaged(), Params(epochs=2))
    measures = out.report.measures
    assert measures["top1_before"].value < 40
    change = measures["top1_change"]
    assert change.value == pytest.approx(measures["top1"].value - measures["top1_before"].value)
    assert change.interval is not None
    assert "McNemar" in change.note
    assert measures["top1"].value > 93
    assert measures["top1"].n == 500
    assert measures["top1"].interval is not None
    assert measures["torch_difference"].value < 1e-4
    assert as_bytes(damaged()) == before
    loss, accuracy, validation, rate = out.report.curves
    assert validation.y[-1] > 90
    assert rate.y[0] == 0.01 > rate.y[-1] > 0
    assert measures["top1_validation"].n == 119
    assert any("best of 2 validations on 119 items held out" in n for n in out.report.notes)
    assert np.mean(loss.y[-5:]) < np.mean(loss.y[:5]) / 3
    assert accuracy.y[-1] > accuracy.y[0]
    assert any("1197 to train, 500 to judge" in n for n in out.report.notes)
    assert all(n.endswith(".") for n in out.report.notes)
    assert out.model is not None
    onnx.checker.check_model(ir.to_proto(out.model.graph), full_check=True)


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    data, test = few(digits(), 200), few(digits(), 40, "test")
    runs = [tune(damaged(), Params(epochs=1), data=data, test=test, seed=s) for s in (3, 3, 4)]
    first, second, third = (as_bytes(r.model) for r in runs)
    assert first == second
    assert first != third


def test_a_teacher_is_approached() -> None:
    """Training toward the teacher alone (no labels) brings the answers closer to the teacher's."""
    data, test = few(digits(), 500), few(digits(), 100, "test")
    out = tune(damaged(), Params(epochs=2, distill_weight=1.0), data=data, test=test, teacher=sample())
    assert out.model is not None
    with torch.no_grad():
        x = next(iter(Samples(test, sample().inputs, 100).batches(range(100)))).feed
        wanted, was, now = (
            torch.softmax(TorchGraph(m).eval()(x)[logits_name(m, TorchGraph(m))[0]], 1)
            for m in (sample(), damaged(), out.model)
        )
    assert (now - wanted).abs().mean() < (was - wanted).abs().mean() / 2
    assert any("teacher" in n for n in out.report.notes)


@pytest.mark.parametrize("end", ["", "Softmax"])
def test_scores_are_taken_before_a_final_softmax(end: str) -> None:
    model = linear(end=end)
    assert logits_name(model, TorchGraph(model)) == ("s" if end else "y", 3)
    out = METHODS.get("tune.finetune").run(
        model, Params(epochs=30, learning_rate=0.1, batch_size=8), Context(data=points(200))
    )
    assert out.report.measures["top1"].value > 95


def test_progress_curves_and_cancel() -> None:
    events: list[Event] = []
    tune(
        damaged(),
        Params(epochs=2, batch_size=32),
        data=few(digits(), 160),  # 32 of them are kept for calibration
        test=few(digits(), 32, "test"),
        job=Job(events.append, rate=1e9),
    )
    done = [e.done for e in events if isinstance(e, Progress)]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert [e.x for e in events if isinstance(e, Point) and e.series == "loss"] == [(k + 1) / 4 for k in range(8)]
    assert [e.x for e in events if isinstance(e, Point) and e.series == "training accuracy"] == [1, 2]

    asked: list[float] = []

    def cancelling(event: Event) -> None:
        if isinstance(event, Point) and event.x == 2:
            asked.append(time.monotonic())
            job.cancel()

    job = Job(cancelling)
    with pytest.raises(Cancelled):
        tune(damaged(), Params(epochs=1000), data=few(digits(), 128), test=few(digits(), 32, "test"), job=job)
    assert time.monotonic() - asked[0] < 2


def test_items_that_train_never_judge() -> None:
    on, judge, note = parts(Context(data=digits()))
    assert not {i.name for i in on.items} & {i.name for i in judge.items}
    assert "none is in two" in note
    on, judge, _ = parts(Context(data=digits(), test=digits()))
    assert {i.part for i in on.items} == {"train"}
    assert {i.part for i in judge.items} == {"test"}
    whole = points()
    with pytest.raises(UserError, match=r"48 items, 'item\d+' among them, would both train and judge"):
        parts(Context(data=whole, test=whole))
    on, judge, _ = parts(Context(data=points(60, unlabelled=20), test=part(digits(), "test")))
    assert all(i.label is not None for i in on.items)
    on, judge, _ = parts(Context(data=points(60, unlabelled=20), test=part(digits(), "test"), teacher=sample()))
    assert len(on.items) == 48
    assert not {i.name for i in on.items} & {i.name for i in divide(points(60, unlabelled=20)).calibration.items}


def test_what_does_not_fit_is_refused() -> None:
    data = points()
    with pytest.raises(UserError, match="the model has 2 classes"):
        METHODS.get("tune.finetune").run(linear(classes=2), Params(epochs=1), Context(data=data))
    with pytest.raises(UserError, match="The teacher knows 5 classes, the model 3"):
        METHODS.get("tune.finetune").run(linear(), Params(), Context(data=data, teacher=linear(classes=5)))
    with pytest.raises(UserError, match="The teacher's input"):
        METHODS.get("tune.finetune").run(linear(), Params(), Context(data=data, teacher=sample()))
    with pytest.raises(UserError, match="no weight of the model is in scope"):
        METHODS.get("tune.finetune").run(linear(), Params(), Context(data=data, scope=Scope(layers=("nothing",))))
    with pytest.raises(UserError, match="needs labelled data"):
        METHODS.get("tune.finetune").run(linear(), Params(), Context(data=points(9, unlabelled=9)))


def test_layers_out_of_scope_keep_their_numbers() -> None:
    scope = Scope(operators=("Gemm",))
    out = tune(damaged(), Params(epochs=1), data=few(digits(), 128), test=few(digits(), 32, "test"), scope=scope)
    assert out.model is not None
    frozen = out_of_scope(damaged(), scope)
    old, new = (m.graph.graph.initializers for m in (damaged(), out.model))
    same = {n for n in old if np.array_equal(old[n].const_value.numpy(), new[n].const_value.numpy())}
    assert frozen <= same
    assert {n for n in old if n not in frozen} & same == set()
