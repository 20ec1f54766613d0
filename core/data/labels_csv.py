"""A folder (or zip) with a ``labels.csv``: columns ``file``, ``class_index``, optionally ``name`` and ``split``."""

from __future__ import annotations

import csv
import io
from typing import Any

from core.data.dataset import PARTS, Item
from core.data.images import ImageSet
from core.data.trees import Tree, unsafe
from core.errors import UserError

FILE_NAME = "labels.csv"
_MAX_CLASS, _MOST_DIGITS = 1_000_000, 20


def read(tree: Tree) -> ImageSet | None:
    """The data set, or None where there is no labels.csv.

    ``split`` names train, calibration or test; a single distinct value counts as none. An empty class_index means
    unlabelled. Raises UserError with the line for whatever is wrong in the list.
    """
    if FILE_NAME not in tree.files:
        return None
    rows = _rows(tree)
    splits = {r.get("split", "") for _, r in rows}
    several = len(splits) > 1
    present = set(tree.files)
    items: dict[str, Item] = {}
    names: dict[int, str] = {}
    for line, row in rows:
        name = row["file"].replace("\\", "/").removeprefix("./")
        if unsafe(name) or not name:
            raise _wrong(tree, line, f"'{row['file']}' points outside of the folder")
        if name not in present:
            raise _wrong(tree, line, f"the file '{name}' does not exist")
        if name in items:
            raise _wrong(tree, line, f"'{name}' is listed twice")
        label = _label(tree, line, row["class_index"])
        items[name] = Item(name, label, _part(tree, line, row.get("split", "")) if several else "")
        if label is not None and row.get("name"):
            names.setdefault(label, row["name"])
    return ImageSet(tree, list(items.values()), _classes(names))


def _rows(tree: Tree) -> list[tuple[int, dict[str, str]]]:
    """(line number, row) with stripped values."""
    try:
        text = tree.read(FILE_NAME).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{FILE_NAME} in '{tree.path}' is not UTF-8 text.") from error
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = [c.strip() for c in reader.fieldnames or ()]
        for needed in ("file", "class_index"):
            if needed not in columns:
                found = ", ".join(columns) or "nothing"
                raise UserError(f"{FILE_NAME} in '{tree.path}' has no column '{needed}'.", f"Its columns are: {found}.")
        reader.fieldnames = columns
        rows = [(reader.line_num, _stripped(row)) for row in reader]
    except csv.Error as error:
        raise UserError(f"{FILE_NAME} in '{tree.path}' is not a table with commas: {error}.") from error
    if not rows:
        raise UserError(f"{FILE_NAME} in '{tree.path}' lists no files.")
    return rows


def _stripped(row: dict[str | Any, str | Any]) -> dict[str, str]:
    """Values of the named columns (csv puts surplus values under None, missing ones as None)."""
    return {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}


def _label(tree: Tree, line: int, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS or int(text) > _MAX_CLASS:
        raise _wrong(tree, line, f"class_index is '{text[:_MOST_DIGITS]}'; it must be a whole number from 0")
    return int(text)


def _part(tree: Tree, line: int, text: str) -> str:
    if text and text not in PARTS:
        raise _wrong(tree, line, f"split is '{text}'; it must be {', '.join(PARTS)} or empty")
    return text


def _classes(names: dict[int, str]) -> tuple[str, ...]:
    """Class names by index where the list names them; indices that do not occur have an empty name."""
    if not names:
        return ()
    return tuple(names.get(k, "") for k in range(max(names) + 1))


def _wrong(tree: Tree, line: int, what: str) -> UserError:
    return UserError(f"{FILE_NAME} in '{tree.path}', line {line}: {what}.")
