"""A project as one file: it comes back as it was, and an archive that is not what we write gets one sentence."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cli.main import main
from core.data.sample import sample_data
from core.errors import Cancelled, UserError
from core.formats.open import open_model
from core.jobs import Job
from core.project.lock import ProjectInUse, in_use
from core.project.parcel import pack_project, unpack_project
from core.project.project import Project
from core.project.recipe import Step
from core.report import Report
from tests.conftest import network_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Project.create(tmp_path_factory.mktemp("made") / "net", open_model(network_path("resnet20"))) as project:
        project.commit(project.current.id, project.model(), Step("x"), Report(), "Second")
        project.set_data(str(sample_data().location))
        project.set_view_state("place", {"zoom": 2.0})
        yield project


@pytest.fixture(scope="module")
def packed(made: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack_project(made.folder, tmp_path_factory.mktemp("packed") / "net.thimble.zip")


def test_a_packed_project_comes_back_as_it_was(made: Project, packed: Path, tmp_path: Path) -> None:
    assert packed.name == "net.thimble.zip"
    folder = unpack_project(packed, tmp_path / "again")
    with Project.open(folder) as again:
        assert [(r.id, r.parent, r.title) for r in again.revisions] == [
            (r.id, r.parent, r.title) for r in made.revisions
        ]
        assert again.damage() == ()
        assert again.current.id == made.current.id
        assert again.view_state("place") == {"zoom": 2.0}
        one, two = made.model().graph.graph.initializers, again.model().graph.graph.initializers
        assert {k: v.const_value.tobytes() for k, v in one.items() if v.const_value is not None} == {
            k: v.const_value.tobytes() for k, v in two.items() if v.const_value is not None
        }
        assert again.data() == made.data()
        assert not again.data_changed()


def test_the_data_stays_behind_but_its_place_and_hash_go_along(made: Project, packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        about = json.loads(archive.read("thimble.json"))
        names = archive.namelist()
    assert about["data"]["data"] == {"path": made.data(), "fingerprint": made.data_seen()["fingerprint"]}
    assert about["revisions"] == [r.title for r in made.revisions]
    assert all(n in ("thimble.json", "project.db") or n.startswith("tensors/") for n in names)


def test_it_is_packed_while_it_is_open_and_a_cancel_leaves_nothing(made: Project, tmp_path: Path) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        pack_project(made.folder, tmp_path / "x.thimble.zip", job)
    assert list(tmp_path.iterdir()) == []
    packed = pack_project(made.folder, tmp_path / "x")
    with pytest.raises(Cancelled):
        unpack_project(packed, tmp_path / "y", job)
    assert list(tmp_path.iterdir()) == [packed]


def test_what_exists_is_not_written_over(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "net.thimble").mkdir()
    with pytest.raises(UserError, match="exists already"):
        unpack_project(packed, tmp_path / "net")


def test_pack_and_unpack_on_the_command_line(made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", str(made.folder), "-o", str(tmp_path / "a.thimble.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == (tmp_path / "a.thimble.zip").stat().st_size
    assert main(["unpack", str(tmp_path / "a.thimble.zip")]) == 0
    assert "a.thimble: 2 revisions" in capsys.readouterr().out
    assert main(["unpack", str(tmp_path / "a.thimble.zip")]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["pack", str(tmp_path)]) == 2
    assert "not a Thimble project" in capsys.readouterr().err


# archives from somebody else -----------------------------------------------------------------------------------------


def rewritten(packed: Path, target: Path, change: Callable[[dict[str, bytes]], None], stored: bool = True) -> Path:
    """The archive with other contents; honest in its form."""
    with zipfile.ZipFile(packed) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target


def edited_database(data: bytes, folder: Path, *statements: str) -> bytes:
    path = folder / "edited.db"
    path.write_bytes(data)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()
    return path.read_bytes()


def tensor_of(parts: dict[str, bytes]) -> str:
    return next(n for n in parts if n.startswith("tensors/"))


def refused(path: Path, folder: Path, match: str) -> None:
    with pytest.raises(UserError, match=match):
        unpack_project(path, folder / "out")
    assert not (folder / "out.thimble").exists()
    assert [p.name for p in folder.iterdir() if "part" in p.name] == []


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/etc/evil", "tensors/../../evil", "tensors/UPPER", "notes.txt", "project.db-journal", "a\\b"],
)
def test_names_that_are_not_ours_are_refused(packed: Path, tmp_path: Path, name: str) -> None:
    path = rewritten(packed, tmp_path / "x.thimble.zip", lambda parts: parts.update({name: b"evil"}))
    refused(path, tmp_path, "no part of a packed project")
    assert not (tmp_path.parent / "evil.txt").exists()


def test_changed_and_missing_tensors_are_found(packed: Path, tmp_path: Path) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[tensor_of(parts)] = parts[tensor_of(parts)][:-1] + b"!"

    refused(rewritten(packed, tmp_path / "x.zip", change), tmp_path, "has changed since")
    refused(
        rewritten(packed, tmp_path / "x.zip", lambda parts: parts.pop(tensor_of(parts))), tmp_path, "lacks 1 tensors"
    )


def test_databases_that_are_not_ours_are_refused(packed: Path, tmp_path: Path) -> None:
    def trigger(parts: dict[str, bytes]) -> None:
        sql = "CREATE TRIGGER t AFTER UPDATE ON facts BEGIN DELETE FROM revisions; END"
        parts["project.db"] = edited_database(parts["project.db"], tmp_path, sql)

    refused(rewritten(packed, tmp_path / "x.zip", trigger), tmp_path, "database in 'x.zip' is damaged")

    def noise(parts: dict[str, bytes]) -> None:
        parts["project.db"] = b"SQLite format 3\0" + bytes(4000)

    refused(rewritten(packed, tmp_path / "x.zip", noise), tmp_path, "damaged")
    refused(rewritten(packed, tmp_path / "x.zip", lambda p: p.pop("project.db")), tmp_path, "no packed project")
    later = b'{"packed_project": 99}'
    refused(
        rewritten(packed, tmp_path / "x.zip", lambda p: p.update({"thimble.json": later})), tmp_path, "later Thimble"
    )
    refused(
        rewritten(packed, tmp_path / "x.zip", lambda p: p.update({"thimble.json": b"["})), tmp_path, "cannot be read"
    )


def test_compressed_tensors_could_be_bombs(packed: Path, tmp_path: Path) -> None:
    def bomb(parts: dict[str, bytes]) -> None:
        parts["tensors/" + "0" * 64] = bytes(1 << 20)

    refused(rewritten(packed, tmp_path / "x.zip", bomb, stored=False), tmp_path, "compressed tensor")


def test_links_twins_and_other_files_are_refused(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as archive:
        link = zipfile.ZipInfo("tensors/" + "a" * 64)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path / "x.zip", tmp_path, "a link or a device")
    shutil.copy(packed, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("project.db", b"another")
    refused(tmp_path / "x.zip", tmp_path, "twice")
    (tmp_path / "x.zip").write_bytes(b"no archive at all")
    refused(tmp_path / "x.zip", tmp_path, "damaged or no packed project")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 22), st.binary(min_size=1, max_size=40), st.booleans())
def test_damage_anywhere_is_a_sentence_or_harmless(
    packed: Path, tmp_path: Path, at: int, noise: bytes, cut: bool
) -> None:
    data = bytearray(packed.read_bytes())
    at = len(data) - 1 - at % len(data)
    data[at:] = b"" if cut else noise + data[at + len(noise) :]
    (tmp_path / "x.zip").write_bytes(bytes(data))
    shutil.rmtree(tmp_path / "out.thimble", ignore_errors=True)
    with contextlib.suppress(UserError):
        folder = unpack_project(tmp_path / "x.zip", tmp_path / "out")
        with Project.open(folder) as project:
            assert project.damage() == ()


# opening twice -------------------------------------------------------------------------------------------------------


def test_a_second_opener_is_told_who_has_it_and_may_take_a_copy(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", open_model(network_path("resnet20"))).close()
    folder = tmp_path / "p.thimble"
    assert not in_use(folder)
    script = (
        "import sys; from core.project.project import Project; p = Project.open(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdin=-1, stdout=-1, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    assert in_use(folder)
    with pytest.raises(ProjectInUse, match=rf"open in another Thimble \(process {holder.pid} on \S+\)"):
        Project.open(folder)
    with Project.open(folder, read_only=True) as reader, reader.save_as(tmp_path / "copy") as copy:
        copy.rename(copy.current.id, "mine")
        assert reader.current.title != "mine"
    holder.kill()
    holder.wait(10)
    holder.stdout.close()
    assert holder.stdin is not None
    holder.stdin.close()
    assert not in_use(folder)
    Project.open(folder).close()
