"""Every task on the sample, and the whole way of an act: project, worker, files, commit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from core.data.feed import batches
from core.data.sample import sample_data, sample_model
from core.data.splits import Subset
from core.errors import UserError
from core.execute.runtimes import onnx_session, open_session
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job
from core.measure.cost import cost
from core.project.packing import read_result
from core.project.project import Project
from core.project.recipe import Step, recipe_of
from core.report import Measure, Report
from core.tasks import TASKS
from core.worker_client import Done, Event, Failed, WorkerClient
from tests.conftest import shared

DATA = str(Path(sample_model()).with_name("digits.npz"))
PRUNE = {"method": "prune.magnitude", "params": {"ratio": 0.3}, "seed": 1}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p", open_model(sample_model())) as made:
        yield made


def do(key: str, folder: Path, **args: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return TASKS.get(key).do(args, Job(), folder)


def measures(found: dict[str, Any]) -> dict[str, Measure]:
    return {k: Measure.from_json(m) for k, m in found["measures"].items()}


def test_an_act_goes_through_the_worker_into_the_project_and_replays_to_the_same_bytes(
    project: Project, tmp_path: Path
) -> None:
    client = WorkerClient()
    heard: list[Event] = []
    try:
        args = {"model": {"project": str(project.folder), "revision": 1}, "step": PRUNE}
        handle = client.submit("apply", args, heard.append, project.job_folder())
        done = handle.wait(120)
        assert isinstance(done, Done), done
    finally:
        client.close()
    step, report = Step.from_json(done.result["step"]), Report.from_json(done.result["report"])
    made = project.commit(1, read_result(done.folder, project.tensors), step, report)
    assert made.report == report
    assert step.params["ratio"] == 0.3
    assert len(step.params) > 1  # every parameter is written out
    result = project.model(made.id)
    assert cost(result).params < 0.85 * cost(project.model(1)).params
    assert recipe_of(result).steps == project.recipe().steps == (step,)
    save_onnx(result, tmp_path / "worker.onnx")
    onnx.checker.check_model(str(tmp_path / "worker.onnx"))
    do("run", tmp_path / "again", model=str(sample_model()), recipe=project.recipe().to_json())
    save_onnx(read_result(tmp_path / "again" / "0"), tmp_path / "here.onnx")
    assert (tmp_path / "here.onnx").read_bytes() == (tmp_path / "worker.onnx").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_worker_killed_in_the_middle_of_an_act_costs_only_that_act(project: Project) -> None:
    client = WorkerClient()
    try:
        for delay in (0.0, 0.2):
            heard: list[Event] = []
            args = {"model": {"project": str(project.folder), "revision": 1}, "step": PRUNE}
            handle = client.submit("apply", args, heard.append, project.job_folder())
            end = time.monotonic() + 30
            while len(heard) < 2 and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(delay)
            pid = client.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            ending = handle.wait(30)
            assert isinstance(ending, (Failed, Done))
            assert [r.id for r in project.revisions] == [1]
            assert project.damage() == ()
            assert project.model(1).graph.graph.num_nodes() > 10
    finally:
        client.close()


def test_evaluate_and_compare_agree_with_onnxruntime(tmp_path: Path) -> None:
    model, data = open_model(sample_model()), sample_data()
    judged = Subset(data, [k for k, i in enumerate(data.items) if i.part == "test"])
    session = onnxruntime.InferenceSession(str(sample_model()), providers=["CPUExecutionProvider"])
    right = 0
    for batch in batches(judged, model):
        scores = session.run(None, batch.feed)[0][: batch.count]
        right += int(np.sum(scores.argmax(axis=1) == batch.labels[: batch.count]))
    found = do("evaluate", tmp_path / "a", model=str(sample_model()), data=DATA)
    assert found["accuracy"]["n"] == len(judged.items)
    assert found["accuracy"]["top1"] == pytest.approx(100 * right / len(judged.items))
    assert Measure.from_json(found["measures"]["top1"]).n == len(judged.items)
    do("apply", tmp_path / "cut", model=str(sample_model()), step=PRUNE)
    save_onnx(read_result(tmp_path / "cut"), tmp_path / "cut.onnx")
    models = [{"ref": "1", "model": str(sample_model())}, {"ref": "2", "model": str(tmp_path / "cut.onnx")}]
    both = do("compare", tmp_path / "b", models=models, data=DATA)["models"]
    first, second = measures(both["1"]), measures(both["2"])
    assert first["params"].value == cost(model).params
    assert second["macs"].value < first["macs"].value
    assert second["bytes"].value == (tmp_path / "cut.onnx").stat().st_size
    assert first["top1"].value == found["accuracy"]["top1"]
    assert "sqnr" in second
    assert "sqnr" not in first
    cut = onnxruntime.InferenceSession(str(tmp_path / "cut.onnx"), providers=["CPUExecutionProvider"])
    flags = [
        np.concatenate(
            [s.run(None, b.feed)[0][: b.count].argmax(1) == b.labels[: b.count] for b in batches(judged, model)]
        )
        for s in (session, cut)
    ]
    gained, lost = int(np.sum(~flags[0] & flags[1])), int(np.sum(flags[0] & ~flags[1]))
    assert second["top1_change"].value == pytest.approx(100 * (gained - lost) / len(judged.items))
    plural = "" if gained == 1 else "s"
    assert f"{gained} right answer{plural} gained, {lost} lost; McNemar p = " in second["top1_change"].note
    assert "top1_change" not in first
    assert both["1"]["notes"] == both["2"]["notes"] == []


def test_one_candidate_that_cannot_be_judged_does_not_spoil_the_others(tmp_path: Path) -> None:
    other = shared("models/resnet20_cifar10/resnet20_cifar10_bn.onnx")
    models = [{"ref": "good", "model": str(sample_model())}, {"ref": "other", "model": str(other)}]
    both = do("compare", tmp_path / "x", models=models, data=DATA, limit=20)["models"]
    assert both["good"]["accuracy"]["n"] == 20
    assert both["other"]["accuracy"] is None
    assert both["other"]["notes"]
    assert measures(both["other"])["params"].value > 0


def test_export_proves_the_file_and_latency_times_it(project: Project, tmp_path: Path) -> None:
    revision = {"project": str(project.folder), "revision": 1}
    path = tmp_path / "out.tflite"
    written = do("export", tmp_path / "e", model=revision, target="tflite", path=str(path), check=DATA)
    assert written["proven"]
    assert written["passed"]
    assert written["bytes"] == path.stat().st_size
    assert "Proven" in written["sentence"]
    assert open_session(path).runtime == "LiteRT"
    models = [{"ref": "r", "model": revision}, {"ref": "f", "model": str(path)}]
    timed = do("latency", tmp_path / "l", models=models, rounds=3)["models"]
    assert set(timed["r"]["measures"]) == {"latency_onnxruntime", "latency_litert"}
    assert set(timed["f"]["measures"]) == {"latency_litert"}
    assert all(m.how == "measured" and m.value > 0 for m in measures(timed["r"]).values())


def test_predict_gives_what_onnxruntime_gives(tmp_path: Path) -> None:
    model, data = open_model(sample_model()), sample_data()
    index = next(k for k, i in enumerate(data.items) if i.label == 3)
    pixels = next(iter(data.load(index).values()))
    Image.fromarray(np.squeeze(pixels)).save(tmp_path / "three.png")
    models = [{"ref": "1", "model": str(sample_model())}]
    found = do("predict", tmp_path / "p", models=models, image=str(tmp_path / "three.png"), top=3)["answers"]["1"]
    assert len(found) == 3
    assert found[0]["label"] == model.labels[found[0]["index"]]
    assert found[0]["share"] >= found[1]["share"] >= found[2]["share"] >= 0
    batch = next(iter(batches(Subset(data, [index]), model)))
    (scores,) = onnx_session(model).run(batch.feed).values()
    assert found[0]["index"] == int(np.argmax(scores[0]))
    powers = np.exp(scores[0] - scores[0].max())
    assert found[0]["share"] == pytest.approx(float(powers.max() / powers.sum()), abs=1e-4)


def test_info_and_plan(tmp_path: Path) -> None:
    found = do("info", tmp_path / "i", model=str(sample_model()))
    assert found["cost"]["params"] == cost(open_model(sample_model())).params
    assert found["marks"] == []
    planned = do("plan", tmp_path / "p", model=str(sample_model()), step=PRUNE)
    assert set(planned) == {"report", "layers", "sizes"}


@pytest.mark.parametrize(
    ("key", "args"),
    [
        ("info", {"model": "absent.onnx"}),
        ("info", {"model": 3}),
        ("info", {"model": {"project": "absent.thimble", "revision": 1}}),
        ("apply", {"model": str(sample_model()), "step": {"method": "absent"}}),
        ("apply", {"model": str(sample_model()), "step": {**PRUNE, "preprocess": "absent"}}),
        ("apply", {"model": str(sample_model()), "step": {**PRUNE, "data": "absent"}}),
        ("evaluate", {"model": str(sample_model()), "data": ""}),
        ("export", {"model": str(sample_model()), "target": "absent", "path": "x"}),
        ("export", {"model": str(sample_model()), "target": "onnx", "path": "no/such/folder/x.onnx"}),
        ("predict", {"models": [{"ref": "1", "model": str(sample_model())}], "image": "absent.png"}),
        ("latency", {"models": [], "runtimes": ["absent"]}),
    ],
)
def test_mistakes_are_one_sentence(key: str, args: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        do(key, tmp_path / "x", **args)
    assert "\n" not in str(caught.value)
