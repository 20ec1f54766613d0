"""A network whose channels have very unlike ranges, though it computes what a good one does.

Every channel that can have a factor gets a random one, over orders of magnitude; one 8-bit scale for a whole tensor
then leaves most channels nothing. ReLU6 becomes ReLU, because a bound does not scale.
"""

from __future__ import annotations

import numpy as np

from core.methods.quantize.equalize import without_bounds
from core.methods.quantize.equalizing import groups_of
from core.methods.quantize.ready import ready
from core.model.model import Model
from core.model.rescaling import find_rescaling, rescaled


def bounds_removed(model: Model) -> Model:
    """The good network: ready to be quantized, with ReLU for ReLU6."""
    new, _ = ready(model)
    without_bounds(new)
    return new.with_graph(new.graph)


def ill_scaled(model: Model, decades: float = 3.0, seed: int = 0) -> Model:
    """The same function as :func:`bounds_removed`, its channels times 10 to the power of up to +-``decades`` / 2."""
    new = bounds_removed(model)
    found = find_rescaling(new)
    factors = np.ones(len(found.root_of))
    classes = np.concatenate(groups_of(found))
    factors[classes] = 10 ** np.random.default_rng(seed).uniform(-decades / 2, decades / 2, len(classes))
    return rescaled(new, found, factors)
