"""Arrays in a ``.npz``: ``x`` (or ``images``) with ``y`` (or ``labels``), or one array per input name with labels.

``part`` (text per item: train, calibration, test or empty) and ``classes`` (class names) are understood too.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.data.dataset import PARTS, Array, Item
from core.errors import UserError

MAX_BYTES = 8 << 30
_IMAGES = ("x", "X", "images", "image")
_LABELS = ("y", "labels", "label")


class ArraySet:
    """Items held as arrays in memory, the first axis counting items."""

    def __init__(self, path: Path, arrays: dict[str, Array], items: list[Item], classes: tuple[str, ...]) -> None:
        self.name = path.stem
        self.location = str(path)
        self.classes = classes
        self.items: Sequence[Item] = tuple(items)
        self._arrays = arrays

    def load(self, index: int) -> dict[str, Array]:
        return {name: array[index] for name, array in self._arrays.items()}


def read(path: Path) -> ArraySet:
    """Raises UserError naming the array where the file or one of its arrays is not as described above."""
    stored = _load(path)
    labels_name = next((k for k in _LABELS if k in stored), None)
    special = {labels_name, "part", "classes"}
    arrays = {k: v for k, v in stored.items() if k not in special}
    if not arrays:
        raise UserError(f"'{path.name}' holds no input arrays.", "Store them as 'x', or under the inputs' names.")
    count = _count(path, arrays)
    if len(arrays) == 1 and next(iter(arrays)) in _IMAGES:
        arrays = {"": next(iter(arrays.values()))}
    labels = _labels(path, labels_name, stored[labels_name], count) if labels_name else [None] * count
    parts = _parts(path, stored["part"], count) if "part" in stored else [""] * count
    classes = tuple(str(c) for c in np.atleast_1d(stored["classes"])) if "classes" in stored else ()
    width = len(str(count - 1))
    items = [Item(f"{k:0{width}}", labels[k], parts[k]) for k in range(count)]
    return ArraySet(path, arrays, items, classes)


def _load(path: Path) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(path) as z:
            total = sum(e.file_size for e in z.infolist())
        if total > MAX_BYTES:
            raise UserError(f"'{path.name}' unpacks to {total >> 30} GiB.", f"The limit is {MAX_BYTES >> 30} GiB.")
        with np.load(path, allow_pickle=False) as file:
            return {k: file[k] for k in file.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zlib.error, zipfile.BadZipFile, SyntaxError) as error:
        if "pickle" in str(error).lower():
            raise UserError(f"'{path.name}' holds Python objects, which are never loaded.", "Store numbers.") from error
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise UserError(f"'{path.name}' is not a readable .npz file: {reason}.") from error


def _count(path: Path, arrays: dict[str, Array]) -> int:
    for name, array in arrays.items():
        if array.ndim == 0 or array.dtype.kind not in "fiub":
            raise UserError(f"Array '{name}' in '{path.name}' is not a list of numeric items.")
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) != 1:
        found = ", ".join(f"{k} {n}" for k, n in counts.items())
        raise UserError(f"The arrays in '{path.name}' differ in length: {found}.")
    count = next(iter(counts.values()))
    if count == 0:
        raise UserError(f"'{path.name}' holds no items.")
    return count


def _labels(path: Path, name: str, array: Array, count: int) -> list[int | None]:
    where = f"Array '{name}' in '{path.name}'"
    if array.shape != (count,):
        raise UserError(f"{where} has shape {array.shape}; it must be ({count},), one label per item.")
    if array.dtype.kind not in "iu":
        raise UserError(f"{where} holds {array.dtype}; labels must be whole numbers.")
    if int(array.min()) < -1:
        raise UserError(f"{where} holds {int(array.min())}; labels count from 0 (-1 means unlabelled).")
    return [int(v) if v >= 0 else None for v in array]


def _parts(path: Path, array: Array, count: int) -> list[str]:
    where = f"Array 'part' in '{path.name}'"
    if array.shape != (count,) or array.dtype.kind != "U":
        raise UserError(f"{where} must be {count} texts.")
    parts = [str(p) for p in array]
    unknown = sorted(set(parts) - {*PARTS, ""})
    if unknown:
        raise UserError(f"{where} holds '{unknown[0]}'.", f"Known parts: {', '.join(PARTS)}.")
    return parts if len(set(parts)) > 1 else [""] * count
