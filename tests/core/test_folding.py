"""Edits that become revisions: the same model as replaying gives, kept over a crash, refused where unfinished."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.data.sample import sample_data
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.jobs import Job
from core.measure.cost import cost
from core.methods.edit import words
from core.methods.edit.graph import edits_from_text, edits_to_text
from core.methods.method import load_methods
from core.model.editing import EDITS, WorkingCopy
from core.model.editing.ends import SetInputShape
from core.model.editing.layers import Bypass, Delete, Insert, Replace
from core.model.editing.names import RenameLayer
from core.model.unfinished import unfinished
from core.project.comparing import Candidate, compare_models, measure_latency
from core.project.folding import edits_of, fold, fold_aside, fold_from, keep, kept, made_before, step_of
from core.project.project import Project
from core.project.recipe import load_recipe, save_recipe
from tests.conftest import SAMPLE
from tests.core.edit_graphs import noise, run

ACT = "features.0.2/Clip"
THREE = (Replace(ACT, "Relu"), RenameLayer(ACT, "act"), Insert("hardtanh", "Tanh", "squash"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p", open_model(SAMPLE)) as made:
        yield made


def edited() -> WorkingCopy:
    copy = WorkingCopy(open_model(SAMPLE))
    for one in THREE:
        copy.do(one)
    return copy


def test_a_fold_computes_what_the_edits_say_and_holds_their_list(project: Project) -> None:
    made = fold(project, 1, THREE)
    assert (project.current.id, made.parent) == (made.id, 1)
    assert made.title == "3 edits: replaced features.0.2/Clip by Relu, …"
    assert edits_of(made) == THREE
    feed = noise(open_model(SAMPLE), 3)
    found, expected = run(project.model(made.id), feed), run(edited().model, feed)
    assert np.array_equal(found["logits"], expected["logits"])
    assert fold(project, 1, THREE).id == made.id, "the same edits make no second revision"


def test_a_fold_in_another_process_is_the_same_revision(project: Project, tmp_path: Path) -> None:
    here = fold(project, 1, THREE)
    folder = tmp_path / "job"
    folder.mkdir()
    report, counted = fold_aside(project.model(1), step_of(THREE), folder, project.tensors, Job())
    there = fold_from(project, 1, THREE, folder, report)
    assert (there.parent, there.step, there.title, there.report) == (1, here.step, here.title, here.report)
    assert project.onnx_bytes(there.id) == project.onnx_bytes(here.id)
    assert counted == cost(project.model(here.id))
    assert made_before(project, 1, THREE) is not None
    assert made_before(project, 1, THREE[:2]) is None


def test_a_result_that_lacks_a_tensor_is_no_revision(project: Project, tmp_path: Path) -> None:
    report, _ = fold_aside(project.model(1), step_of(THREE), tmp_path, None, Job())
    lost = next((tmp_path / "tensors").iterdir())
    lost.unlink()
    project.tensors.path(lost.name).unlink()
    with pytest.raises(UserError, match="lacks the tensor"):
        fold_from(project, 1, THREE, tmp_path, report)
    assert [r.id for r in project.revisions] == [1]


def test_the_recipe_replays_without_a_window(project: Project, tmp_path: Path) -> None:
    made = fold(project, 1, THREE)
    save_recipe(project.recipe(), tmp_path / "r.json")
    assert load_recipe(tmp_path / "r.json").steps == (made.step,)
    assert main(["run", str(tmp_path / "r.json"), str(SAMPLE), "-o", str(tmp_path / "o.onnx")]) == 0
    feed = noise(open_model(SAMPLE), 2)
    assert np.array_equal(run(open_model(tmp_path / "o.onnx"), feed)["logits"], run(edited().model, feed)["logits"])


def test_edits_are_kept_over_a_crash_and_never_done_twice(project: Project) -> None:
    keep(project, 1, THREE)
    assert kept(project) == THREE
    fold(project, 1, THREE[:2])  # and the crash comes before the rest is stored anew
    assert kept(project) == THREE[2:]
    keep(project, project.current.id, ())
    assert kept(project) == ()
    keep(project, 1, THREE[2:])
    assert kept(project) == (), "they belong to another revision"


def test_an_unfinished_graph_is_kept_and_refused_by_every_act(project: Project, tmp_path: Path) -> None:
    made = fold(project, 1, [SetInputShape("image", ("batch", 3, 32, 32))])
    wrong = "Layer 'features.0.0/Conv' (Conv) gets 3 channels; its weight is made for 1."
    assert made.report.notes[0] == f"Unfinished: {wrong}"
    assert made.report.measures["wrong_layers"].value == 1
    model = project.model(made.id)
    assert unfinished(model) == wrong
    for target in load_exporters():
        with pytest.raises(UserError, match=r"Export needs a graph that runs.*layer 'features\.0\.0/Conv'"):
            target.write(model, tmp_path / f"o{target.suffix}", None, Job())
    for method in load_methods():
        assert ("features.0.0/Conv" in method.refusal(model)) == (method.key != "edit.graph"), method.key
    candidates = [Candidate("a", open_model(SAMPLE)), Candidate("b", model)]
    found, _ = compare_models(candidates, sample_data(), limit=16)
    assert sorted(n.split(" needs")[0] for n in found["b"].notes if "unfinished" in n) == ["Accuracy", "Fidelity"]
    timed = measure_latency(candidates, tmp_path, rounds=1)
    assert all(n.startswith("Latency needs a graph that runs") for n in timed["b"].notes)
    mended = fold(project, made.id, [SetInputShape("image", ("batch", 1, 32, 32))])
    assert not unfinished(project.model(mended.id))
    assert onnx_session(project.model(mended.id)).run(noise(open_model(SAMPLE)))["logits"].shape == (1, 10)


def test_a_layer_that_lacks_an_input_is_unfinished_until_it_is_connected(project: Project) -> None:
    made = fold(project, 1, [Delete(ACT)])
    assert "lacks its input 'X'" in unfinished(project.model(made.id))


def test_edits_in_words() -> None:
    assert set(words._WORDS) <= set(EDITS)
    assert words.said(Bypass("features/0/conv/of/a/very/long/name")) == "bypassed …ures/0/conv/of/a/very/long/name"
    assert words.title([Bypass("a")]) == "Bypassed a"
    assert words.title([]) == "No edit"


def test_edits_as_text_come_back_and_bad_text_is_named() -> None:
    assert edits_from_text(edits_to_text(THREE)) == THREE
    for text, sentence in (("{", "not JSON"), ("{}", "must be a list"), ('[{"edit": "x"}]', "no edit called 'x'")):
        with pytest.raises(UserError, match=sentence):
            edits_from_text(text)
