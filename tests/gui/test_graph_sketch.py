"""After any edit the picture is the one that would be made from nothing, though most of it is taken from before."""

from __future__ import annotations

import dataclasses
import random

import onnx_ir as ir
import pytest
from PySide6.QtWidgets import QApplication

from benchmarks.drawn import overlaps, through_cards
from core.errors import UserError
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy
from core.model.editing.ends import AddOutput
from core.model.editing.layers import Bypass, Connect
from core.model.editing.names import RenameLayer, RenameTensor
from core.model.editing.new_layers import Insert
from core.model.layout_nested import Cache, Part
from core.model.model import Model
from gui.graph_view.canvas import metrics
from gui.graph_view.known import Known, known
from gui.graph_view.known_after import known_after, transplanted
from gui.graph_view.marking import cards_inside
from gui.graph_view.picture import Blocks, Picture, members_of, picture, place
from gui.graph_view.sketch import Area, Sketcher
from tests.conftest import network_path
from tests.core.light_networks import light_network


def assert_same(a: Part, b: Part) -> None:
    """Two blocks with all in them, as the layout and the canvas see them."""
    assert isinstance(a, Area)
    assert isinstance(b, Area)
    assert [card.title for card in a.drawn] == [card.title for card in b.drawn]
    assert a.drawn == b.drawn
    assert a.links == b.links
    assert a.said == b.said
    assert (a.leaving, a.entering) == (b.leaving, b.entering)
    for one, other in zip(a.items, b.items, strict=True):
        if isinstance(one, Part):
            assert isinstance(other, Part)
            assert_same(one, other)
        else:
            assert one == other


def some_edit(model: Model, pick: random.Random) -> Edit:
    nodes = list(model.nodes())
    node, other = pick.choice(nodes), pick.choice(nodes)
    name, tensor = node.name or "", node.outputs[0].name or ""
    number = pick.randrange(1000)
    return pick.choice(
        [
            RenameLayer(name, f"renamed{number}"),
            RenameTensor(tensor, f"tensor{number}"),
            Bypass(name),
            Bypass(name),
            Insert(tensor, "Relu", f"new{number}"),
            Insert(tensor, "Relu", f"new{number}"),
            Connect(name, 0, other.outputs[0].name or ""),
            AddOutput(tensor),
        ]
    )


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("network", ["resnet20", "squeezenet", "resnet50"])
def test_edits_are_followed_as_if_made_from_nothing(network: str, qapp: QApplication) -> None:
    model = light_network(network) if network == "resnet50" else open_model(network_path(network))
    widths, pick = metrics(), random.Random(network)
    copy = WorkingCopy(model.clone())
    whole = transplanted(known(model), copy.model)
    assert whole is not None
    sketcher = Sketcher(whole, members_of(copy.model), widths)
    paths = list(sketcher.members.number)
    opened = set(paths)
    done = 0
    for _ in range(45):
        try:
            if copy.edits and pick.random() < 0.3:
                copy.undo()
            else:
                copy.do(some_edit(copy.model, pick))
        except UserError:
            continue
        done += 1
        whole = after(whole, copy)
        sketcher.follow(whole)
        opened ^= set(pick.sample(paths, min(2, len(paths)))) if pick.random() < 0.5 else set()
        sketch = sketcher.sketch(opened)
        fresh = Sketcher(whole, sketcher.members.copy(), widths)
        anew = fresh.sketch(opened)
        assert_same(sketch.root, anew.root)
        assert sketch.alike == fresh._alike
        assert_edges(place(sketch, widths, Cache()), whole)
    assert done > 20


def after(whole: Known, copy: WorkingCopy) -> Known:
    new = dataclasses.replace(copy.model)
    found = known_after(whole, new, copy.changes, {p.layer: p.sentence for p in copy.problems})
    return found if found is not None else known(new)


def assert_edges(picture: Picture, whole: Known) -> None:
    """Every tensor that a layer reads is an edge from the card that stands for its maker, and there are no others."""
    expected = set()
    for key, (node, _) in whole.layers.items():
        target = picture.card_of(key)
        for value in node.inputs:
            maker = value.producer() if value is not None else None
            source = card_of(picture, whole, maker) if maker is not None else None
            if value is not None and source is not None and source != target:
                expected.add((source, target, value))
    found = [edge for edge in picture.ends if picture.cards[edge[0]].category != "terminal"]
    found = [edge for edge in found if picture.cards[edge[1]].category != "terminal"]
    assert len(found) == len(set(found))
    assert set(found) == expected
    for card in range(len(picture.cards)):
        assert set(picture.into(card)) == {edge for edge in picture.ends if edge[1] == card}
        assert set(picture.out_of(card)) == {edge for edge in picture.ends if edge[0] == card}


def card_of(picture: Picture, whole: Known, node: ir.Node) -> int | None:
    key = next((key for key, (other, _) in whole.layers.items() if other is node), None)
    return picture.card_of(key) if key is not None else None


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("blocks", ["open", "closed", "flat"])
@pytest.mark.parametrize("network", ["mobilenetv2", "resnet50", "inception_v2", "shufflenet"])
def test_on_real_networks_nothing_overlaps_and_no_edge_runs_through_a_card(network: str, blocks: Blocks) -> None:
    model = light_network(network) if network != "mobilenetv2" else open_model(network_path(network))
    done = picture(model, metrics(), blocks)
    assert overlaps(done.boxes) == 0
    ends = [(source, target) for source, target, _ in done.ends]
    assert through_cards(done.place.routes, ends, done.boxes) == 0
    for frame in done.frames:
        left, top, width, height = frame.box
        inside = cards_inside(done, frame.path)
        for card, (x, y, w, h) in enumerate(done.boxes):
            apart = x + w < left or x > left + width or y + h < top or y > top + height
            within = left <= x and x + w <= left + width and top <= y and y + h <= top + height
            assert within if card in inside else apart


@pytest.mark.usefixtures("qapp")
def test_identical_blocks_have_the_identical_layout() -> None:
    done = picture(open_model(network_path("resnet20")), metrics(), "open")
    groups = {frame.path: frame.group for frame in done.frames}
    same = [done.nested.blocks[groups[path]].inside for path in ("layer1.0", "layer1.1", "layer1.2")]
    assert same[0] is same[1] is same[2]
