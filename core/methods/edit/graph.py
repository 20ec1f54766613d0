"""Edits by hand as one step: the list of edits is its parameter, so that recipes replay it without a window."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.methods.edit.words import summary
from core.methods.method import Context, Outcome, method
from core.model.editing import Edit, WorkingCopy, from_json, to_json
from core.model.model import Model
from core.model.unfinished import mark_unfinished, unfinished
from core.params import Field
from core.report import Measure, Report

KEY = "edit.graph"
WRONG_LAYERS = "wrong_layers"


@dataclass(frozen=True, slots=True)
class Params:
    """The edits in order, as JSON text, because a step's parameters are plain values."""

    edits: Annotated[str, Field("Edits", "A JSON list, as 'thimble edit --json' prints it under \"edits\".")] = "[]"


def edits_to_text(edits: Iterable[Edit]) -> str:
    """What :func:`edits_from_text` reads."""
    return json.dumps([to_json(e) for e in edits], ensure_ascii=False)


def edits_from_text(text: str) -> tuple[Edit, ...]:
    """The edits of a step; raises UserError naming the first that is wrong."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError("Edits is not JSON text.", 'Example: [{"edit": "layer.bypass", "layer": "relu_1"}].') from error
    if not isinstance(found, list) or not all(isinstance(e, dict) for e in found):
        raise UserError("Edits must be a list of JSON objects.", 'Example: [{"edit": "layer.bypass", "layer": "a"}].')
    return tuple(from_json(e) for e in found)


@method(KEY, title="Edits by hand", menu="", params=Params, accepts=("float", "qdq", "weights", "unfinished"))
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Carry out a list of edits of the graph, in order; a graph that is left wrong is marked as unfinished."""
    edits = edits_from_text(params.edits)
    ctx.job.progress(0.0, "Editing the graph")
    copy = WorkingCopy(model)
    known = set() if unfinished(model) else set(copy.problems)
    for one in ctx.job.track(edits, len(edits), "Editing the graph"):
        copy.do(one)
    wrong = [p.sentence for p in copy.problems if p not in known]
    mark_unfinished(copy.model, wrong)
    return Outcome(copy.model, _report(edits, wrong))


def _report(edits: tuple[Edit, ...], wrong: list[str]) -> Report:
    measures = {}
    if wrong:
        on = "the graph, by onnx's shape inference and our own checks"
        measures[WRONG_LAYERS] = Measure(len(wrong), "", "estimated", on)
    notes = [f"Unfinished: {wrong[0]}"] if wrong else []
    return Report(measures=measures, notes=(*notes, *(f"{words[:1].upper()}{words[1:]}." for words in summary(edits))))
