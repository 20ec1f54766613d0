"""``thimble demo``: the whole job on the bundled sample, every figure measured on the files it leaves behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.data.open import open_data
from core.data.sample import sample_data, sample_model
from core.errors import UserError
from core.exporters.exporter import Exported, load_exporters
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job
from core.measure.accuracy import judge, judge_file, summary
from core.measure.cost import cost
from core.methods.method import load_methods
from core.model.model import Model
from core.project.comparing import Candidate, measure_latency
from core.project.context import run_steps
from core.project.judging import judged_part
from core.project.project import Project
from core.project.recipe import Recipe, Step, recipe_of, save_recipe

SEED = 1
_PICTURES_SECONDS = 240


@dataclass
class _Demo:
    folder: Path
    job: Job
    threads: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def run_demo(folder: Path, job: Job | None = None, threads: int = 1, brief: bool = False) -> dict[str, Any]:
    """Open, prune, tune, quantize, compare, export and prove the sample; gives what ``report.json`` holds.

    ``folder`` gets the files original.onnx, result.onnx, result.tflite, recipe.json, report.json, the project and
    pictures of the window: in both looks of its views, panels, dialogs and analyses, where ``brief`` of its views and
    panels in the light one. Raises UserError where the folder cannot be written.
    """
    demo = _Demo(_made(folder), job or Job(), threads)
    original = demo.folder / "original.onnx"
    save_onnx(open_model(sample_model()), original)
    model = open_model(original)
    project = _fresh_project(demo.folder / "demo.thimble", model)
    with project:
        result = _acts(demo, project, model)
        project.set_data(sample_data().location)
    save_recipe(recipe_of(result), demo.folder / "recipe.json")
    files = _files(demo, original, model, result)
    _latencies(demo, files)
    pictures = _pictures(demo, brief)
    first, last = demo.rows[0], demo.rows[-1]
    report = {
        "original": _brief(first),
        "result": _brief(last),
        "times_smaller": first["bytes"] / last["bytes"],
        "points_lost": first["top1"] - last["top1"],
        "table": demo.rows,
        "sentences": demo.sentences,
        "files": [*(f.name for f in files), "recipe.json", "report.json", "demo.thimble", *pictures],
    }
    (demo.folder / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    demo.job.progress(1.0, "Done")
    return report


def recipe(data: str) -> Recipe:
    """What the demo does: cut the channels, tune with the original as teacher, quantize."""
    teacher = str(sample_model())
    return Recipe(
        (
            Step("prune.magnitude", {"ratio": 0.3}, seed=SEED),
            # six epochs answer one more of the 500 judged digits, and take half as long again
            Step("tune.finetune", {"epochs": 4}, data=data, teacher=teacher, seed=SEED),
            Step("quantize.static", {}, data=data, seed=SEED),
        )
    )


def _acts(demo: _Demo, project: Project, model: Model) -> Model:
    """Every step as a revision of the project; gives the last model."""
    steps = recipe(sample_data().location).steps
    parent = project.current.id
    with demo.job.stage(0.0, 0.6) as job:
        for step, after, outcome in run_steps(model, steps, job=job, threads=demo.threads):
            model = after
            title = load_methods().get(step.method).title.rstrip("…")
            parent = project.commit(parent, model, step, outcome.report, title).id
            demo.sentences.extend(n for n in outcome.report.notes if n not in demo.sentences)
    return model


def _files(demo: _Demo, original: Path, model: Model, result: Model) -> list[Path]:
    """Export, prove and judge; each row's figures are measured on the file the row names."""
    data = open_data(sample_data().location)
    items, note = judged_part(data, None, SEED, [recipe_of(result)])
    demo.sentences.append(f"Judged on {note}.")
    exported = [
        load_exporters().get(k).write(result, demo.folder / f"result.{k}", items, demo.job) for k in ("onnx", "tflite")
    ]
    rows: list[tuple[str, Path, Model, Exported | None]] = [("original", original, model, None)]
    rows += [(f"result, {e.file.suffix[1:]}", e.file, result, e) for e in exported]
    for k, (name, file, graph, written) in enumerate(rows):
        with demo.job.stage(0.6 + 0.05 * k, 0.65 + 0.05 * k) as job:
            if file.suffix == ".tflite":
                answers = judge_file(file, items, inputs=graph.inputs, threads=demo.threads, job=job)
            else:
                answers = judge(open_model(file), items, threads=demo.threads, job=job)
        judged = summary(answers, items.name)
        counted = cost(graph)
        demo.rows.append(
            {
                "name": name,
                "file": file.name,
                "bytes": file.stat().st_size,
                "params": counted.params,
                "macs": counted.macs,
                "top1": judged.top1.value,
                "n": judged.n,
                "interval": list(judged.top1.interval or ()),
                "proof": written.proof.sentence() if written else "",
            }
        )
    return [original, *(e.file for e in exported)]


def _latencies(demo: _Demo, files: list[Path]) -> None:
    """The written files in their own runtimes, interleaved, one thread."""
    candidates = [Candidate(f.name, None if f.suffix == ".tflite" else open_model(f), f) for f in files]
    with demo.job.stage(0.75, 0.85) as job:
        scratch = demo.folder / ".latency"
        scratch.mkdir(exist_ok=True)
        found = measure_latency(candidates, scratch, runtimes=("onnxruntime", "litert"), job=job)
        shutil.rmtree(scratch)
    for row in demo.rows:
        for key, measure in found[row["file"]].measures.items():
            row[key] = measure.to_json()
            demo.sentences.append(
                f"{row['file']}: {measure.value:.2f} ms a picture (median of {measure.n} rounds, {measure.on})."
            )


def _pictures(demo: _Demo, brief: bool) -> list[str]:
    """Pictures of the window, drawn by the window itself in a process of its own; a word where it cannot."""
    folder = demo.folder / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    demo.job.progress(0.85, "Drawing the window")
    command = [sys.executable, "-m", "gui", "--snapshot", str(folder), "--project", str(demo.folder / "demo.thimble")]
    command += ["--brief", "--theme", "light"] if brief else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PICTURES_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        demo.sentences.append(f"The window drew no pictures within {_PICTURES_SECONDS} s.")
        return []
    found = sorted(f"pictures/{p.name}" for p in folder.glob("*.png"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        demo.sentences.append(f"The window drew no pictures: {last}.")
    return found


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    return {k: row[k] for k in ("file", "bytes", "top1", "n", "interval")}


def _fresh_project(folder: Path, model: Model) -> Project:
    shutil.rmtree(folder, ignore_errors=True)
    return Project.create(folder, model)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder '{folder}' cannot be made: {error.strerror}.", "Choose another with -o."
        ) from error
    return folder
