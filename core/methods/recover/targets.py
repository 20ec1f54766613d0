"""Which layers of a smaller network can be set beside which of its parent, and which channels of it they have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.methods.recover.linear import KINDS, Linear, linear_of
from core.methods.scope import Scope
from core.model.facts import Facts
from core.model.kept import kept_of_parent
from core.model.model import Model, layer_name

Ints = npt.NDArray[np.int64]
Kept = Mapping[str, Sequence[int] | Ints]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A layer and the channels of the parent's same-named output that it is fitted to."""

    linear: Linear
    kept: Ints


@dataclass(frozen=True, slots=True)
class Skipped:
    """A layer that is not fitted, and why."""

    layer: str
    operator: str
    reason: str


def targets(
    parent: Facts, model: Model, facts: Facts, kept: Kept | None, scope: Scope
) -> tuple[tuple[Target, ...], tuple[Skipped, ...]]:
    """The layers in scope that have a counterpart in the parent, in graph order, and those that are skipped.

    ``kept``: value name -> surviving channels of the parent; None reads what the cuts wrote on the layers
    (:mod:`core.model.kept`). Raises UserError where no layer fits: then the parent is another network.
    """
    makers = {o.name or "": n for n in parent.graph for o in n.outputs}
    found: list[Target] = []
    skipped: list[Skipped] = []
    for node in model.nodes():
        if node.op_type not in (*KINDS, "ConvTranspose") or not scope.contains(node):
            continue
        linear = linear_of(model, node, facts)
        target = linear if isinstance(linear, str) else _target(linear, parent, makers, facts, kept)
        if isinstance(target, str):
            skipped.append(Skipped(layer_name(node), node.op_type, target))
        else:
            found.append(target)
    if not found:
        why = f"layer '{skipped[0].layer}': {skipped[0].reason}" if skipped else "no layer in scope has weights"
        raise UserError(
            f"The model and its parent do not fit together ({why}).", "Choose the model that this one was made from."
        )
    return tuple(found), tuple(skipped)


def _target(
    linear: Linear, parent: Facts, makers: Mapping[str, ir.Node], facts: Facts, kept: Kept | None
) -> Target | str:
    its, mine = parent.shapes.get(linear.result), facts.shapes[linear.result]
    if its is None or linear.result not in makers:
        return "the parent has no such layer"
    axis = linear.axis
    if len(its) != len(mine) or its[:axis] + its[axis + 1 :] != mine[:axis] + mine[axis + 1 :]:
        return "its output has another size in the parent"
    channels = its[axis]
    if kept is None:
        chosen = kept_of_parent(linear.node, linear.outputs, makers[linear.result], channels)
    else:
        chosen = np.asarray(kept.get(linear.result, np.arange(channels)), np.int64)
    if chosen is None or len(chosen) != linear.outputs or chosen.min() < 0 or chosen.max() >= channels:
        return f"which of the parent's {channels} channels its {linear.outputs} are is not known"
    return Target(linear, chosen)
