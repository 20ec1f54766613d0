"""From answers to figures and goals: benchmarks.quantization's pooling over folds, its tests, its checklist.

Every image calibrates in one fold and is judged in the other four, always by the same float network: its judgements
are no independent evidence. Intervals are therefore over images, and McNemar's test turns round all changes of an image
together (core.measure.statistics.paired_repeatedly). McNemar's p < 0.05 is shown both ways: by image, the sound one,
and of all pooled judgements as if these were independent, as published comparisons pool, which flatters.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.quantization_data import Answers, Flags
from benchmarks.quantization_ways import BARE, FLOAT, PLAIN, WAYS, Made
from core.measure.fidelity import FLOAT32_DB
from core.measure.statistics import Paired, mcnemar, paired_repeatedly

MOBILENETS, STEADY = ("mobilenetv2", "mobilenetv1"), ("squeezenet", "resnet20")
CHOICE = ("rescued", "default")  # the form that has to meet the goals: the first that was measured


@dataclass(frozen=True)
class Pooled:
    """All folds of a way on a network, judgement by judgement [N]; ``truth``: what the float network had right.

    ``noise``: energy of the difference to the float outputs, relative to theirs; ``sqnr``: of all judgements together.
    """

    item: Any
    right: Flags
    truth: Flags
    same: Flags  # the answer is the float network's
    noise: Any
    sqnr: float
    by_fold: tuple[float, ...]  # difference to float, points
    sqnr_by_fold: tuple[float, ...]

    @property
    def usual_sqnr(self) -> float:
        """Of the median judgement, in dB: a few items far off do not move it."""
        usual = float(np.median(self.noise))
        return -10 * float(np.log10(usual)) if usual else FLOAT32_DB

    def against(self, other: Pooled) -> Paired:
        """Self minus ``other`` in top-1."""
        return paired_repeatedly(other.right, self.right, self.item)

    @property
    def drop(self) -> float:
        return 100 * float(np.mean(self.truth) - np.mean(self.right))


def pool(folds: Sequence[Answers], reference: Sequence[Answers]) -> Pooled:
    def joined(parts: Sequence[Answers], name: str) -> Any:
        return np.concatenate([getattr(p, name) for p in parts])

    signals, errors = joined(folds, "signal"), joined(folds, "error")
    return Pooled(
        joined(folds, "item"),
        joined(folds, "right"),
        joined(reference, "right"),
        joined(folds, "answer") == joined(reference, "answer"),
        errors / np.maximum(signals, np.finfo(np.float64).tiny),
        _decibels(signals, errors),
        tuple(100 * float(f.right.mean() - r.right.mean()) for f, r in zip(folds, reference, strict=True)),
        tuple(_decibels(f.signal, f.error) for f in folds),
    )


def _decibels(signals: Any, errors: Any) -> float:
    signal, error = float(signals.sum()), float(errors.sum())
    return 10 * float(np.log10(signal / error)) if error else FLOAT32_DB


def row(network: str, key: str, pooled: Mapping[str, Pooled], folds: Sequence[Made], arithmetic: str) -> dict[str, Any]:
    """The figures of a way on a network as they are kept and printed."""
    found = pooled[key]
    change = paired_repeatedly(found.truth, found.right, found.item)
    same = paired_repeatedly(np.zeros_like(found.same), found.same, found.item)  # a share, its interval over images
    figures: dict[str, Any] = {
        "network": network, "way": key, "arithmetic": arithmetic,
        "judgements": len(found.item), "items": change.difference.n,
        "top1": 100 * float(found.right.mean()), "difference": change.difference.value,
        "interval": change.difference.interval, "gained": change.gained, "lost": change.lost, "p": change.p_value,
        "by_fold": found.by_fold, "spread": statistics.stdev(found.by_fold) if len(found.by_fold) > 1 else None,
        "agreement": 100 * float(found.same.mean()), "agreement_interval": same.difference.interval,
        "sqnr": found.sqnr, "usual_sqnr": found.usual_sqnr, "sqnr_by_fold": found.sqnr_by_fold,
        "seconds": statistics.median(m.seconds for m in folds) if folds else None,
        "processor_seconds": statistics.median(m.processor for m in folds) if folds else None,
        "bytes": dict(folds[0].bytes) if folds else {},
        "notes": sorted({n for m in folds for n in m.notes}),
    }  # fmt: skip
    theirs = [other for other in (BARE, PLAIN) if other in pooled and key not in (FLOAT, other)]
    figures["against"] = {other: _against(found, pooled[other]) for other in theirs}
    return figures


def _against(found: Pooled, other: Pooled) -> dict[str, Any]:
    pairs = found.against(other)
    closer = paired_repeatedly(other.same, found.same, found.item)
    return {
        "difference": pairs.difference.value, "interval": pairs.difference.interval,
        "gained": pairs.gained, "lost": pairs.lost, "p": pairs.p_value,
        "p_as_if_independent": mcnemar(pairs.gained, pairs.lost), "sqnr": found.sqnr - other.sqnr,
        "agreement": closer.difference.value, "agreement_p": closer.p_value,
    }  # fmt: skip


# goals ----------------------------------------------------------------------------------------------------------------

Goal = tuple[str, bool | None, str]  # (what is asked, whether it holds: None where not measured, the figures)
Rows = Mapping[str, Mapping[str, Any]]


def goals(network: str, pooled: Mapping[str, Pooled], rows: Rows) -> Iterator[Goal]:
    """The goals of issue 6 that this network decides. ``rows`` and ``pooled`` by way."""
    chosen = next((k for k in CHOICE if k in pooled), "")
    if not chosen:
        return
    mine = pooled[chosen]
    for name in (BARE, PLAIN) if network in MOBILENETS else ():
        if name in pooled:
            yield from _beside(chosen, mine, name, pooled[name], rows)
    if network in STEADY:
        yield within_float(f"{chosen}: top-1 within its interval of float", rows[chosen])
    for key in pooled:
        if key in WAYS and not WAYS[key].ours:
            yield _not_behind(chosen, mine, key, pooled[key])
    yield from _others(network, rows)


def _beside(chosen: str, mine: Pooled, name: str, theirs: Pooled, rows: Rows) -> Iterator[Goal]:
    """Beside ``quantize_static`` plain as it comes, and beside what its own advice makes of it, which is harder."""
    found = rows[chosen]["against"][name]
    best = paired_repeatedly(theirs.right, mine.truth, mine.item).p_value
    yield (
        f"{chosen}: pooled drop less than half of that of {name}", mine.drop < theirs.drop / 2,
        f"{mine.drop:+.2f} against {theirs.drop:+.2f} points",
    )  # fmt: skip
    pooled = found["p_as_if_independent"]
    yield (
        f"{chosen}: McNemar against {name} p < 0.05, as if judgements were independent",
        pooled < 0.05 and found["difference"] > 0,
        f"p = {pooled:.2g} of {len(mine.right)} judgements ({found['gained']} gained, {found['lost']} lost; agreement "
        f"{found['agreement']:+.2f} points, by image p = {found['agreement_p']:.2g})",
    )  # fmt: skip
    yield (
        f"{chosen}: McNemar against {name} p < 0.05, by image", found["p"] < 0.05 and found["difference"] > 0,
        f"p = {found['p']:.3g}; a network that loses nothing would have p = {best:.2g}",
    )  # fmt: skip
    yield f"{chosen}: SQNR at least 3 dB above that of {name}", found["sqnr"] >= 3, f"{found['sqnr']:+.2f} dB"


def _not_behind(chosen: str, mine: Pooled, key: str, theirs: Pooled) -> Goal:
    found = mine.against(theirs).difference
    assert found.interval is not None
    low, high = found.interval
    figures = f"{chosen} - {key} = {found.value:+.2f} points [{low:+.2f}, {high:+.2f}]"
    return f"{key} is not better outside its interval", high >= 0, figures


def within_float(words: str, row: Mapping[str, Any]) -> Goal:
    """Whether the interval of the difference to float reaches 0."""
    low, high = row["interval"]
    return words, high >= 0, f"{row['difference']:+.2f} points [{low:+.2f}, {high:+.2f}]"


def _others(network: str, rows: Rows) -> Iterator[Goal]:
    if network == "mobilenetv2":
        for key in ("mixed", "mixed, mse"):
            found = rows.get(key)
            figures = "not measured" if found is None else f"{found['agreement']:.2f} %"
            holds = None if found is None else found["agreement"] >= 97
            yield f"{key}, at most 5 layers in float: agreement with float at least 97 %", holds, figures
    if network == "resnet20":
        words = "int4 weights without training cost nothing"
        keys = [k for k in rows if k.startswith("int4 weights")]
        best = max(keys, key=lambda k: rows[k]["difference"], default="")
        yield within_float(f"{words} ({best})", rows[best]) if best else (words, None, "not measured")
    if "plain" in rows and PLAIN in rows:
        ours, theirs = rows["plain"]["processor_seconds"], rows[PLAIN]["processor_seconds"]
        figures = f"{ours:.1f} s against {theirs:.1f} s of one processor"
        yield "plain takes at most twice onnxruntime's time", ours <= 2 * theirs, figures
    if "rescued" in rows:
        seconds = rows["rescued"]["processor_seconds"]
        yield "rescued takes less than a minute", seconds < 60, f"{seconds:.1f} s of one processor"
