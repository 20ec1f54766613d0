"""What is said of a masked model: how many weights are zero, what the zipped file weighs, and what it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from core.jobs import Job
from core.measure.zipped import zipped
from core.model.masks import Maskable, Pattern, Units, numbers, units, why_not
from core.model.model import Model
from core.report import Measure, Table

_COUNTED = "counted on the weights"
_DENSE = (
    "Files hold the zeros as numbers, so this model is smaller only where it is compressed, and phones do not run it "
    "faster."
)
_RUNTIMES: Mapping[Pattern, str] = {
    Pattern.WEIGHT: (
        "(XNNPACK skips zeros of 1x1 convolutions where two thirds of them are zero and the TFLite file stores them "
        "sparsely, which the files written here do not.)"
    ),
    Pattern.TWO_OF_FOUR: "NVIDIA GPUs since Ampere can: TensorRT uses this pattern.",
}


def honest(pattern: Pattern) -> str:
    """What a mask does for size and speed.

    Sources: README of TensorFlow Lite's XNNPACK delegate, "Sparse Inference" (weights in sparse representation, at
    least 2/3 of the filter weights of the 1x1 CONV_2D operators zero; Elsen et al. 2020, arXiv:1911.09723). NVIDIA,
    "Accelerating Inference with Sparsity Using the NVIDIA Ampere Architecture and NVIDIA TensorRT", 2021 (TensorRT 8.0;
    Mishra et al. 2021, arXiv:2104.08378). No runtime is known to us that gains by the other patterns.
    """
    return " ".join(filter(None, (_DENSE, _RUNTIMES.get(pattern, ""))))


def fitting(items: Collection[Maskable], pattern: Pattern) -> tuple[dict[str, Units], list[str]]:
    """(tensor -> its parts, of the tensors that a pattern fits; sentences on the others)."""
    found = {item.tensor: parts for item in items if (parts := units(item, pattern)) is not None}
    left = [item for item in items if item.tensor not in found]
    notes = []
    if left:
        first = f"'{left[0].layer}': {why_not(left[0], pattern)}"
        many = f"{len(left)} layers keep" if len(left) > 1 else "1 layer keeps"
        notes.append(f"{many} all weights, because {pattern.value} does not fit ({first}).")
    single = [i for i in items if i.tensor in found and found[i.tensor].size == 1]
    if single and pattern in (Pattern.VECTOR, Pattern.KERNEL):
        count = f"{len(single)} fully connected or 1x1 layer{'' if len(single) == 1 else 's'}"
        notes.append(f"In {count} a {'row' if pattern is Pattern.VECTOR else 'kernel'} is a single weight.")
    return found, notes


def counts(model: Model, tensors: Collection[str]) -> tuple[int, int]:
    """(zeros, weights) of these initializers."""
    arrays = [numbers(model, n) for n in tensors]
    return sum(int(a.size - np.count_nonzero(a)) for a in arrays), sum(a.size for a in arrays)


def figures(model: Model, tensors: Collection[str], suffix: str = "") -> dict[str, Measure]:
    """Density and number of zeros of the weights that can be masked."""
    zeros, total = counts(model, tensors)
    note = f"share of the {total} weights in reach of the mask that are not zero"
    return {
        f"density{suffix}": Measure(100 * (total - zeros) / max(total, 1), "%", "estimated", _COUNTED, note=note),
        f"zeros{suffix}": Measure(zeros, "weights", "estimated", _COUNTED),
    }


def sizes(before: Model, after: Model, job: Job) -> dict[str, Measure]:
    """The compressed file before and after."""
    with job.stage(0.0, 0.5) as first:
        was = zipped(before, first)
    with job.stage(0.5, 1.0) as second:
        return {"zipped_before": was, "zipped": zipped(after, second)}


def layers_table(model: Model, items: Collection[Maskable]) -> Table:
    """Zeros of every layer that was in reach."""
    rows = []
    for item in items:
        zeros, total = counts(model, [item.tensor])
        rows.append((item.layer, total, zeros, 100 * zeros / total))
    return Table("Masked weights", ("Layer", "Weights", "Zeros", "Sparsity"), tuple(rows), ("", "", "", "%"))
