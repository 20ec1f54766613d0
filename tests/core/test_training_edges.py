"""What meets a training at its edges: odd batches, items and labels that do not fit, what is said of the result."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import helper, numpy_helper

from core.data.dataset import Item
from core.data.open import open_data
from core.errors import Cancelled, UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point, Progress
from core.methods.checkpoint import CheckpointPlace
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context
from core.methods.train.scratch import Params as Scratch
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_net import logits_name, never_decayed
from core.methods.training_settings import Keep, Schedule, Settings, Validation
from core.methods.tune.finetune import Params
from core.model.model import Model
from core.project.checkpoints import Checkpoints, digest_of
from core.project.recipe import Step, checked
from tests.core.training_sets import F32, Arrays, linear, points

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def built(nodes: list[object], arrays: dict[str, np.ndarray], taken: list[object], given: list[object]) -> Model:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, taken)],
        [helper.make_tensor_value_info("y", F32, given)],
        [numpy_helper.from_array(a, n) for n, a in arrays.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def finetuned(model: Model, params: Params, data: Arrays, job: Job | None = None):  # type: ignore[no-untyped-def]
    return METHODS.get("tune.finetune").run(model, params, Context(data=data, job=job or Job()))


def test_a_batch_of_one_that_the_graph_holds_is_kept() -> None:
    """A Reshape to [1, 4] takes no larger batch; many exporters write it."""
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["r"], name="hold"),
        helper.make_node("Gemm", ["r", "w", "b"], ["y"], name="fc", transB=1),
    ]
    arrays = {"shape": np.array([1, 4], np.int64), "w": drawn(3, 4), "b": drawn(3)}
    model = built(nodes, arrays, [1, 2, 2], [1, 3])
    data = points(60)
    data._arrays = data._arrays.reshape(-1, 2, 2)
    out = finetuned(model, Params(epochs=1), data)
    assert any("of 39 steps with 1 items each" in n for n in out.report.notes)
    for memory in (0, 1 << 20):
        samples = Samples(data, model.inputs, 16, memory=memory)
        assert (samples.size, samples.steps) == (1, 60)
        assert [s.feed["x"].shape[0] for s in samples.batches(range(60))] == [1] * 60


def test_the_report_names_the_batch_that_was_taken() -> None:
    out = finetuned(linear(), Params(epochs=1, batch_size=4000), points(300))
    assert any("of 1 steps with 192 items each" in n for n in out.report.notes)


def test_labels_of_the_judging_items_are_checked_before_hours_of_training() -> None:
    judge = points(60)
    judge.location = "memory:other"
    judge.items = tuple(Item(i.name, (i.label or 0) + 7) for i in judge.items)
    events: list[Event] = []
    ctx = Context(data=points(300), test=judge, job=Job(events.append))
    with pytest.raises(UserError, match="but the model has 3 classes"):
        METHODS.get("train.scratch").run(linear(), Scratch(epochs=1), ctx)
    assert not any(isinstance(e, Point) for e in events)


def test_an_item_that_holds_no_numbers_is_named() -> None:
    data = points(300)
    data._arrays[:] = np.nan
    with pytest.raises(UserError, match=r"Item 'item\d+' of 'arrays.*' holds NaN for input 'x'"):
        finetuned(linear(), Params(epochs=1), data)
    model = linear()
    value = model.graph.graph.initializers["w"]
    value.const_value = ir.tensor(np.full((3, 4), np.nan, np.float32), name="w")
    with pytest.raises(UserError, match="the loss is nan at step 1") as error:
        METHODS.get("train.scratch").run(model, Scratch(epochs=1, fresh=False), Context(data=points(300)))
    assert "learning rate" not in error.value.hint


def test_classes_that_no_item_shows_are_counted() -> None:
    lines: list[str] = []
    job = Job(lambda e: lines.append(e) if isinstance(e, str) else None)
    said = "The training items show 3 of the model's 1000 classes; the others are not learned."
    out = finetuned(linear(classes=1000), Params(epochs=1), points(100), job)
    assert said in out.report.notes
    assert said in lines
    assert not any("classes" in n for n in finetuned(linear(), Params(epochs=1), points(100)).report.notes)


def test_a_rate_that_nobody_chose_is_not_warned_of() -> None:
    run = METHODS.get("train.scratch").run
    for rate, warned in ((None, False), (0.02, True)):
        out = run(linear(), Scratch(epochs=1, learning_rate=rate), Context(data=points(100)))
        assert any("often diverge" in n for n in out.report.notes) == warned


def test_last_weights_are_reported_with_their_own_validation() -> None:
    """They are seldom the best; a rate this high makes some epoch before them better."""
    params = Params(epochs=4, keep=Keep.LAST, patience=4, learning_rate=9.0, schedule=Schedule.CONSTANT, batch_size=8)
    events: list[Event] = []
    out = finetuned(
        linear(), params, Arrays(points(1000)._arrays * 0.1, [k % 3 for k in range(1000)]), Job(events.append)
    )
    told = [e.y for e in events if isinstance(e, Point) and e.series == "validation accuracy"]
    assert max(told) > told[-1]
    measure = out.report.measures["top1_validation"]
    assert measure.value == pytest.approx(told[-1])
    assert "best over" not in measure.note


def test_answers_that_are_no_numbers_are_never_the_best() -> None:
    broken = Validation(float("nan"), 1.0)
    assert not broken.better_than(None)
    assert not broken.better_than(Validation(1.0, 0.1))
    assert Validation(1.0, 0.1).better_than(None)


def test_biases_and_scales_of_several_axes_do_not_decay() -> None:
    """A bidirectional LSTM's biases are [2, 8 hidden]; a LayerNormalization may span two axes."""
    nodes = [
        helper.make_node("LayerNormalization", ["x", "scale", "shift"], ["n"], name="norm", axis=1),
        helper.make_node("Transpose", ["n"], ["s"], name="first", perm=[1, 0, 2]),
        helper.make_node(
            "LSTM", ["s", "w", "r", "b"], ["", "h"], name="lstm", hidden_size=4, direction="bidirectional", layout=0
        ),
        helper.make_node("Transpose", ["h"], ["t"], name="turn", perm=[1, 0, 2]),
        helper.make_node("Flatten", ["t"], ["y"], name="flat"),
    ]
    arrays = {"scale": drawn(5, 3), "shift": drawn(5, 3), "w": drawn(2, 16, 3), "r": drawn(2, 16, 4), "b": drawn(2, 32)}
    model = built(nodes, arrays, [2, 5, 3], [2, 8])
    assert never_decayed(model) == {"scale", "shift", "b"}
    net = TorchGraph(model)
    before = {n: p.detach().clone() for n, p in net.named_initializers()}
    data = Arrays(np.zeros((4, 5, 3), np.float32), [0] * 4)
    settings = Settings(1, 0.5, momentum=0.0, weight_decay=0.5)
    samples = Samples(data, model.inputs, 2)
    trainer = Trainer(net, samples, lambda values, _: values["y"].sum() * 0, "y", settings, spared=never_decayed(model))
    trainer.run(Job())
    changed = {n for n, p in net.named_initializers() if not torch.equal(p, before[n])}
    assert changed == {"w", "r"}


@pytest.mark.alone
def test_remaining_time_counts_from_where_a_training_went_on(tmp_path: Path) -> None:
    """Nine tenths were done by the run before: this one's own speed tells how long the rest takes."""
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)

    def run(job: Job) -> None:
        samples = Samples(points(80), linear().inputs, 8)
        Trainer(TorchGraph(linear()), samples, cross_entropy("y"), "y", Settings(10, 0.1), checkpoint=place).run(job)

    def listen(event: Event) -> None:
        if isinstance(event, Point) and event.series == "loss":
            steps.append(event.x)
            if len(steps) == 91:
                first.cancel()

    steps: list[float] = []
    first = Job(listen)
    with pytest.raises(Cancelled):
        run(first)
    told: list[tuple[float, Event]] = []
    job = Job(lambda e: told.append((time.monotonic(), e)), rate=1e9)
    time.sleep(0.3)  # reading and preparing, which says nothing of the speed of steps
    run(job)
    resumed = next(at for at, e in told if e == "Resumed at step 90 of 100.")
    at, half = next((at, e) for at, e in told if isinstance(e, Progress) and e.done >= 0.95)
    assert half.remaining == pytest.approx((at - resumed) * (1 - half.done) / (half.done - 0.9), rel=0.2)
    assert half.elapsed > 0.3


def test_images_changed_in_place_are_another_training(tmp_path: Path) -> None:
    """Same names, same sizes."""
    from PIL import Image

    for kind in "ab":
        (tmp_path / "data" / kind).mkdir(parents=True)
        for k in range(3):
            Image.new("RGB", (8, 8), (40 * k, 0, 0)).save(tmp_path / "data" / kind / f"{k}.bmp")
    step = checked(Step("tune.finetune", data=str(tmp_path / "data")))[2]

    def digest() -> str:
        return digest_of(linear(), step, Context(data=open_data(step.data)))

    first, file = digest(), tmp_path / "data" / "a" / "0.bmp"
    assert digest() == first
    size, before = file.stat().st_size, file.stat().st_mtime_ns
    Image.new("RGB", (8, 8), (0, 200, 0)).save(file)
    os.utime(file, ns=(before + 10**9, before + 10**9))
    assert file.stat().st_size == size
    assert digest() != first


def test_half_written_files_of_a_killed_process_are_swept_up(tmp_path: Path) -> None:
    data = tmp_path / "points.npz"
    source = points(60)
    np.savez(data, x=source._arrays, labels=np.array([i.label for i in source.items]))
    step = checked(Step("tune.finetune", data=str(data)))[2]
    folder = tmp_path / "checkpoints"
    ctx = Context(data=open_data(data))
    place = Checkpoints(folder).place(linear(), step, ctx)
    assert place is not None
    folder.mkdir()
    part = folder / f".{place.path.name}.12345.part"
    part.write_bytes(b"half")
    Checkpoints(folder).place(linear(), step, ctx)
    assert not part.exists()
    (folder / ".other.safetensors.1.part").write_bytes(b"half")
    Checkpoints(folder).clear()
    assert not folder.exists()


@pytest.mark.parametrize("last", ["Flatten", "Squeeze"])
def test_scores_are_taken_before_a_softmax_whose_answer_only_changes_its_form(last: str) -> None:
    """SqueezeNet's files end in Softmax on [B, C, 1, 1] and a Flatten: its probabilities are no scores to learn by."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["s"], name="conv"),
        helper.make_node("Softmax", ["s"], ["p"], name="soft", axis=1),
        helper.make_node(last, ["p", "axes"] if last == "Squeeze" else ["p"], ["y"], name="form"),
    ]
    arrays = {"w": drawn(3, 4, 1, 1), "axes": np.array([2, 3], np.int64)}
    model = built(nodes, arrays, ["batch", 4, 1, 1], ["batch", 3])
    assert logits_name(model, TorchGraph(model)) == ("s", 3)
    plain = built(
        [nodes[0], helper.make_node("Flatten", ["s"], ["y"], name="form")], arrays, ["batch", 4, 1, 1], ["batch", 3]
    )
    assert logits_name(plain, TorchGraph(plain)) == ("y", 3)
