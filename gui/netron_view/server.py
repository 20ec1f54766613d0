"""A web server on loopback that shows models in Netron, and gives nothing to anybody who was not told the address.

It binds 127.0.0.1 on a free port and only reads. Every address starts with a token of 192 bits. A request is refused
whose Host is not this very address (a foreign name that was made to point here: DNS rebinding) or that another page
has sent.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gui.netron_view.content import Content
from gui.netron_view.page import GUARD, GUARD_SCRIPT, MODEL, POLICY, asset, dressed, page

_KEPT = 8  # models that can be shown side by side in a browser; the oldest ends
_SECONDS = 30.0  # a connection that says nothing for longer is dropped
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_BYTES = "application/octet-stream"


class NetronServer:
    """Runs from construction to :meth:`close`. Any thread may call it."""

    def __init__(self) -> None:
        shown: OrderedDict[str, Content] = OrderedDict()
        self._shown, self._guard = shown, threading.Lock()

        class Handler(_Handler):
            contents = shown  # of this server alone

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="netron", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Such as '127.0.0.1:40123'."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def show(self, content: Content) -> str:
        """The address at which this content can be looked at from now on.

        Raises UserError where Netron is not installed as it should be.
        """
        page(content.title)
        token = secrets.token_urlsafe(24)
        with self._guard:
            self._shown[token] = content
            while len(self._shown) > _KEPT:
                self._shown.popitem(last=False)
        return f"http://{self.address}/{token}/"

    def forget(self, url: str) -> None:
        """What was shown at an address is gone; forgetting twice is harmless."""
        with self._guard:
            self._shown.pop(urlsplit(url).path.strip("/"), None)

    def close(self) -> None:
        """End the server and free the port; closing twice is harmless."""
        self._shown.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away in the middle of an answer is no news."""


class _Handler(BaseHTTPRequestHandler):
    contents: Mapping[str, Content] = {}
    timeout = _SECONDS
    server_version, sys_version = "thimble", ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Addresses hold the token: they are written nowhere."""

    def _answer(self, body: bool) -> None:
        if not self._trusted():
            self._send(HTTPStatus.FORBIDDEN, "text/plain", b"", body)
            return
        _, token, *rest = unquote(urlsplit(self.path).path).split("/", 2)
        content = self.contents.get(token)
        if content is None or not rest:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"", body)
            return
        self._give(content, rest[0], body)

    def _trusted(self) -> bool:
        """Whether the request is for this very address and comes from its own page, or from the address line."""
        own = f"127.0.0.1:{self.connection.getsockname()[1]}"
        return (
            self.headers.get_all("Host") == [own]
            and self.headers.get("Origin", f"http://{own}") == f"http://{own}"
            and self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        )

    def _give(self, content: Content, name: str, body: bool) -> None:
        if name in ("", "index.html"):
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", page(content.title, content.look), body)
        elif name == GUARD:
            self._send(HTTPStatus.OK, "text/javascript", GUARD_SCRIPT, body)
        elif name == MODEL:
            self._send(HTTPStatus.OK, _BYTES, content.graph, body)
        elif (found := content.tensor(name.removeprefix("data/"))) and name.startswith("data/"):
            self._stream(found, _BYTES, body)
        elif (own := asset(name)) and name.endswith(".css"):
            sheet = own[0].read_text("utf-8")
            self._send(HTTPStatus.OK, own[1], dressed(sheet, content.look).encode(), body)
        elif own:
            self._stream(*own, body)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"", body)

    def _head(self, status: HTTPStatus, kind: str, length: int) -> None:
        self.send_response(status)
        for key, value in (*_HEADERS.items(), ("Content-Type", kind), ("Content-Length", str(length))):
            self.send_header(key, value)
        self.end_headers()

    def _send(self, status: HTTPStatus, kind: str, data: bytes, body: bool) -> None:
        self._head(status, kind, len(data))
        if body:
            with contextlib.suppress(OSError):  # the browser has gone
                self.wfile.write(data)

    def _stream(self, path: Path, kind: str, body: bool) -> None:
        """A file from the disk, never whole in memory."""
        try:
            file = path.open("rb")
        except OSError:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"", body)
            return
        with file:
            self._head(HTTPStatus.OK, kind, path.stat().st_size)
            if body:
                with contextlib.suppress(OSError):
                    shutil.copyfileobj(file, self.wfile, 1 << 18)
