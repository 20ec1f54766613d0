"""Another choice for some layers of a quantized revision: the float revision before it is quantized again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import onnx_ir as ir

from core import params as parameters
from core.methods.quantize.value_choices import FORM, RANGE
from core.methods.scope import Named, Override, Scope, overridden
from core.params import Scalar
from core.project.recipe import Step
from core.project.replay import with_data
from core.report import Measure
from gui.desk import Desk
from gui.editing import target
from gui.figures import cell, name_of, spoken
from gui.inspector.quantized import chosen_of, has_weight, result_type
from gui.operations import act, analyse
from gui.operations.folded import folded
from gui.quantization.choice_dialog import ChoiceDialog
from gui.quantization.origin import Origin, float_parent, origin, without_parent
from gui.words import tr

_OF_RESULTS = (*FORM, *RANGE)


@folded
def change(desk: Desk) -> None:
    """Ask how the selected layers are to be quantized, and quantize the float revision again with that."""
    if desk.state.revision is None:
        return
    found = origin(desk.state, desk.state.revision.id)
    if isinstance(found, str):
        desk.errors.say("info", found)
        return
    nodes = [node for node in target.layers(desk) if chosen_of(node) is not None]
    if not nodes:
        desk.errors.say(
            "info", tr("No selected layer has weights or a result in integers: there is nothing to choose.")
        )
        return
    dialog = make_dialog(desk, found, nodes)
    dialog.accepted.connect(lambda: _quantize_again(desk, found, nodes, dialog.changed_values()))
    dialog.open()


def make_dialog(desk: Desk, found: Origin, nodes: Sequence[ir.Node]) -> ChoiceDialog:
    """The form for these layers; without weights among them there is nothing to say of weights."""
    weights = any(has_weight(node) for node in nodes)
    specs = [_plain(s) for s in found.method.layer_specs() if weights or s.name in _OF_RESULTS]
    about = tr(
        "This quantizes revision {parent} again as before, with this choice for these layers, as a new revision.",
        parent=found.parent.id,
    )
    now = _held(found, _chosen(nodes), specs)
    return ChoiceDialog(list(now), specs, list(now.values()), about, desk.window)


def _held(
    found: Origin, chosen: Sequence[tuple[ir.Node, Named]], specs: Sequence[parameters.Spec]
) -> dict[str, dict[str, Scalar]]:
    """By layer what each has now: of its weights where it has any, of its result where that is stored in integers."""
    now: dict[str, dict[str, Scalar]] = {layer.name or "": {} for _, layer in chosen}
    for spec in specs:
        of_results = spec.name in _OF_RESULTS
        about = [(n, layer) for n, layer in chosen if (result_type(n) if of_results else has_weight(n))]
        for node, layer in about or chosen:
            value = _as_stored(node, [spec]).get(spec.name, _now(found, layer, spec))
            now[layer.name or ""].setdefault(spec.name, value)
    return now


def with_choice(
    step: Step, layers: Sequence[Named], values: Mapping[str, Scalar], following: Collection[str] = ()
) -> tuple[Override, ...]:
    """The step's overrides with one more for these layers: values that they are to have now.

    Earlier overrides that list them let them go as far as these values go. Only what differs from what holds for one of
    them anyway is said of them: else layers with which they share a scale could not have another type. ``following``
    names what they have from such layers, and would have again if nothing was said.
    """
    names = {layer.name or "" for layer in layers}
    whole = Scope(layers=tuple(sorted(names)))
    kept: list[Override] = []
    own: dict[str, Scalar] = {}
    for scope, part in step.overrides:
        inside, rest = names & set(scope.layers), tuple(layer for layer in scope.layers if layer not in names)
        if rest or not scope.layers:
            kept.append((dataclasses.replace(scope, layers=rest), part))
        left = {name: value for name, value in part.items() if name not in values}
        if inside == names:
            own |= left
        elif inside and left:
            kept.append((dataclasses.replace(scope, layers=tuple(sorted(inside))), left))
    for name, value in values.items():
        others = (overridden(kept, [layer], name) for layer in layers)
        if name in following or any(value != (step.params.get(name) if o is None else o) for o in others):
            own[name] = value
    return (*kept, (whole, own)) if own else tuple(kept)


def _chosen(nodes: Sequence[ir.Node]) -> list[tuple[ir.Node, Named]]:
    """Each card with the layer or input that it stands for; a layer may have several."""
    return [(node, layer) for node in nodes if (layer := chosen_of(node)) is not None]


def _plain(spec: parameters.Spec) -> parameters.Spec:
    """Not folded away: there is little else in the form."""
    return dataclasses.replace(spec, field=dataclasses.replace(spec.field, advanced=False, group=""))


def _now(found: Origin, layer: Named, spec: parameters.Spec) -> Scalar:
    """What is said of this layer now."""
    own = overridden(found.step.overrides, [layer], spec.name)
    value: Scalar = found.step.params.get(spec.name, spec.default) if own is None else own
    return value


def _as_stored(node: ir.Node, specs: Sequence[parameters.Spec]) -> dict[str, Scalar]:
    """The type of the layer's result as it is, which may follow another layer's choice."""
    kind = result_type(node)
    return {s.name: kind for s in specs if s.name == FORM[0] and kind in s.choices}


def _quantize_again(desk: Desk, found: Origin, nodes: Sequence[ir.Node], values: Mapping[str, Scalar]) -> None:
    chosen = _chosen(nodes)
    specs = [s for s in found.method.layer_specs() if s.name in values]
    following = {
        name
        for node, layer in chosen
        for name, kind in _as_stored(node, specs).items()
        if kind != next(_now(found, layer, s) for s in specs if s.name == name)
    }
    layers = list({layer.name: layer for _, layer in chosen}.values())
    step = dataclasses.replace(found.step, overrides=with_choice(found.step, layers, values, following))
    apply_to(desk, found.parent.id, step)


def apply_to(desk: Desk, revision: int, step: Step, then: Callable[[int], None] = lambda made: None) -> None:
    """Do a step on a revision, whichever is shown, with the data that is attached now."""
    project, data = desk.state.project, desk.state.data
    if project is None:
        return
    step = with_data(step, data.location if data is not None else "")
    reference = {"project": str(project.folder), "revision": revision}
    args = {"model": reference, "step": step.to_json(), "threads": act.THREADS}
    act.submit_step(desk, project, revision, args, then)


_OWN = ("top1", "top5")  # figures of a revision by itself


@folded
def apply_cure(desk: Desk, revision: int, cure: Mapping[str, Any]) -> None:
    """A cure of the detective: the float revision before ``revision`` is quantized again with it, as a new revision.

    Then both are measured beside the float one, on the same items.
    """
    parent = float_parent(desk.state, revision)
    if parent is None:
        desk.errors.say("info", without_parent())
        return
    step = Step.from_json(cure)
    data = desk.state.data
    cured = dataclasses.replace(step, data=data.location if data is not None else "")
    apply_to(desk, parent.id, cured, lambda made: measure_again(desk, parent.id, revision, made))


def measure_again(desk: Desk, parent: int, before: int, after: int) -> None:
    """Say what a cure brought: two quantized revisions beside their float one, in one measurement."""
    project = desk.state.project
    if project is None:
        return
    refs = [str(number) for number in (parent, before, after)]
    data = desk.state.data
    args = {"models": analyse.models_of(project, refs), "data": data.location if data is not None else ""}

    def done(result: Any) -> None:
        if desk.state.project is not project:
            return
        measured = {r: {k: Measure.from_json(m) for k, m in result["models"][r]["measures"].items()} for r in refs}
        # closeness and changes are to the float parent here, in the comparison to the first revision
        desk.state.add_figures({r: {k: m for k, m in every.items() if k in _OWN} for r, every in measured.items()})
        found = [measured[r] for r in refs[1:]]
        moved = [
            f"{name_of(key)} {cell(found[0][key])} → {cell(found[1][key])}"
            for key in ("sqnr", "agreement", "top1")
            if key in found[0] and key in found[1]
        ]
        if not moved:
            notes = [note for r in refs[1:] for note in result["models"][r]["notes"]]
            notes = notes or [
                tr("There is no {figure} for {model}.", figure=name_of("sqnr"), model=f"{before}, {after}")
            ]
            desk.errors.say("error", notes[0], " ".join(dict.fromkeys(notes[1:])))
            job.came_to_nothing(notes[0])
            return
        key = "top1_change" if "top1_change" in found[1] else "agreement"
        head = tr("The cure, measured: {figures}", figures=", ".join(moved))
        change = f"{name_of(key)} {spoken(found[1].get(key))}"
        hint = tr("Beside float revision {parent}: {figure}", parent=parent, figure=change)
        desk.errors.say("info", f"{head}.", hint)

    title = tr("Measuring revisions {before} and {after}", before=before, after=after)
    job = desk.jobs.submit(title, "compare", args, done, desk.errors.report)
