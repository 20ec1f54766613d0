"""Edits of the graph by hand: what is selected decides what a form is about, the session carries the edit out."""

from __future__ import annotations

import dataclasses

from core.model.editing import Edit, WorkingCopy
from core.model.editing.ends import AddOutput, RemoveInput, RemoveOutput
from core.model.editing.folding import FoldBatchNorm, FoldConstants
from core.model.editing.layers import RemoveIdentities
from core.model.editing.repairs import Repair
from core.model.model import Model, layer_name, real_inputs
from core.project.project import Project
from gui import settings
from gui.desk import Desk
from gui.editing import target
from gui.editing.forms.attributes import AttributesForm
from gui.editing.forms.base import EditForm
from gui.editing.forms.block import BlockForm
from gui.editing.forms.connecting import ConnectForm
from gui.editing.forms.cutting import CutForm
from gui.editing.forms.ends import AddInputForm, BatchForm, InputShapeForm, RemoveEndForm
from gui.editing.forms.operators import InsertForm, ReplaceForm
from gui.editing.forms.removing import RemoveForm
from gui.editing.forms.renaming import RenameForm
from gui.editing.forms.values import ValuesForm
from gui.graph_view.captions import category
from gui.graph_view.known import dtype_of, known, shape_of
from gui.operations import files
from gui.operations.folded import folded
from gui.words import tr

# names and attributes -----------------------------------------------------------------------------------------------


def rename(desk: Desk) -> None:
    """The tensor that is followed, else the selected layer."""
    value, node = target.followed(desk), target.layer(desk)
    if value is not None:
        _open(desk, RenameForm(desk.editing, desk.window, value.name or "", True))
    elif node is not None:
        _open(desk, RenameForm(desk.editing, desk.window, layer_name(node), False, category(node)))


def rename_tensor(desk: Desk, name: str) -> None:
    _open(desk, RenameForm(desk.editing, desk.window, name, True))


def attributes(desk: Desk) -> None:
    model, node = desk.state.model, target.layer(desk)
    if model is not None and node is not None:
        _open(desk, AttributesForm(desk.editing, desk.window, model, node))


# layers -------------------------------------------------------------------------------------------------------------


def replace_operator(desk: Desk) -> None:
    """Of the selected layer, or of several at once."""
    names = [layer_name(n) for n in target.layers(desk)]
    if not names:
        return

    def ask(copy: WorkingCopy) -> None:
        here = {layer_name(n): n for n in copy.model.nodes()}
        own = [here[name] for name in names if name in here]
        if own:
            _open(desk, ReplaceForm(desk.editing, desk.window, copy, own))

    desk.editing.with_copy(ask)


def replace_block(desk: Desk) -> None:
    model, node = desk.state.model, target.layer(desk)
    if model is not None and node is not None:
        _open(desk, BlockForm(desk.editing, desk.window, known(model), node))


def remove(desk: Desk) -> None:
    """Bypass or delete the selected layers."""
    nodes = target.layers(desk)
    if nodes:
        _open(desk, RemoveForm(desk.editing, desk.window, nodes))


def insert(desk: Desk, reader: str = "", tensor: str = "") -> None:
    """A new layer behind the tensor called so, else the one that is followed, else behind the selected layer."""
    model = desk.state.model
    value = target.value_called(model, tensor) if model is not None and tensor else target.tensor(desk)
    if value is None:
        return
    name = value.name or ""

    def ask(copy: WorkingCopy) -> None:
        own = target.value_called(copy.model, name)
        if own is not None:
            readers, tensors = target.readers(own), target.flowing(copy.model)
            form = InsertForm(desk.editing, desk.window, copy, own, readers, tensors, reader)
            # what F2 and Ins are about afterwards is the new layer, which is selected, and not the tensor any more
            form.accepted.connect(lambda: desk.window.graphs.view.select_tensor(""))
            _open(desk, form)

    desk.editing.with_copy(ask)


def connect(desk: Desk) -> None:
    model, node = desk.state.model, target.layer(desk)
    if model is not None and node is not None:
        _open(desk, ConnectForm(desk.editing, desk.window, model, node, target.flowing(model)))


def values(desk: Desk, name: str = "") -> None:
    """The stored tensors of the selected layer, the one called so first."""
    model, node = desk.state.model, target.layer(desk)
    held = target.stored(node) if node is not None else []
    if model is not None and held:
        _open(desk, ValuesForm(desk.editing, desk.window, model, held, desk.settings, name))


# ends ---------------------------------------------------------------------------------------------------------------


def add_output(desk: Desk) -> None:
    value = target.tensor(desk)
    if value is not None:
        desk.editing.do(AddOutput(value.name or ""))


def remove_output(desk: Desk, name: str = "") -> None:
    """The one called so, else one of them is chosen."""
    _remove_end(desk, name, is_input=False)


def add_input(desk: Desk) -> None:
    """In the place of the tensor that is followed; a new one nobody reads yet where none is."""
    model, value = desk.state.model, target.followed(desk)
    if model is None:
        return
    whole = known(model)
    form = AddInputForm(
        desk.editing,
        desk.window,
        target.flowing(model),
        (value.name or "") if value is not None else "",
        shape_of(value, whole.facts) or () if value is not None else (),
        dtype_of(value, whole.facts) if value is not None else "float32",
    )
    _open(desk, form)


def remove_input(desk: Desk, name: str = "") -> None:
    """The one called so, else one of them is chosen."""
    _remove_end(desk, name, is_input=True)


def _remove_end(desk: Desk, name: str, is_input: bool) -> None:
    model = desk.state.model
    if name:
        desk.editing.do(RemoveInput(name) if is_input else RemoveOutput(name))
    elif model is not None:
        ends = real_inputs(model.graph) if is_input else list(model.graph.graph.outputs)
        ends.sort(key=lambda v: bool(v.uses()))  # those that can go first
        value = target.followed(desk)
        name = (value.name or "") if value is not None else ""
        names = [v.name or "" for v in ends]
        _open(desk, RemoveEndForm(desk.editing, desk.window, names, is_input, name))


def input_shape(desk: Desk, name: str = "") -> None:
    if desk.state.model is not None:
        _open(desk, InputShapeForm(desk.editing, desk.window, desk.state.model, name))


def batch(desk: Desk) -> None:
    if desk.state.model is not None:
        _open(desk, BatchForm(desk.editing, desk.window, desk.state.model))


# the whole graph ----------------------------------------------------------------------------------------------------


def fold_batchnorm(desk: Desk) -> None:
    _through(desk, FoldBatchNorm(), tr("No BatchNormalization is left that a layer could take up."))


def fold_constants(desk: Desk) -> None:
    _through(desk, FoldConstants(), tr("No layer computes something from constants alone."))


def remove_identities(desk: Desk) -> None:
    _through(desk, RemoveIdentities(), tr("There is no Identity or Dropout that could go."))


def _through(desk: Desk, edit: Edit, nothing: str) -> None:
    """Say so where there was nothing to do, instead of keeping an edit that changed nothing."""
    model = desk.state.model
    before = sum(1 for _ in model.nodes()) if model is not None else 0

    def look() -> None:
        now = desk.state.model
        if now is not None and sum(1 for _ in now.nodes()) == before:
            desk.editing.undo()
            desk.errors.say("info", nothing)

    if desk.editing.do(edit):
        desk.editing.when_idle(look)


def cut_out(desk: Desk) -> None:
    """The selected layers as a model of their own."""
    model, nodes = desk.state.model, target.layers(desk)
    if model is None or not nodes:
        return
    form = CutForm(desk.editing, desk.window, model, [layer_name(n) for n in nodes])
    form.as_project.connect(lambda edit: _as_project(desk, edit))
    _open(desk, form)


@folded
def _as_project(desk: Desk, edit: Edit) -> None:
    """The result of an edit as a new project; this one keeps what it has."""
    project, revision, title = desk.state.project, desk.state.revision, desk.state.title
    if project is None or revision is None:
        return

    def work() -> tuple[Project, Model]:
        copy = WorkingCopy(project.model(revision.id))
        copy.do(edit)
        part = dataclasses.replace(copy.model, source=tr("part of {title}", title=title))
        return files.started(settings.new_session(f"{title}_part"), part)

    desk.background.run(work, lambda made: files.adopt(desk, *made), desk.errors.report)


def repair(desk: Desk, offer: Repair) -> None:
    """Do what was offered about a wrong layer."""
    for edit in offer.edits:
        if not desk.editing.do(edit):
            return


def _open(desk: Desk, form: EditForm) -> None:
    """Show a form over the window; afterwards the keyboard is back in the graph, which shows what was edited."""
    form.finished.connect(lambda _: desk.window.graphs.view.setFocus())
    form.open()
