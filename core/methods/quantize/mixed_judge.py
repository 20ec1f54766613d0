"""How close a quantization comes to the float model, on items that neither calibrate nor judge."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.dataset import DataSet
from core.execute.runtimes import onnx_session
from core.measure.arithmetic import arithmetic
from core.methods.analyse.reference import Outputs, Reference, read
from core.methods.method import Context
from core.model.model import Model
from core.report import Measure

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Closeness:
    """``agreement`` is None for networks that are no classifiers, ``top1_change`` without labels.

    The change is quantized minus float, in points, paired.
    """

    sqnr: Measure
    agreement: Measure | None
    top1_change: Measure | None = None

    def measures(self) -> dict[str, Measure]:
        """For a Report."""
        every = {"sqnr": self.sqnr, "agreement": self.agreement, "top1_change": self.top1_change}
        return {name: m for name, m in every.items() if m is not None}


class Judge:
    """The float model's answers, computed once."""

    def __init__(self, model: Model, data: DataSet, ctx: Context) -> None:
        self._ctx = ctx
        self._items = read(data, model, _BATCH, ctx.job)
        self._reference = Reference(model, self._items, self._answers(model))

    def close(self, model: Model) -> Closeness:
        outputs = self._answers(model)
        found = self._reference.closeness(outputs, arithmetic(model))
        return Closeness(found.sqnr, found.agreement, self._reference.top1_change(outputs).get("top1_change"))

    def _answers(self, model: Model) -> list[Outputs]:
        session = onnx_session(model, self._ctx.threads)
        pairs = zip(self._items.feeds, self._items.counts, strict=True)
        found = []
        for feed, count in self._ctx.job.track(pairs, len(self._items.counts), "Comparing with float"):
            made = session.run(feed)
            found.append({name: made[name][:count] for name in model.output_names})
        return found
