"""Figures: cost, accuracy, latency, fidelity; and one picture asked of two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog

from core.data.images import SUFFIXES
from core.measure.cost import Cost, cost
from core.model.model import Model
from core.project.project import Project
from core.report import Measure
from gui.compare.predict_dialog import Answer, PredictDialog
from gui.desk import Desk
from gui.figures import name_of
from gui.operations import act
from gui.operations.folded import folded
from gui.words import counted, tr

ACCURACY, FIDELITY = ("top1", "top1_change", "top5"), ("sqnr", "cosine", "agreement")
_IN_THREAD = 1000  # layers: inferring the shapes of larger graphs would hold up the window
_ROUNDS = 25


def count_costs(desk: Desk) -> None:
    """Parameters, MACs, weight bytes and peak memory of every revision that has none yet."""
    project = desk.state.project
    if project is None:
        return
    # acts report parameters of their own, and projects of earlier versions know no peak memory
    known = {r.id: desk.state.figures(str(r.id)).keys() for r in project.revisions}
    missing = [revision for revision, names in known.items() if not {"params", "peak_memory"} <= names]
    if not missing:
        return
    large = desk.state.model is not None and sum(1 for _ in desk.state.model.nodes()) > _IN_THREAD
    for revision in missing:
        _count_in_worker(desk, project, revision) if large else _count_in_thread(desk, project, revision)


def _count_in_thread(desk: Desk, project: Project, revision: int) -> None:
    def work() -> dict[str, Measure]:
        model: Model = project.model(revision)
        found = cost(model)
        return _cost_measures(found)

    desk.background.run(work, lambda found: _keep(desk, project, {str(revision): found}), desk.errors.report)


def _count_in_worker(desk: Desk, project: Project, revision: int) -> None:
    args = {"model": {"project": str(project.folder), "revision": revision}, "layers": False}

    def done(result: Any) -> None:
        _keep(desk, project, {str(revision): _cost_measures(Cost.from_json(result["cost"]))})

    desk.jobs.submit(tr("Counting"), "info", args, done, desk.errors.report, quiet=True)


def _cost_measures(found: Cost) -> dict[str, Measure]:
    how = "the graph, batch of 1"
    out = {
        "params": Measure(found.params, "", "estimated", how),
        "weight_bytes": Measure(found.weight_bytes, "B", "estimated", how),
    }
    if found.macs is not None:
        out["macs"] = Measure(found.macs, "MAC", "estimated", how)
    return out | found.peak_memory.measures()


def _keep(desk: Desk, project: Project, found: Mapping[str, Mapping[str, Measure]]) -> None:
    if desk.state.project is project:
        desk.state.add_figures(found)


# accuracy and fidelity ----------------------------------------------------------------------------------------------


@folded
def evaluate_current(desk: Desk) -> None:
    """The current revision beside the original."""
    evaluate(desk, _current(desk))


@folded
def evaluate(desk: Desk, refs: Sequence[str]) -> None:
    if desk.state.data is None:
        desk.errors.say(
            "warning", tr("Accuracy needs data."), tr("Attach a data set whose items have classes (Ctrl+D).")
        )
        return
    first = [str(r.id) for r in desk.state.revisions[:1]]  # on the same items: differences are paired
    _compare(desk, list(dict.fromkeys((*first, *refs))), ACCURACY, tr("Evaluate {models}", models=_names(refs)))


@folded
def fidelity_current(desk: Desk) -> None:
    fidelity(desk, _current(desk))


@folded
def fidelity(desk: Desk, refs: Sequence[str]) -> None:
    """How close the chosen models' outputs are to the original's."""
    if not desk.state.revisions:
        return
    first = str(desk.state.revisions[0].id)
    others = [r for r in refs if r != first]
    if not others:
        desk.errors.say(
            "info", tr("Fidelity compares with the original."), tr("Choose another row, or apply an act first.")
        )
        return
    _compare(desk, [first, *others], FIDELITY, tr("Fidelity of {models}", models=_names(others)))


def _compare(desk: Desk, refs: Sequence[str], wanted: Sequence[str], title: str) -> None:
    project = desk.state.project
    if project is None or not refs:
        return
    args: dict[str, Any] = {"models": models_of(project, refs), "data": _location(desk)}
    names = set(wanted)

    def done(result: Any) -> None:
        found = {
            ref: {k: Measure.from_json(m) for k, m in entry["measures"].items() if k in names | _COSTS}
            for ref, entry in result["models"].items()
        }
        _keep(desk, project, found)
        failed = [r for r in found if wanted[0] not in found[r] and not (wanted is FIDELITY and r == refs[0])]
        for ref in failed[:1]:
            notes = result["models"][ref]["notes"] or [
                tr("There is no {figure} for {model}.", figure=name_of(wanted[0]), model=_names([ref]))
            ]
            desk.errors.say("error", notes[0], " ".join(notes[1:]))
            job.came_to_nothing(" ".join(notes))

    job = desk.jobs.submit(title, "compare", args, done, desk.errors.report)


_COSTS = {"params", "macs", "peak_memory", "weight_bytes", "bytes"}


# latency ------------------------------------------------------------------------------------------------------------


@folded
def latency_current(desk: Desk) -> None:
    """The current revision beside the original, in turn, so that both see the same machine."""
    first = str(desk.state.revisions[0].id) if desk.state.revisions else ""
    latency(desk, list(dict.fromkeys([first, *_current(desk)])))


@folded
def latency(desk: Desk, refs: Sequence[str]) -> None:
    project = desk.state.project
    if project is None or not refs:
        return
    args: dict[str, Any] = {
        "models": models_of(project, refs),
        "runtimes": ["onnxruntime", "litert"],
        "threads": 1,
        "rounds": _ROUNDS,
    }

    def done(result: Any) -> None:
        found = result["models"]
        _keep(desk, project, {r: {k: Measure.from_json(m) for k, m in e["measures"].items()} for r, e in found.items()})
        notes = {note: ref for ref, entry in found.items() for note in entry.get("notes", ())}
        if notes:
            first, *more = notes
            name = _names([notes[first]])
            desk.errors.say("info", f"{name[:1].upper()}{name[1:]}: {first}", " ".join(more[:2]))

    desk.jobs.submit(tr("Latency of {models}", models=_names(refs)), "latency", args, done, desk.errors.report)


# one picture --------------------------------------------------------------------------------------------------------


def choose_picture(desk: Desk) -> None:
    pattern = " ".join(f"*{s}" for s in sorted(SUFFIXES))
    name, _ = QFileDialog.getOpenFileName(
        desk.window,
        tr("Ask about a picture"),
        desk.settings.folder("picture"),
        tr("Pictures ({pattern})", pattern=pattern),
    )
    if name:
        predict_picture(desk, Path(name))


@folded
def predict_picture(desk: Desk, path: Path) -> None:
    """What the original and the current revision answer, side by side."""
    project, state = desk.state.project, desk.state
    if project is None or state.revision is None:
        desk.errors.say(
            "warning", tr("'{name}' is a picture, but no model is open.", name=path.name), tr("Open a model first.")
        )
        return
    desk.settings.set_folder("picture", path.parent)
    refs = list(dict.fromkeys([str(state.revisions[0].id), str(state.revision.id)]))
    titles = {str(r.id): act.revision_name(r) for r in state.revisions}
    args = {"models": models_of(project, refs), "image": str(path), "top": 5}

    def done(result: Any) -> None:
        answers = [Answer(titles[r], [_answer(a) for a in result["answers"][r]]) for r in refs]
        PredictDialog(path, answers, desk.window).open()

    desk.jobs.submit(tr("Ask about {name}", name=path.name), "predict", args, done, desk.errors.report)


def _answer(found: Mapping[str, Any]) -> tuple[str, float]:
    return str(found.get("label") or found["index"]), float(found["share"])


# helpers ------------------------------------------------------------------------------------------------------------


def models_of(project: Project, refs: Sequence[str]) -> list[dict[str, Any]]:
    """References for the worker: revisions by id, files by path."""
    return [
        {"ref": r, "model": {"project": str(project.folder), "revision": int(r)} if r.isdigit() else r} for r in refs
    ]


def _current(desk: Desk) -> list[str]:
    return [str(desk.state.revision.id)] if desk.state.revision is not None else []


def _location(desk: Desk) -> str:
    return desk.state.data.location if desk.state.data is not None else ""


def _names(refs: Sequence[str]) -> str:
    names = [tr("revision {id}", id=r) if r.isdigit() else Path(r).name for r in refs]
    if len(names) == 2:
        return tr("{one} and {other}", one=names[0], other=names[1])
    return names[0] if len(names) == 1 else counted(len(names), "{n} model", "{n} models")
