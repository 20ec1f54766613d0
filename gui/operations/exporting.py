"""Writing a file for a runtime, with its proof."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.exporters.exporter import load_exporters
from gui.desk import Desk
from gui.export.dialog import ExportDialog, ExportRequest
from gui.export.proof_view import Shown
from gui.operations.folded import folded
from gui.words import tr


@folded
def export(desk: Desk, target: str = "") -> None:
    """Ask where to, then write and prove the current revision."""
    make_dialog(desk, target).open()


def make_dialog(desk: Desk, target: str = "") -> ExportDialog:
    state = desk.state
    revision = state.revision.id if state.revision is not None else 0
    name = re.sub(r"[^\w.-]+", "_", state.title)
    stem = f"{name}_{revision}"
    folder = Path(desk.settings.folder("export") or Path.home())
    data = (state.data.name, state.data.location) if state.data is not None else ("", "")
    dialog = ExportDialog(tuple(load_exporters()), folder, stem, data, target, desk.window)
    dialog.export_requested.connect(lambda request: start(desk, dialog, request))
    return dialog


def start(desk: Desk, dialog: ExportDialog, request: ExportRequest) -> None:
    """Hand the export to the worker and show the proof in the dialog when it comes."""
    project, revision = desk.state.project, desk.state.revision
    if project is None or revision is None:
        return
    args = {
        "model": {"project": str(project.folder), "revision": revision.id},
        "target": request.target,
        "path": str(request.path),
        "check": request.check,
    }

    def done(result: Any) -> None:
        desk.settings.set_folder("export", request.path.parent)
        dialog.show_proof(
            Shown(
                result["file"],
                result["bytes"],
                result["sentence"],
                result["passed"],
                result["proven"],
                result["ops"],
                result["notes"],
            )
        )

    def failed(error: Exception) -> None:
        dialog.show_failure(str(error))
        desk.errors.report(error)

    job = desk.jobs.submit(tr("Export {name}", name=request.path.name), "export", args, done, failed)
    job.ended.connect(lambda: dialog.show_failure("") if job.state == "cancelled" else None)
    dialog.watch(job)
