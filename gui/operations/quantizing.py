"""Another choice for some layers of a quantized revision: the float revision before it is quantized again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx_ir as ir

from core import params as parameters
from core.methods.method import Method, load_methods
from core.methods.quantize import int8
from core.methods.scope import Override, Scope, overridden
from core.model.model import layer_name
from core.params import Scalar
from core.project.database import Revision
from core.project.recipe import Step
from core.project.replay import with_data
from gui.desk import Desk
from gui.editing import target
from gui.inspector.quantized import has_weight
from gui.operations import act
from gui.operations.folded import folded
from gui.quantization.choice_dialog import ChoiceDialog
from gui.wording import method_title
from gui.words import tr

_STATIC = "quantize.static"


@dataclass(frozen=True)
class Origin:
    """``step`` quantized ``parent``, by a ``method`` whose layers may differ."""

    method: Method
    step: Step
    parent: Revision


@folded
def change(desk: Desk) -> None:
    """Ask how the selected layers are to be quantized, and quantize the float revision again with that."""
    found = origin(desk)
    if isinstance(found, str):
        desk.errors.say("info", found)
        return
    nodes = [node for node in target.layers(desk) if has_weight(node)]
    if not nodes:
        desk.errors.say("info", tr("No selected layer has weights, so there is nothing to choose."))
        return
    dialog = make_dialog(desk, found, nodes)
    dialog.accepted.connect(lambda: _quantize_again(desk, found, nodes, dialog.values()))
    dialog.open()


def make_dialog(desk: Desk, found: Origin, nodes: Sequence[ir.Node]) -> ChoiceDialog:
    specs = [s for s in parameters.specs(found.method.params) if s.name in found.method.overridable]
    about = tr(
        "This quantizes revision {parent} again as before, with this choice for these layers, as a new revision.",
        parent=found.parent.id,
    )
    now = {s.name: _now(found, nodes[:1], s) for s in specs}
    return ChoiceDialog([layer_name(n) for n in nodes], specs, now, about, desk.window)


def origin(desk: Desk) -> Origin | str:
    """The step that quantized what is shown, or one sentence on why no layer of it can be chosen again."""
    state = desk.state
    by_id = {r.id: r for r in state.revisions}
    here = state.revision
    first = here
    while here is not None and here.step is not None and here.parent is not None:
        method = load_methods().get(here.step.method) if here.step.method in load_methods() else None
        if method is not None and method.key == "quantize.int8":
            return _as_static(here.step, by_id[here.parent])
        if method is not None and "precision" in method.overridable and "float" in method.accepts:
            return Origin(method, here.step, by_id[here.parent])
        if method is not None and method.menu == "Quantize" and here is first:
            return tr(
                "{act} chose for each layer itself. Go to revision {parent} and quantize it to choose by hand.",
                act=method_title(method.title),
                parent=here.parent,
            )
        here = by_id.get(here.parent)
    return tr("The float model that this one was quantized from is not in this project.")


def _as_static(step: Step, parent: Revision) -> Origin:
    """quantize.int8 knows no single layers; quantize.static does the same and does."""
    values = int8.as_static(parameters.from_json(int8.Params, step.params))
    same = dataclasses.replace(step, method=_STATIC, params=parameters.to_json(values))
    return Origin(load_methods().get(_STATIC), same, parent)


def with_choice(step: Step, nodes: Sequence[ir.Node], specs: Mapping[str, Scalar]) -> tuple[Override, ...]:
    """The step's overrides with one more for these layers; earlier ones that list them let them go."""
    names = {n.name or "" for n in nodes}
    kept: list[Override] = []
    for scope, part in step.overrides:
        rest = tuple(layer for layer in scope.layers if layer not in names)
        if rest or not scope.layers:
            kept.append((dataclasses.replace(scope, layers=rest), part))
    return (*kept, (Scope(layers=tuple(sorted(names))), dict(specs)))


def _now(found: Origin, nodes: Sequence[ir.Node], spec: parameters.Spec) -> Scalar:
    """What holds for these layers now."""
    own = overridden(found.step.overrides, nodes, spec.name)
    value: Scalar = found.step.params.get(spec.name, spec.default) if own is None else own
    return value


def _quantize_again(desk: Desk, found: Origin, nodes: Sequence[ir.Node], values: Mapping[str, Scalar]) -> None:
    project, state = desk.state.project, desk.state
    if project is None:
        return
    step = dataclasses.replace(found.step, overrides=with_choice(found.step, nodes, values))
    step = with_data(step, state.data.location if state.data is not None else "")
    reference = {"project": str(project.folder), "revision": found.parent.id}
    act.submit_step(
        desk, project, found.parent.id, {"model": reference, "step": step.to_json(), "threads": act.THREADS}
    )
