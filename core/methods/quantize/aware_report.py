"""What quantization-aware training found out: accuracy beside the float network, closeness, agreement of runtimes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import DataSet
from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context
from core.model.model import Model, quantized
from core.model.qdq_pairs import read_params
from core.report import Measure

if TYPE_CHECKING:
    from core.execute.session import Session
    from core.measure.accuracy import Judged

_CHECKED = 16  # items
_COMPARED = 64
_APART = 0.02  # of the largest output, on average: torch against onnxruntime
_LIKE_ITSELF = 3.0  # times as far as onnxruntime's own two ways of computing a network may be apart
Arrays = dict[str, npt.NDArray[Any]]


def judged_beside(
    before: Model, after: Model, parent: Model | None, judge: DataSet, ctx: Context, job: Job
) -> dict[str, Measure]:
    """Accuracy before and after on the same items, and beside the float ``parent`` where it is known.

    ``difference_to_float`` is paired, in points; with the parent also SQNR, cosine and agreement, before and after.
    """
    from core.measure.accuracy import summary
    from core.measure.fidelity import closeness

    models = {"top1_before": before, "top1": after, **({} if parent is None else {"top1_float": parent})}
    found: dict[str, Measure] = {}
    answers: dict[str, tuple[Judged, list[Arrays]]] = {}
    for k, (name, model) in enumerate(models.items()):
        with job.stage(k / len(models), (k + 1) / len(models)) as inner:
            answers[name] = _answers(model, judge, ctx.threads, inner)
        found[name] = summary(answers[name][0], judge.name).top1
    if parent is None:
        return found
    own, outputs = answers["top1_float"]
    for suffix, name in (("_before", "top1_before"), ("", "top1")):
        found[f"difference_to_float{suffix}"] = _paired(own, answers[name][0], judge.name)
    for suffix, name in (("_before", "top1_before"), ("", "top1")):
        judged, given = answers[name]
        near = closeness(zip(outputs, given, strict=True), judge.name, judged.note)
        found |= {f"{key}{suffix}": measure for key, measure in near.measures().items()}
    return found


class _Recorded:
    """A session that keeps the outputs of its first items."""

    def __init__(self, session: Session) -> None:
        self.runtime, self.threads = session.runtime, session.threads
        self.inputs, self.outputs = session.inputs, session.outputs
        self._session = session
        self.kept: list[Arrays] = []

    def run(self, feed: Mapping[str, npt.NDArray[Any]]) -> Arrays:
        given = self._session.run(feed)
        if sum(len(next(iter(batch.values()))) for batch in self.kept) < _COMPARED:
            self.kept.append(given)
        return given


def _answers(model: Model, judge: DataSet, threads: int, job: Job) -> tuple[Judged, list[Arrays]]:
    """How a model does on the items, and its outputs of the first of them."""
    from core.execute.runtimes import onnx_session
    from core.measure.accuracy import judge_session
    from core.measure.arithmetic import arithmetic

    session = _Recorded(onnx_session(model, threads))
    note = arithmetic(model) if quantized(model) else ""
    judged = judge_session(session, model.inputs, judge, labels=model.labels, note=note, job=job)
    return judged, session.kept


def _paired(first: Judged, second: Judged, on: str) -> Measure:
    from core.measure.statistics import paired

    return paired(first.correct, second.correct, on).difference


def agreement_of_runtimes(trained: Model, frozen: Model, judge: DataSet, threads: int) -> dict[str, Measure]:
    """What was trained, run by torch with simulated quantization, beside what is stored, run by onnxruntime.

    ``trained``: the thawed graph with its final numbers. ``simulation_difference``: their mean difference as a share of
    the largest output. onnxruntime computes node by node here, as torch does: its fused kernels round elsewhere. A sum
    that lies on a half is rounded up by one and down by the other, and in some networks such a step grows; so where the
    two are far apart the measure is how far onnxruntime is from itself. Raises UserError where they are not the same
    network: such a result must not be kept.
    """
    import torch

    from core.data.feed import batches
    from core.execute.runtimes import onnx_session
    from core.execute.torch_graph import TorchGraph

    batch = next(batches(judge, frozen, _CHECKED))
    expected = onnx_session(frozen, threads, optimized=False).run(batch.feed)
    with torch.no_grad():
        net = TorchGraph(trained).eval()
        given = {n: t.numpy() for n, t in net({n: torch.from_numpy(a) for n, a in batch.feed.items()}).items()}
    share = _share(expected, given)
    if not share <= _APART:  # also of NaN
        itself = _share(expected, onnx_session(frozen, threads, exact=True).run(batch.feed))
        if not share <= _LIKE_ITSELF * itself:
            raise UserError(
                f"After training, torch and onnxruntime differ by {share:.2g} of the largest output on average."
            )
    said = "by which torch's simulated quantization and onnxruntime on the stored integers differ"
    on, n = judge.name, batch.count
    note = f"mean share of the largest output {said}"
    found = {"simulation_difference": Measure(share, "", "measured", on, n, note=note)}
    steps = _output_steps(frozen)
    if steps:
        gaps = np.concatenate([np.abs(given[k] - expected[k]).reshape(-1) / steps[k] for k in steps])
        within = 100 * float((gaps < 1.5).mean())
        note = f"largest number of output steps {said}; {within:.4g} % of the values differ by one at most"
        found["simulation_steps"] = Measure(float(gaps.max()), "steps", "measured", on, n, note=note)
    return found


def _share(expected: Arrays, given: Arrays) -> float:
    """The mean difference of the output that is furthest off, as a share of its largest value."""
    shares = [float(np.abs(given[k] - y).mean()) / max(float(np.abs(y).max()), 1e-30) for k, y in expected.items()]
    return float(np.max(shares))  # NaN where one is


def _output_steps(model: Model) -> dict[str, float]:
    """Output name -> the scale it is stored with, of the outputs that are quantized."""
    found = {}
    for value in model.graph.graph.outputs:
        node: ir.Node | None = value.producer()
        params = read_params(node) if node is not None and node.op_type == "DequantizeLinear" else None
        if params is not None:
            found[value.name or ""] = params.scale
    return found
