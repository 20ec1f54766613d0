"""Blocks after an edit: new layers stand where their names say, as they would if the graph were opened anew."""

from __future__ import annotations

import dataclasses

from core.formats.open import open_model
from core.model.editing import WorkingCopy
from core.model.editing.blocks import ReplaceBlock
from core.model.editing.several import CutOutLayers
from core.model.model import layer_name
from gui.graph_view.membership import Membership
from gui.graph_view.picture import members_of
from tests.conftest import network_path

CONV = "/layer1/layer1.1/conv1/Conv"


def paths(members: Membership) -> dict[str, str]:
    """Layer -> the block it stands in; blocks that came with the edit count as the one around them."""
    return {layer_name(n): members.blocks[k].path for n, k in members.homes.items()}


def test_layers_of_a_lightweight_block_stay_in_the_block_of_the_convolution() -> None:
    copy = WorkingCopy(open_model(network_path("resnet20")))
    members = members_of(copy.model)
    before = paths(members)
    copy.do(ReplaceBlock(next(name for name in before if "layer1.1" in name and "conv1" in name), "shuffle"))
    members.follow(tuple(copy.model.nodes()))
    new = [name for name in paths(members) if name not in before]
    assert len(new) == 6
    assert {paths(members)[name] for name in new} == {"layer1.1"}
    anew = paths(members_of(dataclasses.replace(copy.model)))
    assert all(anew[name].startswith("layer1.1") for name in new)


def test_a_block_is_never_called_by_a_bare_number() -> None:
    copy = WorkingCopy(open_model(network_path("resnet20")))
    inside = [layer_name(n) for n in copy.model.nodes() if "layer1" in layer_name(n)]
    copy.do(CutOutLayers(tuple(inside)))
    titles = [block.title for block in members_of(dataclasses.replace(copy.model)).blocks[1:]]
    assert titles[:3] == ["layer1.0", "layer1.1", "layer1.2"]
