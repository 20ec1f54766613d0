"""The search behind "Rescue": ways to quantize better, tried in order of cost, each kept only if it helps.

What helps is told on items that calibrate nothing, by the outputs' distance to the float network's (SQNR): it must rise
in total and, significantly, item by item. A way that makes significantly fewer answers agree or be right is refused all
the same. Top-1 alone would choose by chance: of 200 items, one point is two.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import params as parameters
from core.data import tasks
from core.data.dataset import Array, DataSet
from core.data.splits import take
from core.errors import UserError
from core.measure.statistics import Paired, paired
from core.methods.analyse.loss_evidence import parts_of
from core.methods.analyse.one_layer import OneLayer
from core.methods.analyse.reference import Flags, Items, Outputs, Reference, read
from core.methods.method import Context
from core.methods.quantize import equalize, static
from core.methods.quantize.range_memory import RangeMemory
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq_operators import WEIGHTED

if TYPE_CHECKING:
    from core.measure.quantized_parts import QuantizedParts

GAIN_DB = 0.1  # less is no help
FLOAT_DB = 1.0  # what layers in float must bring, for they cost size and time
_SURE = 1.96  # standard errors
_WORSE_DB = 0.5  # what significantly better answers may cost
_RANKED = 24  # items that rank layers by what they would gain in float
_KEPT_BYTES = 256 << 20
BATCH = 16


@dataclass(frozen=True)
class Choice:
    """How to quantize: parameters of quantize.static, and layers that stay float."""

    params: static.Params
    floats: tuple[str, ...] = ()

    def with_(self, **changes: Any) -> Choice:
        return dataclasses.replace(self, params=dataclasses.replace(self.params, **changes))


@dataclass(frozen=True)
class Verdict:
    """A quantized network beside the float one on the items that check. ``sqnr`` in dB; ``noise``: the energy of the
    difference for every item; ``agrees``: which answers are the float network's, ``right``: which are right (None: no
    classes, no labels); ``change`` of top-1, paired.
    """

    sqnr: float
    noise: npt.NDArray[np.float64]
    agrees: Flags | None
    right: Flags | None
    change: Paired | None


@dataclass(frozen=True)
class Trial:
    """One way tried, with its ``setting``; ``why`` it was kept or not; ``seconds`` it took, comparing included."""

    step: str
    setting: str
    choice: Choice
    verdict: Verdict
    kept: bool
    why: str
    seconds: float


@dataclass(frozen=True)
class Way:
    """A step of the search: ``options`` are changes of quantize.static's parameters, of which the first that helps is
    taken. ``asked``: it is tried only if it was asked for, because it takes long.
    """

    title: str
    options: tuple[dict[str, Any], ...]
    asked: bool = False


EQUALIZED = "channels equalized"
BIASES = Way("biases corrected", ({"bias_correction": True},))
WAYS = (
    BIASES,
    Way(EQUALIZED, ({"equalize": True},)),
    Way("ranges", ({"calibrator": "mse", "search_ranges": True}, {"search_ranges": True}, {"calibrator": "mse"})),
    Way("weights rounded", ({"rounding": "gptq", "rounding_items": 32},)),
    Way("weights rounded", ({"rounding": "adaround", "rounding_items": 32},), asked=True),
)
PLAIN, FLOATS = "plain", "layers in float"


class Remembered:
    """A data set whose items are read once, as far as memory allows."""

    def __init__(self, data: DataSet) -> None:
        self._data, self._held, self._bytes = data, dict[int, dict[str, Array]](), 0
        self.name, self.location, self.classes, self.items = data.name, data.location, data.classes, data.items

    def load(self, index: int) -> dict[str, Array]:
        found = self._held.get(index)
        if found is None:
            found = self._data.load(index)
            self._bytes += sum(np.asarray(a).nbytes for a in found.values())
            if self._bytes <= _KEPT_BYTES:
                self._held[index] = found
        return found


class Beside:
    """The float network's answers to some items, computed once, and how near others come to them."""

    def __init__(self, model: Model, data: DataSet, ctx: Context) -> None:
        self._ctx = ctx
        with ctx.job.stage(0.0, 0.3):
            self.items = read(data, model, BATCH, ctx.job)
        with ctx.job.stage(0.3, 1.0):
            self.reference = Reference(model, self.items, outputs(model, self.items, ctx, "Running the float network"))

    def verdict(self, model: Model) -> Verdict:
        """Run a quantized form and compare."""
        found = outputs(model, self.items, self._ctx, "Comparing with the float network")
        near = self.reference.closeness(found)
        change = self.reference.change(found)
        right = None if change is None else self.reference.right(found)
        noise = _noise(self.reference.outputs, found)
        return Verdict(near.sqnr.value, noise, _agreeing(self.reference.outputs, found), right, change)


def outputs(model: Model, items: Items, ctx: Context, say: str) -> list[Outputs]:
    """Answers of optimized onnxruntime to real items, batch by batch."""
    from core.execute.runtimes import onnx_session

    session = onnx_session(model, ctx.threads)
    batches = zip(items.feeds, items.counts, strict=True)
    tracked = ctx.job.track(batches, len(items.counts), say)
    return [{name: y[:count] for name, y in session.run(feed).items()} for feed, count in tracked]


def _noise(first: Sequence[Outputs], second: Sequence[Outputs]) -> npt.NDArray[np.float64]:
    """Squared differences of all outputs, summed for every item; [N]."""
    batches = []
    for a, b in zip(first, second, strict=True):
        parts = [np.square(np.asarray(x, np.float64) - y) for x, y in zip(a.values(), b.values(), strict=True)]
        batches.append(sum(p.reshape(len(p), -1).sum(axis=1) for p in parts))
    return np.concatenate(batches)


def _agreeing(first: Sequence[Outputs], second: Sequence[Outputs]) -> Flags | None:
    try:
        answers = [np.concatenate([tasks.class_scores(o).argmax(axis=1) for o in side]) for side in (first, second)]
    except UserError:  # no classifier
        return None
    flags: Flags = np.equal(*answers)
    return flags


def better(new: Verdict, old: Verdict, least: float = GAIN_DB) -> tuple[bool, str]:
    """(whether a way is to be kept, why in a few words). ``least``: dB that it must bring."""
    gain = new.sqnr - old.sqnr
    words = f"{0.0 if abs(gain) < 0.05 else gain:+.1f} dB"
    for a, b, what in ((old.agrees, new.agrees, "agree"), (old.right, new.right, "are right")):
        if a is not None and b is not None and _high(paired(a, b)) < 0:
            return False, f"significantly fewer answers {what}"
    if gain >= least:
        sure = _rises(new.noise, old.noise)
        return sure, words if sure else f"{words}, within chance"
    if new.agrees is not None and old.agrees is not None and gain > -_WORSE_DB:
        interval = paired(old.agrees, new.agrees).difference.interval
        if interval is not None and interval[0] > 0:
            return True, "significantly more answers agree"
    return False, f"{words}, less than the {least:g} that it must bring" if gain > 0 else words


def _rises(new: npt.NDArray[np.float64], old: npt.NDArray[np.float64]) -> bool:
    """Whether the noise of an item is smaller on average (of logarithms), significantly so."""
    known = (new > 0) & (old > 0)
    ratios = np.log(old[known] / new[known])
    if len(ratios) < 2:
        return bool(new.sum() < old.sum())
    return bool(ratios.mean() > _SURE * ratios.std(ddof=1) / math.sqrt(len(ratios)))


def _high(compared: Paired) -> float:
    interval = compared.difference.interval
    assert interval is not None, "paired figures have one"
    return interval[1]


class Search:
    """Tries ways on ``fit`` (what calibrates) and ``beside`` (what checks); ``trials`` holds what was tried, in order.

    ``met`` tells whether the target is reached, which ends the search.
    """

    def __init__(
        self, model: Model, fit: DataSet, beside: Beside | None, met: Callable[[Verdict], bool], ctx: Context
    ) -> None:
        self._model, self._fit, self._beside, self._met, self._ctx = model, fit, beside, met, ctx
        self._equalized: Model | None = None
        self._seen: dict[bool, RangeMemory] = {}
        self.trials: list[Trial] = []
        self.best: Trial | None = None
        self.model: Model | None = None
        self.plain: Model | None = None

    @property
    def checked(self) -> int:
        """How many items check."""
        return 0 if self._beside is None else self._beside.items.count

    def run(self, base: static.Params, most_float: int, everything: bool = False) -> None:
        """All ways in order, until the target is met; ``everything``: those too that take long."""
        ways = [way for way in WAYS if everything or not way.asked]
        shares = len(ways) + 2
        with self._ctx.job.stage(0, 1 / shares):
            self._try(PLAIN, [Choice(base)])
        for k, way in enumerate(ways, 1):
            if self.done:
                return
            with self._ctx.job.stage(k / shares, (k + 1) / shares):
                self._try(way.title, [self._best.choice.with_(**option) for option in way.options], first=True)
                if way.title == EQUALIZED and self._best.step == EQUALIZED and not self.done:
                    self._try_again()
        if not self.done and most_float:
            with self._ctx.job.stage(1 - 1 / shares, 1):
                self._try(FLOATS, self._mixed(most_float))

    def _try_again(self) -> None:
        """Biases may be worth correcting now that channels are equalized."""
        if not self._best.choice.params.bias_correction:
            self._try(BIASES.title, [self._best.choice.with_(**option) for option in BIASES.options])

    @property
    def done(self) -> bool:
        """Whether the target is met."""
        return self.best is not None and self._met(self.best.verdict)

    @property
    def _best(self) -> Trial:
        assert self.best is not None, "the plain way is always kept"
        return self.best

    def _try(self, step: str, choices: Sequence[Choice] | Iterator[Choice], first: bool = False) -> None:
        """Each of some choices that stand for one step, until the target is met; ``first``: until one helps."""
        assert self._beside is not None, "a search has items that check"
        start = self.best
        for choice in choices:
            begun = time.perf_counter()
            model = self.quantized(choice)
            verdict = self._beside.verdict(model)
            least = FLOAT_DB if choice.floats else GAIN_DB
            kept, why = (True, "") if self.best is None else better(verdict, self.best.verdict, least)
            setting = _setting(choice, None if start is None else start.choice)
            trial = Trial(step, setting, choice, verdict, kept, why, time.perf_counter() - begun)
            if kept and self.best is not start and self.best is not None:  # an option before this one was kept
                at = self.trials.index(self.best)
                self.trials[at] = dataclasses.replace(self.best, kept=False, why="another option is better")
            self.trials.append(trial)
            if kept:
                self.best, self.model = trial, model
                self.plain = self.plain or model
            if self.done or (first and kept):
                return

    def quantized(self, choice: Choice) -> Model:
        return self._quantized(choice, self._fit)

    def final(self, choice: Choice, data: DataSet) -> Model:
        """The same choice calibrated on other items."""
        self._equalized = None
        self._seen.clear()
        return self._quantized(choice, data)

    def _quantized(self, choice: Choice, data: DataSet) -> Model:
        model, params, ctx = self._model, choice.params, with_floats(choice.floats, self._ctx)
        if params.equalize:
            if self._equalized is None:
                settings = equalize.for_quantization(params.calibration_items)
                self._equalized = equalize.equalize(model, data, settings, ctx).model
            model, params = self._equalized, dataclasses.replace(params, equalize=False)
        return static.quantize_static(model, data, params, ctx, remembered=self._memory(choice)).model

    def _memory(self, choice: Choice) -> RangeMemory:
        """What was seen of the network that a choice quantizes; of one network at a time, for it holds the items."""
        key = choice.params.equalize
        if key not in self._seen:
            self._seen = {key: RangeMemory(choice.params.correction_items, trusted=True)}
        return self._seen[key]

    def forget(self) -> None:
        """Let go of what was seen."""
        self._seen.clear()

    def _mixed(self, most: int) -> Iterator[Choice]:
        """Layers in float, by what each alone would gain: half as many as allowed, then all.

        The network that is there is tried with them in float first; only where that helps it is quantized anew.
        """
        assert self._beside is not None, "a search has items that check"
        choice = self._best.choice
        with self._ctx.job.stage(0.0, 0.5):
            parts = self._parts(choice)
            gains = self._gains(parts)
        ranked = sorted((name for name, gain in gains.items() if gain > 0), key=lambda name: -gains[name])
        ranked = ranked[: max(len(gains) - 1, 0)]  # a network without an integer layer is not a quantized one
        with self._ctx.job.stage(0.5, 1.0):
            for count in dict.fromkeys(min(k, len(ranked)) for k in (math.ceil(most / 2), most)):
                begun = time.perf_counter()
                layers = ranked[:count]
                mixed = dataclasses.replace(choice, floats=tuple(layers))
                verdict = self._beside.verdict(parts.without(layers).model())
                helps, why = better(verdict, self._best.verdict, FLOAT_DB)
                if helps:
                    yield mixed
                elif layers:
                    taken = time.perf_counter() - begun
                    self.trials.append(Trial(FLOATS, _setting(mixed, choice), mixed, verdict, False, why, taken))

    def _parts(self, choice: Choice) -> QuantizedParts:
        """The best network so far, taken apart beside the float one it was made from."""
        assert self.model is not None, "the plain way is always kept"
        parent = self._equalized if choice.params.equalize and self._equalized is not None else self._model
        return parts_of(self.model, parent)

    def _gains(self, parts: QuantizedParts) -> dict[str, float]:
        """Layer -> dB that it would bring in float, on some of the items that calibrate."""
        items = read(take(self._fit, _RANKED, self._ctx.seed), parts.parent, 8, self._ctx.job)
        one = OneLayer(parts, items, dataclasses.replace(self._ctx, checkpoint=None))
        whole = one.close(one.outputs).sqnr
        layers = {n.name for n in self._model.nodes() if n.op_type in WEIGHTED}
        return {name: close.sqnr - whole for name, close in one.floats().items() if name in layers}


def _setting(choice: Choice, before: Choice | None) -> str:
    """What a choice has that the one before had not, as parameters."""
    if before is None:
        return ""
    if choice.floats != before.floats:
        return ", ".join(choice.floats)
    old, new = parameters.to_json(before.params), parameters.to_json(choice.params)
    return ", ".join(f"{name} {str(new[name]).lower()}" for name in new if new[name] != old[name])


def with_floats(layers: Sequence[str], ctx: Context) -> Context:
    """Some layers stay float, whatever else the overrides say; nothing is written into a checkpoint."""
    more = ((Scope(layers=tuple(layers)), {"precision": "float"}),) if layers else ()
    return dataclasses.replace(ctx, overrides=(*ctx.overrides, *more), checkpoint=None)
