"""How outputs are judged. Classification: which output holds the scores, which rank the right class has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.data.dataset import Array, DataSet
from core.errors import UserError

Ranks = npt.NDArray[np.int64]
IMAGENET_WITH_BACKGROUND = 1001
_BACKGROUND = {"background", "_background_", "__background__", "dummy"}


def class_scores(outputs: Mapping[str, Array]) -> Array:
    """The scores [N, C] among a session's outputs: the first that is [N, C], or [N, C] but for axes of size 1.

    Raises UserError listing the shapes where there is none.
    """
    for value in outputs.values():
        if value.ndim == 2 and value.shape[1] > 1:
            return value
    for value in outputs.values():
        if value.ndim > 2 and max(value.shape[1:]) > 1 and value[0].size == max(value.shape[1:]):
            return value.reshape(len(value), -1)
    shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in outputs.items())
    raise UserError(f"The model has no output of class scores: {shapes}.", "A classifier gives [batch, classes].")


def background_offset(classes: int, model_labels: Sequence[str], data: DataSet) -> int:
    """1 where the model's class 0 is a background class that the data does not count, else 0.

    Only two signs are believed: the first label says so, or 1001 outputs meet data of the 1000 ImageNet classes
    (TensorFlow's convention). A number of classes that happens to be one larger proves nothing.
    """
    if data.classes and data.classes[0].lower() in _BACKGROUND:
        return 0
    if model_labels and len(model_labels) == classes:
        return int(model_labels[0].lower() in _BACKGROUND)
    largest = max((i.label for i in data.items if i.label is not None), default=0)
    return int(classes == IMAGENET_WITH_BACKGROUND and largest < IMAGENET_WITH_BACKGROUND - 1)


def check_same_classes(data: DataSet, test: DataSet) -> None:
    """Raise UserError where a class of one name has two numbers: its items would be judged by another class's score.

    Class folders are numbered in the order of their names, so a test set that lacks some counts otherwise.
    """
    numbers = {name: k for k, name in enumerate(data.classes) if name}
    for k, name in enumerate(test.classes):
        if numbers.get(name, k) != k:
            raise UserError(
                f"'{name}' is class {numbers[name]} in '{data.name}' but class {k} in '{test.name}'.",
                "Give both the same class folders; those without images count too.",
            )


def check_labels(data: DataSet, classes: int, offset: int = 0) -> None:
    """Raise UserError naming the first item whose label the model cannot answer."""
    for item in data.items:
        if item.label is not None and item.label + offset >= classes:
            raise UserError(
                f"Item '{item.name}' of '{data.name}' has class {item.label}, but the model has {classes} classes.",
                "Choose data that belongs to this model.",
            )


def ranks(scores: Array, labels: npt.NDArray[np.int64]) -> Ranks:
    """How many classes score above the right one, per row (0 = the answer is right); equal scores count in order.

    ``scores`` [N, C], ``labels`` [N]. A row with NaN has rank C: a broken answer is never right.
    """
    rows = np.arange(len(labels))
    right = scores[rows, labels][:, None]
    columns = np.arange(scores.shape[1])[None, :]
    before = (scores > right) | ((scores == right) & (columns < labels[:, None]))
    rank: Ranks = before.sum(axis=1).astype(np.int64)
    rank[np.isnan(scores).any(axis=1)] = scores.shape[1]
    return rank
