"""The weights of a group by unit: its filters, their rows, and sums over what belongs to one unit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.methods.prune.scores.score import Floats
from core.model.channels import ChannelGroup, Member
from core.model.facts import Facts

Ints = npt.NDArray[np.int64]
_CACHED = 1 << 16  # weights


def filters(group: ChannelGroup, facts: Facts) -> list[Member]:
    """The weights that produce or carry channels of the group (no biases or scales), in graph order.

    Each has one voice, so a trunk that ten layers write to is judged by all ten. A depthwise convolution carries.
    """
    found = [m for m in group.members if m.role != "reads" and _is_filter(m, facts)]
    return [m for m in found if m.role == "produces" or math.prod(facts.shapes[m.tensor]) > len(m.units)]


def readers(group: ChannelGroup, facts: Facts) -> list[Member]:
    """The weights that read channels of the group, in graph order."""
    return [m for m in group.members if m.role == "reads" and _is_filter(m, facts)]


def _is_filter(member: Member, facts: Facts) -> bool:
    return len(facts.shapes[member.tensor]) > 1 and bool((member.units >= 0).any())


def weight(name: str, facts: Facts) -> npt.NDArray[np.generic]:
    """A stored tensor as it is."""
    stored = facts.graph.initializers.get(name)
    tensor = stored.const_value.numpy() if stored is not None and stored.const_value is not None else None
    array: npt.NDArray[np.generic] = np.asarray(facts.constants[name] if tensor is None else tensor)
    return array


def rows(member: Member, facts: Facts) -> Floats:
    """A member's weights as (positions along its axis, everything else), float64."""
    array = np.asarray(weight(member.tensor, facts), np.float64)
    return np.moveaxis(array, member.axis, 0).reshape(len(member.units), -1)


def row_sums(member: Member, facts: Facts, each: Callable[[Floats], Floats]) -> Floats:
    """Sums over each row of :func:`rows`, of ``each`` weight; (positions,). In pieces that stay in the cache.

    (A classifier of 100 million weights would else be written to memory twice, which takes longer than the sums.)
    """
    table = np.moveaxis(weight(member.tensor, facts), member.axis, 0)
    step = max(1, _CACHED * len(table) // max(table.size, 1))
    parts = (np.asarray(table[k : k + step], np.float64) for k in range(0, len(table), step))
    return np.concatenate([each(part.reshape(len(part), -1)).sum(1) for part in parts])


def per_unit(member: Member, values: Floats, size: int) -> Floats:
    """Sums over the positions of each unit: values (positions,) -> (size,); NaN for units the member does not hold.

    Raises UserError where a weight is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise UserError(
            f"The weights '{member.tensor}' hold NaN or infinite values, so their channels cannot be compared.",
            "Take a revision from before they appeared, or leave their layer out of the scope.",
        )
    held = member.units >= 0
    total: Floats = np.bincount(member.units[held], values[held], minlength=size).astype(np.float64)
    total[~np.isin(np.arange(size), member.units)] = np.nan
    return total


def unit_filters(member: Member, facts: Facts, size: int) -> Floats:
    """Each unit's filter as one row, (size, numbers): the slices of all its positions in order.

    Units with fewer positions than others end in zeros; a unit that the member does not hold is NaN.
    """
    flat = rows(member, facts)
    order, units, place = positions_of(member.units)
    table = np.zeros((size, int(place.max()) + 1, flat.shape[1]))
    table[~np.isin(np.arange(size), units)] = np.nan
    table[units, place] = flat[order]
    per_unit(member, np.abs(flat).sum(1), size)  # refuses what is no number
    return table.reshape(size, -1)


def positions_of(units: Ints) -> tuple[Ints, Ints, Ints]:
    """(positions that belong to a unit, sorted by unit; their units; which of its unit's positions each is)."""
    order = np.argsort(units, kind="stable")
    order = order[units[order] >= 0]
    sorted_units = units[order]
    first = np.searchsorted(sorted_units, sorted_units)
    return order, sorted_units, np.arange(len(order)) - first


def relative(values: Floats) -> Floats:
    """Values divided by their mean, so that layers of any scale have the same say; zeros stay zeros."""
    mean = np.nanmean(values)
    return values / (mean if mean else 1.0)
