"""Drawing a model's graph into a file, for the window and for ``thimble draw``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from core import __version__
from core.errors import UserError
from core.model.model import Model
from gui.drawing.pages import pdf
from gui.drawing.raster import LONGEST, MOST_PIXELS, SCALES, png
from gui.drawing.sheet import Sheet
from gui.drawing.svg import svg
from gui.graph_view.canvas import FAR, NEAR, metrics
from gui.graph_view.known import known
from gui.graph_view.picture import Blocks, Metrics, picture
from gui.words import counted, tr

SUFFIXES = (".svg", ".pdf", ".png")
NORMAL_SCALE = 2.0
BLOCKS: dict[str, Blocks] = {"open": "open", "closed": "closed", "flat": "flat"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file that was written. ``sentence`` says what it holds, and what had to be given up."""

    path: Path
    size: int
    sentence: str


def draw(
    model: Model,
    path: Path,
    *,
    title: str = "",
    scale: float = NORMAL_SCALE,
    widths: Metrics | None = None,
    blocks: Blocks | Collection[str] = "open",
) -> Drawn:
    """Write the graph as .svg, .pdf or .png, in the look in force; whole or not at all.

    ``blocks`` says which are open: all, none, those of these paths; 'flat' draws no blocks at all. ``scale`` is pixels
    of a PNG per pixel at 100 %. ``widths`` are the widths of characters, where they are known.

    May run beside the window's thread. Raises UserError for another suffix, a scale out of bounds, a graph with a
    cycle, and a place that cannot be written.
    """
    suffix = _check(path, scale)
    sheet = _sheet(model, title, widths or metrics(), blocks)
    if suffix == ".svg":
        data, what = svg(sheet), tr("one page at 100 %")
    elif suffix == ".pdf":
        data, pages = pdf(sheet)
        what = counted(pages, "{n} page", "{n} pages")
    else:
        data, (width, height), used = png(sheet, scale)
        what = tr("{width} × {height} pixels", width=width, height=height)
        what += _given_up(used, scale)
    _write(path, data)
    return Drawn(
        path,
        len(data),
        tr("'{path}' holds {about}: {what}, {size}.", path=path, about=sheet.about, what=what, size=_size(len(data))),
    )


def _given_up(used: float, scale: float) -> str:
    """What a picture that had to be smaller lacks, '' where nothing."""
    if used >= NEAR:
        return "" if used >= scale else tr(", drawn at {size}", size=_asked(used, scale))
    size = _asked(used, scale) if used < scale else f"{100 * used:.2g} %"
    if used < FAR:
        return tr(", drawn at {size}; all words are left out at this size, SVG and PDF keep them", size=size)
    return tr(
        ", drawn at {size}; all words but the operators' are left out at this size, SVG and PDF keep them", size=size
    )


def _asked(used: float, scale: float) -> str:
    return tr(
        "{used:.2g} % instead of {asked:g} % to stay within {pixels} million pixels and {side:,} a side",
        used=100 * used,
        asked=100 * scale,
        pixels=MOST_PIXELS // 1_000_000,
        side=LONGEST,
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def _check(path: Path, scale: float) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        if path.suffix:
            why = tr("The ending '{suffix}' of '{name}' names no kind of picture.", suffix=path.suffix, name=path.name)
        else:
            why = tr("The missing ending of '{name}' names no kind of picture.", name=path.name)
        raise UserError(why, tr("Use .svg, .pdf or .png."))
    if not SCALES[0] <= scale <= SCALES[1]:
        raise UserError(
            tr("The scale {scale:g} is not between {low:g} and {high:g}.", scale=scale, low=SCALES[0], high=SCALES[1])
        )
    if not os.path.isdir(path.parent):  # pathlib's own raises for a name that is too long
        raise UserError(
            tr("There is no folder '{folder}'.", folder=path.parent), tr("Make it first, or choose another.")
        )
    if os.path.isdir(path):
        raise UserError(tr("'{path}' is a folder.", path=path), tr("Name a file in it."))
    return suffix


def _sheet(model: Model, title: str, widths: Metrics, blocks: Blocks | Collection[str] = "open") -> Sheet:
    try:
        placed = picture(model, widths, blocks)
    except ValueError as error:
        raise UserError(tr("This graph cannot be drawn: {error}.", error=error)) from error
    found = known(model)
    cost = found.cost
    words = [
        counted(len(found.layers), "{n} layer", "{n} layers"),
        counted(cost.params, "{n} parameter", "{n} parameters"),
    ]
    if cost.macs is not None:
        words.append(counted(cost.macs, "{n} MAC", "{n} MACs"))
    name = title or Path(model.source).name or model.graph.graph.name or "graph"
    return Sheet(placed, widths, " ".join(name.split()), f"{', '.join(words)} (Thimble {__version__})")


def _write(path: Path, data: bytes) -> None:
    """Aside first, then renamed: a full disk leaves what was there before."""
    scratch = ""
    try:
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(scratch, 0o666 & ~_umask())
        os.replace(scratch, path)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        if scratch:
            Path(scratch).unlink(missing_ok=True)
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UserError(
            tr("'{path}' cannot be written: {why}.", path=path, why=why), tr("Choose another place.")
        ) from error


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now
