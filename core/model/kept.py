"""Which channels of the original a cut layer still has, written on the layer itself.

A cut writes ``thimble.kept`` into the metadata of every layer with weights that loses output channels:
``"0-2,5,7-9/16"`` are seven channels of sixteen. Cuts in sequence compose, so that a later act can set a layer beside
the one it came from. What no longer counts the layer's channels (it was edited since) is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

KEPT = "thimble.kept"
Ints = npt.NDArray[np.int64]
_FORM = re.compile(r"(\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*)/(\d{1,9})")
_MOST = 1 << 20  # channels; a file could ask for more numbers than there is memory


def write_kept(node: ir.Node, alive: npt.NDArray[np.bool_]) -> None:
    """Note on a layer which of its present output channels survive a cut; ``alive``: (channels,) bool.

    What an earlier cut noted is composed with it.
    """
    before = kept_channels(node, len(alive))
    indices, total = before if before is not None else (np.arange(len(alive)), len(alive))
    node.metadata_props[KEPT] = f"{_ranges(indices[alive])}/{total}"


def kept_channels(node: ir.Node, channels: int) -> tuple[Ints, int] | None:
    """(the original's channels that this layer still has, ascending; how many the original had), or None.

    None where nothing was cut, and where the note does not fit a layer of ``channels`` output channels.
    """
    form = _FORM.fullmatch(node.metadata_props.get(KEPT, ""))
    if form is None:
        return None
    total = int(form.group(5))
    spans = [tuple(map(int, part.split("-"))) for part in form.group(1).split(",")]
    if total > _MOST or any(span[-1] >= total or span[0] > span[-1] for span in spans):
        return None
    if sum(span[-1] - span[0] + 1 for span in spans) != channels:
        return None
    indices = np.concatenate([np.arange(span[0], span[-1] + 1) for span in spans])
    return (indices, total) if (np.diff(indices) > 0).all() else None


def kept_of_parent(node: ir.Node, channels: int, parent: ir.Node, parent_channels: int) -> Ints | None:
    """Which output channels of the parent's layer this layer still has; None where the two do not fit.

    The parent may be the original or any model that was cut on the way.
    """
    mine, its = kept_channels(node, channels), kept_channels(parent, parent_channels)
    if mine is None:
        return np.arange(channels) if channels == parent_channels else None
    if its is None:
        return mine[0] if mine[1] == parent_channels else None
    if mine[1] != its[1] or not np.isin(mine[0], its[0]).all():
        return None
    return np.searchsorted(its[0], mine[0]).astype(np.int64)


def kept_of(surviving: Mapping[str, tuple[int, npt.NDArray[np.bool_]]]) -> dict[str, Ints]:
    """Value name -> indices of its surviving channels, from :func:`core.model.channels.surviving`."""
    return {name: np.flatnonzero(flags) for name, (_, flags) in surviving.items()}


def _ranges(indices: Sequence[int] | Ints) -> str:
    """0, 1, 2, 5 -> "0-2,5"."""
    numbers = np.asarray(indices, np.int64)
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    first, last = numbers[[0, *breaks]].tolist(), numbers[[*(breaks - 1), -1]].tolist()
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(first, last, strict=True))
