"""What was seen of a network's activations, for whoever quantizes it several times with other layers left in float.

The float network is the same each time, so a value's range and what its rounding costs at the output are as they were;
a layer that stays in float only makes some of them superfluous. Values that were not seen before (a transformer's layer
in float is no Gemm any more) are looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from core.methods.quantize.calibrate import Array64, Observed
from core.methods.quantize.range_check import Checked
from core.methods.quantize.range_search import Costs


@dataclass(frozen=True)
class Needs:
    """What one quantization has to know: ``ranges`` and ``means`` of these values.

    ``kept``: how many items walk through the network again; ``means_count``: their means must be of these very items.
    """

    ranges: Collection[str]
    means: Collection[str]
    kept: int
    means_count: bool

    def met_by(self, seen: Observed) -> bool:
        """Whether all of it was seen."""
        kept = sum(chunk.count for chunk in seen.kept)
        wanted = min(self.kept, seen.items)
        enough = kept == wanted if self.means_count else kept >= wanted
        return enough and seen.ranges.keys() >= set(self.ranges) and (not kept or seen.means.keys() >= set(self.means))

    def of(self, seen: Observed) -> Observed:
        """This part of it."""
        ranges = {v: seen.ranges[v] for v in self.ranges}
        means = {v: seen.means[v] for v in self.means if v in seen.means}
        return replace(seen, ranges=ranges, means=means, extremes={v: seen.extremes[v] for v in self.ranges})


@dataclass
class RangeMemory:
    """For calls of quantize_static with the same model, data and context, overrides of ``precision`` aside.

    ``items``: so many are kept from the first call on, as later ones will want them. ``seen``, ``costs`` and whether
    searched ranges stay (``checked``) go by settings, ``means`` by the numbers that were cut off as well. ``trusted``:
    searched ranges stay unchecked, for whoever judges the network on other items anyway.
    """

    items: int = 0
    trusted: bool = False
    seen: dict[str, Observed] = field(default_factory=dict)
    costs: dict[str, Costs] = field(default_factory=dict)
    checked: dict[str, Checked] = field(default_factory=dict)
    means: dict[str, Mapping[str, Array64]] = field(default_factory=dict)

    def observed(self, key: str, needs: Needs, observe: Callable[[], Observed]) -> Observed:
        """What was seen with these settings; it is observed where something is missing."""
        known = self.seen.get(key)
        if known is None or not needs.met_by(known):
            known = self.seen[key] = observe()
            self.costs[key] = Costs()
            self.checked.pop(key, None)
            self.means.clear()  # they are of the items kept before
        return needs.of(known)

    def averaged(
        self, key: str, values: Collection[str], average: Callable[[], Mapping[str, Array64]]
    ) -> Mapping[str, Array64]:
        """Means of these values at least."""
        if key not in self.means or not self.means[key].keys() >= set(values):
            self.means[key] = average()
        return self.means[key]
