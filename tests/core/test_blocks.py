"""Blocks: what they are called, that nothing is lost, and that any choice of them can be closed without a cycle."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path
from random import Random

import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from core.cli.main import main
from core.errors import UserError
from core.model.blocks import Block, find_blocks
from core.model.blocks_names import TORCH_SCOPES, scope
from core.model.model import Model
from core.references.create import create
from core.references.reference import load_references
from tests.core.light_networks import NAMES, light_network
from tests.timing import processor_seconds


def check(model: Model, root: Block) -> None:
    """Every layer once; children inside their parents; closed at any level the graph of cards has no cycle."""
    nodes = list(model.nodes())
    assert root.nodes == tuple(range(len(nodes)))
    every = [block for _, block in root.walk()]
    assert len({b.path for b in every}) == len(every)
    assert sorted(k for b in every for k in b.own) == list(root.nodes)
    for block in every:
        inside = [k for child in block.children for k in child.nodes]
        assert len(inside) == len(set(inside))
        assert set(inside) <= set(block.nodes)
        assert list(block.nodes) == sorted(block.nodes)
        assert len(block.nodes) >= 2 or block is root
        assert block.identical == () or block.path in block.identical
    deepest = max(level for level, _ in root.walk())
    for level in range(deepest + 1):
        acyclic(nodes, [b for at, b in root.walk() if at == level])
    acyclic(nodes, [b for b in every if not b.children])


def acyclic(nodes: list[ir.Node], closed: list[Block]) -> None:
    """Python's own sorter finds an order of the cards; it raises CycleError where there is none."""
    card = {k: f"block {b.path}" for b in closed for k in b.nodes}
    position = {id(node): k for k, node in enumerate(nodes)}
    before: dict[str, set[str]] = {}
    for k, node in enumerate(nodes):
        here = card.get(k, f"layer {k}")
        makers = (value.producer() for value in node.inputs if value is not None)
        sources = {position[id(maker)] for maker in makers if maker is not None}
        before.setdefault(here, set()).update({card.get(s, f"layer {s}") for s in sources} - {here})
    TopologicalSorter(before).prepare()


def graph(links: list[tuple[str, list[int]]]) -> Model:
    """Nodes by (name, positions of the nodes they add up; the input where none)."""
    nodes = [
        helper.make_node("Sum", [f"v{s}" for s in sources] or ["x"], [f"v{k}"], name)
        for k, (name, sources) in enumerate(links)
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info(f"v{len(links) - 1}", TensorProto.FLOAT, [1])
    proto = helper.make_model(helper.make_graph(nodes, "g", [x], [y]))
    return Model.from_ir(ir.from_proto(proto))


def by_path(root: Block) -> dict[str, Block]:
    return {block.path: block for _, block in root.walk()}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("/features/3/conv/Conv", ("features", "3", "conv")),
        ("/layer1/layer1.0/conv1/Conv", ("layer1", "0", "conv1")),
        ("/features/features.1/conv/conv.0/conv.0.0/Conv", ("features", "1", "conv", "0", "0")),
        ("layer1.0.conv2", ("layer1", "0")),
        ("features.3.conv.0.0", ("features", "3", "conv", "0")),
        ("inception_3a/1x1", ("inception_3a",)),
        ("/Relu", ()),
        ("Conv_17", ()),
        ("", ()),
        ("//a//b", ("a",)),
        ("a#1/~1/op", ("a_1", "_1")),
    ],
)
def test_names_of_exporters_give_modules(name: str, parts: tuple[str, ...]) -> None:
    assert scope(ir.Node("", "Conv", [], name=name)) == parts


def test_torch_scopes_come_before_the_name() -> None:
    node = ir.Node("", "Conv", [], name="node_conv2d_3")
    node.metadata_props[TORCH_SCOPES] = "['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_3']"
    assert scope(node) == ("layer1", "0", "conv1")
    node.metadata_props[TORCH_SCOPES] = "[" * 100_000
    assert scope(node) == ()


@pytest.fixture(scope="module")
def made() -> dict[str, Model]:
    known = {r.key: r for r in load_references()}
    return {key: create(known[key]) for key in ("resnet18", "mobilenet_v2", "vit_tiny", "swin_tiny")}


@pytest.mark.parametrize("key", ["resnet18", "mobilenet_v2", "vit_tiny", "swin_tiny"])
def test_references_fall_into_their_modules(made: dict[str, Model], key: str) -> None:
    root = find_blocks(made[key])
    check(made[key], root)
    assert find_blocks(made[key]) == root
    wanted = {
        "resnet18": {"layer1", "layer1.0", "layer1.1", "layer4.0"},
        "mobilenet_v2": {"features.3", "features.17"},
        "vit_tiny": set(),
        "swin_tiny": set(),
    }[key]
    found = {path.replace(".conv", "") for path in by_path(root)}
    assert wanted <= found, sorted(by_path(root))


def test_equal_blocks_of_resnet_know_each_other(made: dict[str, Model]) -> None:
    blocks = by_path(find_blocks(made["resnet18"]))
    assert blocks["layer1.0"].identical == ("layer1.0", "layer1.1")
    assert blocks["layer2.0"].identical == ()  # it strides and has a shortcut of its own


def test_transformer_blocks_are_alike(made: dict[str, Model]) -> None:
    largest = max(len(b.identical) for _, b in find_blocks(made["vit_tiny"]).walk())
    assert largest >= 12  # Touvron et al. 2021: DeiT-Ti and ViT-Ti have 12 equal layers


@pytest.mark.parametrize("name", NAMES)
def test_graphs_without_scopes(name: str) -> None:
    model = light_network(name)
    check(model, find_blocks(model))


def test_repeats_are_found_without_names() -> None:
    """Bottlenecks of ResNet-50 (He et al. 2016, table 1): stages of 3, 4, 6, 3, the first of each with a projection."""
    model = light_network("resnet50")
    for node in model.nodes():
        node.name = ""
    found = [b for _, b in find_blocks(model).walk() if b.title.startswith("identical blocks")]
    counts = [len(b.children) for b in found]
    assert counts == [2, 3, 5, 2]
    for block in found:
        assert len({child.layers for child in block.children}) == 1
        assert set(block.children[0].identical) >= {child.path for child in block.children}


def test_a_module_called_twice_is_divided() -> None:
    model = graph([("a/0", []), ("a/1", [0]), ("b/0", [1]), ("b/1", [2]), ("a/2", [3]), ("a/3", [4])])
    root = find_blocks(model)
    check(model, root)
    assert [(b.path, b.nodes) for b in root.children] == [("a#1", (0, 1)), ("b", (2, 3)), ("a#2", (4, 5))]


def test_two_convex_blocks_that_feed_each_other_are_divided() -> None:
    """Each alone could be closed; both together would make a cycle."""
    model = graph([("a/0", []), ("b/0", [0]), ("b/1", []), ("a/1", [2]), ("end", [1, 3])])
    check(model, find_blocks(model))


def test_a_cycle_is_one_sentence() -> None:
    one, two = ir.Node("", "Relu", [None], name="a/one"), ir.Node("", "Relu", [None], name="a/two")
    one.replace_input_with(0, two.outputs[0])
    two.replace_input_with(0, one.outputs[0])
    other = [ir.Node("", "Relu", [None], name=n) for n in ("b/one", "b/two")]
    other[0].replace_input_with(0, one.outputs[0])
    one_graph = ir.Graph([], [], nodes=[one, two, *other], opset_imports={"": 17}, name="g")
    root = find_blocks(Model.from_ir(ir.Model(one_graph, ir_version=10)))
    assert root.layers == 4  # inside one block a cycle does no harm
    one.name, two.name = "a/one", "b/zero"
    with pytest.raises(UserError, match="cycle through layer"):
        find_blocks(Model.from_ir(ir.Model(one_graph, ir_version=10)))


NAME = st.lists(st.sampled_from(["a", "b", "a#1", "~1"]), min_size=0, max_size=3).map(
    lambda parts: "/".join([*parts, "op"])
)


@st.composite
def tangles(draw: st.DrawFn) -> Model:
    """Random graphs whose names have nothing to do with their edges."""
    count = draw(st.integers(1, 24))
    links = [
        (f"{draw(NAME)}{k}", draw(st.lists(st.integers(0, k - 1), max_size=3, unique=True)) if k else [])
        for k in range(count)
    ]
    return graph(links)


@settings(max_examples=300, deadline=None)
@given(tangles(), st.randoms(use_true_random=False))
def test_any_graph_with_any_names_has_blocks_that_can_be_closed(model: Model, random: Random) -> None:
    root = find_blocks(model)
    check(model, root)
    closed, waiting = [], list(root.children)
    while waiting:  # some open, some closed, at different depths
        block = waiting.pop()
        if random.random() < 0.5:
            closed.append(block)
        else:
            waiting += block.children
    acyclic(list(model.nodes()), closed)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(3, 7))
def test_copies_of_a_residual_branch_are_counted(copies: int, branch: int) -> None:
    """Each copy adds its input to the end of its branch; the first may differ, for it reads the graph's input."""
    links: list[tuple[str, list[int]]] = []
    for _ in range(copies):
        start = len(links) - 1
        for _ in range(branch):
            links.append((f"n{len(links)}", [len(links) - 1] if links else []))
        links.append((f"n{len(links)}", [len(links) - 1, *([start] if start >= 0 else [])]))
    model = graph(links)
    for k, node in enumerate(model.nodes()):
        node.attributes["axis"] = ir.AttrInt64("axis", k % (branch + 1))
    root = find_blocks(model)
    check(model, root)
    repeated = [b for b in root.children if b.title.startswith("identical")]
    assert sum(len(b.children) for b in repeated) >= copies - 2
    assert all(child.layers == branch + 1 for b in repeated for child in b.children)


@pytest.mark.parametrize("named", [True, False])
def test_ten_thousand_layers_take_a_fraction_of_a_second(named: bool) -> None:
    links: list[tuple[str, list[int]]] = []
    for k in range(2000):
        for j in range(5):
            at = len(links)
            sources = [] if at == 0 else [at - 1] + ([at - 5] if j == 4 else [])
            links.append((f"stage{k // 100}/block{k}/op{j}" if named else f"n{at}", sources))
    model = graph(links)
    root = find_blocks(model)
    assert root.layers == 10_000
    assert root.children
    assert processor_seconds(lambda: find_blocks(model), 2) < 1.0  # 0.3 s on an idle core


def test_info_shows_blocks_with_their_share(
    made: dict[str, Model], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.onnx"
    ir.save(made["resnet18"].graph, path)
    assert main(["info", "--json", "--blocks", "--", str(path)]) == 0
    tree = json.loads(capsys.readouterr().out)
    root = tree["blocks"]
    assert (root["layers"], root["params"], root["macs"]) == (tree["layers"], tree["params"], tree["macs"])
    stages = {child["title"]: child for child in root["children"]}
    assert stages["layer1"]["params"] == 147_968  # torchvision's resnet18().layer1, its own count
    assert [c["identical"] for c in stages["layer1"]["children"]] == [2, 2]
    assert main(["info", str(path), "--blocks", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  layer4") for line in lines)
    assert not any(line.startswith("    0") for line in lines)
    assert "100.0 %" in lines[2]
    assert main(["info", str(path), "--blocks", "none"]) == 2
