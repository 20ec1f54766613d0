"""Whether ranges that were searched help on items that did not choose them.

A search fits the few items it looks at: what it cuts off may matter on others. So the network is quantized with ranges
as they were seen as well, and both run on calibration items that the search has not looked at. Searched ranges stay
where they keep the search's own rule there: the noise is no larger, nor are noise and divergence together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.jobs import Job
from core.methods.quantize.calibrate import Chunk
from core.methods.quantize.output_error import OutputError, cost, decibels
from core.model.facts import Array
from core.model.model import Model

CHECKED_ITEMS = 40  # at least, beside those that choose, where there are so many


@dataclass(frozen=True, slots=True)
class Checked:
    """SQNR of the whole quantized network in dB, on ``items`` that chose nothing: with ranges as they were ``seen``,
    and as they were ``searched``. ``taken``: whether the latter stay.
    """

    seen: float
    searched: float
    items: int
    taken: bool

    def said(self) -> str:
        """For the report."""
        items = "one other calibration item" if self.items == 1 else f"{self.items} other calibration items"
        both = f"{self.searched:.1f} dB with searched ranges and at {self.seen:.1f} without"
        if self.taken:
            return f"Checked: on {items} the quantized network is at {both}."
        why = "" if self.searched < self.seen else ", and its classes drift further"
        return f"Ranges were searched but left as they were: on {items} the quantized network was at {both}{why}."


class RangeCheck:
    """What a float ``model`` makes of the items in ``chunks``, for quantized ones to be held against."""

    def __init__(self, model: Model, chunks: Sequence[Chunk], threads: int, job: Job) -> None:
        self._chunks, self._threads, self._job = chunks, threads, job
        self._error = OutputError(chunks, list(self._outputs(model)))

    def of(self, seen: Model, searched: Model) -> Checked:
        """Compare two quantizations of the model."""
        whole, narrow = (self._error.of(self._outputs(model)) for model in (seen, searched))
        taken = narrow[0] <= whole[0] and cost(narrow, whole) <= cost(whole, whole)  # NaN is no help
        items = sum(chunk.count for chunk in self._chunks)
        return Checked(decibels(whole[0]), decibels(narrow[0]), items, taken)

    def _outputs(self, model: Model) -> Iterator[Mapping[str, Array]]:
        from core.execute.runtimes import onnx_session

        session = onnx_session(model, self._threads)
        for chunk in self._chunks:
            self._job.check()
            yield session.run(chunk.feed)
