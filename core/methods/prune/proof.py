"""The proof every pruning act runs: the cut model computes what the masked one computes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.data.noise import noise_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.model.channels import ChannelGroups, Removed, mask, surviving
from core.model.model import Model
from core.report import Measure

TOLERANCE = 1e-4  # of max(1, largest output)
_ITEMS = 2
Outputs = Mapping[str, npt.NDArray[np.generic]]


def cut_equals_mask(model: Model, groups: ChannelGroups, removed: Removed, smaller: Model, threads: int = 1) -> Measure:
    """Run both in onnxruntime on noise; the largest difference, in units of max(1, largest output).

    Raises UserError naming the first layer that differs where the difference is above 1e-4: a wrong model is never
    handed on.
    """
    masked = mask(model, groups, removed)
    first, second = onnx_session(smaller, threads), onnx_session(masked, threads)
    worst = 0.0
    for feed in noise_batches(model.inputs, _ITEMS):
        a, b = first.run(feed), second.run(feed)
        worst = max(worst, *(difference(a[name], b[name]) for name in b))
    if not worst <= TOLERANCE:
        layer = _first_difference(smaller, masked, groups, removed, threads)
        raise UserError(
            f"The cut model does not equal the masked one (difference {worst:.1e}, first at layer '{layer}'); "
            "nothing was changed.",
            "Leave that layer out of the scope, and please report the model.",
        )
    return Measure(worst, "", "measured", "noise, in onnxruntime", _ITEMS, note="cut against masked, relative")


def difference(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> float:
    """max |a - b| / max(1, max |b|); infinite where shapes or non-finite values differ."""
    if a.shape != b.shape:
        return float("inf")
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    finite = np.isfinite(y)
    if not np.array_equal(x[~finite], y[~finite], equal_nan=True) or not np.isfinite(x[finite]).all():
        return float("inf")
    x, y = x[finite], y[finite]
    return float(np.abs(x - y).max(initial=0.0) / max(1.0, np.abs(y).max(initial=0.0)))


def _first_difference(smaller: Model, masked: Model, groups: ChannelGroups, removed: Removed, threads: int) -> str:
    """The first layer whose surviving channels differ."""
    alive = surviving(groups, removed)
    constants = groups.facts.constants
    taps = [o.name or "" for n in masked.nodes() for o in n.outputs if o.name and o.name not in constants]
    feed = next(iter(noise_batches(masked.inputs, _ITEMS)))
    a = onnx_session(smaller, threads, taps=taps).run(feed)
    b = onnx_session(masked, threads, taps=taps).run(feed)
    for node in masked.nodes():
        for name in (o.name or "" for o in node.outputs):
            if name not in b:
                continue
            axis, flags = alive.get(name, (0, None))
            kept = b[name] if flags is None else np.compress(flags, b[name], axis)
            if difference(a[name], kept) > TOLERANCE:
                return node.name or name
    return smaller.output_names[0]
