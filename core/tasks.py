"""What the worker can do: one function a task, from JSON (and paths) to JSON, with big results as files.

A model is named by a reference: a path, or ``{"project": FOLDER, "revision": ID}``. torch, the runtimes and everything
that imports them come in inside the functions, so that this table loads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.jobs import Job
from core.project.reference import opened
from core.registry import Registry

if TYPE_CHECKING:
    from core.project.checkpoints import Checkpoints
    from core.project.comparing import Candidate
    from core.project.planning import Planner

Json = dict[str, Any]
Do = Callable[[Json, Job, Path], Json]


@dataclass(frozen=True, slots=True)
class Task:
    """``do(args, job, folder)`` gives JSON; ``folder`` is the job's own and empty."""

    key: str
    do: Do


TASKS: Registry[Task] = Registry("task")


def task(key: str) -> Callable[[Do], Do]:
    """Register a function as a task."""

    def register(do: Do) -> Do:
        TASKS.add(key, Task(key, do))
        return do

    return register


@task("apply")
def apply(args: Json, job: Job, folder: Path) -> Json:
    """Run a step. args: model, step (JSON), teacher (a reference, else the step's own path), threads, device.

    The new model lies in ``folder`` (core.project.packing.read_result); gives report, step (as it replays) and whether
    there is one. A training of a project's revision goes on from the checkpoint that a crash or a cancel left.
    """
    from core.project.context import blaming, context_for
    from core.project.packing import write_result
    from core.project.recipe import Step, as_done, checked, run_step

    step = Step.from_json(args["step"])
    _, _, full = checked(step)
    with ExitStack() as stack:
        model, store = stack.enter_context(opened(args["model"]))
        teacher = stack.enter_context(opened(args["teacher"]))[0] if args.get("teacher") else None
        checkpoints = _checkpoints("apply", args)
        model, ctx = context_for(model, full, job=job, teacher=teacher, checkpoints=checkpoints, **_machine(args))
        with blaming(model):
            outcome = run_step(model, full, ctx)
        done = as_done(full, outcome)
        if outcome.model is not None:
            write_result(folder, outcome.model, store, step=done.to_json(), report=outcome.report.to_json())
        if checkpoints is not None:
            checkpoints.done()
    return {"report": outcome.report.to_json(), "step": done.to_json(), "model": outcome.model is not None}


def _machine(args: Json) -> Any:
    """What an act runs on: threads and device."""
    return {"threads": int(args.get("threads", 1)), "device": str(args.get("device", "cpu"))}


def _checkpoints(name: str, args: Json) -> Checkpoints | None:
    """Those of the project that a model belongs to; None for a model of its own. ``name`` is the task's."""
    from core.project.checkpoints import FOLDER, Checkpoints

    reference = args["model"]
    if not isinstance(reference, Mapping):
        return None
    asked = {"task": name, "args": args}
    return Checkpoints(Path(reference["project"]) / FOLDER, revision=reference.get("revision"), asked=asked)


@task("run")
def run(args: Json, job: Job, folder: Path) -> Json:
    """Run a recipe. args: model, recipe (JSON), threads, device. Step k leaves its model in ``folder/k``.

    Gives reports and steps. Trainings go on from their checkpoints, as for apply.
    """
    from core.project.context import run_steps
    from core.project.packing import write_result
    from core.project.recipe import Recipe, checked

    steps = [checked(step)[2] for step in Recipe.from_json(args["recipe"]).steps]
    done: list[Json] = []
    with opened(args["model"]) as (model, store):
        checkpoints = _checkpoints("run", args)
        ran = run_steps(model, steps, job=job, checkpoints=checkpoints, **_machine(args))
        for k, (step, after, outcome) in enumerate(ran):
            if outcome.model is not None:
                (folder / str(k)).mkdir()
                write_result(folder / str(k), after, store)
            report = outcome.report.to_json()
            done.append({"report": report, "step": step.to_json(), "model": outcome.model is not None})
        if checkpoints is not None:
            checkpoints.done()
    return {"steps": done}


@task("plan")
def plan(args: Json, job: Job, folder: Path) -> Json:
    """What a step would do, for a preview. args as for apply. Gives report (null: no plan), layers and sizes.

    The model, its groups and scores stay for the next plan of the same (core.project.planning).
    """
    from core.project.recipe import Step

    found = _planner().plan(args["model"], Step.from_json(args["step"]), job, int(args.get("threads", 1)))
    if found is None:
        return {"report": None, "layers": [], "sizes": {}}
    return {"report": found.report.to_json(), "layers": list(found.layers), "sizes": dict(found.sizes)}


@task("groups")
def groups(args: Json, job: Job, folder: Path) -> Json:
    """Which channels live and die together. args: model. Gives what core.model.channel_widths.groups_in_words does."""
    return _planner().groups(args["model"])


@cache
def _planner() -> Planner:
    from core.project.planning import Planner

    return Planner()


@task("pack")
def pack(args: Json, job: Job, folder: Path) -> Json:
    """A project as one file. args: project, path. Gives path and bytes."""
    from core.project.parcel import pack_project

    made = pack_project(args["project"], args["path"], job)
    return {"path": str(made), "bytes": made.stat().st_size}


@task("unpack")
def unpack(args: Json, job: Job, folder: Path) -> Json:
    """A packed project as a folder that does not exist yet. args: path, folder. Gives folder."""
    from core.project.parcel import unpack_project

    return {"folder": str(unpack_project(args["path"], args["folder"], job))}


@task("fold")
def fold(args: Json, job: Job, folder: Path) -> Json:
    """Do edits by hand. args: model, step. The result lies in ``folder``; gives report and cost (null: unknown)."""
    from core.project.folding import fold_aside
    from core.project.recipe import Step

    with opened(args["model"]) as (model, store):
        report, found = fold_aside(model, Step.from_json(args["step"]), folder, store, job)
    return {"report": report.to_json(), "cost": found.to_json() if found is not None else None}


@task("info")
def info(args: Json, job: Job, folder: Path) -> Json:
    """Cost and marks. args: model, layers (False: totals only). Gives cost (JSON of core.measure.cost) and marks
    ([layer, sentence])."""
    from core.measure.cost import cost
    from core.model.marks import marks

    with opened(args["model"]) as (model, _):
        if not args.get("layers", True):
            return {"cost": {**cost(model).to_json(), "layers": []}, "marks": []}
        return {"cost": cost(model).to_json(), "marks": [[m.layer, m.sentence] for m in marks(model)]}


@task("devices")
def devices(args: Json, job: Job, folder: Path) -> Json:
    """What could train here. Gives devices ({name: why it cannot be used, '' where it can}), the CPU first."""
    from core.methods.device import DEVICES, device_of

    found = {}
    for name in DEVICES:
        try:
            device_of(name)
            found[name] = ""
        except UserError as error:
            found[name] = error.message
    return {"devices": found}


@task("evaluate")
def evaluate(args: Json, job: Job, folder: Path) -> Json:
    """Accuracy. args: model (.onnx, .tflite or revision), data, split, preprocess, limit, seed, threads.

    Gives accuracy, measures and a note on which items judged.
    """
    compared = compare({**args, "models": [{"ref": "model", "model": args["model"]}]}, job, folder)
    found = compared["models"]["model"]
    if found["accuracy"] is None:
        raise UserError(" ".join(found["notes"]) or "Accuracy needs data.")
    return {"accuracy": found["accuracy"], "measures": found["measures"], "note": compared["note"]}


@task("compare")
def compare(args: Json, job: Job, folder: Path) -> Json:
    """Everything known of several models on the same items, beside the first.

    args: models ([{ref, model}]), data ('' for none), split, preprocess, limit, seed, threads. Gives models
    ({ref: {measures, accuracy, notes}}) and a note on the items. Items that calibrated or trained any of the models
    judge none of them.
    """
    from core.data.open import open_data
    from core.project.comparing import compare_models

    with ExitStack() as stack:
        candidates = _candidates(args["models"], stack)
        data = open_data(args["data"]) if args.get("data") else None
        found, note = compare_models(
            candidates,
            data,
            preprocess=args.get("preprocess", ""),
            split=args.get("split"),
            limit=args.get("limit"),
            seed=int(args.get("seed", 0)),
            threads=int(args.get("threads", 1)),
            job=job,
        )
    return {"models": {ref: f.to_json() for ref, f in found.items()}, "note": note}


def _candidates(entries: Sequence[Mapping[str, Any]], stack: ExitStack) -> list[Candidate]:
    from core.project.comparing import Candidate

    found = []
    for entry in entries:
        ref, reference = str(entry["ref"]), entry["model"]
        file = Path(reference) if isinstance(reference, str) else None
        if file is not None and file.suffix.lower() == ".tflite":
            found.append(Candidate(ref, None, file))
        else:
            found.append(Candidate(ref, stack.enter_context(opened(reference))[0], file))
    return found


@task("latency")
def latency(args: Json, job: Job, folder: Path) -> Json:
    """Median time of a run, interleaved. args: models ([{ref, model}]), runtimes, threads, rounds.

    ``runtimes``: "onnxruntime", "litert". A graph is converted to TFLite for LiteRT; a .tflite runs there only.
    Gives models ({ref: {measures, notes}}).
    """
    from core.project.comparing import RUNTIMES, measure_latency

    with ExitStack() as stack:
        found = measure_latency(
            _candidates(args["models"], stack),
            folder,
            runtimes=tuple(args.get("runtimes", RUNTIMES)),
            threads=int(args.get("threads", 1)),
            rounds=int(args.get("rounds", 25)),
            job=job,
        )
    return {"models": {ref: f.to_json() for ref, f in found.items()}}


@task("layer_latency")
def layer_latency(args: Json, job: Job, folder: Path) -> Json:
    """Time of every layer in onnxruntime, as it optimizes the graph and as the graph is written.

    args: model, threads, runs. Gives optimized and written, each as core.measure.layer_latency has it in JSON.
    """
    import tempfile

    from core.measure.layer_latency import layer_latency as measure

    found: Json = {}
    with opened(args["model"]) as (model, _):
        for key, optimized in (("optimized", True), ("written", False)):
            with tempfile.TemporaryDirectory() as scratch:
                taken = measure(
                    model,
                    Path(scratch),
                    runs=int(args.get("runs", 25)),
                    threads=int(args.get("threads", 1)),
                    optimized=optimized,
                    job=job,
                )
            found[key] = taken.to_json()
    return found


@task("export")
def export(args: Json, job: Job, folder: Path) -> Json:
    """Write and prove a file. args: model, target, path, check (data, '' for noise), preprocess.

    Gives the exporter's Exported as JSON, and the proof's sentence.
    """
    from core.data.open import open_data
    from core.exporters.exporter import load_exporters
    from core.project.context import blaming, check_output, prepared

    exporter = load_exporters().get(str(args["target"]))
    path = Path(args["path"])
    source = Path(args["model"]) if isinstance(args["model"], str) else None
    check_output(path, exporter.suffix, source)
    with opened(args["model"]) as (model, _):
        data = open_data(args["check"]) if args.get("check") else None
        with blaming(model):
            written = exporter.write(prepared(model, args.get("preprocess", "")), path, data, job)
    return {**written.to_json(), "sentence": written.proof.sentence()}


@task("predict")
def predict(args: Json, job: Job, folder: Path) -> Json:
    """Answers to one picture. args: models ([{ref, model}]), image, preprocess, top (5).

    Gives answers ({ref: [{index, label, share}]}), best first; ``share`` is the softmax share of certainty.
    """
    from core.project.comparing import answers_of

    pre, top = args.get("preprocess", ""), int(args.get("top", 5))
    found: Json = {}
    with ExitStack() as stack:
        candidates = _candidates(args["models"], stack)
        for candidate in job.track(candidates, len(candidates), "Running the picture"):
            found[candidate.ref] = [a.to_json() for a in answers_of(candidate, Path(args["image"]), pre, top)]
    return {"answers": found}


@task("layer_output")
def layer_output(args: Json, job: Job, folder: Path) -> Json:
    """What a layer gives for one item. args: model, tensor, preprocess; data, item (index) and name, or image (a path).

    Gives core.measure.layer_output.LayerOutput as JSON; its arrays lie in ``folder/arrays.npz``.
    """
    import numpy as np

    from core.data.open import open_data
    from core.measure.answers import PictureFile
    from core.measure.layer_output import layer_output as output_of
    from core.project.context import prepared

    file = args.get("image")
    data: Any = PictureFile(Path(file)) if file else open_data(args["data"])
    index = 0 if file else int(args["item"])
    if not file and (index >= len(data.items) or data.items[index].name != args["name"]):
        raise UserError(f"The data has no item '{args['name']}' any more.", "Attach the data again.")
    with opened(args["model"]) as (model, _):
        found = output_of(prepared(model, args.get("preprocess", "")), str(args["tensor"]), data, index, job)
    arrays: Any = found.arrays()
    np.savez(folder / "arrays.npz", **arrays)
    return found.to_json()


@task("new")
def new(args: Json, job: Job, folder: Path) -> Json:
    """Make a reference network. args: key, params, seed, weights (a path, '' for seeded), pretrained (fetch them).

    The model lies in ``folder`` (core.project.packing.read_result); gives title.
    """
    from core import params as parameters
    from core.project.packing import write_result
    from core.references.create import create, title_of
    from core.references.reference import load_references

    job.progress(0.0, "Loading torch")
    reference = load_references().get(str(args["key"]))
    values: Any = parameters.from_json(reference.params, args.get("params", {}))
    job.progress(0.3, f"Making {reference.title}")
    weights = Path(args["weights"]) if args.get("weights") else None
    model = create(
        reference, values, seed=int(args.get("seed", 0)), weights=weights, fetch=bool(args.get("pretrained"))
    )
    job.progress(0.8, "Writing")
    write_result(folder, model, None)
    return {"title": title_of(reference, values)}
