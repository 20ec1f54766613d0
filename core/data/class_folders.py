"""A folder (or zip) with one folder of images per class. The class index is the place in the sorted folder names."""

from __future__ import annotations

from core.data.dataset import PARTS, Item
from core.data.images import ImageSet, is_image
from core.data.trees import Tree


def read(tree: Tree) -> ImageSet | None:
    """The data set, or None where there are not at least two class folders.

    Empty class folders keep their index, so that indices do not shift with what happens to be there. Where the outer
    folders are named train, calibration, test they name parts, and the classes are the folders inside them.
    Loose images beside the class folders are unlabelled items.
    """
    top = _outer(tree.folders)
    if len(top) > 1 and set(top) <= set(PARTS):
        return _with_parts(tree)
    if len(top) < 2 or not any(is_image(f) and "/" in f for f in tree.files):
        return None
    index = {name: k for k, name in enumerate(top)}
    items = [Item(f, index.get(f.split("/")[0]) if "/" in f else None) for f in tree.files if is_image(f)]
    return ImageSet(tree, items, tuple(top))


def _with_parts(tree: Tree) -> ImageSet | None:
    inner = [f.split("/", 1)[1] for f in tree.folders if "/" in f]
    classes = _outer(inner)
    if len(classes) < 2:
        return None
    index = {name: k for k, name in enumerate(classes)}
    items = []
    for f in filter(is_image, tree.files):
        part, _, rest = f.partition("/")
        label = index.get(rest.split("/")[0]) if "/" in rest else None
        items.append(Item(f, label, part if rest else ""))
    return ImageSet(tree, items, tuple(classes))


def _outer(folders: tuple[str, ...] | list[str]) -> list[str]:
    return sorted({f.split("/")[0] for f in folders})
