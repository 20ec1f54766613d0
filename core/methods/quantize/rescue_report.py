"""What a rescue brought: every step on the items that checked, and the result on items that did neither."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.dataset import DataSet
from core.data.splits import take
from core.methods.method import Context
from core.methods.quantize.rescue_search import Beside, Search, Trial, Verdict
from core.methods.quantize.static_report import estimate, weight_bytes
from core.model.model import Model
from core.report import Measure, Report, Table

_JUDGED = 200
_ROUNDS = 15  # of timing
_COLUMNS = ("step", "with", "kept", "why", "top-1 beside float", "from", "to", "agreement", "SQNR", "time")
_UNITS = ("", "", "", "", "points", "points", "points", "%", "dB", "s")


def rescue_report(
    model: Model,
    result: Model,
    plain: Model | None,
    search: Search | None,
    judge: DataSet,
    ctx: Context,
    seconds: float,
    notes: Sequence[str],
) -> Report:
    """``plain``: the network quantized plainly, beside which the result is judged; ``seconds``: of the whole search."""
    from core.measure.arithmetic import arithmetic
    from core.measure.host import cpu_name

    beside = Beside(model, take(judge, _JUDGED, ctx.seed), ctx)
    on = judge.name
    measures = {
        **_measures(beside, beside.verdict(result), on, ""),
        **({} if plain is None else _measures(beside, beside.verdict(plain), on, "_plain")),
        "seconds": Measure(seconds, "s", "measured", cpu_name(), note=f"{ctx.threads} threads"),
        "weight_bytes_before": estimate(weight_bytes(model), "bytes"),
        "weight_bytes_after": estimate(weight_bytes(result), "bytes"),
    }
    tables: tuple[Table, ...] = ()
    said = list(notes)
    if search is not None:
        rows = tuple(_row(t) for t in search.trials)
        tables = (Table(f"What each step brought, on {search.checked} items that checked", _COLUMNS, rows, _UNITS),)
        said.insert(0, _helped(search.trials))
        if search.best is not None and search.best.choice.floats and plain is not None:
            said.append(_cost_of_floats(len(search.best.choice.floats), model, plain, result, ctx))
    return Report(measures, tables, notes=tuple(filter(None, [*said, arithmetic(result)])))


def _cost_of_floats(count: int, model: Model, plain: Model, result: Model, ctx: Context) -> str:
    """What layers in float cost: milliseconds of all three networks, in turn, and whether int8 is still the faster."""
    from core.execute.runtimes import onnx_session
    from core.measure.latency import feed_for, latency

    sessions = [onnx_session(m, ctx.threads) for m in (model, plain, result)]
    timed = latency([("", s, feed_for(s, model.inputs)) for s in sessions], _ROUNDS, job=ctx.job)
    whole, quick, mixed = (one.median for one in timed)
    layers = "the layer" if count == 1 else f"{count} layers"
    said = (
        f"With {layers} in float it takes {mixed.value:.3g} ms in onnxruntime, plainly quantized {quick.value:.3g}, "
        f"in float {whole.value:.3g} (medians of {_ROUNDS} rounds on this machine)"
    )
    surely = mixed.interval is not None and whole.interval is not None and mixed.interval[0] > whole.interval[1]
    return f"{said}: slower than float. Where time counts, leave no layer in float." if surely else f"{said}."


def _measures(beside: Beside, verdict: Verdict, on: str, suffix: str) -> dict[str, Measure]:
    from core.measure.statistics import share

    n = beside.items.count
    found = {f"sqnr{suffix}": Measure(verdict.sqnr, "dB", "measured", on, n)}
    if verdict.agrees is not None:
        found[f"agreement{suffix}"] = share(int(verdict.agrees.sum()), len(verdict.agrees), on)
    if verdict.right is not None and verdict.change is not None:
        found[f"top1{suffix}"] = beside.reference.top1(verdict.right)
        found[f"top1_change{suffix}"] = verdict.change.difference
        if not suffix and beside.reference.flags is not None:
            found["top1_float"] = beside.reference.top1(beside.reference.flags)
    return found


def _row(trial: Trial) -> tuple[object, ...]:
    verdict = trial.verdict
    change = None if verdict.change is None else verdict.change.difference
    interval = (None, None) if change is None or change.interval is None else change.interval
    agreement = None if verdict.agrees is None else 100 * float(verdict.agrees.mean())
    value = None if change is None else change.value
    kept = "yes" if trial.kept else "no"
    return (trial.step, trial.setting, kept, trial.why, value, *interval, agreement, verdict.sqnr, trial.seconds)


def _helped(trials: Sequence[Trial]) -> str:
    helped = [t for t in trials[1:] if t.kept]
    if not helped:
        return "Plain quantization was enough." if len(trials) == 1 else "No step did better than plain quantization."
    steps = ", ".join(f"{t.step} ({t.setting}, {t.why})" for t in helped)
    first, last = trials[0].verdict.sqnr, helped[-1].verdict.sqnr
    return f"What helped: {steps}. SQNR went from {first:.1f} to {last:.1f} dB."
