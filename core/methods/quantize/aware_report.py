"""What quantization-aware training found out: accuracy beside the float network, closeness, agreement of runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import DataSet
from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context
from core.model.model import Model
from core.model.qdq_pairs import read_params
from core.report import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.measure.accuracy import Judged

_CHECKED = 16  # items
_COMPARED = 64
_APART = 0.02  # of the largest output: torch against onnxruntime, on average
Array = npt.NDArray[np.float32]


def judged_beside(
    before: Model, after: Model, parent: Model | None, judge: DataSet, ctx: Context, job: Job
) -> dict[str, Measure]:
    """Accuracy before and after on the same items, and beside the float ``parent`` where it is known.

    ``difference_to_float`` is paired, in points; with the parent also SQNR, cosine and agreement, before and after.
    """
    from core.measure.accuracy import judge as judged
    from core.measure.accuracy import summary

    found: dict[str, Measure] = {}
    answers: dict[str, Judged] = {}
    models = {"top1_before": before, "top1": after, **({} if parent is None else {"top1_float": parent})}
    for k, (name, model) in enumerate(models.items()):
        with job.stage(0.6 * k / len(models), 0.6 * (k + 1) / len(models)) as inner:
            answers[name] = judged(model, judge, threads=ctx.threads, job=inner)
        found[name] = summary(answers[name], judge.name).top1
    if parent is None:
        return found
    for name, key in (("top1_before", "difference_to_float_before"), ("top1", "difference_to_float")):
        found[key] = _paired(answers["top1_float"], answers[name], judge.name)
    for suffix, model in (("_before", before), ("", after)):
        found |= {f"{n}{suffix}": m for n, m in _closeness(parent, model, judge, ctx, job).items()}
    return found


def _paired(first: Judged, second: Judged, on: str) -> Measure:
    from core.measure.statistics import paired

    result = paired(first.correct, second.correct, on)
    m = result.difference
    note = f"{result.gained} answers gained, {result.lost} lost; McNemar p = {result.p_value:.3g}"
    return Measure(m.value, m.unit, m.how, m.on, m.n, m.interval, note)


def _closeness(parent: Model, model: Model, judge: DataSet, ctx: Context, job: Job) -> dict[str, Measure]:
    from core.measure.fidelity import fidelity

    return fidelity(parent, model, judge, limit=_COMPARED, threads=ctx.threads, seed=ctx.seed, job=job).measures()


def agreement_of_runtimes(trained: Model, frozen: Model, judge: DataSet, threads: int) -> dict[str, Measure]:
    """What was trained, run by torch with simulated quantization, beside what is stored, run by onnxruntime.

    ``trained``: the thawed graph with its final numbers. ``simulation_difference``: their mean difference as a share of
    the largest output. onnxruntime computes node by node here, as torch does: its fused kernels round elsewhere. Raises
    UserError where the two are not the same network: such a result must not be kept.
    """
    import torch

    from core.data.feed import batches
    from core.execute.runtimes import onnx_session
    from core.execute.torch_graph import TorchGraph

    batch = next(batches(judge, frozen, _CHECKED))
    expected = onnx_session(frozen, threads, optimized=False).run(batch.feed)
    net = TorchGraph(trained).eval()
    with torch.no_grad():
        given = net({n: torch.from_numpy(a) for n, a in batch.feed.items()})
    steps = _output_steps(frozen)
    share, apart = 0.0, [np.zeros(0)]
    for name, values in expected.items():
        gap = np.abs(given[name].numpy() - values)
        share = max(share, float(gap.mean()) / max(float(np.abs(values).max()), 1e-30))
        if name in steps:
            apart.append(gap.reshape(-1) / steps[name])
    if not share <= _APART:  # also refuses NaN
        raise UserError(
            f"After training, torch and onnxruntime differ by {share:.2g} of the largest output on average."
        )
    said = "by which torch's simulated quantization and onnxruntime on the stored integers differ"
    on, n = judge.name, batch.count
    found = {
        "simulation_difference": Measure(share, "", "measured", on, n, note=f"mean share of the largest output {said}")
    }
    if steps:
        gaps = np.concatenate(apart)
        within = 100 * float((gaps < 1.5).mean())
        note = f"largest number of output steps {said}; {within:.4g} % of the values differ by one at most"
        found["simulation_steps"] = Measure(float(gaps.max()), "steps", "measured", on, n, note=note)
    return found


def _output_steps(model: Model) -> Mapping[str, float]:
    """Output name -> the scale it is stored with, of the outputs that are quantized."""
    found = {}
    for value in model.graph.graph.outputs:
        node: ir.Node | None = value.producer()
        params = read_params(node) if node is not None and node.op_type == "DequantizeLinear" else None
        if params is not None:
            found[value.name or ""] = params.scale
    return found
