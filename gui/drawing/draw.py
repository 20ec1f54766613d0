"""Drawing a model's graph into a file, for the window and for ``thimble draw``."""

from __future__ import annotations

import os
import tempfile
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
from gui.graph_view.picture import Metrics, picture

SUFFIXES = (".svg", ".pdf", ".png")
NORMAL_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file that was written. ``sentence`` says what it holds, and what had to be given up."""

    path: Path
    size: int
    sentence: str


def draw(
    model: Model, path: Path, *, title: str = "", scale: float = NORMAL_SCALE, widths: Metrics | None = None
) -> Drawn:
    """Write the graph as .svg, .pdf or .png, in the look in force; whole or not at all.

    ``scale`` is pixels of a PNG per pixel at 100 %. ``widths`` are the widths of characters, where they are known.
    May run beside the window's thread. Raises UserError for another suffix, a scale out of bounds, a graph with a
    cycle, and a place that cannot be written.
    """
    suffix = _check(path, scale)
    sheet = _sheet(model, title, widths or metrics())
    if suffix == ".svg":
        data, what = svg(sheet), "one page at 100 %"
    elif suffix == ".pdf":
        data, pages = pdf(sheet)
        what = "1 page" if pages == 1 else f"{pages:,} pages"
    else:
        data, (width, height), used = png(sheet, scale)
        what = f"{width} × {height} pixels"
        what += _given_up(used, scale)
    _write(path, data)
    return Drawn(path, len(data), f"'{path}' holds {sheet.about}: {what}, {_size(len(data))}.")


def _given_up(used: float, scale: float) -> str:
    """What a picture that had to be smaller lacks, '' where nothing."""
    if used >= NEAR:
        return "" if used >= scale else f", drawn at {_asked(used, scale)}"
    lost = "all words are" if used < FAR else "all words but the operators' are"
    size = _asked(used, scale) if used < scale else f"{100 * used:.2g} %"
    return f", drawn at {size}; {lost} left out at this size, SVG and PDF keep them"


def _asked(used: float, scale: float) -> str:
    most = f"{MOST_PIXELS // 1_000_000} million pixels and {LONGEST:,} a side"
    return f"{100 * used:.2g} % instead of {100 * scale:g} % to stay within {most}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def _check(path: Path, scale: float) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        found = f"The ending '{path.suffix}' of" if path.suffix else "The missing ending of"
        raise UserError(f"{found} '{path.name}' names no kind of picture.", "Use .svg, .pdf or .png.")
    if not SCALES[0] <= scale <= SCALES[1]:
        raise UserError(f"The scale {scale:g} is not between {SCALES[0]:g} and {SCALES[1]:g}.")
    if not os.path.isdir(path.parent):  # pathlib's own raises for a name that is too long
        raise UserError(f"There is no folder '{path.parent}'.", "Make it first, or choose another.")
    if os.path.isdir(path):
        raise UserError(f"'{path}' is a folder.", "Name a file in it.")
    return suffix


def _sheet(model: Model, title: str, widths: Metrics) -> Sheet:
    try:
        placed = picture(model, widths)
    except ValueError as error:
        raise UserError(f"This graph cannot be drawn: {error}.") from error
    counted = known(model)
    layers = len(counted.layers)
    words = [f"{layers:,} layer{'' if layers == 1 else 's'}", f"{counted.cost.params:,} parameters"]
    if counted.cost.macs is not None:
        words.append(f"{counted.cost.macs:,} MACs")
    name = title or Path(model.source).name or model.graph.graph.name or "graph"
    return Sheet(placed, widths, " ".join(name.split()), ", ".join(words) + f" (Thimble {__version__})")


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
        raise UserError(f"'{path}' cannot be written: {why}.", "Choose another place.") from error


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now
