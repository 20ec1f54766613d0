"""What the graph is told of channels: widths agree with the cut, groups with the members they have."""

from __future__ import annotations

import numpy as np
import pytest

from core.formats.open import open_model
from core.model.channel_widths import flows, groups_in_words, widths
from core.model.channels import ChannelGroups, cut, find_groups
from core.model.facts import infer
from core.model.model import Model, layer_name
from core.model.prepare import prepare
from tests.conftest import FIVE, network_path


def _network(key: str) -> tuple[Model, ChannelGroups]:
    model = prepare(open_model(network_path(key)))[0]
    return model, find_groups(model)


@pytest.mark.parametrize("key", FIVE)
def test_the_width_after_is_what_onnx_infers_of_the_cut_model(key: str) -> None:
    model, groups = _network(key)
    rng = np.random.default_rng(0)
    removed = {g.key: rng.choice(g.size, g.size // 3, replace=False).tolist() for g in groups if g.size > 2}
    found = widths(groups, removed)
    smaller = cut(model, groups, removed)
    before, after = infer(model).shapes, infer(smaller).shapes
    shrunk = 0
    for node in smaller.nodes():
        name = next((o.name or "" for o in node.outputs if o.name in groups.lanes), "")
        if name:
            axis = groups.lanes[name].axis
            assert found[layer_name(node)][:2] == (before[name][axis], after[name][axis])
            shrunk += before[name][axis] > after[name][axis]
    assert shrunk > 10
    assert all(after == before for before, after, _ in widths(groups, {}).values())


def test_layers_that_pass_channels_on_belong_to_the_group_of_their_makers() -> None:
    model, groups = _network("resnet20")
    of = {flow.layer: [groups.groups[k] for k in flow.groups] for flow in flows(groups)}
    for node in model.nodes():
        if node.op_type == "Add":  # a sum of residuals lives and dies with both of its sides
            sides = [layer_name(value.producer()) for value in node.inputs if value.producer() is not None]
            assert len(sides) == 2
            assert {g.key for side in sides for g in of[side]} == {g.key for g in of[layer_name(node)]}
    for group in groups:
        assert all(group in of[layer] for layer in group.producers)


def test_groups_in_words_name_members_and_why_they_stay() -> None:
    _, groups = _network("squeezenet")
    said = groups_in_words(groups)
    by_key = {g["key"]: g for g in said["groups"]}
    last = by_key["/classifier/Conv"]
    assert last["units"] == 0
    assert last["reason"] == "its channels are a graph output"
    assert last["members"]["/classifier/Conv"] == "produces"
    assert said["layers"]["/Relu"] == (1000, (list(by_key).index("/classifier/Conv"),), last["reason"])
    squeeze = by_key["/features/features.3/squeeze/Conv"]
    assert squeeze["channels"] == 16
    assert squeeze["members"] == {
        "/features/features.3/squeeze/Conv": "produces",
        "/features/features.3/expand1x1/Conv": "reads",
        "/features/features.3/expand3x3/Conv": "reads",
    }
