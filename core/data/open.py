"""Open a data set, whatever it is stored as: the registry of sources and the one function that asks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.data import class_folders, labels_csv, npz, plain_images
from core.data.dataset import DataSet
from core.data.images import is_image
from core.data.trees import InnerTree, Tree, open_tree
from core.errors import UserError
from core.registry import Registry


@dataclass(frozen=True, slots=True)
class TreeSource:
    """A way to store a data set in a folder or zip. ``read`` gives None where the tree is not of this kind."""

    title: str
    read: Callable[[Tree], DataSet | None]


@dataclass(frozen=True, slots=True)
class FileSource:
    """A way to store a data set in one file, told by its suffix."""

    title: str
    suffix: str
    read: Callable[[Path], DataSet]


TREE_SOURCES: Registry[TreeSource] = Registry("kind of data folder")
FILE_SOURCES: Registry[FileSource] = Registry("kind of data file")
TREE_SOURCES.add("labels_csv", TreeSource("Images with labels.csv", labels_csv.read))
TREE_SOURCES.add("class_folders", TreeSource("A folder per class", class_folders.read))
TREE_SOURCES.add("plain_images", TreeSource("Images without labels", plain_images.read))
FILE_SOURCES.add("npz", FileSource("NumPy arrays", ".npz", npz.read))
_HINT = "Data is a folder or zip of class folders, a folder with labels.csv, a folder of images, or an .npz file."


def open_data(path: str | Path) -> DataSet:
    """The data set at ``path``; the first source that recognises it wins.

    Raises UserError in one sentence for whatever is missing, empty, damaged or of no known kind.
    """
    path = Path(path).expanduser()
    try:
        exists = path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL character
        exists = False
    if not exists:
        raise UserError(f"There is no data at '{path}'.", _HINT)
    path = path.resolve()
    if path.name == labels_csv.FILE_NAME and path.is_file():
        path = path.parent
    tree = open_tree(path)
    if tree is None:
        for file_source in FILE_SOURCES:
            if path.suffix.lower() == file_source.suffix:
                return file_source.read(path)
        raise UserError(f"'{path.name}' is not data that can be opened.", _HINT)
    tree = _unwrapped(tree)
    for tree_source in TREE_SOURCES:
        data = tree_source.read(tree)
        if data is not None:
            return data
    raise UserError(f"'{path}' holds no images.", _HINT)


def _unwrapped(tree: Tree) -> Tree:
    """Look through an outer folder that holds all the data, as zips of a folder have it (a README beside it is fine).

    A lone folder without folders or a list inside stays: it may be the one class there is, or plain images.
    """
    while True:
        top = [f for f in tree.folders if "/" not in f]
        loose = [f for f in tree.files if "/" not in f and (is_image(f) or f == labels_csv.FILE_NAME)]
        if len(top) != 1 or loose:
            return tree
        inner = InnerTree(tree, top[0])
        if not inner.folders and labels_csv.FILE_NAME not in inner.files:
            return tree
        tree = inner
