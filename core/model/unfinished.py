"""Graphs that cannot run as they stand: kept in a project, and refused by every act that needs one that runs."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UserError
from core.model.model import Model

UNFINISHED = "thimble.unfinished"


def unfinished(model: Model) -> str:
    """What is wrong with the first wrong layer, in one sentence; '' for a graph that an edit did not leave wrong."""
    return model.graph.metadata_props.get(UNFINISHED, "")


def mark_unfinished(model: Model, sentences: Sequence[str]) -> None:
    """Write into the graph's own metadata what is wrong, or that nothing is. Changes the model given."""
    props = model.graph.metadata_props
    if sentences:
        props[UNFINISHED] = sentences[0]
    else:
        props.pop(UNFINISHED, None)


def refusal(model: Model, act: str) -> str:
    """'Pruning needs a graph that runs: Layer …' for an unfinished graph, else ''."""
    wrong = unfinished(model)
    return f"{act} needs a graph that runs, and this one is unfinished: {_lower(wrong)}" if wrong else ""


def require_finished(model: Model, act: str) -> None:
    """Raise UserError naming the first wrong layer."""
    why = refusal(model, act)
    if why:
        raise UserError(why, "Mend that layer, or undo the edit.")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if sentence.startswith("Layer ") else sentence
