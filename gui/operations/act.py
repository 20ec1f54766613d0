"""Acts on the model: a method's dialog becomes a step, the worker applies it, its result becomes a revision."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog

from core import params as parameters
from core.errors import UserError
from core.jobs import cores
from core.methods.edit import words
from core.methods.method import Method, Plan, load_methods
from core.methods.preset import Preset
from core.methods.quantize.static_report import DETECTIVE, FINDS_OUT, loses_answers
from core.model.model import Model
from core.model.preprocessing import presets
from core.params import Scalar
from core.project.analyses import Analysis
from core.project.database import Revision
from core.project.folding import edits_in
from core.project.project import Project
from core.project.recipe import Recipe, Step, load_recipe
from core.report import Report
from gui.act.data_words import data_words
from gui.act.dialog import MethodDialog, Setting
from gui.act.per_layer import PerLayer
from gui.act.previewer import Cancel, Done, Failed
from gui.act.request import ActRequest, TeacherChoice
from gui.desk import Desk
from gui.graph_view.known import known
from gui.number_edit import number_text
from gui.operations import pruning
from gui.operations.folded import folded
from gui.operations.teachers import teachers
from gui.wording import choice_title, headline, method_title
from gui.words import counted, tr

THREADS = cores()


# asking -------------------------------------------------------------------------------------------------------------


@folded
def choose(desk: Desk, method: Method, per_layer: PerLayer | None = None) -> None:
    """Ask for the parameters of a method, then apply it to the current revision."""
    dialog = make_dialog(desk, method, per_layer)
    if per_layer is not None:
        dialog.form.set_values(per_layer.settings)
    dialog.accepted.connect(lambda: desk.editing.fold(lambda: apply_request(desk, dialog.request())))
    if dialog.live:
        pruning.show_live(desk, dialog)
    else:
        dialog.open()


def make_dialog(desk: Desk, method: Method, per_layer: PerLayer | None = None) -> MethodDialog:
    state = desk.state
    shown = known(state.model).layers.values() if state.model is not None else ()
    layers = [node.name for node, _ in shown if node.name]
    names = set(layers)
    setting = Setting(
        layers,
        [n for n in state.selected if n in names],
        data_words(desk.state, method),
        teachers(desk, method, revision_name),
        desk.settings.device,
        per_layer,
        _presets(state.model, method),
    )
    dialog = MethodDialog(method, setting, lambda *args: _preview(desk, *args), desk.window)
    if dialog.device is not None:
        desk.jobs.submit(tr("Devices"), "devices", {}, lambda found: dialog.show_devices(found["devices"]), quiet=True)
    return dialog


def _presets(model: Model | None, method: Method) -> list[Preset]:
    """Those of the method, with what they want otherwise of layers that the model has."""
    if model is None:
        return []
    return [dataclasses.replace(p, overrides=p.overrides_for(model)) for p in method.presets]


def _preview(
    desk: Desk,
    method: Method,
    request: ActRequest,
    done: Done,
    failed: Failed,
) -> Cancel | None:
    args = _arguments(desk, step_of(desk, request), request.teacher)
    if args is None:
        done(None)
        return None

    def show(result: Any) -> None:
        report = result["report"]
        sizes = {name: (before, after, why) for name, (before, after, why) in result["sizes"].items()}
        done(Plan(Report.from_json(report), tuple(result["layers"]), sizes) if report is not None else None)

    title = tr("Preview of {act}", act=method_title(method.title))
    return desk.jobs.submit(title, "plan", args, show, failed, quiet=True).cancel


# acting -------------------------------------------------------------------------------------------------------------


def step_of(desk: Desk, request: ActRequest) -> Step:
    """The wish as data that can be replayed. A teacher that is the opened file is named by its path."""
    state = desk.state
    method = load_methods().get(request.method)
    wants_data = bool({"data", "labels"} & {*method.needs, *method.uses})
    teacher = request.teacher
    path = ""
    if teacher is not None and teacher.file:
        path = teacher.file
    elif teacher is not None and state.revisions and teacher.revision == state.revisions[0].id and state.model:
        path = state.model.source if Path(state.model.source).is_file() else ""
    return Step(
        request.method,
        request.params,
        request.scope,
        request.overrides,
        data=state.data.location if wants_data and state.data is not None else "",
        preprocess=_preset(desk) if wants_data else "",
        teacher=path,
        seed=request.seed,
    )


def _preset(desk: Desk) -> str:
    """The preset chosen in the data panel, so that a recipe replays with it; '' where the model's own steps hold."""
    chosen = desk.state.project.preprocessing if desk.state.project is not None else None
    return chosen.name if chosen is not None and chosen.name in presets() else ""


def apply_request(desk: Desk, request: ActRequest) -> None:
    """Hand the step to the worker; its result is committed by this process alone."""
    project, revision = desk.state.project, desk.state.revision
    step = step_of(desk, request)
    args = _arguments(desk, step, request.teacher)
    if project is None or revision is None or args is None:
        return
    method = load_methods().get(request.method)
    if not request.scope.everything:
        desk.window.statusBar().showMessage(tr("{act} on part of the layers.", act=method_title(method.title)), 4000)
    if method.trains:
        desk.settings.device = request.device
        args["device"] = request.device
    submit_step(desk, project, revision.id, args)


def submit_step(
    desk: Desk, project: Project, parent: int, args: Mapping[str, Any], then: Callable[[int], None] = lambda made: None
) -> None:
    """Run the worker's task ``apply`` on a revision of the project; ``then`` gets the new revision once it is shown."""
    step = Step.from_json(args["step"])

    def done(result: Any, folder: Path) -> None:
        _commit(desk, project, parent, [result], lambda _: folder, folder, then)

    desk.jobs.submit_with_folder(
        title_of(step), "apply", args, project.job_folder(), done, desk.errors.report, _trains([step])
    )


def submit_recipe(desk: Desk, project: Project, parent: int, title: str, args: Mapping[str, Any]) -> None:
    """Run the worker's task ``run`` on a revision of the project."""
    folder = project.job_folder()
    steps = Recipe.from_json(args["recipe"]).steps

    def done(result: Any, _: Path) -> None:
        _commit(desk, project, parent, result["steps"], lambda k: folder / str(k), folder)

    desk.jobs.submit_with_folder(title, "run", args, folder, done, desk.errors.report, _trains(steps))


def _trains(steps: Iterable[Step]) -> bool:
    """Whether one of the steps can end early with the best so far."""
    registry = load_methods()
    return any(s.method in registry and registry.get(s.method).trains for s in steps)


def _arguments(desk: Desk, step: Step, teacher: TeacherChoice | None) -> dict[str, Any] | None:
    project, revision = desk.state.project, desk.state.revision
    if project is None or revision is None:
        return None
    args: dict[str, Any] = {"model": _reference(project, revision.id), "step": step.to_json(), "threads": THREADS}
    if teacher is not None and teacher.revision is not None:
        args["teacher"] = _reference(project, teacher.revision)
    elif teacher is not None and teacher.file:
        args["teacher"] = teacher.file
    return args


def _reference(project: Project, revision: int) -> dict[str, Any]:
    return {"project": str(project.folder), "revision": revision}


@folded
def _commit(
    desk: Desk,
    project: Project,
    parent: int,
    results: list[Any],
    place: Callable[[int], Path],
    folder: Path,
    then: Callable[[int], None] = lambda made: None,
) -> None:
    """Store every step's model as a revision, then show the last. Analyses have none: they belong to the one before."""
    analyses: list[tuple[int, Analysis]] = []

    def work() -> tuple[Revision, Model] | None:
        last, here = None, parent
        for k, result in enumerate(results):
            step = Step.from_json(result["step"])
            found = Report.from_json(result["report"])
            if not result["model"]:
                analyses.append((here, Analysis(step, found)))
                continue
            last = project.commit_result(here, place(k), step, found, stored_title(step))
            here = last.id
        shutil.rmtree(folder, ignore_errors=True)
        if last is None:
            return None
        model = project.model(last.id)
        known(model)
        return last, model

    def done(made: tuple[Revision, Model] | None) -> None:
        if desk.state.project is not project:
            return
        desk.errors.succeeded()
        for revision, analysis in analyses:
            desk.state.add_analysis(revision, analysis)
        if made is None:
            return
        report = Report.from_json(results[-1]["report"])
        figures = {str(r.id): r.report.measures for r in project.revisions if r.id > parent}
        desk.state.show_revision(*made)
        desk.state.add_figures(figures)
        if report.notes:
            first, second = headline(report.notes)
            level = "warning" if loses_answers(report.measures) else "info"  # a warning stays until it is closed
            desk.errors.say(level, f"{shown_title(made[0])}: {first}", _finds_out() if second == FINDS_OUT else second)
        then(made[0].id)

    desk.background.run(work, done, desk.errors.report)


def _finds_out() -> str:
    """Where the window tells why answers were lost, in the words of its menus."""
    method = load_methods().get(DETECTIVE)
    menu = tr(f"&{method.menu}").replace("&", "")
    act = method_title(method.title)
    return tr("{menu} > {act} names the layers, the causes and the cures.", menu=menu, act=act)


# recipes ------------------------------------------------------------------------------------------------------------


@folded
def choose_recipe(desk: Desk) -> None:
    name, _ = QFileDialog.getOpenFileName(
        desk.window, tr("Replay a recipe"), desk.settings.folder("recipe"), tr("Recipes (*.json)")
    )
    if name:
        run_recipe_file(desk, Path(name))


@folded
def run_recipe_file(desk: Desk, path: Path) -> None:
    """Replay the steps of a file on the current revision; attached data replaces the recipe's own."""
    project, revision = desk.state.project, desk.state.revision
    if project is None or revision is None:
        desk.errors.say(
            "warning",
            tr("'{name}' looks like a recipe, but no model is open.", name=path.name),
            tr("Open a model first."),
        )
        return
    try:
        recipe = _with_data(desk, load_recipe(path))
    except UserError as error:
        desk.errors.report(error)
        return
    args = {"model": _reference(project, revision.id), "recipe": recipe.to_json(), "threads": THREADS}
    if _trains(recipe.steps):
        args["device"] = desk.settings.device
    submit_recipe(desk, project, revision.id, tr("Recipe {name}", name=path.stem), args)


def _with_data(desk: Desk, recipe: Recipe) -> Recipe:
    if desk.state.data is None:
        return recipe
    location = desk.state.data.location
    return Recipe(tuple(dataclasses.replace(s, data=location) if s.data else s for s in recipe.steps))


# words --------------------------------------------------------------------------------------------------------------


def title_of(step: Step) -> str:
    """What a step is called: the method, and the number that matters most."""
    return _title(step, tr)


def stored_title(step: Step) -> str:
    """The same in English, as projects keep it: whoever opens one may read it in another language."""
    return _title(step, str)


def shown_title(revision: Revision) -> str:
    """A revision's own title where somebody gave it one, else what its step is called in the user's language."""
    step = revision.step
    if step is None or revision.title not in (step.method, stored_title(step)):
        return revision.title
    return title_of(step)


def revision_name(revision: Revision) -> str:
    """A revision with its number, as teachers, graphs and dialogs are headed."""
    return tr("Revision {id}: {title}", id=revision.id, title=shown_title(revision))


def _title(step: Step, say: Callable[[str], str]) -> str:
    """``say`` gives a title or a label in the language wanted."""
    edits = edits_in(step)
    if edits:
        return words.title(edits)
    registry = load_methods()
    if step.method not in registry:
        return step.method
    method = registry.get(step.method)
    title = say(method.title.rstrip("…"))
    first = next(iter(parameters.specs(method.params)), None)
    value = step.params.get(first.name, first.default) if first is not None else None
    if first is None or isinstance(value, bool | str) or value is None:
        return title
    if first.field.unit == "share":
        return f"{title}, {100 * value:g} %"
    if value == first.default:
        return title
    shown, label = number_text(value), first.field.label
    if first.field.unit:
        return f"{title}, {shown} {say(first.field.unit)}"
    if say(label) != label:  # other languages have their own plurals and capitals
        return f"{title}, {say(label)}: {shown}"
    label = label.lower()
    if first.type is int and label.endswith("s") and " " not in label:  # 'Fine-tune, 1 epoch'
        return f"{title}, {shown} {label.removesuffix('s') if value == 1 else label}"
    return f"{title}, {label} {shown}"


def step_sentence(step: Step) -> str:
    """Every parameter of a step that is not the default, in words; of edits by hand, each edit."""
    edits = edits_in(step)
    if edits:
        listed = ", ".join(words.summary(edits))
        return f"{listed[:1].upper()}{listed[1:]}."
    registry = load_methods()
    if step.method not in registry:
        return step.method
    parts = []
    for spec in parameters.specs(registry.get(step.method).params):
        value = step.params.get(spec.name, spec.default)
        if value != spec.default and not _for_programs(value):
            parts.append(f"{tr(spec.field.label)} {_value(value)}")
    if step.scope.layers:
        parts.append(counted(len(step.scope.layers), "on {n} layer", "on {n} layers"))
    elif step.scope.pattern:
        parts.append(tr("on layers named {pattern}", pattern=step.scope.pattern))
    if step.overrides:
        parts.append(counted(len(step.overrides), "{n} override", "{n} overrides"))
    return ", ".join(parts) or tr("With the default parameters.")


def _for_programs(value: Scalar) -> bool:
    """JSON of what a search found: so that it is not searched again, and nothing to read."""
    return isinstance(value, str) and value.startswith(("{", "["))


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return choice_title(value) if isinstance(value, str) else number_text(value)
