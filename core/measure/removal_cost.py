"""Parameters, MACs and weight bytes after a removal of channels, without cutting: what core.measure.cost would count.

Every count is a sum of products of axis sizes, so it is written down once as such (the rules of core.measure.macs are
run with symbols in place of the sizes that can change) and then evaluated for any removal in well under a millisecond.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import onnx_ir as ir

from core.measure.cost import Cost, cost
from core.measure.macs import node_macs
from core.measure.weights import CARRIERS, QUANTIZERS, Constant, constant, is_weight
from core.model.channel_groups import ChannelGroups
from core.model.channel_labels import Ints
from core.model.channel_mend import mended_bytes
from core.model.channel_sizes import ChannelSizes, Flags
from core.model.facts import Facts
from core.model.model import Model


@dataclass(frozen=True, slots=True)
class Removal:
    """Figures after a removal. ``macs`` is None where a layer's MACs are unknown."""

    params: int
    macs: int | None
    weight_bytes: int


class RemovalCost:
    """Counts for one model and its groups, ready for any number of removals.

    ``before`` is the count of the uncut model, ``sizes`` its axes.
    """

    def __init__(self, model: Model, groups: ChannelGroups, before: Cost | None = None) -> None:
        self._model = model
        self.sizes = ChannelSizes(groups)
        self.before = before or cost(model, groups.facts)
        full = self.sizes.full
        stored = _stored(model, self.sizes)
        self._params = _Sum((s.size for s in stored if s.counted), full)
        self._bytes = _Sum((s.bytes for s in stored if s.bytes is not None), full)
        self._single = tuple(s for s in stored if s.only_above_one)
        macs, self._others = _macs(model, self.sizes)
        self._macs = _Sum(macs, full)

    def of(self, alive: Flags) -> Removal:
        """``alive``: which units survive, (units,), as :meth:`ChannelSizes.flags` gives it.

        Bytes are those of the weights; :meth:`exactly` knows the shape constants too.
        """
        counts = self.sizes.counts(alive)
        params = self.before.params + self._params.change(counts)
        stored = self.before.weight_bytes + self._bytes.change(counts)
        for tensor in self._single:
            if tensor.size.value(counts) == 1:
                params, stored = params - 1, stored - tensor.bytes_if_one
        macs = None
        if self.before.macs is not None:
            macs = self.before.macs + self._macs.change(counts) + sum(o.change(counts) for o in self._others)
        return Removal(params, macs, stored)

    def exactly(self, alive: Flags) -> Removal:
        """As :meth:`of`, with the shape constants that a cut writes anew (some bytes a layer); some 10 times slower."""
        gone = self.sizes.groups.gone(self.sizes.removed(alive))
        found = self.of(alive)
        return dataclasses.replace(
            found, weight_bytes=found.weight_bytes + mended_bytes(self._model, self.sizes.groups, gone)
        )


class _Size:
    """A sum of products of axis sizes: rows of ChannelSizes -> their factor. Adds and multiplies like a number."""

    def __init__(self, terms: Mapping[tuple[int, ...], int]) -> None:
        self.terms = terms

    def __add__(self, other: _Size | int) -> _Size:
        total = dict(self.terms)
        for rows, factor in _terms(other):
            total[rows] = total.get(rows, 0) + factor
        return _Size(total)

    def __mul__(self, other: _Size | int) -> _Size:
        total: dict[tuple[int, ...], int] = {}
        for rows, factor in self.terms.items():
            for more, times in _terms(other):
                key = tuple(sorted(rows + more))
                total[key] = total.get(key, 0) + factor * times
        return _Size(total)

    __radd__, __rmul__ = __add__, __mul__

    def value(self, counts: Ints) -> int:
        return sum(factor * math.prod(int(counts[r]) for r in rows) for rows, factor in self.terms.items())


def _terms(number: _Size | int) -> Iterable[tuple[tuple[int, ...], int]]:
    return number.terms.items() if isinstance(number, _Size) else (((), number),)


class _Sum:
    """Sizes added up, evaluated at once."""

    def __init__(self, sizes: Iterable[_Size], full: Ints) -> None:
        total: dict[tuple[int, ...], int] = defaultdict(int)
        for size in sizes:
            for rows, factor in size.terms.items():
                total[rows] += factor
        longest = max(map(len, total), default=0)
        self._rows = np.asarray([[*rows, *[0] * (longest - len(rows))] for rows in total], np.int64)
        self._factors = np.asarray(list(total.values()), np.int64)
        self._full = self._value(full)

    def change(self, counts: Ints) -> int:
        """How much more (less, below 0) than before the removal."""
        return self._value(counts) - self._full

    def _value(self, counts: Ints) -> int:
        return int(counts[self._rows].prod(1) @ self._factors) if len(self._factors) else 0


@dataclass(frozen=True, slots=True)
class _Stored:
    """A tensor that can get smaller. ``bytes`` is None where it is not stored or its bytes are not counted.

    ``counted``: as parameters. ``only_above_one``: a single element of it would be arithmetic and no parameter (and
    inside a Constant node no stored byte either: ``bytes_if_one``).
    """

    size: _Size
    bytes: _Size | None
    counted: bool
    only_above_one: bool = False
    bytes_if_one: int = 0


def _stored(model: Model, sizes: ChannelSizes) -> tuple[_Stored, ...]:
    """Every tensor with a removable channel, as core.measure.cost counts it: at its first reader."""
    facts = sizes.groups.facts
    initializers = model.graph.graph.initializers
    found: dict[str, _Stored] = {}
    for node in model.nodes():
        if node.op_type in CARRIERS | QUANTIZERS | {"Constant"} or id(node) in facts.constant_nodes:
            continue
        for position, value in enumerate(node.inputs):
            held = constant(value, facts)
            if held is None or held.name in found or not is_weight(node, position, held):
                continue
            size = _tensor(held.name, sizes)
            if size is not None:
                one = not is_weight(node, position, dataclasses.replace(held, size=1))
                width = _width(held)
                inline = held.name not in initializers
                stored = size * width if width else None
                found[held.name] = _Stored(size, stored, True, one, width if one and inline else 0)
    for name, tensor in initializers.items():
        size = _tensor(name, sizes)
        if name not in found and size is not None and tensor.const_value is not None:
            found[name] = _Stored(size, size * (tensor.const_value.nbytes // tensor.const_value.size), False)
    return tuple(found.values())


def _width(held: Constant) -> int:
    """Bytes of one element of the stored tensor, 0 where there is none."""
    tensor = held.tensors[0][1] if held.tensors else None
    return int(tensor.nbytes // tensor.size) if tensor is not None else 0


def _tensor(name: str, sizes: ChannelSizes) -> _Size | None:
    """The elements of a tensor; None where no removal changes them."""
    return math.prod(_shape(name, sizes), start=_Size({(): 1})) if name in sizes.axes else None


def _shape(name: str, sizes: ChannelSizes) -> tuple[Any, ...]:
    """The shape of a value with symbols for what can change."""
    axes = sizes.axes.get(name, {})
    shape = sizes.groups.facts.shapes[name]
    return tuple(_Size({(axes[k],): 1}) if k in axes else d for k, d in enumerate(shape))


class _Shapes:
    """What the rules of core.measure.macs ask facts for: shapes, with symbols or with the counts of a removal."""

    def __init__(self, sizes: ChannelSizes, counts: Ints | None = None) -> None:
        self._sizes, self._counts = sizes, counts

    def shape(self, value: ir.Value | None) -> tuple[Any, ...] | None:
        name = value.name or "" if value is not None else ""
        if name not in self._sizes.groups.facts.shapes:
            return None
        shape = _shape(name, self._sizes)
        if self._counts is None:
            return shape
        return tuple(d.value(self._counts) if isinstance(d, _Size) else d for d in shape)


class _Other:
    """A layer whose MACs are no sum of products of sizes: its rule is run again for each removal."""

    def __init__(self, node: ir.Node, sizes: ChannelSizes) -> None:
        self._node, self._sizes = node, sizes
        self._full = self._macs(sizes.full)

    def change(self, counts: Ints) -> int:
        return self._macs(counts) - self._full

    def _macs(self, counts: Ints) -> int:
        return node_macs(self._node, cast(Facts, _Shapes(self._sizes, counts)))[0] or 0


def _macs(model: Model, sizes: ChannelSizes) -> tuple[list[_Size], list[_Other]]:
    """MACs of every layer that a removal changes."""
    found: list[_Size] = []
    others: list[_Other] = []
    symbols = cast(Facts, _Shapes(sizes))
    for node in model.nodes():
        values = (*node.inputs, *node.outputs)
        if not any(v is not None and v.name in sizes.axes for v in values):
            continue
        try:
            macs: Any = node_macs(node, symbols)[0]
        except TypeError:  # a rule that divides or compares sizes
            others.append(_Other(node, sizes))
            continue
        if isinstance(macs, _Size):
            found.append(macs)
    return found, others
