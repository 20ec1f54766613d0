"""The proof of an export: the written file, run in its own runtime, gives what the revision gives.

Tolerances (DESIGN.md): float outputs |d| <= 1e-4 * max(1, max|y|); int8 outputs at most 1 step of the output's scale
on 99 % of the values and 2 steps on all. Both against OPTIMISED onnxruntime: without its optimisations onnxruntime
itself is up to 18 steps off. An output in 16 bits behind values in 8 moves in their steps, so one step is then 1/255 of
its range. Real inputs prove; without them noise within the preprocessed range only checks.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.noise import noise_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import Proof
from core.jobs import Job
from core.model.model import Model, quantized
from core.model.qdq_pairs import activation_pairs, read_params, source_pair

Array = npt.NDArray[Any]
Feed = Mapping[str, Array]
Run = Callable[[Feed], Mapping[str, Array]]
FLOAT_TOLERANCE = 1e-4
ONE_STEP_SHARE = 0.99
MOST_STEPS = 2
ITEMS = 32


@dataclass(frozen=True, slots=True)
class Candidate:
    """The written file as the proof sees it.

    ``run`` takes and gives arrays by name as the revision does: its layout, real numbers. ``steps``: the size of one
    step of every output that leaves the file as integers.
    """

    run: Run
    steps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What both sides are run on: ``feeds`` can be walked again and again. ``n`` counts items."""

    feeds: Callable[[], Iterator[Feed]]
    calls: int
    n: int
    checked_on: str
    real: bool


def inputs_for(model: Model, check: DataSet | None, limit: int = ITEMS, seed: int = 0) -> Inputs:
    """At most ``limit`` items of ``check``, spread over all of it and the same for the same seed; else noise.

    Raises UserError for an empty data set, or one that does not fit the model.
    """
    if check is not None:
        order, part = _spread(check, limit, seed)
        calls = -(-len(order) // _batch(model))
        words = f"{len(order)} items of {check.name}" + (f" ({part})" if part and not check.name.endswith(")") else "")
        data = check

        def real() -> Iterator[Feed]:
            return (batch.feed for batch in batches(data, model, size=1, order=order))

        return Inputs(real, calls, len(order), words, True)
    specs = [replace(spec, shape=spec.bound()) for spec in model.inputs]
    calls = -(-limit // _batch(model))

    def noise() -> Iterator[Feed]:
        return noise_batches(specs, calls * _batch(model), seed=seed)

    return Inputs(noise, calls, calls * _batch(model), "noise", False)


def _batch(model: Model) -> int:
    """Items a call takes: what the model's first axis is fixed to, else 1."""
    first = [spec.bound()[0] for spec in model.inputs if spec.shape]
    return max(first, default=1)


def _spread(check: DataSet, limit: int, seed: int) -> tuple[list[int], str]:
    """One random index out of each of ``limit`` equal stretches of the data, or of its test part where it has one."""
    part = "test" if any(item.part == "test" for item in check.items) else ""
    known = [k for k, item in enumerate(check.items) if item.part == part or not part]
    if not known:
        raise UserError(f"The data '{check.name}' has no items to check the export on.")
    rng = np.random.default_rng(seed)
    edges = np.linspace(0, len(known), min(limit, len(known)) + 1).astype(int)
    return [known[int(rng.integers(low, high))] for low, high in pairwise(edges)], part


def prove(model: Model, candidate: Candidate, inputs: Inputs, job: Job) -> Proof:
    """Run both on every input and compare every output.

    Where a quantized graph gives an output as float, its values still move in steps: one step is then 1/255 of that
    output's range on these inputs. Raises UserError where the revision itself does not give numbers.
    """
    reference = onnx_session(model, exact=True)
    steps = dict(candidate.steps)
    if quantized(model):
        loose = [p.name for p in reference.outputs if p.name not in steps and p.dtype.startswith("float")]
        steps |= _implied_steps(reference.run, loose, inputs) if loose else {}
        fine = _finer_than_inside(model)
        implied = _implied_steps(reference.run, fine, inputs) if fine else {}
        steps |= {name: max(step, steps.get(name, 0.0)) for name, step in implied.items()}
    found = {p.name: Difference(steps.get(p.name)) for p in reference.outputs}
    for feed in job.track(inputs.feeds(), inputs.calls, "Comparing with the written file"):
        wanted, given = reference.run(feed), candidate.run(feed)
        for name, difference in found.items():
            difference.add(name, wanted[name], given.get(name))
    return _proof(list(found.values()), inputs)


def _finer_than_inside(model: Model) -> list[str]:
    """Outputs in 16 bits of a graph that has values in 8."""
    if not any(pair.params.bits == 8 for pair in activation_pairs(model.graph.graph).values()):
        return []
    found = {v.name or "": source_pair(v) for v in model.graph.graph.outputs}
    params = {name: read_params(node) for name, node in found.items() if node is not None}
    return [name for name, p in params.items() if p is not None and p.bits == 16]


def _implied_steps(run: Run, names: Sequence[str], inputs: Inputs) -> dict[str, float]:
    low, high = dict.fromkeys(names, np.inf), dict.fromkeys(names, -np.inf)
    for feed in inputs.feeds():
        outputs = run(feed)
        for name in names:
            low[name] = min(low[name], float(outputs[name].min()))
            high[name] = max(high[name], float(outputs[name].max()))
    return {name: (high[name] - low[name]) / 255 for name in names if high[name] > low[name]}


class Difference:
    """Differences of one output, added up over all inputs. ``step`` is None for float outputs."""

    def __init__(self, step: float | None) -> None:
        self.step = step
        self.largest, self.highest = 0.0, 0.0
        self.most_steps, self.close, self.values = 0, 0, 0

    def add(self, name: str, wanted: Array, given: Array | None) -> None:
        if given is None or given.shape != wanted.shape:
            shape = "missing" if given is None else f"of shape {list(given.shape)}"
            raise UserError(f"Output '{name}' of the written file is {shape} instead of {list(wanted.shape)}.")
        if not np.isfinite(wanted).all():
            raise UserError(f"The revision's output '{name}' is not a number for some inputs; nothing can be proven.")
        gap = np.abs(wanted.astype(np.float64) - given.astype(np.float64))
        gap = np.where(np.isfinite(gap), gap, np.inf)
        self.largest = max(self.largest, float(gap.max(initial=0.0)))
        self.highest = max(self.highest, float(np.abs(wanted).max(initial=0.0)))
        if self.step is not None:
            whole = np.minimum(np.rint(gap / self.step), np.iinfo(np.int32).max)
            self.most_steps = max(self.most_steps, int(whole.max(initial=0)))
            self.close += int(np.count_nonzero(whole <= 1))
            self.values += whole.size

    @property
    def passed(self) -> bool:
        if self.step is None:
            return self.largest <= FLOAT_TOLERANCE * max(1.0, self.highest)
        return self.most_steps <= MOST_STEPS and self.close >= ONE_STEP_SHARE * self.values


def _proof(found: Sequence[Difference], inputs: Inputs) -> Proof:
    stepped = [d for d in found if d.step is not None]
    values = sum(d.values for d in stepped)
    return Proof(
        max_abs_diff=max((d.largest for d in found), default=0.0),
        max_steps=max((d.most_steps for d in stepped), default=None),
        within_one_step=sum(d.close for d in stepped) / values if values else None,
        checked_on=inputs.checked_on,
        n=inputs.n,
        passed=all(d.passed for d in found),
        proven=inputs.real,
    )


def refuse_unproven(proof: Proof, path: Path, where: str = "", hint: str = "") -> None:
    """Raise UserError if a proof failed. ``where`` says which layer differs first, where that is known.

    ``hint``: what may help a quantized network, in place of quantizing it with Thimble.
    """
    if proof.passed:
        return
    size, advice = f"up to {proof.max_abs_diff:.3g}", "Please report the network; ONNX export may still work."
    if proof.max_steps is not None and proof.within_one_step is not None:
        share = 100 * (1 - proof.within_one_step)
        size += f" ({proof.max_steps} output steps; {share:.2g} % of the values by more than one)"
        advice = hint or "Quantize the float network with Thimble: it chooses scales with which both runtimes agree."
    raise UserError(
        f"The file '{path.name}' was not kept: it differs from the revision by {size} on {proof.checked_on}.{where}",
        advice,
    )


@contextmanager
def written_aside(path: Path, data: bytes) -> Iterator[Path]:
    """``data`` in a new file beside ``path``; it takes the name ``path`` when the block ends, or goes if it raises.

    Whatever was at ``path`` stays until then. Raises UserError where the folder cannot be written.
    """
    if path.is_dir():
        raise UserError(f"'{path}' is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder '{path.parent}'.", "Create it first.")
    aside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"'{path}' cannot be written: {error.strerror or error}.") from error
        yield aside
        try:
            aside.replace(path)
        except OSError as error:
            raise UserError(f"'{path}' cannot be written: {error.strerror or error}.") from error
    finally:
        aside.unlink(missing_ok=True)
