"""The picture of the graph as a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from gui.desk import Desk
from gui.drawing import SUFFIXES, Drawn, draw
from gui.graph_view.canvas import metrics
from gui.graph_view.picture import Blocks
from gui.operations.folded import folded
from gui.words import mark, tr

_KINDS = {
    ".svg": mark("SVG, for screens (*.svg)"),
    ".pdf": mark("PDF, for paper (*.pdf)"),
    ".png": mark("PNG (*.png)"),
}


def choose_picture_file(desk: Desk) -> None:
    """Ask where to; the ending typed decides the kind, else the filter chosen."""
    if desk.state.model is None:
        return
    start = Path(desk.settings.folder("picture") or Path.home()) / f"{desk.state.title}.svg"
    kinds = {suffix: tr(words) for suffix, words in _KINDS.items()}
    name, kind = QFileDialog.getSaveFileName(desk.window, tr("Save picture as"), str(start), ";;".join(kinds.values()))
    if not name:
        return
    path = Path(name)
    if path.suffix.lower() not in SUFFIXES:
        wanted = next((suffix for suffix, words in kinds.items() if words == kind), ".svg")
        path = path.with_name(path.name + wanted)
    save_picture_to(desk, path)


@folded
def save_picture_to(desk: Desk, path: Path) -> None:
    """The graph of the current revision in the current look, drawn beside the window's thread."""
    project, model, title = desk.state.project, desk.state.model, desk.state.title
    revision = desk.state.revision.id if desk.state.revision is not None else 0
    if project is None or model is None:
        return
    view = desk.window.graphs.view
    blocks: Blocks | list[str] = view.opened() if view.blocks else "flat"
    widths = metrics()  # fonts are measured in the window's thread

    def done(drawn: Drawn) -> None:
        desk.settings.set_folder("picture", path.parent)
        desk.errors.say("info", drawn.sentence)

    if len(model.graph.graph) > 1000:
        desk.errors.say("info", tr("Drawing '{name}'…", name=path.name))
    # the stored one: the graph on the screen may be edited meanwhile
    desk.background.run(
        lambda: draw(project.model(revision), path, title=title, widths=widths, blocks=blocks),
        done,
        desk.errors.report,
    )
