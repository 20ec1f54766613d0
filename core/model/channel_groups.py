"""Channel groups of a model: which channels live and die together, and every tensor position that is theirs."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.errors import UserError

# the rules enter their table when they are imported
from core.model import channel_rules_layers, channel_rules_moves, channel_rules_pointwise  # noqa: F401
from core.model.channel_balance import settle_balances
from core.model.channel_checks import check_shared_tensors, check_sizes_used_as_numbers, lock_as_marked
from core.model.channel_kinds import Kind, Kinds
from core.model.channel_labels import Derived, Ints, Labelling, Lane, Occurrence, Role
from core.model.channel_rules import visit
from core.model.collector import resting_collector
from core.model.facts import Facts, infer
from core.model.model import Model

Removed = Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One axis of one tensor that holds channels of a group.

    ``tensor``: name of an initializer (or of a Constant node's output). ``units``: for every position along ``axis``
    the removable unit it belongs to, -1 where it belongs to none. ``layer``: the node that uses it, and how:
    it produces the channels, carries them along (bias, normalization, depthwise), or reads them. ``rows``: the run of
    the tensor's first axis that is meant, None for all of it (grouped convolutions whose groups read differently).
    """

    layer: str
    tensor: str
    axis: int
    units: Ints
    role: Role
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChannelGroup:
    """Channels that are ranked together; each of the ``size`` units is kept or removed as a whole, everywhere.

    ``key``: name of the first producing layer. ``fixed``: channels of that layer that can never be removed.
    ``width``: how many channels of that layer one unit is (more than 1 in grouped convolutions).
    ``producers``: names of the layers whose output channels these are. ``locked`` groups have no removable unit;
    ``reason`` says why (also where only some channels are fixed). ``roots``: the labels' classes, one per unit.
    ``kind``: "heads" where a unit is a head of attention, "hidden" for the hidden width of a transformer's MLP, else
    "channels" (see :mod:`core.model.channel_kinds`).
    """

    key: str
    size: int
    fixed: int
    width: int
    producers: tuple[str, ...]
    members: tuple[Member, ...]
    reason: str
    roots: Ints = field(repr=False)
    kind: Kind = "channels"

    @property
    def locked(self) -> bool:
        return self.size == 0

    @property
    def widths(self) -> Ints:
        """Channels of the first producing layer that each unit is; (size,). Not always ``width`` (ShuffleNet v1)."""
        own = next((m.units for m in self.members if m.layer == self.producers[0] and m.role == "produces"), None)
        held = np.zeros(0, np.int64) if own is None else own[own >= 0]
        return np.bincount(held, minlength=self.size)


@dataclass(frozen=True, eq=False)
class ChannelGroups:
    """All groups of one model, in graph order, and what the cut needs to know.

    ``notes``: full sentences on operators without a rule. ``root_of``: label -> its class. ``lanes``: value name ->
    the labels it carries.
    """

    groups: tuple[ChannelGroup, ...]
    notes: tuple[str, ...]
    facts: Facts = field(repr=False)
    lanes: Mapping[str, Lane] = field(repr=False)
    occurrences: tuple[Occurrence, ...] = field(repr=False)
    derived: tuple[Derived, ...] = field(repr=False)
    root_of: Ints = field(repr=False)
    opset: int

    def __iter__(self) -> Iterator[ChannelGroup]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, key: str) -> ChannelGroup:
        """Raises UserError where no group has this key."""
        try:
            return self._by_key[key]
        except KeyError:
            raise UserError(f"There is no channel group '{key}'.", "Groups are named by their first layer.") from None

    @cached_property
    def _by_key(self) -> dict[str, ChannelGroup]:
        return {g.key: g for g in self.groups}

    @cached_property
    def by_layer(self) -> Mapping[str, tuple[ChannelGroup, ...]]:
        """Layer name -> the groups of the channels it produces or carries."""
        found: dict[str, dict[str, ChannelGroup]] = defaultdict(dict)
        for group in self.groups:
            for layer in (*group.producers, *(m.layer for m in group.members if m.role != "reads")):
                found[layer][group.key] = group
        return {layer: tuple(groups.values()) for layer, groups in found.items()}

    def gone(self, removed: Removed) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """For every label whether it is removed. Raises UserError for a unit that no group has."""
        dead = np.zeros(len(self.root_of), bool)
        for key, units in removed.items():
            group = self[key]
            chosen = np.asarray(sorted(units), np.int64)
            wrong = chosen[(chosen < 0) | (chosen >= group.size)]
            if wrong.size:
                raise UserError(
                    f"Channel group '{key}' has {group.size} removable channels; there is no number {wrong[0]}.",
                    f"Some stay: {group.reason}." if group.reason else "They are counted from 0.",
                )
            dead[group.roots[chosen]] = True
        return dead[self.root_of]

    def emptied(self, removed: Removed) -> tuple[tuple[tuple[str, int], ...], ...]:
        """The axes of values that would lose their last channel; each as the (group key, unit) pairs on it."""
        gone = self.gone(removed)
        return tuple(
            tuple(self._unit_of[root] for root in np.unique(lane).tolist() if root in self._unit_of)
            for lane in self._distinct_lanes
            if gone[lane].all()
        )

    @cached_property
    def _unit_of(self) -> dict[int, tuple[str, int]]:
        return {root: (g.key, k) for g in self.groups for k, root in enumerate(g.roots.tolist())}

    @cached_property
    def _distinct_lanes(self) -> tuple[Ints, ...]:
        lanes = (self.root_of[lane.labels] for lane in self.lanes.values())
        return tuple({lane.tobytes(): lane for lane in lanes}.values())


def find_groups(model: Model, facts: Facts | None = None) -> ChannelGroups:
    """The channel groups of a model; nothing is run and nothing is changed.

    Raises UserError where an input's size is unknown (see :func:`core.model.facts.infer`).
    """
    with resting_collector():
        return _collect(_labelled(model, facts or infer(model)))


def _labelled(model: Model, facts: Facts) -> Labelling:
    """The graph's labels after all rules and checks."""
    state = Labelling(facts, model.opset)
    constant = facts.constant_nodes
    for node in model.nodes():
        static = node.outputs and all(state.is_static(o) for o in node.outputs)
        if id(node) not in constant and not static:
            visit(state, node)
    for out in model.graph.graph.outputs:
        state.lock_value(out, "its channels are a graph output")
    lock_as_marked(state)
    check_shared_tensors(state)
    check_sizes_used_as_numbers(state)
    settle_balances(state)
    return state


def _collect(state: Labelling) -> ChannelGroups:
    root_of = state.classes.all_roots()
    reasons = _lock_reasons(state, root_of)
    owner = _owners(state.occurrences, root_of, reasons)
    classes: dict[int, list[int]] = defaultdict(list)
    for root, first in owner.items():
        classes[first].append(root)
    members = _members_by_owner(state.occurrences, root_of, owner)
    groups = tuple(
        _group(state.occurrences, first, np.asarray(roots, np.int64), reasons, root_of, members[first])
        for first, roots in classes.items()
    )
    kinds = Kinds(state)
    groups = tuple(dataclasses.replace(g, kind=kinds.kind_of(g.roots, g.members)) for g in groups)
    return ChannelGroups(
        groups=_named_apart(groups),
        notes=tuple(dict.fromkeys(state.notes)),
        facts=state.facts,
        lanes=state.lanes,
        occurrences=tuple(state.occurrences),
        derived=tuple(state.derived),
        root_of=root_of,
        opset=state.opset,
    )


def _lock_reasons(state: Labelling, root_of: Ints) -> dict[int, str]:
    """Class of labels -> why it must live: the user's lock, else an operator that mixes channels, else the first."""
    reasons: dict[int, str] = {}
    for labels, reason in sorted(state.locks, key=lambda lock: 2 - _weight(lock[1])):
        for root in np.unique(root_of[labels]).tolist():
            reasons.setdefault(root, reason)
    for name, lane in state.lanes.items():
        roots = root_of[lane.labels]
        if (roots == roots[0]).all():
            reasons.setdefault(int(roots[0]), f"its channels are all that '{name}' has")
    return reasons


def _weight(reason: str) -> int:
    return 2 if reason.startswith("locked by the user") else int(" mixes channels " in reason)


def _owners(occurrences: list[Occurrence], root_of: Ints, reasons: dict[int, str]) -> dict[int, int]:
    """Class of labels -> the occurrence (its number) where a layer first produces it.

    Channels that no stored weight produces (padding alone) are locked.
    """
    owner: dict[int, int] = {}
    for number, occurrence in enumerate(occurrences):
        if occurrence.role != "produces":
            continue
        for root in root_of[occurrence.labels].tolist():
            if root and root not in owner:
                owner[root] = number
    for root in np.unique(root_of).tolist():
        if root and root not in owner:
            reasons.setdefault(root, "no layer produces these channels")
    return owner


def _members_by_owner(occurrences: list[Occurrence], root_of: Ints, owner: dict[int, int]) -> dict[int, list[int]]:
    """Owning occurrence -> numbers of the occurrences that hold channels of the same group, in graph order."""
    owner_of = np.full(len(root_of), -1, np.int64)
    owner_of[list(owner)] = list(owner.values())
    found: dict[int, list[int]] = defaultdict(list)
    for number, occurrence in enumerate(occurrences):
        for first in np.unique(owner_of[root_of[occurrence.labels]]).tolist():
            if first >= 0:
                found[first].append(number)
    return found


def _group(
    occurrences: list[Occurrence],
    first: int,
    classes: Ints,
    reasons: Mapping[int, str],
    root_of: Ints,
    members: list[int],
) -> ChannelGroup:
    """One group: ``classes`` first produced by occurrence ``first``, in the order of its channels."""
    locked = np.asarray([root in reasons for root in classes.tolist()], bool)
    roots = classes[~locked]
    unit_of = np.full(len(root_of), -1, np.int64)
    unit_of[roots] = np.arange(len(roots))
    own = occurrences[first]
    own_roots = root_of[own.labels]
    held = tuple(
        Member(o.layer, o.tensor, o.axis, unit_of[root_of[o.labels]], o.role, o.rows)
        for o in (occurrences[number] for number in members)
    )
    return ChannelGroup(
        key=own.layer,
        size=len(roots),
        fixed=int(np.isin(own_roots, classes[locked]).sum()),
        width=int((own_roots == roots[0]).sum()) if len(roots) else 1,
        producers=tuple(dict.fromkeys(m.layer for m in held if m.role == "produces")),
        members=held,
        reason=next((reasons[r] for r in classes[locked].tolist()), ""),
        roots=roots,
    )


def _named_apart(groups: tuple[ChannelGroup, ...]) -> tuple[ChannelGroup, ...]:
    """Files may give two layers one name: later groups get a number."""
    seen: dict[str, int] = defaultdict(int)
    named = []
    for group in groups:
        seen[group.key] += 1
        again = seen[group.key] > 1
        named.append(dataclasses.replace(group, key=f"{group.key} #{seen[group.key]}") if again else group)
    return tuple(named)
