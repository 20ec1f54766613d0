"""Where a quantized revision comes from: the float revision before it, and the step between them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core import params as parameters
from core.errors import UserError
from core.methods.method import Method, load_methods
from core.methods.quantize import int8
from core.model.stored_weights import kind_of
from core.project.database import Revision
from core.project.recipe import Step
from gui.app_state import AppState
from gui.wording import method_title
from gui.words import tr

_STATIC = "quantize.static"


@dataclass(frozen=True)
class Origin:
    """``step`` quantized ``parent``, by a ``method`` whose layers may differ."""

    method: Method
    step: Step
    parent: Revision


def quantizing_revision(state: AppState, number: int) -> tuple[Revision, Revision] | None:
    """(the float revision, the one that was quantized from it), from which ``number`` comes; None where it is float
    itself, or the float one is not in the project."""
    project = state.project
    by_id = {r.id: r for r in state.revisions}
    here = by_id.get(number)
    if project is None or here is None or _is_float(state, number):
        return None
    while here is not None and here.parent is not None:
        parent = by_id.get(here.parent)
        if parent is None:
            return None
        if _is_float(state, parent.id):
            return parent, here
        here = parent
    return None


def float_parent(state: AppState, number: int) -> Revision | None:
    """The float revision that a quantized one was made from; None where there is none."""
    found = quantizing_revision(state, number)
    return None if found is None else found[0]


def origin(state: AppState, number: int) -> Origin | str:
    """The step that quantized it, or one sentence on why no layer of it can be chosen again."""
    found = quantizing_revision(state, number)
    if found is None or found[1].step is None:
        return without_parent()
    parent, made = found
    step = made.step
    assert step is not None
    if step.method not in load_methods():
        return tr("This version of Thimble has no method '{method}'.", method=step.method)
    method = load_methods().get(step.method)
    if method.key == "quantize.int8":
        return Origin(load_methods().get(_STATIC), _as_static(step), parent)
    if method.overridable:
        return Origin(method, step, parent)
    return tr(
        "{act} chose for each layer itself. Go to revision {parent} and quantize it to choose by hand.",
        act=method_title(method.title),
        parent=parent.id,
    )


def without_parent() -> str:
    """Why nothing can be done again that needs the float model."""
    return tr("The float model that this one was quantized from is not in this project.")


def _as_static(step: Step) -> Step:
    """quantize.int8 knows no single layers; quantize.static does the same and does."""
    values = int8.as_static(parameters.from_json(int8.Params, step.params))
    return dataclasses.replace(step, method=_STATIC, params=parameters.to_json(values))


def _is_float(state: AppState, number: int) -> bool:
    assert state.project is not None
    if state.revision is not None and state.revision.id == number and state.model is not None:
        return kind_of(state.model.nodes()) == "float"
    try:
        return kind_of(state.project.model(number).nodes()) == "float"
    except UserError:  # its file is lost: nothing can be made of it
        return False
