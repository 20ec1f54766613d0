"""A quantized network with one layer at a time quantized, and with one layer at a time in float."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.methods.analyse.kept_rows import KeptRows
from core.methods.analyse.reference import Items, Outputs, Reference
from core.methods.method import Context

if TYPE_CHECKING:
    from core.measure.part_runs import PartRuns
    from core.measure.quantized_parts import QuantizedParts, Variant


@dataclass(frozen=True, slots=True)
class Close:
    """How close a variant's answers are to the float network's: SQNR in dB, agreement in % (None: no classifier)."""

    sqnr: float
    agreement: float | None


class OneLayer:
    """Measures variants of ``parts`` on ``items``, of the layers of these ``names`` (None: of all).

    Prefixes are computed once, and rows go on from a checkpoint.
    """

    def __init__(self, parts: QuantizedParts, items: Items, ctx: Context, names: Sequence[str] | None = None) -> None:
        self._parts, self._items, self._ctx = parts, items, ctx
        self._names = tuple(parts.parts if names is None else names)
        self._kept = KeptRows(ctx, 2 * len(self._names))
        from core.measure.part_runs import Wired

        self._wired = Wired(parts)
        self._float, self._whole = parts.with_only(()), parts.without(())
        with ctx.job.stage(0.0, 0.7):
            plain = self._runs(self._float).outputs(self._float, ctx.job, "Running the parent")
            self.reference = Reference(parts.parent, items, plain)
        with ctx.job.stage(0.7, 1.0):
            self.outputs = self._runs(self._whole).outputs(self._whole, ctx.job, "Running the quantized network")

    def alone(self) -> dict[str, Close]:
        """Every layer alone quantized, by name."""
        say = "Quantizing one layer at a time"
        return self._each("alone", self._float, lambda name: self._parts.with_only([name]), say)

    def floats(self) -> dict[str, Close]:
        """The quantized network with every layer alone in float, by name."""
        say = "Leaving one layer at a time in float"
        return self._each("float", self._whole, lambda name: self._parts.without([name]), say)

    def close(self, outputs: list[Outputs]) -> Close:
        found = self.reference.closeness(outputs)
        return Close(found.sqnr.value, None if found.agreement is None else found.agreement.value)

    def write(self) -> None:
        """Make what was measured so far safe."""
        self._kept.write()

    def _each(self, kind: str, base: Variant, make: Callable[[str], Variant], say: str) -> dict[str, Close]:
        names = self._names
        runs = self._runs(base)
        found = {}
        for k, name in enumerate(names):
            row = self._kept.rows.get(f"{kind} {name}")
            if row is None:
                with self._ctx.job.stage(k / len(names), (k + 1) / len(names)):
                    variant = make(name)
                    same = variant.gone == base.gone and kind == "float"  # neighbours keep all that it could lose
                    outputs = self.outputs if same else runs.outputs(variant, self._ctx.job, say)
                    close = self.close(outputs)
                row = [close.sqnr, close.agreement]
                self._kept.add(f"{kind} {name}", row)
            found[name] = Close(*row)
        return found

    def _runs(self, base: Variant) -> PartRuns:
        from core.measure.part_runs import PartRuns

        feeds, counts = self._items.feeds, self._items.counts
        return PartRuns(base, feeds, counts, threads=self._ctx.threads, wired=self._wired)
