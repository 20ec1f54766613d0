"""Image files as uint8 arrays, and a data set made of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.data.dataset import Array, Item
from core.data.trees import Tree
from core.errors import UserError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF", "PPM")  # no format that starts other programs
MAX_PIXELS = 8192 * 8192
_ORIENTATION = 0x0112  # EXIF tag
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError, IndexError, TypeError, OverflowError)


def is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def decode(data: bytes, name: str) -> Array:
    """Pixels as uint8 [H, W, 1] (grey) or [H, W, 3] (RGB), turned upright as EXIF says; ``name`` is for the error.

    Raises UserError naming the file where the bytes are no image, are damaged, or hold over MAX_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UserError(f"'{name}' is {image.width} x {image.height} pixels.", "The limit is 8192 x 8192.")
            image.load()
            return _pixels(image)
    except UnidentifiedImageError as error:
        raise UserError(f"'{name}' is not an image that can be read.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UserError(f"'{name}' holds too many pixels.", "The limit is 8192 x 8192.") from error
    except _BROKEN as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise UserError(f"'{name}' is a damaged image: {reason}.") from error


def _pixels(image: Image.Image) -> Array:
    upright: Image.Image = image
    if image.getexif().get(_ORIENTATION, 1) != 1:
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits of grey: Pillow's own conversion would clip instead of scale
        grey: Array = (np.clip(np.asarray(upright).astype(np.int64), 0, 65535) >> 8).astype(np.uint8)
        return grey[:, :, None]
    if upright.mode in ("L", "1"):
        return np.asarray(upright.convert("L"))[:, :, None]
    if upright.mode == "P" and "transparency" in upright.info:
        upright = upright.convert("RGBA")  # Pillow warns about going to RGB at once
    return np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"))


class ImageSet:
    """Images in a folder or a zip, decoded when asked for; nothing is kept in memory."""

    def __init__(self, tree: Tree, items: Sequence[Item], classes: tuple[str, ...] = ()) -> None:
        if not items:
            hint = f"Images end in {', '.join(sorted(SUFFIXES))}."
            raise UserError(f"'{tree.path}' holds no images.", hint)
        self.name = tree.path.stem if tree.path.is_file() else tree.path.name
        self.location = str(tree.path)
        self.classes = classes
        self.items: Sequence[Item] = tuple(items)
        self._tree = tree

    def load(self, index: int) -> dict[str, Array]:
        name = self.items[index].name
        return {"": decode(self._tree.read(name), name)}
