"""What is shown after an edit: the wrong layers by key, and the layers that the eye looks for. No Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from core.model.editing import Edit
from core.model.editing.changes import Changes
from core.model.editing.names import RenameLayer
from core.model.model import layer_name
from core.project.edit_line import EditLine
from gui.graph_view.known import Known, wrong_keys

_MOST = 32  # layers: a selection of more would say nothing


def wrong_layers(line: EditLine) -> dict[str, str]:
    """Name of a wrong layer -> what is wrong with it."""
    return {p.layer: p.sentence for p in line.copy.problems}


def with_wrong(found: Known, wrong: Mapping[str, str]) -> Known:
    """The same knowledge with these wrong layers, given by name."""
    return dataclasses.replace(found, wrong=wrong_keys(found.nodes, found.keys, wrong))


def looked_at(whole: Known, changes: Changes, edit: Edit | None, back: bool) -> list[str]:
    """Keys of the new layers, else of the one that was edited, else of those around what is gone."""
    nodes = set(changes.added)
    if not nodes and isinstance(edit, RenameLayer):
        nodes = {n for n in changes.layers if n.name == (edit.layer if back else edit.name)}
    elif not nodes:
        meant = {getattr(edit, "layer", ""), *getattr(edit, "layers", ())}
        nodes = {n for n in changes.layers if layer_name(n) in meant}
    if not nodes and changes.removed:
        nodes = set(changes.layers)
    if not nodes or len(nodes) > _MOST:
        return []
    return [key for key, (node, _) in whole.layers.items() if node in nodes]
