"""Tap by tap: how far a quantized network is from its float parent at every value that it stores in few bits.

Both run on the same items. The quantized one is tapped where it stores integers, so that its fused layers stay fused.
What one pair of nodes does by itself (rounding, clipping) is told from the float network's values, with nothing before
it quantized.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import Array
from core.data.feed import real_rows
from core.execute.runtimes import onnx_session
from core.jobs import Job
from core.measure.quantized_parts import Pair, QuantizedParts

Array64 = npt.NDArray[np.float64]
_SAMPLE = 4096  # values of one tap that are kept from each batch
_MAPS = 4  # axes from which on the second one counts channels; below it is the last


@dataclass(frozen=True, slots=True)
class Steps:
    """How one activation is stored: float ``scale``, ``zero`` point, integers from ``lowest`` to ``highest``."""

    scale: float
    zero: int
    lowest: int
    highest: int

    @property
    def low(self) -> float:
        return (self.lowest - self.zero) * self.scale

    @property
    def high(self) -> float:
        return (self.highest - self.zero) * self.scale

    def rounded(self, x: Array) -> Array64:
        """What is read back of float values."""
        steps = np.clip(
            np.rint(np.asarray(x, np.float64) / self.scale), self.lowest - self.zero, self.highest - self.zero
        )
        return np.asarray(steps * self.scale, np.float64)


@dataclass(frozen=True)
class Tap:
    """One stored value against the parent's. Energies are sums of squares over all items.

    ``signal``: of the float value; ``error``: of the difference between the two networks there; ``shift``: the part of
    the error that is a constant per channel. By the pair alone: ``clipped`` (share of values outside the range) and
    ``clip_error`` (their energy), both over all values; ``sample``: some float values, to try other ranges on.
    ``channel_low``, ``channel_high``: the float value's range by channel.
    """

    value: str
    layer: str
    steps: Steps
    signal: float
    error: float
    shift: float
    clipped: float
    clip_error: float
    sample: Array
    channel_low: Array64
    channel_high: Array64

    @property
    def sqnr(self) -> float:
        """Of the network up to here, in dB."""
        return decibels(self.signal, self.error)

    @property
    def seen(self) -> tuple[float, float]:
        """The range of the float value on these items."""
        return float(self.channel_low.min()), float(self.channel_high.max())


def decibels(signal: float, error: float) -> float:
    """10 log10(signal / error), kept within +-144.5 dB, which is what float32 can tell apart."""
    if error <= 0:
        return 144.5
    return float(np.clip(10 * math.log10(max(signal, 1e-300) / error), -144.5, 144.5))


def taps(
    parts: QuantizedParts,
    feeds: Sequence[Mapping[str, Array]],
    counts: Sequence[int],
    *,
    threads: int = 1,
    exact: bool = False,
    job: Job | None = None,
) -> tuple[Tap, ...]:
    """Every pair that rounds anew and whose value the parent has under a name that follows by rule, in graph order.

    ``feeds`` are batches of all inputs, of which only the first ``counts`` rows are real items.
    """
    chosen = [(pair, steps, name) for pair, steps, name in tapped(parts) if pair.owner]
    sums = [_Sums(steps) for _, steps, _ in chosen]
    fed = {s.name for s in parts.parent.inputs}
    stored = [parts.nodes[pair.quantize].outputs[0].name or "" for pair, _, _ in chosen]
    float_session = onnx_session(parts.parent, threads, taps=sorted({n for _, _, n in chosen} - fed))
    session = onnx_session(parts.model, threads, taps=stored, exact=exact)
    for k, feed in enumerate((job or Job()).track(feeds, len(feeds), "Comparing tap by tap")):
        wanted = {**feed, **float_session.run(feed)}
        found = session.run(feed)
        for total, integers, (_, _, name) in zip(sums, stored, chosen, strict=True):
            total.add(*(real_rows(x, feed, counts[k]) for x in (wanted[name], found[integers])))
    made = zip(chosen, sums, strict=True)
    return tuple(total.tap(pair.value, pair.owner) for (pair, _, _), total in made if total.fits)


def tapped(parts: QuantizedParts) -> Iterator[tuple[Pair, Steps, str]]:
    """Pairs with one constant scale, how they store, and the parent's value that they stand for."""
    values = {o.name for n in parts.parent.nodes() for o in n.outputs} | {s.name for s in parts.parent.inputs}
    for pair in parts.pairs:
        steps = steps_of(parts.nodes[pair.quantize])
        names = (pair.value, pair.value.removesuffix("_unquantized"), *(_made(parts, k) for k in pair.dequantize))
        name = next((n for n in names if n in values), "")
        if steps is not None and name:
            yield pair, steps, name


def _made(parts: QuantizedParts, place: int) -> str:
    return parts.nodes[place].outputs[0].name or ""


def steps_of(quantize: ir.Node) -> Steps | None:
    """How a Quantize- or DequantizeLinear stores, where it has one constant scale for all."""
    scale, zero = (
        ir.convenience.get_const_tensor(v)
        if len(quantize.inputs) > k and (v := quantize.inputs[k]) is not None
        else None
        for k in (1, 2)
    )
    if scale is None or scale.numpy().size != 1:
        return None
    kind = ir.DataType.UINT8 if zero is None else zero.dtype
    if kind.is_floating_point():
        return None
    bits, signed = kind.bitwidth, kind.is_signed()
    lowest = -(2 ** (bits - 1)) if signed else 0
    point = 0 if zero is None else int(zero.numpy().reshape(-1)[0])
    return Steps(float(scale.numpy().reshape(-1)[0]), point, lowest, lowest + 2**bits - 1)


@dataclass
class _Sums:
    """Running sums of one tap; ``fits`` as long as both networks give arrays of one shape."""

    steps: Steps
    fits: bool = True
    signal: float = 0.0
    error: float = 0.0
    clip_error: float = 0.0
    outside: int = 0
    count: int = 0
    shift: Array64 = field(default_factory=lambda: np.zeros(1))
    low: Array64 = field(default_factory=lambda: np.full(1, np.inf))
    high: Array64 = field(default_factory=lambda: np.full(1, -np.inf))
    sample: list[Array] = field(default_factory=list)

    def add(self, wanted: Array, integers: Array) -> None:
        self.fits = self.fits and wanted.shape == integers.shape
        if not self.fits or not wanted.size:
            return
        found = (integers.astype(np.float32) - self.steps.zero) * np.float32(self.steps.scale)
        difference = by_channel(found - wanted)
        rows = by_channel(wanted)
        self.signal += float(np.vdot(wanted, wanted))
        self.error += float(np.vdot(difference, difference))
        self.shift = self.shift + difference.sum(axis=1, dtype=np.float64)
        self.low, self.high = np.minimum(self.low, rows.min(axis=1)), np.maximum(self.high, rows.max(axis=1))
        self.count += wanted.size
        if rows.max() > self.steps.high or rows.min() < self.steps.low:
            excess = np.maximum(wanted - self.steps.high, 0) + np.maximum(self.steps.low - wanted, 0)
            self.outside += int((excess > self.steps.scale / 2).sum())
            self.clip_error += float(np.vdot(excess, excess))
        self.sample.append(wanted.reshape(-1)[:: max(wanted.size // _SAMPLE, 1)].copy())

    def tap(self, value: str, layer: str) -> Tap:
        each = self.count / max(len(self.shift), 1)
        shift = float((self.shift**2).sum() / each) if each else 0.0
        return Tap(
            value,
            layer,
            self.steps,
            self.signal,
            self.error,
            min(shift, self.error),
            self.outside / max(self.count, 1),
            self.clip_error,
            np.concatenate(self.sample) if self.sample else np.zeros(0, np.float32),
            self.low,
            self.high,
        )


def by_channel(x: Array) -> Array:
    """(channels, values): maps have their channels on axis 1, anything else on its last axis."""
    axis = 1 if x.ndim >= _MAPS else x.ndim - 1
    return np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1) if x.ndim > 1 else x.reshape(1, -1)


def host_errors(
    parts: QuantizedParts, feeds: Sequence[Mapping[str, Array]], counts: Sequence[int], *, threads: int = 1
) -> dict[str, float]:
    """By layer: energy of what this processor's 8-bit sums change in its stored value, against exact sums.

    Zero everywhere on a processor with a dot-product instruction.
    """
    chosen = [(pair, steps) for pair, steps, _ in tapped(parts) if pair.owner]
    names = [parts.nodes[pair.quantize].outputs[0].name or "" for pair, _ in chosen]
    fast = onnx_session(parts.model, threads, taps=names)
    exact = onnx_session(parts.model, threads, taps=names, exact=True)
    found: dict[str, float] = {}
    for k, feed in enumerate(feeds):
        one, other = fast.run(feed), exact.run(feed)
        for (pair, steps), name in zip(chosen, names, strict=True):
            sums = [real_rows(x[name], feed, counts[k]).astype(np.float64) for x in (one, other)]
            change = (sums[0] - sums[1]) * steps.scale
            found[pair.owner] = found.get(pair.owner, 0.0) + float(np.vdot(change, change))
    return found
