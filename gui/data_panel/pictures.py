"""Items as pictures: what the network's input really holds, after preprocessing, scaled to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from core.data.dataset import DataSet
from core.data.feed import prepare
from core.data.preprocess import PreprocessingUnknown
from core.errors import UserError
from core.model.model import InputSpec
from gui.wording import without_options
from gui.words import tr


@dataclass(frozen=True, slots=True)
class Picture:
    """One item ready to be shown. ``image`` is None for inputs that are no image; ``why`` says what went wrong."""

    name: str
    label: str
    image: QImage | None
    values: str = ""
    why: str = ""


def picture(data: DataSet, index: int, inputs: Sequence[InputSpec]) -> Picture:
    """Prepare one item and look at the array: runs in a thread, touches no widget."""
    item = data.items[index]
    label = class_name(data, item.label)
    try:
        feed = prepare(data, index, inputs)
    except PreprocessingUnknown as error:
        return Picture(
            item.name,
            label,
            _raw(data, index),
            why=tr("{message} Choose a preprocessing above.", message=error.message),
        )
    except UserError as error:
        return Picture(item.name, label, None, why=without_options(str(error)))
    spec = next((s for s in inputs if s.layout), inputs[0])
    array = np.asarray(feed[spec.name], np.float32)
    values = tr("{min:.2f} to {max:.2f}, mean {mean:.2f}", min=array.min(), max=array.max(), mean=array.mean())
    return Picture(item.name, label, to_image(array, spec.layout), values)


def _raw(data: DataSet, index: int) -> QImage | None:
    """Pixels as they are stored, where nobody knows yet what the network will see."""
    pixels = next(iter(data.load(index).values()))
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    return to_image(np.asarray(pixels, np.float32), "NHWC") if pixels.ndim == 3 else None


def class_name(data: DataSet, label: int | None) -> str:
    if label is None:
        return ""
    return data.classes[label] if label < len(data.classes) else str(label)


def to_image(array: npt.NDArray[np.float32], layout: str) -> QImage | None:
    """An input array [C, H, W] or [H, W, C] as pixels, its own smallest value black and its largest white.

    Anything that is not an image comes back as a heat map where it has two axes, else None.
    """
    if layout == "NCHW":
        array = array.transpose(1, 2, 0)
    elif layout != "NHWC":
        squeezed = np.squeeze(array)
        if squeezed.ndim != 2 or 0 in squeezed.shape:
            return None
        array = squeezed[:, :, None]
    low, high = float(array.min()), float(array.max())
    pixels = np.clip((array - low) / ((high - low) or 1.0) * 255.0, 0, 255).astype(np.uint8)
    rgb = np.repeat(pixels[:, :, :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[:, :, :3]
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    return QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
