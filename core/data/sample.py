"""The bundled sample: a small network on handwritten digits, and its images."""

from __future__ import annotations

from pathlib import Path

from core.data.dataset import DataSet
from core.data.open import open_data
from core.errors import UserError

_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "samples"


def sample_model() -> Path:
    """The sample's ONNX file. Raises UserError where the installation lacks it."""
    return _file("digits_mobilenetv2.onnx")


def sample_data() -> DataSet:
    """Its data, with parts train, calibration and test."""
    return open_data(_file("digits.npz"))


def _file(name: str) -> Path:
    path = _FOLDER / name
    if not path.is_file():
        raise UserError(f"The bundled sample '{name}' is missing from this installation.", "Install Thimble again.")
    return path
