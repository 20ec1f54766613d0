"""Projects as one file to send, and copies of projects that are open elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.model.model import Model
from core.project.parcel import PACKED, is_packed
from core.project.project import SUFFIX, Project
from gui import settings
from gui.desk import Desk
from gui.large_graphs import growing
from gui.operations import files
from gui.operations.folded import folded
from gui.words import tr


def choose_pack(desk: Desk) -> None:
    """Ask where to, then pack."""
    project = desk.state.project
    if project is None:
        return
    name = re.sub(r"[^\w.-]+", "_", desk.state.title) or project.name
    start = Path(desk.settings.folder("packed") or Path.home()) / f"{name}{PACKED}"
    wanted, _ = QFileDialog.getSaveFileName(
        desk.window, tr("Pack the project as one file"), str(start), f"{tr('Packed projects')} (*{PACKED})"
    )
    if wanted:
        pack_to(desk, Path(wanted))


@folded
def pack_to(desk: Desk, path: Path) -> None:
    """Write the open project as one file; it can be worked on meanwhile."""
    project = desk.state.project
    if project is None:
        return
    desk.settings.set_folder("packed", path.parent)

    def done(result: Any) -> None:
        size = f"{result['bytes'] / 1e6:.1f} MB"
        text = tr("The project was packed as '{path}' ({size}).", path=result["path"], size=size)
        desk.errors.say("info", text, tr("Its data stays here; only the data's place and hash go along."))

    args = {"project": str(project.folder), "path": str(path)}
    desk.jobs.submit(tr("Pack {name}", name=path.name), "pack", args, done, desk.errors.report)


def choose_packed(desk: Desk) -> None:
    """Ask which packed project, and where its folder is to be."""
    name, _ = QFileDialog.getOpenFileName(
        desk.window,
        tr("Open a packed project"),
        desk.settings.folder("packed"),
        f"{tr('Packed projects')} (*{PACKED})",
    )
    if not name:
        return
    path = Path(name)
    start = path.with_name(path.name.removesuffix(PACKED) + SUFFIX)
    folder, _ = QFileDialog.getSaveFileName(
        desk.window, tr("Unpack it into the folder"), str(start), f"{tr('Projects')} (*{SUFFIX})"
    )
    if folder:
        unpack_to(desk, path, Path(folder))


def open_packed(desk: Desk, path: Path) -> None:
    """A packed project that was dropped or named: unpacked as a session, which can be saved elsewhere."""
    unpack_to(desk, path, settings.new_session(path.name.removesuffix(PACKED)))


@folded
def unpack_to(desk: Desk, path: Path, folder: Path) -> None:
    """Unpack and open; whatever fails, what was open stays as it was."""
    desk.settings.set_folder("packed", path.parent)
    args = {"path": str(path), "folder": str(folder)}
    desk.jobs.submit(
        tr("Unpack {name}", name=path.name),
        "unpack",
        args,
        lambda result: files.open_project(desk, Path(result["folder"])),
        desk.errors.report,
    )


def open_any(desk: Desk, path: Path) -> bool:
    """Open a path that is a project, packed or not; False where it is none."""
    if path.is_dir() and path.suffix == SUFFIX:
        files.open_project(desk, path)
    elif is_packed(path):
        open_packed(desk, path)
    else:
        return False
    return True


def offer_copy(desk: Desk, folder: Path, why: str) -> None:
    """The project is open in another window: a copy of it can be worked on instead."""
    box = QMessageBox(desk.window)
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(tr("The project is open elsewhere"))
    box.setText(why)
    box.setInformativeText(
        tr("Only one window can change a project. You can work on a copy of it: what you do there stays in the copy.")
    )
    copy = box.addButton(tr("Open a &copy"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(copy)
    copy.clicked.connect(lambda: open_copy(desk, folder))
    box.open()


@folded
def open_copy(desk: Desk, folder: Path) -> None:
    """A copy of a project as a session of its own; weights are shared on the disk where the disk can."""

    def work() -> tuple[Project, Model]:
        with growing(), Project.open(folder, read_only=True) as original:
            copy = original.save_as(settings.new_session(original.name))
            return copy, files.read(copy)

    desk.background.run(work, lambda result: files.adopt(desk, *result), desk.errors.report)
