"""What a graph remembers of the reference network it was made as."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.model.model import Model
from core.references.catalogue import entries
from core.references.create import REFERENCE
from gui.words import mark, tr

_WEIGHTS = {
    "seed": mark("Reference network, seed {seed}"),
    "file": mark("Reference network, weights from a file"),
    "timm": mark("Reference network, weights from timm"),
}
_OTHER = mark("Reference network, other weights")


@dataclass(frozen=True, slots=True)
class Origin:
    """``weights``: "seed", "file" or "timm"; ``seed`` counts for the first only."""

    title: str
    weights: str
    seed: int = 0

    @property
    def drawn(self) -> bool:
        """Whether the network had learned nothing when it was made."""
        return self.weights == "seed"

    def sentence(self) -> str:
        return tr(_WEIGHTS.get(self.weights, _OTHER), seed=self.seed)


def origin(model: Model) -> Origin | None:
    """None for a model from elsewhere, or where a file says it wrongly."""
    try:
        made = json.loads(model.graph.metadata_props.get(REFERENCE, ""))
        key, weights, seed = str(made["key"]), str(made["weights"]), int(made.get("seed", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    title = next((e.title for e in entries() if e.key == key), key)
    return Origin(title, weights, seed)
