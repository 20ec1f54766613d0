"""Whether a step can be done again on another revision, and why not: one sentence, before anything is begun."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from core.methods.method import Method, load_methods
from core.model.model import Model
from core.project.recipe import Step


def with_data(step: Step, attached: str) -> Step:
    """The step on the data that is attached now ('' for none), where it used data at all."""
    return dataclasses.replace(step, data=attached) if step.data and attached else step


def obstacle(step: Step, model: Model, labelled: bool | None = None, teacher: bool = False) -> str:
    """One sentence on why ``step`` cannot be done on ``model``; '' where it can, as far as that shows without trying.

    ``labelled``: whether its data has classes (None: nobody has looked). ``teacher``: one is at hand, whatever file
    the step names.
    """
    methods = load_methods()
    if step.method not in methods:
        return f"This version of Thimble has no method '{step.method}'."
    method = methods.get(step.method)
    why = method.refusal(model, bool(step.data), labelled is not False, teacher or bool(step.teacher))
    return why or _gone(step, teacher) or _outside(step, model, method)


def _gone(step: Step, teacher: bool) -> str:
    """What the step read and is no longer there."""
    for what, place in (("data", step.data), ("test data", step.test)):
        if place and not Path(place).exists():
            return f"The {what} of this step was at '{place}' and is gone; attach it again, then replay."
    if step.teacher and not teacher and not Path(step.teacher).exists():
        return f"The teacher of this step was '{step.teacher}' and is gone."
    return ""


def _outside(step: Step, model: Model, method: Method) -> str:
    """Layers that the step is about and the model has not."""
    layers = method.named(model)
    names = {layer.name or "" for layer in layers}
    for scope in (step.scope, *(scope for scope, _ in step.overrides)):
        missing = scope.missing(names)
        if missing:
            others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            return f"This step is about layer '{missing[0]}'{others}, which this revision does not have."
        if not scope.everything and not any(scope.contains(layer) for layer in layers):
            about = scope.pattern or ", ".join(scope.operators)
            return f"This step is about layers '{about}', of which this revision has none."
    return ""
