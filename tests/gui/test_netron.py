"""The model in Netron: what the server gives, to whom, and what the page then does. A real browser where one is."""

from __future__ import annotations

import http.client
import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import onnx
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from core.errors import UserError
from core.formats.open import open_model
from core.project.project import Project
from gui.desk import Desk
from gui.netron_view import page as pages
from gui.netron_view import session as sessions
from gui.netron_view.content import Content, content_of
from gui.netron_view.page import GUARD, GUARD_SCRIPT, PINNED, page
from gui.netron_view.server import NetronServer
from gui.netron_view.session import NetronSession
from tests.conftest import network_path
from tests.gui import chromium
from tests.gui.window_tools import settle


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Content]:
    with Project.create(tmp_path_factory.mktemp("netron") / "p", open_model(network_path("resnet20"))) as project:
        yield content_of(project, project.current.id, 'A "model" <b>')


@pytest.fixture(scope="module")
def server() -> Iterator[NetronServer]:
    made = NetronServer()
    yield made
    made.close()


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    connection.putrequest(method, parts.path, skip_host="Host" in headers)
    for key, value in headers.items():
        connection.putheader(key.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
    connection.close()
    return found


# what is served ------------------------------------------------------------------------------------------------------


def test_the_pinned_netron_is_installed_and_still_hangs_on_what_is_relied_on() -> None:
    assert importlib.metadata.version("netron") == PINNED
    found = pages.asset("browser.js")
    assert found is not None
    text = found[0].read_text("utf-8")
    assert "packaged: this._meta.version && this._meta.version[0] !== '0.0.0'" in text
    assert "if (this._environment.packaged) {" in text  # telemetry
    assert "if (this._getCookie('consent') ||" in text
    assert "this._document.getElementsByTagName('meta')" in text
    assert ": new Date()," in text  # without a date it is of today


def test_the_page_has_no_version_no_date_no_link_and_no_consent_to_wait_for() -> None:
    text = page('A "model" <b>').decode()
    assert '<meta name="version" content="0.0.0">' in text
    assert PINNED not in text
    assert 'name="date"' not in text
    assert not re.findall(r'(?:href|src)="https?://', text)
    assert 'content="A &quot;model&quot; &lt;b&gt;"' in text
    assert text.index(GUARD) < text.index("index.js")
    assert b"consent=1" in GUARD_SCRIPT


def test_another_netron_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html>another</html>")
    monkeypatch.setattr(pages, "_folder", lambda: tmp_path)
    with pytest.raises(UserError, match=f"netron=={PINNED}"):
        page("x")
    (tmp_path / "index.html").unlink()
    with pytest.raises(UserError, match="cannot be read"):
        page("x")


def test_netron_gets_the_graph_and_its_weights_as_they_are(server: NetronServer, content: Content) -> None:
    url = server.show(content)
    status, graph, headers = ask(url + "data/model.onnx")
    assert (status, headers["content-type"]) == (200, "application/octet-stream")
    proto, original = onnx.load_from_string(graph), onnx.load(network_path("resnet20"))
    assert [(n.name, n.op_type) for n in proto.graph.node] == [(n.name, n.op_type) for n in original.graph.node]
    outside = [t for t in proto.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    assert outside
    tensor = outside[0]
    place = next(e.value for e in tensor.external_data if e.key == "location")
    status, data, _ = ask(f"{url}data/{place}")
    kept = next(t for t in original.graph.initializer if t.name == tensor.name)
    assert status == 200
    assert np.array_equal(np.frombuffer(data, np.float32), onnx.numpy_helper.to_array(kept).ravel())
    assert ask(url + "data/model.onnx", "HEAD")[1] == b""


@pytest.mark.parametrize(
    "name",
    [
        "data/../../../../etc/passwd",
        "data/%2e%2e%2f%2e%2e%2fproject.db",
        "..%2fserver.py",
        "server.py",
        "__init__.py",
        "data/" + "0" * 64,
        "nothing.js",
        "//etc/passwd",
        "data/model.onnx/x",
    ],
)
def test_nothing_else_can_be_read(server: NetronServer, content: Content, name: str) -> None:
    status, body, _ = ask(server.show(content) + name)
    assert (status, body) == (404, b"")


# to whom -------------------------------------------------------------------------------------------------------------


def test_only_who_was_told_the_address_and_asks_by_it_gets_an_answer(server: NetronServer, content: Content) -> None:
    url = server.show(content)
    own = server.address
    assert url.startswith("http://127.0.0.1:")
    assert len(urlsplit(url).path.strip("/")) >= 32
    assert ask(url)[0] == 200
    assert ask(url, Origin=f"http://{own}", Sec_Fetch_Site="same-origin")[0] == 200
    assert ask(f"http://{own}/")[0] == 404
    assert ask(f"http://{own}/index.html")[0] == 404
    assert ask(f"http://{own}/{'x' * 32}/")[0] == 404
    assert ask(url, Host=f"evil.example:{own.split(':')[1]}")[0] == 403  # DNS rebinding
    assert ask(url, Host=f"localhost:{own.split(':')[1]}")[0] == 403
    assert ask(url, Origin="https://evil.example")[0] == 403
    assert ask(url, Origin="null")[0] == 403
    assert ask(url, Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(url, "POST")[0] == 501
    assert ask(url, "PUT")[0] == 501


def test_every_answer_forbids_the_page_to_go_out(server: NetronServer, content: Content) -> None:
    url = server.show(content)
    for name in ("", "index.js", "worker.js", "grapher.css", "data/model.onnx", "missing"):
        headers = ask(url + name)[2]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "connect-src 'self'" in policy
        assert "allow-popups" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_what_is_forgotten_is_gone_and_a_closed_server_frees_its_port(content: Content) -> None:
    server = NetronServer()
    url = server.show(content)
    other = server.show(content)
    server.forget(url)
    assert (ask(url)[0], ask(other)[0]) == (404, 200)
    server.close()
    server.close()
    with pytest.raises(OSError):
        ask(other)


def test_the_look_of_a_tab_is_the_windows(server: NetronServer, content: Content) -> None:
    sheets = {
        look: ask(server.show(Content("x", b"", content.tensors, look)) + "grapher.css")[1].decode()
        for look in ("system", "light", "dark")
    }
    assert "@media (prefers-color-scheme: dark)" in sheets["system"]
    assert "@media not all" in sheets["light"]
    assert "@media all" in sheets["dark"]


# the window ----------------------------------------------------------------------------------------------------------


@dataclass
class _Browser:
    """Stands where the system's browser would be started."""

    opened: list[str] = field(default_factory=list)

    def open(self, url: QUrl) -> bool:
        self.opened.append(url.toString())
        return True


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> _Browser:
    made = _Browser()
    monkeypatch.setattr(sessions, "engine_installed", lambda: False)
    monkeypatch.setattr(QDesktopServices, "openUrl", made.open)
    return made


def test_the_menu_entry_opens_the_revision_in_the_browser(sample: Desk, qtbot: QtBot, browser: _Browser) -> None:
    qtbot.keyClick(sample.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: bool(browser.opened))
    assert ask(browser.opened[0])[0] == 200
    assert sample.errors.last[0] == "info"
    proto = onnx.load_from_string(ask(browser.opened[0] + "data/model.onnx")[1])
    assert sample.state.model is not None
    assert len(proto.graph.node) == len(list(sample.state.model.nodes()))
    sample.actions["close"].trigger()
    settle(sample, qtbot)
    with pytest.raises(OSError):  # what was given out ends with the project
        ask(browser.opened[0])


def test_without_a_browser_the_address_is_told(sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "engine_installed", lambda: False)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    sample.actions["netron"].trigger()
    settle(sample, qtbot)
    level, _, hint = sample.errors.last
    assert level == "warning"
    assert ask(re.findall(r"http://\S+/", hint)[0])[0] == 200


def test_the_server_ends_with_the_window(sample: Desk, qtbot: QtBot, browser: _Browser) -> None:
    sample.actions["netron"].trigger()
    qtbot.waitUntil(lambda: bool(browser.opened))
    settle(sample, qtbot)
    session = next(k for k in sample.kept if isinstance(k, NetronSession))
    sample.window.close()
    assert session.server is None
    with pytest.raises(OSError):
        ask(browser.opened[0])


# a real browser ------------------------------------------------------------------------------------------------------

_LATER = """(() => { const Now = Date, ahead = 400 * 864e5;
window.Date = class extends Now { constructor(...a) { a.length ? super(...a) : super(Now.now() + ahead); }
static now() { return Now.now() + ahead; } } })()"""
_DRAWN = "document.body.className === 'default' && document.querySelectorAll('.node').length"


@pytest.mark.skipif(not chromium.PROGRAM, reason="no Chromium is installed")
@pytest.mark.parametrize("later", [False, True], ids=("today", "in 400 days"))
def test_netron_draws_the_graph_and_asks_nobody_else(
    server: NetronServer, content: Content, tmp_path: Path, later: bool
) -> None:
    url = server.show(content)
    driven = chromium.Chromium(tmp_path)
    try:
        if later:
            driven.call("Page.addScriptToEvaluateOnNewDocument", source=_LATER)
        driven.call("Page.navigate", url=url)
        nodes = len(onnx.load_from_string(content.graph).graph.node)
        assert driven.wait_for(_DRAWN) >= nodes
        assert all(request.startswith((url, "blob:", "data:")) for request in driven.requests), driven.requests
        driven.evaluate("fetch('http://example.com/').catch(() => 0)")
        assert any("Content Security Policy" in line for line in driven.says)
    finally:
        driven.close()
