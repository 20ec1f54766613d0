"""A folder (or zip) with one folder of images per class. The class index is the place in the sorted folder names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.dataset import Item
from core.data.images import ImageSet, is_image
from core.data.trees import Tree

# outer folder -> part, in lower case; a validation folder judges where nothing else is for testing
_PARTS = {"train": "train", "training": "train", "calibration": "calibration", "test": "test", "testing": "test"}
_VALIDATION = {"val", "valid", "validation"}


def read(tree: Tree) -> ImageSet | None:
    """The data set, or None where there are not at least two class folders.

    Empty class folders keep their index, so that indices do not shift with what happens to be there. Where the outer
    folders are named train, calibration, test or val they name parts, and the classes are the folders inside them.
    Items for validation are for testing where there is no test folder, else they have no part.
    Loose images beside the class folders are unlabelled items.
    """
    top = _outer(tree.folders)
    part_of = _parts(top)
    if len(top) > 1 and part_of is not None:
        return _with_parts(tree, part_of)
    if len(top) < 2 or not any(is_image(f) and "/" in f for f in tree.files):
        return None
    index = {name: k for k, name in enumerate(top)}
    items = [Item(f, index.get(f.split("/")[0]) if "/" in f else None) for f in tree.files if is_image(f)]
    return ImageSet(tree, items, tuple(top))


def _parts(folders: Sequence[str]) -> dict[str, str] | None:
    """Part by outer folder, or None where a folder names none."""
    named = {f: f.lower() for f in folders}
    if not set(named.values()) <= _PARTS.keys() | _VALIDATION:
        return None
    validation = "" if any(_PARTS.get(name) == "test" for name in named.values()) else "test"
    return {f: _PARTS.get(name, validation) for f, name in named.items()}


def _with_parts(tree: Tree, part_of: Mapping[str, str]) -> ImageSet | None:
    inner = [f.split("/", 1)[1] for f in tree.folders if "/" in f]
    classes = _outer(inner)
    if len(classes) < 2:
        return None
    index = {name: k for k, name in enumerate(classes)}
    items = []
    for f in filter(is_image, tree.files):
        outer, _, rest = f.partition("/")
        label = index.get(rest.split("/")[0]) if "/" in rest else None
        items.append(Item(f, label, part_of[outer] if rest else ""))
    return ImageSet(tree, items, tuple(classes))


def _outer(folders: tuple[str, ...] | list[str]) -> list[str]:
    return sorted({f.split("/")[0] for f in folders})
