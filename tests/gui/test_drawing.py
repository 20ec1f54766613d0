"""The picture of the graph as a file: what is in it, its bounds, and what happens where it cannot be written."""

from __future__ import annotations

import re
import zlib
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import onnx_ir as ir
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from core.cli.main import main
from core.errors import UserError
from core.formats.open import open_model
from core.model.blocks import find_blocks
from core.model.model import Model
from gui.desk import Desk
from gui.drawing import draw
from gui.drawing.draw import _sheet
from gui.drawing.pages import plan
from gui.drawing.raster import fitting_scale
from gui.graph_view.canvas import metrics
from gui.graph_view.known import known
from gui.theme import apply_theme
from tests.conftest import network_path
from tests.core.light_networks import light_network
from tests.gui.small_networks import chain

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> None:
    apply_theme(qapp, "light")


@pytest.fixture(scope="module")
def squeezenet() -> Model:
    return light_network("squeezenet")


def texts(root: ElementTree.Element) -> list[str]:
    return [e.text or "" for e in root.iter(f"{SVG}text")]


def test_svg_holds_every_layer_by_name_and_all_words_as_text(squeezenet: Model, tmp_path: Path) -> None:
    done = draw(squeezenet, tmp_path / "net.svg", title="A & <B>")
    root = ElementTree.parse(done.path).getroot()
    groups = {e.get("data-layer"): e for e in root.iter(f"{SVG}g") if e.get("data-layer")}
    assert groups.keys() == known(squeezenet).layers.keys()
    for key, (node, _) in known(squeezenet).layers.items():
        tip = groups[key].find(f"{SVG}title")
        assert tip is not None
        assert (tip.text or "").startswith(f"{key}\n{node.op_type}")
        assert texts(groups[key])[0] == node.op_type
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "A & <B>"
    assert done.size == done.path.stat().st_size
    assert "66 layers" in done.sentence or f"{len(groups)} layers" in done.sentence


def test_frames_of_open_blocks_and_cards_of_closed_ones_are_drawn(tmp_path: Path) -> None:
    model = open_model(network_path("resnet20"))
    paths = [block.path for _, block in find_blocks(model).walk() if block.path]
    found = {}
    for name, blocks in (("open", "open"), ("closed", "closed"), ("flat", "flat"), ("half", ["layer2", "layer2.1"])):
        root = ElementTree.parse(draw(model, tmp_path / f"{name}.svg", blocks=blocks).path).getroot()  # type: ignore[arg-type]
        groups = [e for e in root.iter(f"{SVG}g") if e.get("data-block")]
        frames = [e.get("data-block") for e in groups if e.find(f"{SVG}rect[@class='frame']") is not None]
        cards = [e.get("data-block") for e in groups if e.find(f"{SVG}rect[@class='frame']") is None]
        layers = sum(1 for e in root.iter(f"{SVG}g") if e.get("data-layer"))
        found[name] = (frames, cards, layers)
    assert found["open"] == (paths, [], 74)
    assert found["closed"] == ([], ["layer1", "layer2", "layer3"], 5)
    assert found["flat"] == ([], [], 74)
    assert found["half"] == (["layer2", "layer2.1"], ["layer1", "layer3", "layer2.0", "layer2.2"], 12)


def test_svg_survives_names_that_xml_forbids(tmp_path: Path) -> None:
    model = chain(3).clone()
    nodes = list(model.nodes())
    nodes[0].name, nodes[1].name = "a\x00b\x0c<&>\"'", "]]>é\ufffe"
    done = draw(model, tmp_path / "odd.svg")
    found = [e.get("data-layer") for e in ElementTree.parse(done.path).getroot().iter(f"{SVG}g")]
    assert "a\ufffdb\ufffd<&>\"'" in found
    assert "]]>é\ufffd" in found


def test_svg_keeps_each_layer_inside_the_canvas(squeezenet: Model, tmp_path: Path) -> None:
    root = ElementTree.parse(draw(squeezenet, tmp_path / "net.svg").path).getroot()
    left, top, width, height = (float(v) for v in (root.get("viewBox") or "").split())
    for group in root.iter(f"{SVG}g"):
        if group.get("data-layer"):
            x, y = (float(v) for v in re.findall(r"-?[\d.]+", group.get("transform") or ""))
            assert left < x < left + width
            assert top < y < top + height


def test_pdf_has_pages_with_fonts_and_metadata(squeezenet: Model, tmp_path: Path) -> None:
    done = draw(squeezenet, tmp_path / "net.pdf", title="SqueezeNet")
    data = done.path.read_bytes()
    assert data.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    assert f"{pages} pages" in done.sentence
    assert pages == plan(_sheet(squeezenet, "", metrics())).pages > 1
    assert data.count(b"/FontFile") >= 2  # bold and plain: words are text in embedded fonts, not outlines
    assert "SqueezeNet".encode("utf-16-be") in data
    streams = [_unpacked(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)]
    assert sum(s.count(b" Tj") + s.count(b" TJ") for s in streams) > 200


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.parametrize("layers", [1, 40, 400])
def test_pages_cut_between_cards_and_cover_the_graph_once(layers: int) -> None:
    sheet = _sheet(chain(layers), "", metrics())
    laid = plan(sheet)
    assert laid.strips[0][0] == sheet.area.top()
    assert laid.strips[-1][1] == sheet.area.bottom()
    high = laid.paper[1] * laid.resolution / 72
    for (top, bottom), (after, _) in pairwise((*laid.strips, (sheet.area.bottom(), 0.0))):
        assert bottom == after
        assert 0 < bottom - top < high
        assert not any(y < bottom < y + h for _, y, _, h in sheet.picture.boxes)
    assert laid.columns * sheet.area.width() <= laid.paper[0] * laid.resolution / 72


def test_png_is_sharp_bounded_and_says_when_it_shrinks(squeezenet: Model, tmp_path: Path) -> None:
    done = draw(squeezenet, tmp_path / "net.png", title="net", scale=1.0)
    with Image.open(done.path) as picture:
        sheet = _sheet(squeezenet, "", metrics())
        assert picture.size == (round(sheet.area.width()), round(sheet.area.height()))
        assert picture.text["Title"] == "net"  # type: ignore[attr-defined]
        colours = picture.convert("RGB").getcolors(1 << 24)
        assert colours is not None
        assert len(colours) > 50
        assert max(colours)[1] == (0xF7, 0xF8, 0xFA)  # the light canvas
    shrunk = draw(squeezenet, tmp_path / "large.png", scale=8.0)
    assert "instead of 800 %" in shrunk.sentence
    with Image.open(shrunk.path) as picture:
        assert max(picture.size) <= 32_000
        assert picture.size[0] * picture.size[1] <= 50_100_000


@pytest.mark.parametrize(("width", "height"), [(10.0, 10.0), (300.0, 900_000.0), (20_000.0, 20_000.0)])
def test_no_size_of_graph_exceeds_the_memory_of_a_png(width: float, height: float) -> None:
    scale = fitting_scale(width, height, 8.0)
    assert scale <= 8
    assert scale * max(width, height) <= 32_001
    assert scale**2 * width * height <= 50_000_001


@pytest.mark.parametrize(
    ("name", "scale", "words"),
    [
        ("net.gif", 2.0, "names no kind of picture"),
        ("net", 2.0, "missing ending"),
        ("net.png", 99.0, "not between"),
        ("net.png", float("nan"), "not between"),
        ("nowhere/net.svg", 2.0, "no folder"),
        ("taken.svg", 2.0, "is a folder"),
        ("x" * 300 + ".svg", 2.0, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, name: str, scale: float, words: str) -> None:
    (tmp_path / "taken.svg").mkdir()
    with pytest.raises(UserError, match=words):
        draw(chain(2), tmp_path / name, scale=scale)
    assert [p.name for p in tmp_path.iterdir()] == ["taken.svg"]


def test_menu_saves_the_picture_and_says_where(
    sample: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = (str(tmp_path / "mine"), "PDF, for paper (*.pdf)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: wanted)
    sample.actions["picture"].trigger()
    qtbot.waitUntil(lambda: (tmp_path / "mine.pdf").exists() and "mine.pdf" in sample.errors.last[1], timeout=20_000)
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF")
    assert sample.errors.last[0] == "info"
    assert sample.settings.folder("picture") == str(tmp_path)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "no" / "where.svg"), ""))
    sample.actions["picture"].trigger()
    qtbot.waitUntil(lambda: sample.errors.last[0] == "error", timeout=20_000)
    assert "no folder" in sample.errors.last[1]


def test_command_line_draws_without_a_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ir.save(chain(4).graph, tmp_path / "net.onnx")
    out = tmp_path / "net.svg"
    assert main(["draw", str(tmp_path / "net.onnx"), "-o", str(out), "--look", "dark", "--blocks", "closed"]) == 0
    names = {n.name for n in open_model(str(tmp_path / "net.onnx")).nodes()}
    drawn = {e.get("data-layer") for e in ElementTree.parse(out).getroot().iter(f"{SVG}g")}
    assert names <= drawn
    assert "#1b1d21" in out.read_text()
    assert str(out) in capsys.readouterr().out
    assert main(["draw", str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.bmp")]) == 2
    said = capsys.readouterr().err
    assert said == "thimble: The ending '.bmp' of 'net.bmp' names no kind of picture. Use .svg, .pdf or .png.\n"


def test_a_long_graph_flows_in_columns_so_that_words_stay(tmp_path: Path) -> None:
    model = chain(900)
    done = draw(model, tmp_path / "long.png", scale=1.0)
    assert "left out" not in done.sentence
    with Image.open(done.path) as picture:
        assert max(picture.size) < 4 * min(picture.size)
        step = picture.width // 5
        for left in range(0, step * 5, step):  # no fifth of it is empty
            colours = picture.crop((left, 0, left + step, picture.height)).convert("RGB").getcolors(1 << 24)
            assert colours is not None
            assert len(colours) > 8
