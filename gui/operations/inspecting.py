"""What follows from using the inspector: going to layers and tensors, seeing outputs, sections that stay folded."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt

from gui.desk import Desk
from gui.operations import editing, pruning, quantizing, repairing
from gui.operations.layer_output import LayerOutputs
from gui.quantization.float_weights import FloatWeights


def bind(desk: Desk) -> None:
    """Tie the inspector to the rest of the window; once."""
    inspector, view = desk.window.inspector, desk.window.graphs.view
    inspector.folds.read(desk.settings.folds)
    inspector.folds.changed.connect(partial(_remember_folds, desk))
    inspector.go_to.connect(partial(go_to, desk))
    inspector.tensor_chosen.connect(partial(choose_tensor, desk))
    view.tensor_selected.connect(inspector.set_tensor)
    view.selection_changed.connect(lambda _: inspector.set_selection(desk.state.selected, view.selected_block()))
    inspector.alike = view.alike
    inspector.edit_requested.connect(partial(edit, desk))
    inspector.set_editable(True)
    weights = FloatWeights(desk.state, desk.background, inspector)
    inspector.before = weights.ask
    desk.kept.append(LayerOutputs(desk))


def go_to(desk: Desk, key: str) -> None:
    """Select a layer or a block, and bring it into sight."""
    view = desk.window.graphs.view
    desk.window.inspector.set_tensor("")
    view.select_tensor("")
    if key in view.block_paths():
        view.set_opened({*view.opened(), *(path for path in view.block_paths() if key.startswith(f"{path}."))})
        view.select_block(key)
        if view.selected_block() != key:  # a large graph is still being laid out
            once = Qt.ConnectionType.SingleShotConnection
            view.picture_changed.connect(partial(view.select_block, key), once)
        return
    desk.state.select([key])
    view.reveal(key)


def choose_tensor(desk: Desk, name: str) -> None:
    """Mark a tensor on the graph too."""
    desk.window.graphs.view.select_tensor(name)


def edit(desk: Desk, act: str, key: str) -> None:
    """A button of the inspector: a layer's attributes or lock, its quantization, a tensor's values, what could mend."""
    if act == "attributes":
        editing.attributes(desk)
    elif act == "weights":
        editing.values(desk, key)
    elif act == "lock":
        pruning.lock(desk)
    elif act == "unlock":
        pruning.unlock(desk)
    elif act == "quantization":
        quantizing.change(desk)
    else:
        repairing.repair(desk)


def _remember_folds(desk: Desk) -> None:
    desk.settings.folds = desk.window.inspector.folds.to_json()
