"""Pictures of seeing and editing a graph: blocks open and closed, a followed tensor, every form, a wrong layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from core.model.editing.layers import Delete
from core.model.model import layer_name
from gui.desk import Desk
from gui.editing.forms.base import EditForm
from gui.operations import editing, looking


class Draws(Protocol):
    """What this needs of the one who draws (:class:`gui.snapshot.Artist`)."""

    def settle(self) -> None: ...

    def draw(self, name: str, look: str, widget: QWidget | None = None) -> None: ...


_FULL = "a convolution that a block can replace"
FORMS: tuple[tuple[str, str, Callable[[Desk], None]], ...] = (
    ("rename", "Conv", editing.rename),
    ("attributes", "Conv", editing.attributes),
    ("replace", "Clip Relu", editing.replace_operator),
    ("block", _FULL, editing.replace_block),
    ("remove", "Clip Relu", editing.remove),
    ("insert", "Conv", editing.insert),
    ("connect", "Add Conv", editing.connect),
    ("values", "Conv", editing.values),
    ("add_input", "Conv", editing.add_input),
    ("remove_output", "Conv", editing.remove_output),
    ("input_shape", "Conv", editing.input_shape),
    ("batch", "Conv", editing.batch),
    ("cut_out", "Conv", editing.cut_out),
)


def draw_workbench(desk: Desk, artist: Draws, look: str) -> None:
    """Everything in one look; the graph is afterwards as it was."""
    looking.show_graph(desk)
    _blocks(desk, artist, look)
    _tensor(desk, artist, look)
    for name, operators, act in FORMS:
        if _select(desk, operators):
            act(desk)
            artist.settle()
            for form in _open_forms():
                artist.draw(f"form_{name}", look, form)
                form.reject()
                artist.settle()
    _wrong(desk, artist, look)


def _blocks(desk: Desk, artist: Draws, look: str) -> None:
    view = desk.window.graphs.view
    opened = view.opened()
    view.close_all()
    view.go_to_input()
    artist.settle()
    artist.draw("blocks_closed", look)
    view.set_opened(opened[: max(len(opened) // 3, 1)])
    view.go_to_input()
    artist.settle()
    artist.draw("blocks_some_open", look)
    view.set_opened(opened)
    desk.window.graphs.overview.grow()
    artist.settle()
    artist.draw("overview", look)
    desk.window.graphs.overview.shrink()


def _tensor(desk: Desk, artist: Draws, look: str) -> None:
    """The output of a convolution in the middle, followed."""
    model = desk.state.model
    if model is None or not _select(desk, "Conv"):
        return
    node = next(n for n in model.nodes() if layer_name(n) == desk.state.selected[0])
    desk.window.graphs.view.select_tensor(node.outputs[0].name or "")
    artist.settle()
    artist.draw("tensor", look)
    desk.window.graphs.view.select_tensor("")


def _wrong(desk: Desk, artist: Draws, look: str) -> None:
    """What a layer looks like that has lost its input."""
    if not _select(desk, "Clip Relu") or not desk.editing.do(Delete(desk.state.selected[0])):
        return
    artist.settle()
    wrong = desk.editing.problems
    if wrong:
        desk.state.select([wrong[0].layer])
        desk.window.graphs.view.reveal(wrong[0].layer)
        artist.settle()
    artist.draw("wrong_layer", look)
    desk.editing.undo()
    artist.settle()


def _select(desk: Desk, operators: str) -> bool:
    """The middle one of the layers of the first operator that there is."""
    nodes = list(desk.state.model.nodes()) if desk.state.model is not None else []
    full = [n for n in nodes if n.op_type == "Conv" and n.attributes.get_int("group", 1) == 1]
    if operators == _FULL:
        found = [layer_name(n) for n in full if max(n.attributes.get_ints("kernel_shape", (1,))) > 1]
        desk.state.select(found[:1])
        return bool(found)
    for operator in operators.split():
        found = [layer_name(n) for n in nodes if n.op_type == operator]
        if found:
            desk.state.select([found[len(found) // 2]])
            desk.window.graphs.select(desk.state.selected)
            return True
    return False


def _open_forms() -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, EditForm) and w.isVisible()]
