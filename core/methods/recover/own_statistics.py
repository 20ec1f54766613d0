"""BatchNormalization statistics of the network itself, without changing what it computes: so that training can go on.

A refit corrects a layer's mean and scale in its weights and in the running mean; the running statistics are then those
of another network. Inference does not mind. Training does: it normalizes by the batch's own statistics, so the first
step would already leave the function that was fitted. Here the statistics become the network's own, and scale and shift
take up the difference:

    scale' = scale · σ' / σ,    shift' = shift + scale · (μ' - μ) / σ,    σ = sqrt(variance + ε)

ResNet-20 at 2.5 times fewer MACs, refitted and tuned two epochs on 3,000 images: 63.5 % without, 70.6 % with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from core.jobs import Job
from core.methods.method import Context
from core.methods.recover.batchnorm import has_statistics, moments, stored, with_weights
from core.methods.recover.items import Fed
from core.model.facts import Array
from core.model.model import Model


def with_own_statistics(model: Model, batches: Sequence[Fed], ctx: Context, job: Job) -> Model:
    """The same function with the statistics of ``batches``; the model itself where it has none in scope."""
    norms = [n for n in model.nodes() if ctx.scope.contains(n) and _all_stored(model, n)]
    if not norms:
        return model
    from core.execute.walk import Walk

    walk = Walk(model, [b.model for b in batches], ctx.threads)
    bare = [b.bare() for b in batches]
    weights: dict[str, Array] = {}
    for k, node in enumerate(norms):
        with job.stage(k / len(norms), (k + 1) / len(norms)) as part:
            mean, variance = moments(walk, node, bare, part)
        names, old = zip(*(stored(model, node, slot) for slot in (1, 2, 3, 4)), strict=True)
        a, b, m, v = (np.asarray(numbers, np.float64) for numbers in old)
        epsilon = node.attributes.get_float("epsilon", 1e-5)
        before, after = np.sqrt(v + epsilon), np.sqrt(variance + epsilon)
        new = (a * after / before, b + a * (mean - m) / before, mean, variance)
        weights |= {name: n.astype(o.dtype) for name, o, n in zip(names, old, new, strict=True)}
    return with_weights(model, weights)


def _all_stored(model: Model, node: ir.Node) -> bool:
    """Scale and shift, too, may be computed in a graph."""
    known = model.graph.graph.initializers
    return has_statistics(model, node) and all(v is not None and v.name in known for v in node.inputs[1:3])
