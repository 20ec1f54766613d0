"""Why an entry of a menu cannot act: a sentence each, '' where it can."""

from __future__ import annotations

from core.methods.method import Kind, Method
from core.model.model import is_locked
from gui.desk import Desk
from gui.editing import target
from gui.graph_view.known import known
from gui.wording import method_title
from gui.words import tr


def of_other_kind(method: Method, kind: Kind) -> str:
    """Why a method cannot be applied to a graph of a kind that it does not take."""
    act = method_title(method.title)
    if kind == "float":
        return tr("{act} works on a quantized model, and this one is not.", act=act)
    if "qdq" in method.accepts:
        return tr("{act} works where activations are integers; here weights alone are stored in fewer bits.", act=act)
    return tr("{act} works on a float model, and this one is already quantized. Go to a float revision first.", act=act)


def needs_project(desk: Desk) -> str:
    return "" if desk.state.model is not None else tr("Open a model first.")


def needs_beside(desk: Desk) -> str:
    return "" if desk.state.beside is not None else tr("No second graph is shown.")


def needs_parent(desk: Desk) -> str:
    """Edits that are no revision yet become one before any act."""
    second = desk.state.can_undo or desk.editing.pending
    return needs_project(desk) or ("" if second else tr("This is the first revision."))


def needs_undo(desk: Desk) -> str:
    return needs_project(desk) or ("" if desk.editing.can_undo else tr("This is the first revision."))


def needs_redo(desk: Desk) -> str:
    return needs_project(desk) or ("" if desk.editing.can_redo else tr("There is nothing to redo."))


def needs_running(desk: Desk) -> str:
    """A graph that an edit has left wrong cannot be run."""
    return needs_project(desk) or desk.editing.unfinished


def needs_data(desk: Desk) -> str:
    return needs_project(desk) or ("" if desk.state.data is not None else tr("Attach data first (Ctrl+D)."))


def needs_labels(desk: Desk) -> str:
    return needs_data(desk) or ("" if desk.state.labelled else tr("The attached data has no classes to judge by."))


def needs_analysis(desk: Desk) -> str:
    revision = desk.state.revision
    found = revision is not None and desk.state.analyses(revision.id)
    return needs_project(desk) or ("" if found else tr("Nothing has been analysed at this revision yet."))


def needs_steps(desk: Desk) -> str:
    return needs_parent(desk)


def needs_blocks(desk: Desk) -> str:
    view = desk.window.graphs.view
    return needs_project(desk) or ("" if view.has_blocks else tr("This graph has no blocks, or they are switched off."))


def needs_block(desk: Desk) -> str:
    chosen = desk.window.graphs.view.block_in_hand()
    return needs_blocks(desk) or ("" if chosen else tr("Select a block, or a layer in one."))


def needs_alike(desk: Desk) -> str:
    view = desk.window.graphs.view
    alike = len(view.alike(view.block_in_hand())) > 1
    return needs_block(desk) or ("" if alike else tr("No other block has the structure of the selected one."))


def needs_selection(desk: Desk) -> str:
    return needs_project(desk) or ("" if desk.state.selected else tr("No layer is selected."))


def needs_layer(desk: Desk) -> str:
    return needs_selection(desk) or ("" if target.layer(desk) is not None else tr("Select one layer only."))


def needs_any_wrong(desk: Desk) -> str:
    model = desk.state.model
    return needs_project(desk) or ("" if model is not None and known(model).wrong else tr("All layers can run."))


def needs_wrong(desk: Desk) -> str:
    model, chosen = desk.state.model, desk.state.selected
    wrong = model is not None and chosen and chosen[0] in known(model).wrong
    return needs_layer(desk) or ("" if wrong else tr("The layer can run; nothing is to be repaired."))


def needs_convolution(desk: Desk) -> str:
    node = target.layer(desk)
    return needs_layer(desk) or ("" if node is not None and node.op_type == "Conv" else tr("Select a convolution."))


def needs_stored(desk: Desk) -> str:
    node = target.layer(desk)
    held = node is not None and target.stored(node)
    return needs_layer(desk) or ("" if held else tr("The layer has no stored values."))


def needs_tensor(desk: Desk) -> str:
    found = target.tensor(desk) is not None
    return needs_project(desk) or ("" if found else tr("Select one layer, or click a tensor."))


def needs_inner(desk: Desk) -> str:
    value = target.tensor(desk)
    ended = value is not None and (value.is_graph_output() or value.producer() is None)
    return needs_tensor(desk) or (tr("This tensor is an end of the graph already.") if ended else "")


def needs_unlocked(desk: Desk) -> str:
    open_ = [n for n in target.layers(desk) if not is_locked(n)]
    return needs_selection(desk) or ("" if open_ else tr("The channels are locked already."))


def needs_locked(desk: Desk) -> str:
    locked = [n for n in target.layers(desk) if is_locked(n)]
    return needs_selection(desk) or ("" if locked else tr("The channels are not locked."))
