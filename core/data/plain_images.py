"""A folder (or zip) of images without labels: good for calibration and for comparing outputs."""

from __future__ import annotations

from core.data.dataset import Item
from core.data.images import ImageSet, is_image
from core.data.trees import Tree


def read(tree: Tree) -> ImageSet | None:
    """Every image of the tree, unlabelled; None where there is none."""
    items = [Item(f) for f in tree.files if is_image(f)]
    return ImageSet(tree, items) if items else None
