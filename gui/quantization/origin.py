"""Where a quantized revision comes from: the float revision before it, and the step between them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core import params as parameters
from core.methods.method import Method, load_methods
from core.methods.quantize import int8
from core.model.stored_weights import kind_of
from core.project.ancestors import float_ancestor
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
    """(the float revision, the one that was quantized from it) from which ``number`` comes; None where there is none.

    Of the revision that is shown it is seen whether it is float itself.
    """
    project, model = state.project, state.model
    if project is None or number not in {r.id for r in state.revisions}:
        return None
    shown = state.revision is not None and state.revision.id == number
    if shown and model is not None and kind_of(model.nodes()) == "float":
        return None
    parent, made = float_ancestor(project, number), project.revision(number)
    if parent is None:
        return None
    while made.parent is not None and made.parent != parent.id:
        made = project.revision(made.parent)
    return parent, made


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
