"""Which items may judge a model: never one that calibrated or trained it, as far as its own recipe tells."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.dataset import PARTS, DataSet
from core.data.splits import Subset, divide, part
from core.errors import UserError
from core.methods.method import load_methods
from core.model.history import same_place
from core.project.recipe import Recipe, Step

ALL = "all"


def judged_part(
    data: DataSet, split: str | None = None, seed: int = 0, recipes: Sequence[Recipe] = ()
) -> tuple[DataSet, str]:
    """The items to judge on, and a sentence on how they were chosen ('' where all of them are).

    ``split`` names a part or 'all'; None takes the part for judging: the data's own test part, else what a division by
    ``seed`` leaves for judging. From that and from the part 'test' every item that a step of ``recipes`` calibrated or
    trained on is left out; from other parts none is, but the sentence says how many there are.
    Raises UserError where nothing is left or there is no such part.
    """
    used = {name for recipe in recipes for step in recipe.steps for name in _used(step, data)}
    chosen = _chosen(data, split, seed)
    kept = [k for k in chosen.indices if data.items[k].name not in used]
    if split not in (None, "test"):
        where = data.name if split == ALL else f"the part '{split}' of {data.name}"
        count = len(chosen.indices)
        known = f"{count - len(kept)} of whose {count} items calibrated or trained the model"
        note = f"{where}, {known}" if len(kept) < count else "" if split == ALL else where
        return (data if split == ALL else chosen), note
    if not kept:
        raise UserError(
            f"Every item of '{data.name}' calibrated or trained this model, so none can judge it.",
            "Give other data, or --split all to judge on these items all the same.",
        )
    note = f"{len(kept)} of {len(data.items)} items of {data.name}: none calibrated or trained the model"
    return Subset(data, kept, f"{data.name} (judged)"), note


def _chosen(data: DataSet, split: str | None, seed: int) -> Subset:
    """The items of a split, whatever they did before."""
    if split == ALL:
        return Subset(data, range(len(data.items)))
    if split is None:
        return divide(data, seed).judge
    if any(i.part for i in data.items):
        named = part(data, split)
        return named if isinstance(named, Subset) else Subset(data, range(len(data.items)))
    if split not in PARTS:
        raise UserError(f"There is no part '{split}'.", f"Parts: {', '.join((*PARTS, ALL))}.")
    if split == "train":
        return divide(data, seed, training=True).train
    parts = divide(data, seed)
    return parts.calibration if split == "calibration" else parts.judge


def _used(step: Step, data: DataSet) -> set[str]:
    """Names of the items of this data that the step calibrated or trained on."""
    if not same_place(step.data, data.location):
        return set()
    method = load_methods().get(step.method) if step.method in load_methods() else None
    trains = method is not None and ("labels" in method.needs or method.learns)
    if trains and step.test:
        return {i.name for i in data.items}
    parts = divide(data, step.seed, training=trains)
    return {i.name for s in (parts.calibration, parts.train) for i in s.items}
