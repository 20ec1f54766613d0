"""What a form says of the attached data: how much there is, and how a training divides it."""

from __future__ import annotations

from core.methods.method import Method
from core.model.model import Model
from gui.app_state import AppState
from gui.words import counted, tr


def data_words(state: AppState, method: Method) -> str:
    """The attached data; for a training also how it divides it. A seed moves items between parts, and no counts."""
    attached = state.attached
    if attached is None:
        return ""
    items = counted(len(attached.data.items), "{data}, {n} item", "{data}, {n} items", data=attached.data.name)
    if not method.trains:
        return items
    train, judge = len(attached.training.train.items), len(attached.training.judge.items)
    words = tr("{items}: {train:,} to train, {judge:,} to judge", items=items, train=train, judge=judge)
    scores, classes = _scores(state.model), len(attached.data.classes)
    if classes and scores > classes + 1:  # one more is the background of some published networks
        unused = tr(
            "The network has {scores:,} scores and the data {classes:,} classes: the rest stays unused.",
            scores=scores,
            classes=classes,
        )
        words = f"{words}. {unused}"
    return words


def _scores(model: Model | None) -> int:
    """Entries of the only output's last axis; 0 where there are several outputs or the size is not known."""
    if model is None or len(model.graph.graph.outputs) != 1:
        return 0
    shape = model.graph.graph.outputs[0].shape
    last = shape[-1] if shape is not None and len(shape) == 2 else None
    return last if isinstance(last, int) else 0
