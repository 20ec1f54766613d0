"""Pictures of quantization: forms in the inspector, another choice for some layers, the detective and its cures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QApplication, QDialog, QScrollArea

from core.measure.cost import cost
from core.methods.method import load_methods
from core.methods.scope import Scope
from core.model.model import quantized
from core.params import Scalar
from core.project.recipe import Step
from gui.act.otherwise import OtherwiseDialog
from gui.act.request import ActRequest, TeacherChoice
from gui.desk import Desk
from gui.editing import target
from gui.operations import act, looking, moving, quantizing, reports
from gui.operations.timing import colouring_of
from gui.quantization.choice_dialog import ChoiceDialog
from gui.quantization.origin import origin
from gui.report_dialog import ReportDialog
from gui.snapshot_workbench import Draws

_LARGEST = 500_000  # parameters: this waits for quantizing and for an analysis
_PARAMS: dict[str, Scalar] = {
    "granularity": "tensor",
    "calibration_items": 16,
    "search_ranges": False,
}  # one scale a layer, and plain ranges, lose enough to find causes
_DETECTIVE = "analyse.quantization_loss"


def draw_quantization(desk: Desk, artist: Draws, look: str) -> None:
    """The opened model, quantized once where it is small and float; then back to where the window was."""
    here = desk.state.revision
    if here is None or not desk.state.labelled:
        return
    first = desk.state.revisions[0].id
    made = next((r for r in desk.state.revisions if r.parent == first and r.step and _is_ours(r.step)), None)
    moving.go_to(desk, first if made is None else made.id)
    artist.settle()
    model = desk.state.model
    if model is None or cost(model).params > _LARGEST:
        return
    if made is None and not quantized(model):
        act.apply_request(desk, ActRequest("quantize.static", _PARAMS, Scope(), 0))
        artist.settle()
    _preset(desk, artist, first, look)
    if made is None:
        made = next((r for r in desk.state.revisions if r.parent == first and r.step and _is_ours(r.step)), None)
    moving.go_to(desk, first if made is None else made.id)
    artist.settle()
    _inspector(desk, artist, look)
    _detective(desk, artist, look)
    moving.go_to(desk, here.id)
    artist.settle()


def _is_ours(step: Step) -> bool:
    return step.method == "quantize.static" and all(step.params.get(k) == v for k, v in _PARAMS.items())


def _preset(desk: Desk, artist: Draws, first: int, look: str) -> None:
    """The form of quantization, filled with what a target asks for."""
    moving.go_to(desk, first)
    artist.settle()
    dialog = act.make_dialog(desk, load_methods().get("quantize.static"))
    if dialog.presets is not None:
        dialog.presets.choose("qnn")
    dialog.show()
    artist.settle()
    artist.draw("dialog_quantize_preset", look, dialog)
    if dialog.otherwise is not None:
        dialog.otherwise.add.click()
        for asked in _open(OtherwiseDialog):
            artist.settle()
            artist.draw("dialog_layers_otherwise", look, asked)
        _close(OtherwiseDialog)
        dialog.otherwise.include(Scope(pattern="features.1*"), {"activations": "int16", "range_high": 4.0})
        artist.settle()
        area = dialog.findChild(QScrollArea)
        if area is not None:
            area.ensureWidgetVisible(dialog.otherwise)  # the form is higher than the screen
        artist.draw("dialog_quantize_layers", look, dialog)
    dialog.reject()
    dialog.deleteLater()


def _inspector(desk: Desk, artist: Draws, look: str) -> None:
    model = desk.state.model
    if model is None or not quantized(model):
        return
    looking.show_graph(desk)
    layers = [n.name for n in model.nodes() if n.op_type == "Conv" and n.name]
    desk.state.select(layers[1:2])
    desk.window.graphs.view.reveal(layers[1])
    artist.settle()
    section = desk.window.inspector.page.sections.get("quantization")
    if section is not None:
        desk.window.inspector.ensureWidgetVisible(section)
    artist.draw("quantized", look)
    desk.state.select(layers[1:5])
    artist.settle()
    artist.draw("quantized_several", look, desk.window.inspector)
    quantizing.change(desk)
    artist.settle()
    for dialog in _open(ChoiceDialog):
        artist.draw("dialog_quantize_otherwise", look, dialog)
    _close(ChoiceDialog)
    _different(desk, artist, look, layers[1:5])
    _result(desk, artist, look)


def _different(desk: Desk, artist: Draws, look: str, layers: Sequence[str]) -> None:
    """The same form where something was chosen for the first of these layers before."""
    revision = desk.state.revision
    found = origin(desk.state, revision.id) if revision is not None else ""
    if isinstance(found, str):
        return
    said = {"precision": "int4", "symmetric": True, "group_size": 8, "range_high": 4.0}
    step = replace(found.step, overrides=((Scope(layers=tuple(layers[:1])), said),))
    dialog = quantizing.make_dialog(desk, replace(found, step=step), target.layers(desk))
    dialog.show()
    artist.settle()
    artist.draw("dialog_quantize_different", look, dialog)
    _close(ChoiceDialog)


def _result(desk: Desk, artist: Draws, look: str) -> None:
    """The choice for a layer without weights: only of what it makes."""
    model = desk.state.model
    added = [n.name for n in model.nodes() if n.op_type == "Add" and n.name] if model is not None else []
    if not added:
        return
    desk.state.select(added[:1])
    artist.settle()
    artist.draw("quantized_result", look, desk.window.inspector)
    quantizing.change(desk)
    artist.settle()
    for dialog in _open(ChoiceDialog):
        if isinstance(dialog, ChoiceDialog):
            dialog.form.set_values({"activations": "int16", "range_low": "-4", "range_high": "4"})
            artist.settle()
            artist.draw("dialog_quantize_result", look, dialog)
    _close(ChoiceDialog)


def _detective(desk: Desk, artist: Draws, look: str) -> None:
    revision = desk.state.revision
    if revision is None or revision.parent is None or _DETECTIVE not in load_methods():
        return
    if not desk.state.analyses(revision.id):
        teacher = TeacherChoice("", revision=revision.parent)
        act.apply_request(desk, ActRequest(_DETECTIVE, {"items": 16}, Scope(), 0, teacher))
        artist.settle()
        _close(ReportDialog)
    reports.show_analysis(desk, revision.id)
    artist.settle()
    for dialog in _open(ReportDialog):
        artist.draw("dialog_detective", look, dialog)
    _close(ReportDialog)
    colouring = colouring_of(desk)
    for choice in colouring.choices():
        if choice.key.startswith("analysis.") and choice.title.startswith("Share"):
            colouring.choose(choice.key)
            artist.settle()
            artist.draw("colour_loss", look)
    colouring.choose("")
    artist.settle()


def _open(kind: type[QDialog]) -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def _close(kind: type[QDialog]) -> None:
    for dialog in _open(kind):
        dialog.reject()
        dialog.deleteLater()
