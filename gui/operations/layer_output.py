"""What the selected layer gives for a picture: run in the worker, remembered, and shown in the inspector."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from core.data.images import SUFFIXES
from gui.app_state import Attached
from gui.data_panel.pictures import Picture
from gui.desk import Desk
from gui.inspector.picture_choice import Choice, Offered
from gui.inspector.seen import Seen, Wanted
from gui.jobs.running_job import RunningJob
from gui.wording import without_options
from gui.words import tr

_KEPT = 32
_PAUSE = 120  # ms: whoever walks through layers with the arrow keys asks for the one where he stops


class LayerOutputs(QObject):
    """Follows what the inspector wants; one request at a time, the one before is given up."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._panel = desk.window.inspector.output
        self._known: OrderedDict[tuple[Any, ...], Seen] = OrderedDict()
        self._wanted: Wanted | None = None
        self._job: RunningJob | None = None
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._run)
        self._panel.wanted.connect(self._want)
        self._panel.file_wanted.connect(self._choose_file)
        self._panel.run_anyway.connect(self._run_edited)
        desk.window.before_close(self._leave)

    def _want(self, wanted: Wanted | None) -> None:
        self._give_up()
        self._wanted = wanted
        if wanted is None:
            return
        if self._pending():
            self._panel.show_edited(wanted)
            return
        found = self._known.get(self._key(wanted))
        if found is not None:
            self._panel.show_output(wanted, found)
        else:
            self._pause.start()

    def _run_edited(self) -> None:
        """The user wants to see it of the graph as edited: the edits become a revision, and that is run."""
        self._desk.editing.fold(self._folded, anyway=True)

    def _folded(self) -> None:
        """The edits are a revision now; where they could not become one, the editor has said why."""
        if self._wanted is None:
            return
        if self._pending():
            self._panel.show_edited(self._wanted)
        elif self._job is None and not self._pause.isActive():
            self._run()

    def _run(self) -> None:
        wanted, project, revision = self._wanted, self._desk.state.project, self._desk.state.revision
        if wanted is None or project is None or revision is None:
            return
        key, folder = self._key(wanted), Path(tempfile.mkdtemp(prefix="thimble-"))
        args = {
            "model": {"project": str(project.folder), "revision": revision.id},
            "tensor": wanted.tensor,
            **self._picture(wanted.choice),
        }

        def done(result: Any, where: Path) -> None:
            try:
                seen = Seen.read(result, where)
            finally:
                shutil.rmtree(where, ignore_errors=True)
            self._keep(key, seen)
            self._panel.show_output(wanted, seen)

        def failed(error: Exception) -> None:
            self._panel.show_failure(wanted, without_options(str(error)))

        title = tr("Output of {tensor}", tensor=wanted.tensor)
        job = self._desk.jobs.submit_with_folder(title, "layer_output", args, folder, done, failed, quiet=True)
        job.changed.connect(lambda: self._told(wanted, job))
        self._job = job

    def _told(self, wanted: Wanted, job: RunningJob) -> None:
        if job.running and job.message:
            self._panel.show_waiting(wanted, job.message)

    def _give_up(self) -> None:
        self._pause.stop()
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _leave(self) -> None:
        self._pause.stop()
        self._wanted = None

    def _pending(self) -> int:
        return self._desk.editing.pending

    def _picture(self, choice: Choice) -> dict[str, Any]:
        if choice.file is not None:
            return {"image": str(choice.file)}
        data = self._desk.state.data
        return {"data": data.location if data is not None else "", "item": choice.index, "name": choice.name}

    def _key(self, wanted: Wanted) -> tuple[Any, ...]:
        state = self._desk.state
        inputs = state.model.inputs if state.model is not None else ()
        prepared = json.dumps([s.preprocessing.to_json() if s.preprocessing else None for s in inputs])
        stamp = _stamp(wanted.choice.file)
        where = state.project.folder if state.project is not None else None
        return where, state.revision.id if state.revision else None, prepared, self._location(), wanted, stamp

    def _location(self) -> str:
        return self._desk.state.data.location if self._desk.state.data is not None else ""

    def _keep(self, key: tuple[Any, ...], seen: Seen) -> None:
        self._known[key] = seen
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _choose_file(self) -> None:
        kinds = tr("Pictures ({pattern})", pattern=" ".join(f"*{s}" for s in sorted(SUFFIXES)))
        settings = self._desk.settings
        name, _ = QFileDialog.getOpenFileName(
            self._desk.window,
            tr("A picture for the layer"),
            settings.folder("picture"),
            kinds,
        )
        if name:
            settings.set_folder("picture", Path(name).parent)
            self._panel.set_file(Path(name))


def offer(desk: Desk, attached: Attached | None, indices: list[int], pictures: list[Picture]) -> None:
    """Let the inspector choose from the items that the data panel shows."""
    offered = [Offered(Choice(p.name, k, None, p.label), p.image) for k, p in zip(indices, pictures, strict=True)]
    desk.window.inspector.output.set_items(attached.data.name if attached is not None else "", offered)


def _stamp(path: Path | None) -> float:
    """When a picture file was last written: a changed file is another picture."""
    try:
        return path.stat().st_mtime if path is not None else 0.0
    except OSError:
        return 0.0
