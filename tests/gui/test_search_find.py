"""Matching: the index finds what looking at every text of every layer finds, and what people mean by their words."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats.open import open_model
from gui.graph_view.known import known
from gui.search.find import FIELDS, Entry, Index, Text, matches, parse
from gui.search.outline import BlockTree, Outline, Path, Row
from gui.search.texts import entries
from tests.conftest import network_path
from tests.timing import processor_seconds

_WORDS = st.sampled_from(
    [
        *(
            "conv",
            "Conv",
            "Relu",
            "2",
            "3",
            "32",
            "64",
            "stride",
            "strides = 2, 2",
            "group = 32",
            "1×64×56×56",
            "N×3×8",
        ),
        *("64x56", "?x64", "stride 2", "group=32", "name:conv", "shape:64", "attr:", '"strides = 2"', "=", "×", "ß"),
        *("int8", "x:y", "N×3×8"),
    ]
)
_TEXTS = st.builds(Text, st.sampled_from(FIELDS), _WORDS, st.sampled_from(["", "input"]))
_ENTRIES = st.lists(
    st.builds(Entry, st.just("k"), st.just("Conv"), st.just(()), st.lists(_TEXTS, max_size=5).map(tuple)), max_size=8
)


@given(_ENTRIES, st.lists(_WORDS, max_size=4), st.sampled_from(["", *FIELDS]))
def test_the_index_finds_what_reading_everything_finds(made: list[Entry], words: list[str], within: str) -> None:
    index, query = Index(made), " ".join(words)
    names = {t.text.partition(" = ")[0] for e in made for t in e.texts if t.field == "attr"}
    terms = parse(query, names, within)
    naive = [k for k, e in enumerate(made) if terms and all(any(matches(term, t) for t in e.texts) for term in terms)]
    found = index.find(query, within)
    assert list(found.layers) == naive
    for layer in found.layers:
        reasons = index.why(layer, found.terms)
        assert reasons, "each result says why"
        for text, spans in reasons:
            assert text in made[layer].texts
            assert all(start >= 0 and n > 0 and start + n <= len(text.text) for start, n in spans) or not text.text


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_query(query: str) -> None:
    Index([Entry("k", "Conv", (), (Text("name", "a"), Text("attr", "pads = 1"), Text("shape", "1×2")))]).find(query)


LAYER = Entry(
    "/features.3/conv/Conv",
    "Conv",
    ("features", "3"),
    (
        Text("name", "/features.3/conv/Conv"),
        Text("op", "Conv"),
        Text("attr", "strides = 2, 2"),
        Text("attr", "group = 32"),
        Text("attr", "kernel_shape = 3, 3"),
        Text("attr", "auto_pad = SAME_UPPER"),
        Text("attr", "epsilon = 1e-05"),
        Text("tensor", "conv.weight", "weight"),
        Text("shape", "batch×64×56×56", "output"),
        Text("type", "int8", "weight"),
    ),
)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stride 2", "attr"),
        ("STRIDES=2", "attr"),
        ("group = 32", "attr"),
        ("group 32", "attr"),
        ("kernel_shape=3,3", "attr"),
        ("kernel 3x3", "attr"),
        ("auto_pad=same", "attr"),
        ("epsilon=0.00001", "attr"),
        ("64×56×56", "shape"),
        ("?x64x56x56", "shape"),
        ("64,56", "shape"),
        ("64x", "shape"),
        ("56×", "shape"),
        ("shape:64", "shape"),
        ("shape:batch", "shape"),
        ("conv.weight", "tensor"),
        ("tensor: weight", "tensor"),
        ("op:conv", "op"),
        ("features.3", "name"),
        ("type:int8", "type"),
        ("int8", "type"),
    ],
)
def test_a_layer_is_found_and_says_why(query: str, field: str) -> None:
    index = Index([LAYER])
    found = index.find(query)
    assert found.layers == (0,)
    assert {r.text.field for r in index.why(0, found.terms)} == {field}


@pytest.mark.parametrize(
    "query",
    [
        "stride 1",
        "group=3",
        "kernel_shape=3,5",
        "6×56",
        "6x",
        "1x64",
        "op:features",
        "name:int8",
        "shape:int8",
        "conv relu",
        "",
    ],
)
def test_a_layer_is_not_found_by_what_it_is_not(query: str) -> None:
    assert Index([LAYER]).find(query).layers == ()


def test_the_hit_itself_is_marked() -> None:
    index = Index([LAYER])

    def marked(query: str) -> list[str]:
        found = index.find(query)
        return [r.text.text[s : s + n] for r in index.why(0, found.terms) for s, n in r.spans]

    assert marked("stride 2") == ["stride", "2"]
    assert marked("64x56") == ["64×56"]
    assert marked("CONV.W") == ["conv.w"]


@pytest.mark.parametrize("key", ["mobilenetv2", "sample"])
def test_a_real_network_gives_what_the_file_says(key: str) -> None:
    model = open_model(network_path(key))
    index = Index(entries(known(model)))
    strided = [n.name for n in model.nodes() if "strides" in n.attributes and 2 in n.attributes["strides"].as_ints()]
    assert [index.entries[k].key for k in index.find("stride 2").layers] == strided
    convolutions = [n.name for n in model.nodes() if n.op_type == "Conv"]
    assert [index.entries[k].key for k in index.find("op:Conv").layers] == convolutions
    first = model.graph.graph.inputs[0].name
    (layer,) = index.find(f"tensor:{first}").layers
    assert index.why(layer, parse(f"tensor:{first}"))[0].text.role == "graph_input"
    initializers = [name for name in model.graph.graph.initializers if name.endswith("weight")]
    assert all(index.find(f'tensor:"{name}"').layers for name in initializers[:5])


def test_ten_thousand_layers_answer_within_a_frame_or_two() -> None:
    texts = [(Text("attr", f"strides = {k % 3}, 2"), Text("shape", f"1×{k % 97}×56×56")) for k in range(97)]
    index = Index(
        Entry(
            f"/block.{k}/conv/Conv",
            "Conv",
            ("block", str(k % 50)),
            (Text("name", f"/block.{k}/conv/Conv"), Text("op", "Conv"), *texts[k % 97], Text("tensor", f"t{k}.weight")),
        )
        for k in range(10_000)
    )

    queries = ("c", "conv", "stride 2", "?x64x56", "e conv", "block.99")
    slowest = max(processor_seconds(lambda q=q: Outline(index.tree, index.find(q).layers), 5) for q in queries)
    assert slowest < 0.06, "30 ms is what one keystroke may take; twice that on a busy machine"


def lines(paths: list[Path], layers: Iterable[int], closed: Collection[Path] = ()) -> list[Row]:
    tree = BlockTree()
    for path in paths:
        tree.add(path)
    made = Outline(tree, tuple(layers), closed)
    return [made.row(k) for k in range(len(made))]


def test_the_outline_joins_blocks_that_only_hold_another_and_leaves_out_those_of_one_layer() -> None:
    paths: list[Path] = [("a", "b"), ("a", "b"), ("a", "c"), (), ("d",)]
    assert [(r.depth, r.title or r.layer) for r in lines(paths, range(5))] == [
        (0, "a"),
        (1, "b"),
        (2, 0),
        (2, 1),
        (1, 2),
        (0, 3),
        (0, 4),
    ]
    assert [r.title for r in lines(paths, [0, 1])] == ["a › b", "", ""]
    assert [r.layer for r in lines(paths, range(5), {("a",)})] == [-1, 3, 4]


class Branch:
    """The outline as one would write it who has time: every block an object."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self.parts: dict[str, Branch] = {}
        self.order: list[Branch | int] = []

    def add(self, layer: int, path: Path) -> None:
        self.count += 1
        if not path:
            self.order.append(layer)
            return
        if path[0] not in self.parts:
            self.parts[path[0]] = Branch((*self.path, path[0]))
            self.order.append(self.parts[path[0]])
        self.parts[path[0]].add(layer, path[1:])

    def first(self) -> int:
        part = self.order[0]
        return part if isinstance(part, int) else part.first()

    def write(self, depth: int, closed: Collection[Path], rows: list[tuple[int, int, str, int]]) -> None:
        for part in self.order:
            if isinstance(part, int) or part.count == 1:
                rows.append((depth, part if isinstance(part, int) else part.first(), "", 0))
                continue
            while len(part.order) == 1 and isinstance(part.order[0], Branch):
                part = part.order[0]
            rows.append((depth, -1, " › ".join(part.path[len(self.path) :]), part.count))
            if part.path not in closed:
                part.write(depth + 1, closed, rows)


_PATHS = st.lists(st.lists(st.sampled_from("abc"), max_size=3).map(tuple), max_size=14)


@given(_PATHS, st.data())
def test_the_outline_is_that_of_the_slow_way(paths: list[Path], data: st.DataObject) -> None:
    layers = [k for k in range(len(paths)) if data.draw(st.booleans())]
    closed = data.draw(st.sets(st.sampled_from(paths or [()])))
    tree = Branch(())
    for layer in range(len(paths)):
        tree.add(layer, paths[layer])  # the order of the whole graph holds for every search
    ranks: list[int] = []
    _flat(tree, ranks)
    slow = Branch(())
    for layer in sorted(layers, key=ranks.index):
        slow.add(layer, paths[layer])
    wanted: list[tuple[int, int, str, int]] = []
    slow.write(0, closed - {()}, wanted)
    assert [(r.depth, r.layer, r.title, r.layers) for r in lines(paths, layers, closed - {()})] == wanted


def _flat(branch: Branch, out: list[int]) -> None:
    for part in branch.order:
        if isinstance(part, int):
            out.append(part)
        else:
            _flat(part, out)
