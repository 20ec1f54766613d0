"""Netron's own files, made fit to be shown offline: no version, no build date, no consent to wait for, no way out.

Netron as it is installed asks ipinfo.io where the user lives, waits for a consent, reports to analytics and refuses to
work 180 days after its build. All of that hangs on two tags of its page and one cookie, which are private to Netron:
the version is pinned (pyproject.toml), and what is relied on here is tested.
"""

from __future__ import annotations

import functools
import html
import importlib.util
import re
from pathlib import Path
from typing import Literal

from core.errors import UserError
from gui.words import tr

PINNED = "9.3.3"
GUARD = "thimble-guard.js"
MODEL = "data/model.onnx"
# What the page may reach is its own origin; pictures it makes of the graph are blobs. 'sandbox' without popups keeps
# its links from opening anything.
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-same-origin allow-downloads allow-modals"
)
# Netron waits for a consent while it finds no cookie of that name: this document always has it, and keeps no other.
GUARD_SCRIPT = (
    b"Object.defineProperty(document, 'cookie', { get() { return 'consent=1'; }, set() {} });\n"
    b"navigator.sendBeacon = () => false;\n"
)
_KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.[a-z]+")
_VERSION = re.compile(r'<meta name="version" content="[^"]*">')
_DATE = re.compile(r'<meta name="date" content="[^"]*">\s*')
_SCRIPT = '<script type="text/javascript" src="index.js"></script>'
_DARK_ONLY, _ALWAYS, _NEVER = "@media (prefers-color-scheme: dark)", "@media all", "@media not all"
Look = Literal["light", "dark", "system"]
_LINK = re.compile(r'href="https?://[^"]*"')


@functools.cache
def _folder() -> Path:
    found = importlib.util.find_spec("netron")
    if found is None or not found.submodule_search_locations:
        raise UserError(tr("Netron is not installed."), _cure())
    return Path(found.submodule_search_locations[0])


def asset(name: str) -> tuple[Path, str] | None:
    """(file, content type) of one of Netron's own files; None for anything else."""
    kind = _KINDS.get(Path(name).suffix)
    if kind is None or not _NAME.fullmatch(name):
        return None
    path = _folder() / name
    return (path, kind) if path.is_file() else None


def _cure() -> str:
    return tr("Install the right one: {command}", command=f"pip install netron=={PINNED}")


def page(title: str, look: Look = "system") -> bytes:
    """Netron's page that opens the one model, as :data:`MODEL` below its own address, under ``title``.

    Raises UserError where Netron is missing, or is one whose page is not the page we know how to quieten.
    """
    try:
        text = (_folder() / "index.html").read_text("utf-8")
    except OSError as error:
        raise UserError(tr("Netron's page cannot be read."), _cure()) from error
    tags = "\n".join(
        (
            '<meta name="type" content="Python">',
            '<meta name="version" content="0.0.0">',
            f'<meta name="file" content="{MODEL}">',
            f'<meta name="name" content="{html.escape(title)}">',
        )
    )
    text, versions = _VERSION.subn(lambda _: tags, text)
    text, dates = _DATE.subn("", text)
    if (versions, dates, text.count(_SCRIPT)) != (1, 1, 1):
        raise UserError(tr("The installed Netron is not the one that Thimble knows to keep offline."), _cure())
    text = text.replace(_SCRIPT, f'<script src="{GUARD}"></script>\n{_SCRIPT}')
    return dressed(_LINK.sub('href="#"', text), look).encode()


def dressed(text: str, look: Look) -> str:
    """A page or a style sheet of Netron's in a fixed look instead of the browser's."""
    return text if look == "system" else text.replace(_DARK_ONLY, _ALWAYS if look == "dark" else _NEVER)
