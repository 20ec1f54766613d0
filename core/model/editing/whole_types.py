"""Types that only the whole graph tells: behind shapes that layers compute."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import UserError
from core.model.editing.checks import TensorType
from core.model.facts import infer
from core.model.model import Model


def whole_types(model: Model, names: Iterable[str]) -> dict[str, TensorType]:
    """Types of tensors with their full shape, as far as they can be known; takes two passes over the whole graph.

    A size that depends on the batch is open, on the first axis 'batch'.
    """
    try:
        seen = [infer(model, batch) for batch in (2, 3)]
    except UserError:  # an input of open size, or a graph that is wrong somewhere
        return {}
    found = {}
    for name in names:
        dtype, (first, second) = seen[0].dtypes.get(name), (facts.shapes.get(name) for facts in seen)
        if dtype is None or first is None or second is None or len(first) != len(second):
            continue
        sizes = [a if a == b else None for a, b in zip(first, second, strict=True)]
        found[name] = TensorType(int(dtype), tuple("batch" if d is None and k == 0 else d for k, d in enumerate(sizes)))
    return found
