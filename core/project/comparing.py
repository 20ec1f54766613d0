"""One table of measures over several models: cost, accuracy on the same items, closeness to the first, latency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx_ir as ir

from core.data.dataset import DataSet
from core.data.preprocess import load_preprocessing
from core.errors import UserError
from core.execute.runtimes import onnx_session, open_session
from core.execute.session import Session
from core.execute.tflite_metadata import read_metadata
from core.formats.onnx_file import graph_to_proto
from core.jobs import Job
from core.measure import accuracy as accuracies
from core.measure.answers import Answer, answers
from core.measure.cost import cost
from core.measure.fidelity import fidelity
from core.measure.files import described_inputs, open_file
from core.measure.latency import Latency, feed_for, latency
from core.model.model import RECIPE, InputSpec, Model
from core.model.preprocessing import Preprocessing
from core.model.unfinished import require_finished
from core.project.beside_first import slower_quantized
from core.project.judging import judged_part
from core.project.recipe import Recipe, recipe_from_text, recipe_of
from core.report import Measure

RUNTIMES = ("onnxruntime", "litert")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to compare: a graph, a file (.tflite has no graph), or a graph from a file."""

    ref: str
    model: Model | None = None
    file: Path | None = None


@dataclass(slots=True)
class Found:
    """What is known of one candidate. ``notes`` say what could not be measured, and why; ``judged``: item by item.

    Of all but the first ``top1_change`` is its top-1 minus that of the first, in points, on the same items (paired).
    """

    measures: dict[str, Measure] = field(default_factory=dict)
    accuracy: accuracies.Accuracy | None = None
    notes: list[str] = field(default_factory=list)
    judged: accuracies.Judged | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "measures": {k: m.to_json() for k, m in self.measures.items()},
            "accuracy": self.accuracy.to_json() if self.accuracy else None,
            "notes": self.notes,
        }


def preprocessing_for(name: str, candidates: Sequence[Candidate]) -> Preprocessing | None:
    """A preset sized for the first candidate, or a JSON file; None for ''."""
    if not name:
        return None
    first = next((c.model for c in candidates if c.model is not None), None)
    if first is None and candidates and candidates[0].file is not None:
        inputs = open_file(candidates[0].file).inputs
        first = Model(ir.Model(ir.Graph([], [], nodes=[]), ir_version=8), inputs)
    return load_preprocessing(name, first) if first is not None else None


def compare_models(
    candidates: Sequence[Candidate],
    data: DataSet | None = None,
    *,
    preprocess: str = "",
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    threads: int = 1,
    job: Job | None = None,
) -> tuple[dict[str, Found], str]:
    """Everything known of each candidate, and a sentence on the items that judged.

    Items that calibrated or trained any of the graphs judge none of them. What fails for one candidate becomes its
    note; the others are measured all the same. Raises UserError where no item is left to judge on.
    """
    job = job or Job()
    pre = preprocessing_for(preprocess, candidates)
    ready = [_prepared(c, pre) for c in candidates]
    found = {c.ref: Found(_sizes(c)) for c in ready}
    if data is not None:
        ready = [_prepared_as_others(c, ready, found[c.ref]) for c in ready]
    items, note = None, ""
    if data is not None:
        recipes = [_recipe(c) for c in ready]
        items, note = judged_part(data, split, seed, recipes)
    parts = 2 * len(ready)
    for k, candidate in enumerate(ready):
        if items is not None:
            with job.stage(2 * k / parts, (2 * k + 1) / parts):
                _noting(found[candidate.ref], _judge, candidate, ready[0], items, pre, threads, limit, seed, job)
        if k and candidate.model is not None and ready[0].model is not None:
            with job.stage((2 * k + 1) / parts, (2 * k + 2) / parts):
                _noting(found[candidate.ref], _close, candidate.model, ready[0].model, items, threads, seed, job)
    first = found[ready[0].ref] if ready else None
    for other in list(found.values())[1:]:
        if first is not None and items is not None:
            other.measures.update(accuracies.change_of_top1(first.judged, other.judged, items.name))
    return found, note


def _prepared(candidate: Candidate, pre: Preprocessing | None) -> Candidate:
    if pre is None or candidate.model is None:
        return candidate
    return Candidate(candidate.ref, candidate.model.with_preprocessing(pre), candidate.file)


def _prepared_as_others(candidate: Candidate, others: Sequence[Candidate], found: Found) -> Candidate:
    """A graph that does not say how its images are prepared gets what all others of its inputs agree on, and a note."""
    known = {p for c in others if _sizes_of_inputs(c) == _sizes_of_inputs(candidate) and (p := _preparation(c))}
    if candidate.model is None or _preparation(candidate) is not None or len(known) != 1:
        return candidate
    found.notes.append("The model does not say how its images are prepared: they were prepared as for the others.")
    return _prepared(candidate, known.pop())


def _sizes_of_inputs(candidate: Candidate) -> list[tuple[int | str | None, ...]]:
    return [spec.shape[1:] for spec in candidate.model.inputs] if candidate.model is not None else []


def _preparation(candidate: Candidate) -> Preprocessing | None:
    inputs = candidate.model.inputs if candidate.model is not None else ()
    return next((s.preprocessing for s in inputs if s.preprocessing is not None), None)


def _recipe(candidate: Candidate) -> Recipe:
    if candidate.model is not None:
        return recipe_of(candidate.model)
    if candidate.file is None:
        return Recipe(())
    return recipe_from_text(str(read_metadata(candidate.file).get(RECIPE, "")))


def _sizes(candidate: Candidate) -> dict[str, Measure]:
    out: dict[str, Measure] = {}
    if candidate.model is not None:
        counted = cost(candidate.model)
        on, note = "the graph", counted.note
        out["params"] = Measure(counted.params, "", "estimated", on, note=note)
        if counted.macs is not None:
            out["macs"] = Measure(counted.macs, "MAC", "estimated", on, note=note)
        out |= counted.peak_memory.measures()
        out["weight_bytes"] = Measure(counted.weight_bytes, "B", "estimated", on, note=note)
    if candidate.file is not None and candidate.file.is_file():
        out["bytes"] = Measure(candidate.file.stat().st_size, "B", "measured", candidate.file.name)
    elif candidate.model is not None:
        size = graph_to_proto(candidate.model.graph).ByteSize()
        out["bytes"] = Measure(size, "B", "estimated", "the graph", note="As an ONNX file would be.")
    return out


def _noting(found: Found, measure: Callable[..., None], *args: Any) -> None:
    try:
        measure(found, *args)
    except UserError as error:
        found.notes.append(str(error))


def _judge(
    found: Found,
    candidate: Candidate,
    first: Candidate,
    items: DataSet,
    pre: Preprocessing | None,
    threads: int,
    limit: int | None,
    seed: int,
    job: Job,
) -> None:
    if candidate.model is not None:
        model = candidate.model
        require_finished(model, "Accuracy")
        found.judged = accuracies.judge(model, items, threads=threads, limit=limit, seed=seed, job=job)
    elif candidate.file is not None:
        inputs = first.model.inputs if first.model is not None else None
        found.judged = accuracies.judge_file(
            candidate.file, items, preprocessing=pre, inputs=inputs, threads=threads, limit=limit, seed=seed, job=job
        )
    if found.judged is not None:
        found.accuracy = accuracies.summary(found.judged, items.name)
        found.measures.update(found.accuracy.measures())


def _close(
    found: Found, model: Model, reference: Model, items: DataSet | None, threads: int, seed: int, job: Job
) -> None:
    require_finished(model, "Fidelity")
    found.measures.update(fidelity(reference, model, items, threads=threads, seed=seed, job=job).measures())


def measure_latency(
    candidates: Sequence[Candidate],
    folder: Path,
    *,
    runtimes: Sequence[str] = RUNTIMES,
    threads: int = 1,
    rounds: int = 25,
    job: Job | None = None,
) -> dict[str, Found]:
    """Median times in each runtime, all interleaved, filed as ``latency_onnxruntime`` and ``latency_litert``.

    Graphs are converted to TFLite (into ``folder``) for LiteRT; what cannot be converted gets a note. So does a
    quantized graph that is slower than the first one where that is float, or has layers that are.
    """
    job = job or Job()
    unknown = [r for r in runtimes if r not in RUNTIMES]
    if unknown:
        raise UserError(f"There is no runtime '{unknown[0]}'.", f"Known: {', '.join(RUNTIMES)}.")
    found = {c.ref: Found() for c in candidates}
    timed: list[tuple[str, Session, Mapping[str, Any]]] = []
    places: list[tuple[str, str]] = []
    pairs = [(c, r) for c in candidates for r in runtimes]
    for k, (candidate, runtime) in enumerate(pairs):
        with job.stage(0.5 * k / len(pairs), 0.5 * (k + 1) / len(pairs)):
            try:
                session = _session(candidate, runtime, folder / f"{k}.tflite", threads, job)
            except UserError as error:
                found[candidate.ref].notes.append(str(error))
                continue
        if session is not None:
            inputs = candidate.model.inputs if candidate.model is not None else ()
            timed.append((candidate.ref, session, feed_for(session, inputs)))
            places.append((candidate.ref, runtime))
    with job.stage(0.5, 0.8):
        results: list[Latency] = latency(timed, rounds, job=job)
    for (ref, runtime), result in zip(places, results, strict=True):
        found[ref].measures[f"latency_{runtime}"] = result.median
    own = dict(zip(places, results, strict=True))
    for k, c in enumerate(candidates[1:]):
        both = {
            r: (own[p], own[c.ref, r]) for r in runtimes if (p := (candidates[0].ref, r)) in own and (c.ref, r) in own
        }
        part = 0.2 / (len(candidates) - 1)
        with job.stage(0.8 + k * part, 0.8 + (k + 1) * part):
            found[c.ref].notes += slower_quantized(candidates[0].model, c.model, both, threads, job)
    job.progress(1.0)
    return found


def _session(candidate: Candidate, runtime: str, converted: Path, threads: int, job: Job) -> Session | None:
    """None where the pair makes no sense: a .tflite file in onnxruntime."""
    if candidate.model is None:
        return open_session(candidate.file, threads) if candidate.file and runtime == "litert" else None
    require_finished(candidate.model, "Latency")
    if runtime == "onnxruntime":
        return onnx_session(candidate.model, threads)
    from core.exporters.exporter import load_exporters

    load_exporters().get("tflite").write(candidate.model, converted, None, job)
    return open_session(converted, threads)


def answers_of(candidate: Candidate, image: Path, preprocess: str = "", top: int = 5) -> tuple[Answer, ...]:
    """What a candidate answers to a picture; see :func:`core.measure.answers.answers`."""
    pre = preprocessing_for(preprocess, [candidate])
    if candidate.model is not None:
        require_finished(candidate.model, "An answer")
        model = candidate.model.with_preprocessing(pre) if pre else candidate.model
        return answers(onnx_session(model), model.inputs, image, model.labels, top)
    if candidate.file is None:
        raise UserError(f"'{candidate.ref}' is neither a model nor a file.")
    opened = open_file(candidate.file)
    inputs: Sequence[InputSpec] = described_inputs(opened, pre)
    return answers(opened.session, inputs, image, opened.labels, top)
