"""What benchmarks/graph_view.py counts and times, on graphs small enough to know the answer."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import onnx_ir as ir
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from benchmarks import graph_view, graph_view_case, netron_layout
from benchmarks.drawn import crossings, overlaps, through_cards
from benchmarks.synthetic_graphs import KINDS
from core.model.blocks import find_blocks
from core.model.layout import layout
from core.model.model import Model
from gui.graph_view.known import known

Point = tuple[float, float]


@pytest.mark.parametrize("kind", KINDS)
def test_synthetic_graphs_are_valid_long_enough_and_have_blocks(kind: str) -> None:
    proto = KINDS[kind](100)
    onnx.checker.check_model(proto, full_check=True)
    assert 100 <= len(proto.graph.node) < 140
    model = Model.from_ir(ir.from_proto(proto))
    assert all(known(model).facts.shape(v) is not None for node in model.nodes() for v in node.outputs)
    assert max(depth for depth, _ in find_blocks(model).walk()) >= 2


def test_crossings_are_counted_once_and_shared_trunks_not_at_all() -> None:
    cross = [[(0.0, 0.0), (100.0, 300.0)], [(100.0, 0.0), (0.0, 300.0)]]
    assert crossings(cross, [1, 2]) == 1
    assert crossings(cross, [1, 1]) == 0, "one tensor's branches"
    assert crossings([*cross, cross[0]], [1, 2, 1]) == 1, "a stretch drawn twice is seen once"
    assert crossings([[(0.0, 0.0), (50.0, 50.0)], [(50.0, 50.0), (0.0, 100.0)]], [1, 2]) == 0, "they only touch"
    comb = [[(10.0 * k, 0.0), (10.0 * k, 200.0)] for k in range(5)]
    assert crossings([*comb, [(-5.0, 90.0), (45.0, 110.0)]], range(6)) == 5


points = st.tuples(st.integers(0, 300), st.integers(0, 300))


@given(st.lists(st.tuples(points, points), min_size=2, max_size=12))
def test_crossings_agree_with_the_sign_of_areas(lines: list[tuple[Point, Point]]) -> None:
    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    expected = 0
    seen = list({tuple(sorted(line, key=lambda p: p[1])): line for line in lines}.values())
    for k, (a, b) in enumerate(seen):
        for c, d in seen[k + 1 :]:
            expected += side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    assert crossings(lines, range(len(lines))) == expected


def test_lines_through_cards_and_cards_on_cards_are_found() -> None:
    boxes = [(0.0, 0.0, 40.0, 20.0), (0.0, 50.0, 40.0, 20.0), (0.0, 100.0, 40.0, 20.0)]
    straight, around = [(20.0, 20.0), (20.0, 100.0)], [(20.0, 20.0), (60.0, 45.0), (60.0, 75.0), (20.0, 100.0)]
    assert through_cards([straight], [(0, 2)], boxes) == 1
    assert through_cards([around], [(0, 2)], boxes) == 0
    assert through_cards([[(-20.0, 100.0), (60.0, 20.0)]], [(0, 2)], boxes) == 1, "a slanted line"
    assert overlaps(boxes) == 0
    assert overlaps([*boxes, (30.0, 60.0, 40.0, 60.0)]) == 2


def test_a_case_is_measured_painted_and_judged(qapp: QApplication, tmp_path: Path) -> None:
    model = Model.from_ir(ir.from_proto(KINDS["transformer"](60)))
    found = graph_view_case.measure(qapp, model, "open", tmp_path / "graph.json")
    graph = json.loads((tmp_path / "graph.json").read_text())
    assert found["cards"] == len(graph["boxes"]) == len(model.graph.graph) + len(model.inputs) + 1
    assert found["pan"]["painted"] > 0.9
    assert found["zoom"]["painted"] > 0.9
    assert 0 < found["layout_s"] < found["total_s"]
    row = {"graph": "transformer", "layers": 66, "blocks": "open", "peak_mb": 1.0, **found}
    row |= graph_view.judged(graph)
    assert (row["through"], row["overlaps"]) == (0, 0)
    assert "transformer" in graph_view.table([row])
    assert graph_view.broken_limits([row | {"peak_mb": 900.0}])[-1].endswith("peak_mb 900.0, over 500")


def test_netron_lays_out_the_same_graph() -> None:
    if netron_layout.missing():
        pytest.skip(netron_layout.missing())
    edges = [(0, 1), (1, 2), (0, 2)]
    sizes = [(100.0, 24.0), (60.0, 60.0), (100.0, 24.0)]
    made = netron_layout.netron_layout(sizes, edges, limit=60)
    assert not isinstance(made, str)
    assert [box[2:] for box in made.boxes] == sizes
    assert overlaps(made.boxes) == 0
    tops = [box[1] for box in made.boxes]
    assert tops == sorted(tops)
    assert len(made.routes) == len(layout(sizes, edges).routes)
    assert netron_layout.netron_layout(sizes, edges, limit=0.001) == "over 0", "it is ended in time"


def test_what_netron_needs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netron_layout.shutil, "which", lambda name: None)
    assert "install Node" in netron_layout.missing()
    monkeypatch.setattr(netron_layout.shutil, "which", lambda name: "/usr/bin/node")
    monkeypatch.setattr(netron_layout.importlib.util, "find_spec", lambda name: None)
    assert netron_layout.missing().endswith("pip install netron==9.3.3")
