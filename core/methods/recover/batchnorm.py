"""BatchNormalization statistics again: means and variances of what the changed network itself computes.

After a cut the running statistics are those of another network. Here every layer's are computed anew, one layer after
the other, each behind those already settled, exactly over all items and places (not as a running average). Li et al.
2020, "EagleEye", arXiv:2007.02491, use the like before they judge a cut. It can hurt a network that needs none, so the
result is kept only where outputs come nearer to the parent's on items that were not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import DataSet
from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context, Outcome, method
from core.methods.recover.items import Fed, divided, fed, for_recovery, refuse_other_inputs
from core.methods.recover.judge import judged_by, keep_if_nearer
from core.model.facts import Array, infer
from core.model.model import Model, layer_name
from core.model.prepare import prepare
from core.model.qdq_operators import default_domain
from core.params import Field
from core.report import Measure, Report, Table

if TYPE_CHECKING:
    from core.execute.walk import Walk

Array64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    items: Annotated[
        int, Field("Items", "A quarter as many beside them check the result.", low=2, high=4096, unit="items")
    ] = 256


@dataclass(frozen=True, slots=True)
class Settled:
    """How far one layer's statistics were off: of the means in standard deviations, of the variances as a ratio."""

    layer: str
    mean: float
    variance: float


@method(
    "recover.batchnorm",
    title="BatchNorm statistics again…",
    menu="Train",
    params=Params,
    needs=("data", "teacher"),
    learns=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Computes BatchNormalization statistics anew on unlabelled items, and keeps them only where they help.

    They help where outputs come nearer to the teacher's, usually the model before it was cut. Raises UserError where
    the model has no statistics in scope, or the teacher takes other inputs or answers with other sizes.
    """
    assert ctx.teacher is not None, "Method.run refuses without a teacher"
    pool, judge, division = for_recovery(ctx)
    with ctx.job.stage(0.0, 0.8):
        new, found = settle(ctx.teacher, model, pool, params.items, ctx)
    with ctx.job.stage(0.8, 1.0):
        judged = judged_by(ctx.teacher, model, new, judge, ctx)
    return Outcome(new, Report({**found.measures, **judged}, found.tables, notes=(*found.notes, division)))


def settle(parent: Model, model: Model, data: DataSet, items: int, ctx: Context) -> tuple[Model, Report]:
    """The model with statistics of at most ``items`` items of ``data``; as it was where they bring it no nearer.

    Scope, seed, threads and job are of ``ctx``. Raises UserError where there is nothing to settle or the two models
    do not take the same inputs.
    """
    given, model = model, prepare(model)[0]
    parent = prepare(parent)[0]
    refuse_other_inputs(parent, model)
    norms = [n for n in model.nodes() if ctx.scope.contains(n) and has_statistics(model, n)]
    if not norms:
        raise UserError(
            "The model has no BatchNormalization statistics in scope.", "Where they were folded, refit the layers."
        )
    parts = divided(data, items, ctx.seed)
    with ctx.job.stage(0.0, 0.1) as job:
        batches = [b for b in fed(parent, model, parts, infer(model), job) if b.fits]
    with ctx.job.stage(0.1, 0.8) as job:
        weights, settled = _settled(model, norms, batches, ctx, job)
    new = with_weights(model, weights)
    with ctx.job.stage(0.8, 1.0):
        better, measures, note = keep_if_nearer(parent, model, new, parts, ctx)
    count = Measure(len(norms) if better else 0, "layers", "measured", parts.fit.name, len(parts.fit.items))
    said = f"{len(parts.fit.items)} items gave the statistics, {len(parts.check.items)} others checked them."
    report = Report({"settled_layers": count, **measures}, (_table(settled),), notes=(said, *([note] if note else [])))
    return (new if better else given), report


def has_statistics(model: Model, node: ir.Node) -> bool:
    if node.op_type != "BatchNormalization" or not default_domain(node):
        return False
    stored = model.graph.graph.initializers
    names = [v.name or "" for v in node.inputs[3:5] if v is not None]
    return len(names) == 2 and all(n in stored and stored[n].const_value is not None for n in names)


def _settled(
    model: Model, norms: Sequence[ir.Node], batches: Sequence[Fed], ctx: Context, job: Job
) -> tuple[dict[str, Array], list[Settled]]:
    from core.execute.walk import Walk

    walk = Walk(model, [b.model for b in batches], ctx.threads)
    bare = [b.bare() for b in batches]
    weights: dict[str, Array] = {}
    found = []
    for k, node in enumerate(norms):
        with job.stage(k / len(norms), (k + 1) / len(norms)) as part:
            mean, variance = moments(walk, node, bare, part)
        found.append(_compared(model, node, mean, variance))
        for slot, numbers in ((3, mean), (4, variance)):
            name, old = stored(model, node, slot)
            weights[name] = numbers.astype(old.dtype)
            walk.set_weight(name, weights[name])
    return weights, found


def stored(model: Model, node: ir.Node, slot: int) -> tuple[str, Array]:
    value = node.inputs[slot]
    assert value is not None, "has_statistics looked"
    tensor = model.graph.graph.initializers[value.name or ""].const_value
    assert tensor is not None, "has_statistics looked"
    return value.name or "", tensor.numpy()


def moments(walk: Walk, node: ir.Node, batches: Sequence[Fed], job: Job) -> tuple[Array64, Array64]:
    """Mean and variance (channels,) of the layer's input over items and places, in float64; merged batch by batch.

    Chan, Golub and LeVeque 1983: sums of squares alone would cancel where a mean is large.
    """
    source, result = (v.name or "" if v is not None else "" for v in (node.inputs[0], node.outputs[0]))
    count, mean, square = 0, np.zeros(()), np.zeros(())
    for k, (batch, x) in enumerate(zip(batches, walk.visit(source, walk.index_of(result)), strict=True)):
        real = x[: x.shape[0] * batch.count // batch.size]
        axes = tuple(a for a in range(real.ndim) if a != 1)
        own = real.mean(axes, dtype=np.float64)
        middle = own.reshape([-1 if a == 1 else 1 for a in range(real.ndim)]).astype(real.dtype)
        rest = np.square(real - middle).sum(axes, dtype=np.float64)
        n = real.size // real.shape[1]
        gap = own - mean
        square = square + rest + np.square(gap) * (count * n / (count + n))
        mean = mean + gap * (n / (count + n))
        count += n
        job.progress((k + 1) / len(batches), f"Statistics of {layer_name(node)}")
    return mean, square / count


def _compared(model: Model, node: ir.Node, mean: Array64, variance: Array64) -> Settled:
    old_mean, old_variance = (np.asarray(stored(model, node, slot)[1], np.float64) for slot in (3, 4))
    epsilon = node.attributes.get_float("epsilon", 1e-5)
    off = np.abs(mean - old_mean) / np.sqrt(old_variance + epsilon)
    return Settled(
        layer_name(node), float(off.mean()), float(np.median((variance + epsilon) / (old_variance + epsilon)))
    )


def with_weights(model: Model, weights: Mapping[str, Array]) -> Model:
    new = model.clone()
    for name, array in weights.items():
        new.graph.graph.initializers[name].const_value = ir.tensor(array, name=name)
    return new


def _table(settled: Sequence[Settled]) -> Table:
    rows = tuple((s.layer, round(s.mean, 4), round(s.variance, 4)) for s in settled)
    columns = ("layer", "mean moved by", "variance, new over old")
    return Table("How far the statistics were off", columns, rows, ("", "standard deviations", "median"))
