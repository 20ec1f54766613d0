"""What a model answers to one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import Array, Item
from core.data.images import decode
from core.data.tasks import class_scores
from core.errors import UserError
from core.execute.session import Session
from core.measure.accuracy import predictions
from core.model.model import InputSpec


@dataclass(frozen=True, slots=True)
class Answer:
    """One class with the share of certainty the model gives it (softmax, 0..1)."""

    index: int
    label: str
    share: float

    def to_json(self) -> dict[str, Any]:
        return {"index": self.index, "label": self.label, "share": self.share}


class PictureFile:
    """One image file as a data set of one item; it is read when the item is."""

    classes: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.name, self.location = path.name, str(path)
        self.items: Sequence[Item] = (Item(path.name),)

    def load(self, index: int) -> dict[str, Array]:
        try:
            return {"": decode(Path(self.location).read_bytes(), self.name)}
        except OSError as error:
            raise UserError(f"'{self.location}' cannot be read: {error.strerror or error}.") from error


def answers(
    session: Session, inputs: Sequence[InputSpec], image: Path, labels: Sequence[str] = (), top: int = 5
) -> tuple[Answer, ...]:
    """The ``top`` likeliest classes, best first. A class without a label is named by its number.

    Raises UserError where the file is no image, the preparation is unknown, or the model is no classifier.
    """
    found = next(predictions(session, inputs, PictureFile(image), size=1))
    return best_answers(np.asarray(class_scores(found.outputs)[0], np.float64), labels, top)


def best_answers(scores: Array, labels: Sequence[str] = (), top: int = 5) -> tuple[Answer, ...]:
    """The ``top`` likeliest classes of one item's scores [C], best first."""
    shares = _shares(scores)
    best = np.argsort(-shares, kind="stable")[: max(top, 1)]
    return tuple(Answer(int(k), (labels[k] if k < len(labels) else "") or str(k), float(shares[k])) for k in best)


def _shares(scores: Array) -> Array:
    """Softmax, unless the network has done that itself."""
    if np.all(scores >= 0) and abs(float(scores.sum()) - 1) < 0.05:  # 0.05: int8 outputs come in steps of 1/256
        return scores
    powers = np.exp(scores - np.max(scores))
    shares: Array = powers / powers.sum()
    return shares
