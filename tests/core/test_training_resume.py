"""A training that was killed, cancelled or damaged goes on to the very bytes of one that was not; a stop replays."""

from __future__ import annotations

import dataclasses
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
from onnx import helper, numpy_helper

from benchmarks import kill_training
from core import params as parameters
from core.data.open import open_data
from core.errors import Cancelled
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point
from core.methods import checkpoint as files
from core.methods.augment import Augment, augmentation
from core.methods.checkpoint import CheckpointFile, CheckpointPlace, Damaged, read_header
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import History, Keep, Optimizer, Settings
from core.methods.tune.finetune import Params
from core.model.model import Model
from core.project.checkpoints import Checkpoints, digest_of, unfinished
from core.project.context import run_steps
from core.project.packing import read_result
from core.project.project import Project
from core.project.recipe import Step, checked, recipe_of
from core.tasks import TASKS
from tests.core.test_training_loop import FakeQuantized, Masked, Sparse
from tests.core.training_sets import F32, linear, points

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(autouse=True)
def _always_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the writing takes."""
    monkeypatch.setattr(files, "_WRITING_SHARE", 0)


class Crash(Exception):
    """In the place of a kill: nothing is put in order."""


def random_net() -> Model:
    """x [batch, 4] -> Gemm -> BatchNormalization -> Relu -> Dropout -> Gemm -> y [batch, 3]."""
    rng = np.random.default_rng(2)
    arrays = {
        "w": rng.standard_normal((8, 4)),
        "b": np.zeros(8),
        "scale": np.ones(8),
        "bias": np.zeros(8),
        "mean": np.zeros(8),
        "var": np.ones(8),
        "w2": rng.standard_normal((3, 8)),
    }
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["a"], name="fc", transB=1),
        helper.make_node("BatchNormalization", ["a", "scale", "bias", "mean", "var"], ["n"], name="norm"),
        helper.make_node("Relu", ["n"], ["r"], name="relu"),
        helper.make_node("Dropout", ["r"], ["d"], name="drop"),
        helper.make_node("Gemm", ["d", "w2"], ["y"], name="out", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, ["batch", 4])],
        [helper.make_tensor_value_info("y", F32, ["batch", 3])],
        [numpy_helper.from_array(a.astype(np.float32), n) for n, a in arrays.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


KINDS: dict[str, Settings] = {
    "sgd": Settings(3, 0.1, warmup=0.5, keep=Keep.BEST),
    "plain": Settings(3, 0.1, momentum=0.0, clip_norm=0.5),
    "adamw": Settings(3, 0.01, optimizer=Optimizer.ADAMW, ema=0.9, keep=Keep.BEST, patience=2),
    "average": Settings(3, 0.1, ema=0.8, seed=5),
}


def at_step(event: Event, step: int, epoch: int) -> bool:
    """Whether this is the loss of a step, ``epoch`` being how many steps an epoch has."""
    return isinstance(event, Point) and event.series == "loss" and round(event.x * epoch) == step + 1


def train(settings: Settings, place: CheckpointPlace | None, crash_at: int = 0) -> tuple[bytes, History, list[str]]:
    """(bytes of all numbers, history, log); raises Crash once step ``crash_at`` has been reported."""
    lines: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, str):
            lines.append(event)
        elif crash_at and at_step(event, crash_at, samples.steps):
            raise Crash

    net = TorchGraph(random_net())
    samples = Samples(points(60), random_net().inputs, 8)
    held = Samples(points(70), random_net().inputs, 8)
    trainer = Trainer(
        net,
        samples,
        cross_entropy("y", smoothing=0.1),
        "y",
        settings,
        validation=held,
        augment=augmentation(Augment(mixup=0.4), samples.inputs),
        hooks=[Masked(), FakeQuantized(), Sparse(["scale"], 0.01)],
        checkpoint=place,
    )
    history = trainer.run(Job(listen))
    numbers = [t.detach().numpy().tobytes() for _, t in (*net.named_initializers(), *net.named_statistics())]
    return b"".join(numbers), history, lines


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_any_step_changes_no_bit(kind: str, tmp_path: Path) -> None:
    """Momentum, averages, best weights, random numbers (order, mixing, dropout), hooks and curves all come back."""
    settings = KINDS[kind]
    wanted, history, _ = train(settings, None)
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    steps = [2, 7, 9, 16]  # in the first epoch, at its last step, and later
    for step in steps:
        with pytest.raises(Crash):
            train(settings, place, step)
    given, again, lines = train(settings, place)
    assert lines == [f"Resumed at step {steps[-1]} of 21."]
    assert given == wanted
    assert again == history
    finished = train(settings, place)  # the state at its end is kept until the owner deletes it
    assert finished[:2] == (wanted, history)
    assert finished[2] == [f"Resumed at step {len(history.loss)} of 21."]
    assert list(tmp_path.iterdir()) == [place.path]


def test_hooks_survive_and_keep_their_promise(tmp_path: Path) -> None:
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    with pytest.raises(Crash):
        train(KINDS["sgd"], place, 10)
    header = read_header(place.path)
    assert header["state"]["hooks"] == ["mask", "fake", "sparse"]
    assert header["state"]["step"] == 10
    given, _, _ = train(KINDS["sgd"], place)
    assert int((np.frombuffer(given, np.float32)[:32] == 0).sum()) == 16


def test_damaged_and_foreign_checkpoints_are_ignored(tmp_path: Path) -> None:
    settings, place = KINDS["sgd"], CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    wanted, _, _ = train(settings, None)
    with pytest.raises(Crash):
        train(settings, place, 10)
    good = place.path.read_bytes()
    chooser = random.Random(0)
    damages = [good[: len(good) // 2], good[:5], b"", b"\xff" * 64, good + b"more"]
    for _ in range(6):
        at = chooser.randrange(len(good))
        damages.append(good[:at] + bytes([good[at] ^ 1 << chooser.randrange(8)]) + good[at + 1 :])
    for bad in damages:
        place.path.write_bytes(bad)
        given, _, lines = train(settings, dataclasses.replace(place, every=1e9))
        assert given == wanted
        assert len(lines) == 1
        assert "is ignored" in lines[0]
        assert lines[0].endswith("Training starts anew.")
    place.path.write_bytes(good)
    given, _, lines = train(settings, dataclasses.replace(place, digest="other", every=1e9))
    assert given == wanted
    assert "it belongs to another run" in lines[0]
    with pytest.raises(Damaged):
        read_header(tmp_path / "absent")


def test_a_folder_that_cannot_be_written_does_not_end_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = CheckpointPlace(tmp_path / "file" / "one.safetensors", "digest", every=0.0)
    wanted, _, _ = train(KINDS["sgd"], None)
    given, _, lines = train(KINDS["sgd"], place)
    assert given == wanted
    assert len(lines) == 1
    assert "No checkpoint can be written" in lines[0]


def step_of(folder: Path, **params: Any) -> Step:
    """A fine-tuning of 600 points that lie in a file."""
    path = folder / "points.npz"
    if not path.exists():
        data = points(600)
        np.savez(path, x=data._arrays, labels=np.array([i.label for i in data.items]))
    chosen = Params(epochs=4, batch_size=32, learning_rate=0.05, ema=0.9, mixup=0.2, **params)
    return Step("tune.finetune", parameters.to_json(chosen), data=str(path), seed=1)


def as_bytes(model: Model) -> bytes:
    return ir.to_proto(model.graph).SerializeToString(deterministic=True)


def run(step: Step, folder: Path, job: Job, every: float = 0.0) -> tuple[Step, Model]:
    checkpoints = Checkpoints(folder, revision=7, every=every)
    ((done, model, _),) = run_steps(linear(), [step], job=job, checkpoints=checkpoints)
    checkpoints.done()
    return done, model


def test_a_cancelled_step_is_listed_and_goes_on(tmp_path: Path) -> None:
    step, folder = step_of(tmp_path), tmp_path / "checkpoints"
    wanted = as_bytes(run(step, tmp_path / "other", Job(), every=1e9)[1])
    assert not (tmp_path / "other").exists()
    lines: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, str):
            lines.append(event)
        if at_step(event, 20, 12):
            job.cancel()

    job = Job(listen)
    with pytest.raises(Cancelled):
        run(step, folder, job)
    (left,) = unfinished(folder)
    assert left.step == checked(step)[2]
    assert (left.steps, left.revision) == (20, 7)
    assert left.total == 4 * 12
    assert abs(left.time - time.time()) < 60
    for change in ({"seed": 2}, {"params": {**step.params, "momentum": 0.5}}):
        other = Job(lines.append)
        assert as_bytes(run(dataclasses.replace(step, **change), folder, other, every=1e9)[1]) != wanted
    assert not any("Resumed" in str(x) for x in lines)
    job = Job(lines.append)
    assert as_bytes(run(step, folder, job)[1]) == wanted
    assert "Resumed at step 20" in [x for x in lines if isinstance(x, str)][-1]
    assert unfinished(folder) == ()
    assert not folder.exists()


def test_other_data_or_another_model_is_another_training(tmp_path: Path) -> None:
    step, folder = step_of(tmp_path), tmp_path / "checkpoints"
    full = checked(step)[2]
    ctx = Context(data=open_data(step.data), seed=1)
    first = digest_of(linear(), full, ctx)
    assert digest_of(linear(), full, ctx) == first
    changed = linear()
    value = changed.graph.graph.initializers["w"]
    value.const_value = ir.tensor(value.const_value.numpy() + np.float32(1e-3), name="w")  # type: ignore[union-attr]
    others = {
        digest_of(changed, full, ctx),
        digest_of(linear(end="Softmax"), full, ctx),
        digest_of(linear(), full, dataclasses.replace(ctx, threads=2)),
        digest_of(linear(), full, dataclasses.replace(ctx, device="cuda")),
        digest_of(linear(), full, dataclasses.replace(ctx, teacher=linear())),
        digest_of(linear(), full, dataclasses.replace(ctx, data=points())),
        digest_of(linear(), dataclasses.replace(full, seed=2), ctx),
    }
    assert len(others) == 7
    assert first not in others
    assert not folder.exists()


def test_a_stop_keeps_the_best_and_its_step_replays_to_the_same_bytes(tmp_path: Path) -> None:
    step = step_of(tmp_path)

    def listen(event: Event) -> None:
        if at_step(event, 25, 12):
            assert job.can_stop
            job.stop()

    job = Job(listen)
    assert not job.can_stop
    done, model = run(step, tmp_path / "a", job, every=1e9)
    assert done.params["max_steps"] == 26
    assert not job.stopping
    assert not job.can_stop
    assert recipe_of(model).steps[-1] == done
    again, replayed = run(done, tmp_path / "b", Job(), every=1e9)
    assert again == done
    assert as_bytes(replayed) == as_bytes(model)
    assert as_bytes(run(step, tmp_path / "c", Job(), every=1e9)[1]) != as_bytes(model)


def test_a_stop_during_the_first_step_still_gives_a_result() -> None:
    job = Job()
    job.stop()
    out = METHODS.get("tune.finetune").run(linear(), Params(epochs=3), Context(data=points(300), job=job))
    assert out.params.max_steps == 1
    assert any("ended after 1 of" in n for n in out.report.notes)


def cancelled_after(epochs: float) -> Job:
    """A job that its user cancels after so many epochs."""

    def listen(event: Event) -> None:
        if isinstance(event, Point) and event.x == epochs:
            job.cancel()

    job = Job(listen)
    return job


def test_a_revision_whose_training_was_cancelled_goes_on_when_it_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the window's worker does it: the checkpoint lies in the project."""
    monkeypatch.setattr(CheckpointFile, "due", lambda self, ended: True)
    results = []
    for name, cancel in (("whole", False), ("cut", True)):
        folder = tmp_path / f"{name}.thimble"
        with Project.create(folder, linear()) as project:
            revision = project.current.id
        args = {"model": {"project": str(folder), "revision": revision}, "step": step_of(tmp_path).to_json()}
        if cancel:
            with pytest.raises(Cancelled):
                TASKS.get("apply").do(args, cancelled_after(2), tmp_path)
            (left,) = unfinished(folder / "checkpoints")
            assert left.revision == revision
        lines: list[Event] = []
        (tmp_path / name).mkdir()
        TASKS.get("apply").do(args, Job(lines.append), tmp_path / name)
        assert any("Resumed at step" in line for line in lines if isinstance(line, str)) == cancel
        assert not (folder / "checkpoints").exists()
        with Project.open(folder) as project:
            results.append(as_bytes(read_result(tmp_path / name, project.tensors)))
    assert results[0] == results[1]


@pytest.mark.skipif(os.name == "nt", reason="fork and SIGKILL")
def test_a_killed_process_is_gone_on_with_to_the_same_bytes(tmp_path: Path) -> None:
    """The large version is ``python -m benchmarks.kill_training``."""
    found = kill_training.run(tmp_path, kills=3, epochs=2, items=160)
    assert found.equal
    assert found.resumed >= 1
    assert found.kills == 3
