"""A target in milliseconds: how many MACs have to go until a model is that much faster on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.execute.runtimes import onnx_session
from core.jobs import Job
from core.measure.latency import Latency, feed_for, latency
from core.measure.statistics import median_interval
from core.methods.method import Context
from core.methods.prune.budget import TOLERANCE
from core.model.model import Model

_TRIALS = 8
_SECONDS = 1.5  # that a comparison may take
_FEWEST, _MOST = 15, 200  # rounds of a comparison


@dataclass(frozen=True, slots=True)
class Timed:
    """Two models timed in turn in onnxruntime; shares are of the first one's time.

    Both ran in every round, one right after the other, so that what else the machine did then slowed both: the share is
    the median of the rounds' own quotients, which varies far less than the quotient of the medians.
    """

    before: Latency
    after: Latency

    @property
    def share(self) -> float:
        return float(np.median(self._quotients))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share, free of any distribution."""
        return median_interval(self._quotients) or (self.share, self.share)

    @property
    def _quotients(self) -> npt.NDArray[np.float64]:
        quotients: npt.NDArray[np.float64] = np.asarray(self.after.times) / np.asarray(self.before.times)
        return quotients

    def meets(self, share: float) -> bool:
        """Whether ``share`` is met within 2 %."""
        return abs(self.share - share) <= TOLERANCE * share

    def may_be(self, share: float) -> bool:
        """Whether the measurement cannot tell this from ``share``."""
        low, high = self.interval
        return low <= share <= high


def compare_times(model: Model, smaller: Model, ctx: Context, times: int = 1) -> Timed:
    """Both models on the same noise, in turn; ``times`` as many rounds where more certainty is wanted."""
    sessions = [onnx_session(m, ctx.threads) for m in (model, smaller)]
    timed = [(name, session, feed_for(session, model.inputs, seed=ctx.seed))
             for name, session in zip(("before", "after"), sessions, strict=True)]  # fmt: skip
    trial = latency(timed, rounds=3, warmup=2, job=Job())
    rounds = round(times * _SECONDS / max(sum(t.median.value for t in trial) / 1000, 1e-6))
    before, after = latency(timed, rounds=min(max(rounds, _FEWEST), times * _MOST), job=ctx.job)
    return Timed(before, after)


def macs_for_time(model: Model, share: float, cut_to: Callable[[float], Model], ctx: Context) -> float:
    """The share of the MACs to leave so that ``share`` of the time is left.

    ``cut_to(share of the MACs)`` gives a smaller model; its weights do not matter. Times between two trials are taken
    to lie on a line (regula falsi, begun as if no MACs took no time). The search ends where the target is met within
    2 %, or where four times as many rounds cannot tell the difference either, after 8 trials at most; the nearest
    trial is given.
    """
    low, high = (0.0, 0.0), (1.0, 1.0)  # (MACs, time) of a trial that is too fast and of one that is too slow
    best, off = 1.0, 1.0
    for number in range(_TRIALS):
        part = (share - low[1]) / max(high[1] - low[1], 1e-9)
        macs = low[0] + min(max(part, 0.1), 0.9) * (high[0] - low[0])
        with ctx.job.stage(number / _TRIALS, (number + 1) / _TRIALS):
            smaller = cut_to(macs)
            found = compare_times(model, smaller, ctx)
            if found.may_be(share) and not found.meets(share):
                found = compare_times(model, smaller, ctx, times=4)
        if abs(found.share - share) < off:
            best, off = macs, abs(found.share - share)
        if found.meets(share) or found.may_be(share) or high[0] - low[0] < TOLERANCE / 2:
            break
        low, high = ((macs, found.share), high) if found.share < share else (low, (macs, found.share))
    return best


def time_words(found: Timed, share: float) -> str:
    """What was measured beside what was asked for; a full sentence."""
    low, high = found.interval
    measured = (
        f"{100 * found.share:.1f} % of the time is left ({100 * low:.1f} to {100 * high:.1f} %), measured after the"
        f" last cut; {100 * share:.1f} % were asked for"
    )
    if found.meets(share):
        return f"{measured}."
    if found.may_be(share):
        return f"{measured}, which the measurement cannot tell apart."
    return f"{measured}: this was the nearest of the trials."
