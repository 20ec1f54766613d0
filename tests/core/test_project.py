"""The project folder: nothing that had ended is lost, equal weights are stored once, damage is said in one sentence."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from benchmarks import kill_worker
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.model.model import Model
from core.model.preprocessing import presets
from core.project.packing import read_result, write_result
from core.project.project import Project
from core.project.recipe import Recipe, Step
from core.report import Measure, Report
from tests.conftest import CONNECT, FIVE, FSYNC, network_path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "p", open_model(network_path("resnet20")))
    yield made
    made.close()


def changed(model: Model, name: str, by: float = 1.0) -> Model:
    """The model with one tensor moved by a number."""
    new = model.clone()
    value = new.graph.graph.initializers[name]
    assert value.const_value is not None
    value.const_value = ir.tensor(value.const_value.numpy() + np.float32(by), name=name)
    return new


def weights(model: Model) -> dict[str, bytes]:
    return {k: v.const_value.tobytes() for k, v in model.graph.graph.initializers.items() if v.const_value is not None}


def large(model: Model) -> str:
    return max(weights(model), key=lambda k: len(weights(model)[k]))


def room(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("key", FIVE)
def test_a_model_comes_back_as_it_was(key: str, tmp_path: Path) -> None:
    original = open_model(network_path(key))
    Project.create(tmp_path / "p", original).close()
    with Project.open(tmp_path / "p.thimble") as project:
        stored = project.model()
        assert weights(stored) == weights(original)
        assert list(stored.graph.graph.initializers) == list(original.graph.graph.initializers)
        assert [n.name for n in stored.nodes()] == [n.name for n in original.nodes()]
        assert stored.inputs == original.inputs
        assert (stored.source, stored.opset, stored.labels) == (original.source, original.opset, original.labels)
        save_onnx(original, tmp_path / "a.onnx")
        save_onnx(stored, tmp_path / "b.onnx")
    again = open_model(tmp_path / "b.onnx")  # one file that stands alone: the project may be gone
    feed = {s.name: np.random.default_rng(0).random(s.bound(), np.float32) for s in original.inputs}
    one, two = onnx_session(original).run(feed), onnx_session(again).run(feed)
    assert all(np.array_equal(one[k], two[k]) for k in one)


def test_a_stored_model_is_read_lazily_and_runs_from_the_mapped_files(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", open_model(network_path("mobilenetv2"))) as project:
        model = project.model()
        assert not project.tensors._open
        biggest = model.graph.graph.initializers[large(model)].const_value
        assert biggest is not None
        array = biggest.numpy()
        assert not array.flags.writeable
        assert isinstance(project.tensors._open[biggest.digest], np.memmap)  # type: ignore[attr-defined]
        project.close()
        spec = model.inputs[0]
        onnx_session(model).run({spec.name: np.zeros(spec.bound(), np.float32)})


def test_ten_revisions_cost_little_more_than_one(tmp_path: Path) -> None:
    model = open_model(network_path("mobilenetv2"))
    with Project.create(tmp_path / "p", model) as project:
        alone = room(project.folder)
        small = min(weights(model), key=lambda k: abs(len(weights(model)[k]) - 4096))
        for k in range(9):
            current = project.current.id
            project.commit(current, changed(project.model(), small, k + 1.0), Step("x", seed=k), Report())
        assert room(project.folder) < 1.1 * alone
        assert len(project.revisions) == 10
        assert project.damage() == ()


def test_undo_redo_and_branches(project: Project) -> None:
    root, name = project.current.id, large(project.model())
    first = project.commit(root, changed(project.model(), name, 1), Step("one"), Report())
    second = project.commit(first.id, changed(project.model(), name, 2), Step("two"), Report())
    assert [project.undo().id, project.undo().id] == [first.id, root]
    with pytest.raises(UserError, match="nothing to undo"):
        project.undo()
    assert [project.redo().id, project.redo().id] == [first.id, second.id]
    with pytest.raises(UserError, match="nothing to redo"):
        project.redo()
    project.undo()
    branch = project.commit(first.id, changed(project.model(first.id), name, 3), Step("three"), Report())
    assert {r.id: r.parent for r in project.revisions} == {
        root: None,
        first.id: root,
        second.id: first.id,
        branch.id: first.id,
    }
    project.undo()
    assert project.redo().id == branch.id
    project.go_to(second.id)
    project.undo()
    assert project.redo().id == second.id  # redo follows the branch one was on
    assert project.recipe() == Recipe((Step("one"), Step("two")))
    assert project.recipe(branch.id) == Recipe((Step("one"), Step("three")))
    start = np.frombuffer(weights(project.model(root))[name], np.float32)
    assert np.allclose(np.frombuffer(weights(project.model(second.id))[name], np.float32) - start, 3, atol=1e-5)


def test_everything_survives_closing(project: Project) -> None:
    report = Report({"macs": Measure(4e7, "MAC", "estimated", interval=(1.0, 2.0))}, notes=("A note.",))
    step = Step("prune.magnitude", {"ratio": 0.5, "norm": "l1"}, seed=3, data="/d")
    made = project.commit(project.current.id, project.model(), step, report, title="Half")
    project.set_view_state("graph", {"zoom": 1.5, "at": [1, 2]})
    project.set_labels(("cat", "dog"))
    project.set_preprocessing(presets(32, 32)["cifar10"])
    project.rename(made.id, "Half of it")
    project.close()
    with Project.open(project.folder) as again:
        revision = again.current
        assert (revision.title, revision.step, revision.report) == ("Half of it", step, report)
        assert again.view_state("graph") == {"zoom": 1.5, "at": [1, 2]}
        assert again.view_state("never") is None
        assert again.labels == ("cat", "dog")
        for number in (1, made.id):
            model = again.model(number)
            assert model.labels == ("cat", "dog")
            assert model.inputs[0].preprocessing == presets(32, 32)["cifar10"]
        again.set_preprocessing(None)
        assert again.model().inputs[0].preprocessing is None


def test_forgetting_a_branch_and_compacting_frees_its_room(project: Project) -> None:
    before, name = room(project.folder), large(project.model())
    first = project.commit(project.current.id, changed(project.model(), name, 1), Step("a"), Report())
    project.commit(first.id, changed(project.model(), name, 2), Step("b"), Report())
    (project.folder / "tensors" / ".leftover.part").write_bytes(bytes(1000))
    grown = room(project.folder)
    project.forget(first.id)
    assert [r.id for r in project.revisions] == [1]
    assert project.current.id == 1
    assert not project.can_redo
    freed = project.compact()
    assert freed > 2 * len(weights(project.model())[name])
    assert room(project.folder) <= before + 4096 < grown
    assert project.damage() == ()
    with pytest.raises(UserError, match="cannot be forgotten"):
        project.forget(1)
    assert project.commit(1, project.model(), Step("c"), Report()).id > first.id + 1  # ids are never given twice


def test_save_as_is_a_complete_copy(project: Project, tmp_path: Path) -> None:
    project.commit(1, changed(project.model(), large(project.model())), Step("a"), Report())
    expected = weights(project.model())
    with project.save_as(tmp_path / "copy") as copy:
        project.close()
        for path in sorted(project.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        assert copy.damage() == ()
        assert len(copy.revisions) == 2
        assert weights(copy.model()) == expected
        with pytest.raises(UserError, match="exists already"):
            copy.save_as(tmp_path / "copy.thimble")


def test_data_is_remembered_by_place_and_look(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "cat"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes(b"123")
    project.set_data(str(tmp_path / "data"))
    assert project.data() == str(tmp_path / "data")
    assert not project.data_changed()
    (folder / "2.png").write_bytes(b"4")
    assert project.data_changed()
    project.set_data("")
    assert project.data() == ""
    assert not project.data_changed()


def test_a_jobs_result_is_taken_over_without_the_weights_that_did_not_change(project: Project) -> None:
    with Project.open(project.folder, read_only=True) as other:  # the worker's view of it
        folder = project.job_folder()
        write_result(folder, changed(other.model(), large(other.model())), other.tensors)
    assert len(list((folder / "tensors").iterdir())) == 1
    result = read_result(folder, project.tensors)
    made = project.commit(1, result, Step("a"), Report())
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert project.damage() == ()
    expected = weights(changed(project.model(1), large(project.model(1))))
    assert weights(project.model(made.id)) == expected


def test_half_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no result"):
        read_result(tmp_path)


def test_a_reader_cannot_write_and_needs_no_lock(project: Project) -> None:
    with Project.open(project.folder, read_only=True) as reader:
        assert weights(reader.model()) == weights(project.model())
        with pytest.raises(UserError, match="readonly"):
            reader.commit(1, reader.model(), None, Report())


def test_a_project_that_is_open_elsewhere_is_refused(project: Project) -> None:
    with pytest.raises(UserError, match=f"open in another Thimble.*{os.getpid()}"):
        Project.open(project.folder)
    code = f"from core.project.project import Project\nProject.open({str(project.folder)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "is open in another Thimble" in other.stderr
    project.close()
    project.close()
    Project.open(project.folder).close()


def test_a_project_reads_no_file_but_its_own(project: Project, tmp_path: Path) -> None:
    """A project from somebody else whose graph names a file of this machine as one of its tensors."""
    secret = tmp_path / "secret"
    victim = max((project.folder / "tensors").iterdir(), key=lambda p: p.stat().st_size)
    secret.write_bytes(victim.read_bytes())
    project.close()
    with sqlite3.connect(project.folder / "project.db") as db:
        proto = onnx.ModelProto.FromString(zlib.decompress(db.execute("SELECT graph FROM revisions").fetchone()[0]))
        for tensor in proto.graph.initializer:
            for entry in tensor.external_data:
                entry.value = entry.value.replace(victim.name, str(secret))
        db.execute("UPDATE revisions SET graph = ?", (zlib.compress(proto.SerializeToString()),))
    db.close()
    with Project.open(project.folder) as again, pytest.raises(UserError, match=r"damaged: '.*secret' names no tensor"):
        again.model()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE revisions SET report = '{\"tables\": [{}]}'",
        "UPDATE revisions SET report = '[' || hex(zeroblob(100)) ",
        "UPDATE revisions SET step = '7'",
        "UPDATE revisions SET graph = 'text'",
        "UPDATE facts SET value = 'no JSON' WHERE key = 'current'",
        "DELETE FROM facts WHERE key = 'current'",
    ],
)
def test_a_changed_database_is_one_sentence(project: Project, change: str) -> None:
    project.close()
    with sqlite3.connect(project.folder / "project.db") as db:
        db.execute(change)
    db.close()

    def read(again: Project) -> tuple[object, Model]:
        return again.current, again.model()

    with Project.open(project.folder) as again, pytest.raises(UserError, match=r"damaged|no revision|The step"):
        read(again)


def test_damage_is_one_sentence(project: Project, tmp_path: Path) -> None:
    project.close()
    with pytest.raises(UserError, match="no project folder"):
        Project.open(tmp_path / "absent.thimble")
    with pytest.raises(UserError, match="not a Thimble project"):
        Project.open(tmp_path)
    victim = max((project.folder / "tensors").iterdir(), key=lambda p: p.stat().st_size)
    data = victim.read_bytes()
    victim.write_bytes(data[:-4])
    with Project.open(project.folder) as again, pytest.raises(UserError, match=r"damaged.*bytes instead of"):
        again.model()
    victim.unlink()
    with Project.open(project.folder) as again:
        with pytest.raises(UserError, match="is missing"):
            again.model()
        assert again.damage() == (victim.name,)
        again.commit(1, open_model(network_path("resnet20")), None, Report())  # the same bytes again heal it
        assert again.damage() == ()
    victim.write_bytes(bytes(len(data)))
    with Project.open(project.folder) as again:
        assert again.damage() == (victim.name,)
    database = project.folder / "project.db"
    whole = database.read_bytes()
    for broken in (b"", whole[:100], b"not a database at all" * 100, whole[: len(whole) // 2], bytes(len(whole))):
        database.write_bytes(broken)
        with pytest.raises(UserError), Project.open(project.folder) as again:
            again.model()
    database.write_bytes(whole)
    db = sqlite3.connect(database)
    db.execute("UPDATE facts SET value = ? WHERE key = 'schema'", (json.dumps(99),))
    db.commit()
    db.close()
    with pytest.raises(UserError, match="later Thimble"):
        Project.open(project.folder)
    Project.create(tmp_path / "other", open_model(network_path("resnet20"))).close()


def test_creating_where_nobody_can_write_leaves_nothing(tmp_path: Path) -> None:
    model = open_model(network_path("resnet20"))
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UserError, match="cannot be written"):
        Project.create(tmp_path / "file" / "p", model)
    (tmp_path / "p.thimble").mkdir()
    with pytest.raises(UserError, match="exists already"):
        Project.create(tmp_path / "p", model)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "p.thimble"]


def test_what_a_project_holds_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor, the names in their folder, and every transaction are flushed; other tests leave that out."""
    flushed: list[tuple[int, int]] = []

    def noted(descriptor: int) -> None:
        FSYNC(descriptor)
        flushed.append((os.fstat(descriptor).st_dev, os.fstat(descriptor).st_ino))

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(sqlite3, "connect", CONNECT)
    with Project.create(tmp_path / "p", open_model(network_path("resnet20"))) as project:
        assert project._db._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
        tensors = project.folder / "tensors"
        written = [tensors, *(p for p in tensors.iterdir() if p.is_file())]
        assert len(written) > 20
        assert {(p.stat().st_dev, p.stat().st_ino) for p in written} <= set(flushed)


def test_a_full_disk_during_a_commit_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    model = changed(project.model(), large(project.model()))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="No space left"):
            project.commit(1, model, None, Report())
    assert len(project.revisions) == 1
    project.commit(1, model, None, Report())
    assert project.damage() == ()


def test_killing_a_committing_process_at_random_moments_loses_nothing_that_had_ended(tmp_path: Path) -> None:
    """6 kills here; benchmarks/kill_worker.py does hundreds."""
    revisions, _ = kill_worker.run(tmp_path / "killed.thimble", 6)
    assert revisions > 6
