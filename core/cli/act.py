"""``thimble apply`` and ``thimble run``: a model in, a model out, and what the acts found out."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.interrupt import stopping
from core.cli.output import figure, job, print_json, table
from core.cli.places import overrides, place, scope, settings
from core.errors import Cancelled, UserError
from core.jobs import cores
from core.methods.device import device_of
from core.methods.scope import Override
from core.report import Report

if TYPE_CHECKING:
    from core.methods.method import Method
    from core.methods.preset import Preset
    from core.model.model import Model
    from core.project.checkpoints import Checkpoints
    from core.project.recipe import Step

_ROWS = 20  # of a report's table, for people
_WIDE = 64  # letters of a cell
_TOLERANCE = 1.0  # points that a group alone may lose


def apply(args: argparse.Namespace) -> int:
    """One method with its parameters."""
    from core.methods.method import load_methods
    from core.project.recipe import Recipe, Step

    chosen = load_methods().get(args.method)
    if args.tolerance is not None and not args.ratios_from:
        raise UserError("--tolerance belongs to --ratios-from REPORT.json.", "For the analysis: --set tolerance=1.")
    if args.teacher and "teacher" not in (*chosen.needs, *chosen.uses):
        raise UserError(f"{args.method} takes no teacher.", "Leave --teacher out, or use tune.finetune.")
    step = Step(
        method=args.method,
        params={**_by_preset(args, chosen), **_by_ratios(args, chosen), **settings(args.set)},
        scope=scope(args.layers),
        overrides=(*_ratios_of(args), *overrides(args.override)),
        data=place(args.data),
        test=place(args.test),
        preprocess=_preparation(args.preprocess),
        teacher=place(args.teacher),
        seed=args.seed,
    )
    return _act(Recipe((step,)), args, chosen.preset(args.preset) if args.preset else None)


def _by_preset(args: argparse.Namespace, method: Method) -> dict[str, Any]:
    return dict(method.preset(args.preset).values) if args.preset else {}


def _ratios_of(args: argparse.Namespace) -> tuple[Override, ...]:
    """--ratios-from: what a report of a pruning sensitivity suggests for each layer."""
    from core.methods.analyse.sensitivity_report import holds_ratios, ratios_from
    from core.project.report_file import load_report

    if not args.ratios_from:
        return ()
    report = load_report(args.ratios_from, holds_ratios)
    return ratios_from(report, _TOLERANCE if args.tolerance is None else args.tolerance)


def _by_ratios(args: argparse.Namespace, method: Method) -> dict[str, Any]:
    """With --ratios-from only these ratios decide, unless --set says otherwise."""
    from core.methods.analyse.sensitivity_report import settings_for

    return settings_for(method) if args.ratios_from else {}


def run(args: argparse.Namespace) -> int:
    """Every step of a recipe; options given here replace what the steps say."""
    from core.project.recipe import Recipe, load_recipe

    given = {"data": place(args.data), "test": place(args.test), "teacher": place(args.teacher),
             "preprocess": _preparation(args.preprocess)}  # fmt: skip
    changes: dict[str, Any] = {k: v for k, v in given.items() if v}
    if args.seed is not None:
        changes["seed"] = args.seed
    if args.layers:
        changes["scope"] = scope(args.layers)
    recipe = load_recipe(args.recipe)
    if not recipe.steps:
        raise UserError(f"'{args.recipe}' has no steps.")
    return _act(Recipe(tuple(replace(s, **changes) for s in recipe.steps)), args)


def _act(recipe: Any, args: argparse.Namespace, preset: Preset | None = None) -> int:
    from core.formats.onnx_file import save_onnx
    from core.formats.open import open_model
    from core.project.checkpoints import Checkpoints
    from core.project.context import check_output
    from core.project.recipe import checked
    from core.project.report_file import save_report

    out = Path(args.output)
    steps = [checked(step)[2] for step in recipe.steps]
    analysis = _check_suffix(out, steps)
    check_output(out, source=Path(args.model))
    if args.device != "cpu":
        device_of(args.device)
    model = open_model(args.model)
    if preset is not None:  # what the user says of single layers comes behind and holds
        own = _not_set(preset.overrides_for(model), settings(args.set))
        steps = [replace(s, overrides=(*own, *s.overrides)) for s in steps]
    checkpoints = Checkpoints(out.with_name(f"{out.name}.checkpoint"), alone=True)
    if args.fresh:
        checkpoints.clear()
    try:
        model, reports = _run_all(model, steps, checkpoints, args)
    except (KeyboardInterrupt, Cancelled):
        if checkpoints.left():
            print("thimble: The same command goes on from here; with --fresh it starts anew.", file=sys.stderr)
        raise
    if analysis:
        save_report(reports[0], out)
    else:
        save_onnx(model, out)
    checkpoints.clear()
    _print(out, reports, args)
    return 0


def _not_set(overrides: Sequence[Override], said: Mapping[str, str]) -> tuple[Override, ...]:
    """A preset's overrides without what the user has set for all layers."""
    left = ((where, {k: v for k, v in part.items() if k not in said}) for where, part in overrides)
    return tuple((where, part) for where, part in left if part)


def _check_suffix(out: Path, steps: Sequence[Step]) -> bool:
    """Whether the only step makes no model but a report; raises UserError where the file's name does not fit."""
    from core.methods.method import load_methods

    if len(steps) == 1 and load_methods().get(steps[0].method).analysis:
        if out.suffix.lower() != ".json":
            raise UserError(
                f"'{out.name}' must end in .json: {steps[0].method} makes no model but a report.",
                "Example: -o report.json.",
            )
        return True
    if out.suffix.lower() != ".onnx":
        raise UserError(f"'{out.name}' must end in .onnx.", "Other formats are written by 'thimble export'.")
    return False


def _run_all(
    model: Model, steps: Sequence[Step], checkpoints: Checkpoints, args: argparse.Namespace
) -> tuple[Model, list[dict[str, Any]]]:
    """(the last model, every step's report)."""
    from core.project.context import run_steps

    reports: list[dict[str, Any]] = []
    threads, running = args.threads or cores(), job()
    ran = run_steps(model, steps, job=running, threads=threads, device=args.device, checkpoints=checkpoints)
    with stopping(running):
        for step, after, outcome in ran:
            model = after
            reports.append({"step": step.to_json(), **outcome.report.to_json()})
    return model, reports


def _print(out: Path, reports: Sequence[dict[str, Any]], args: argparse.Namespace) -> None:
    if args.json:
        measures = {k: m for r in reports for k, m in r["measures"].items()}
        values = {k: m["value"] for k, m in measures.items()}
        print_json({"file": str(out), "bytes": out.stat().st_size, "values": values, "reports": reports})
        return
    for data in reports:
        report = Report.from_json(data)
        print(data["step"]["method"])
        rows = [(name, figure(m), m.how, m.on) for name, m in report.measures.items()]
        print(table(("figure", "value", "how", "on"), rows))
        for note in (*_of_figures(report), *(_with_places(note, args) for note in report.notes)):
            print(f"- {note}")
        for found in report.tables:
            shown = [[_cut(value) for value in row] for row in found.rows[:_ROWS]]
            heads = [f"{c} [{u}]" if u else c for c, u in zip_longest(found.columns, found.units, fillvalue="")]
            print(f"\n{found.title}\n{table(heads, shown)}")
            if len(found.rows) > _ROWS:
                print(f"and {len(found.rows) - _ROWS} more: see --json")
        print()
    print(f"{out}: {out.stat().st_size:,} bytes")


def _of_figures(report: Report) -> list[str]:
    """What a reader must know of single figures, as far as no sentence of the report says it."""
    found: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        if measure.note.endswith(".") and measure.note not in report.notes:
            found.setdefault(measure.note, []).append(name)
    return [f"{', '.join(names)}: {note}" for note, names in found.items()]


def _with_places(note: str, args: argparse.Namespace) -> str:
    """A command that a report suggests, with the files of this one in place of what stands for them."""
    for word, path in (("PARENT.onnx", getattr(args, "teacher", "")), ("--data DATA", getattr(args, "data", ""))):
        if path and "thimble apply" in note:
            note = note.replace(word, f"{'--data ' if word.startswith('--') else ''}{shlex.quote(str(path))}")
    return note


def _cut(value: Any) -> Any:
    """Long texts make a table that no terminal shows; --json has them whole."""
    return f"{value[: _WIDE - 1]}…" if isinstance(value, str) and len(value) > _WIDE else value


def _preparation(name: str | None) -> str:
    """A preset as it is, a JSON file by its absolute path, so that a recipe means the same from any folder."""
    return place(name) if name and Path(name).suffix == ".json" else name or ""
