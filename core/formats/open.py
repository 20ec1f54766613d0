"""Open a model file, whatever it is."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.formats.format import load_formats
from core.model.model import Model

# What the first bytes of a file say it really is, so that a wrong suffix gets a helpful sentence.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"%PDF", "a PDF document"),
    (4, b"TFL3", "a TFLite model"),
    (0, b"PK\x03\x04", "a zip archive (PyTorch, Keras or data)"),
    (0, b"\x89HDF", "an HDF5 file (Keras)"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"GGUF", "a GGUF file"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (0, b"<", "a web page or XML text"),
    (0, b"{", "JSON text"),
)


def open_model(path: str | Path) -> Model:
    """The model in a file, exactly as the file has it; the format is chosen by the suffix.

    Raises UserError where there is no such file, where no format has its suffix, or where the content is not what
    the suffix says.
    """
    path = Path(path)
    formats = load_formats()
    known = ", ".join(s for f in formats for s in f.suffixes)
    check_file(path)
    for form in formats:
        if path.suffix.lower() in form.suffixes:
            return form.read(path)
    if path.suffix.lower() == ".tflite":
        raise UserError(
            f"'{path.name}' is a TFLite file, which can be evaluated and compared but not changed.",
            "Open the model that it was exported from.",
        )
    found = f"the suffix '{path.suffix}'" if path.suffix else "no suffix"
    raise UserError(f"'{path.name}' cannot be opened: it has {found}.", f"Thimble opens {known}.")


def check_file(path: Path) -> None:
    """Raise UserError unless ``path`` is a readable file with something in it."""
    try:
        if path.is_dir():
            raise UserError(f"'{path}' is a folder, not a model file.", "Choose the .onnx file inside it.")
        if not path.exists():
            raise UserError(f"There is no file '{path}'.", "Check the name and the folder.")
        if not path.is_file():
            raise UserError(f"'{path}' is not a regular file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise UserError(f"'{path.name}' is empty (0 bytes).", "Copy or download it again.")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise UserError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def content_kind(head: bytes) -> str:
    """What the first bytes of a file look like ("a JPEG image"), '' where unknown."""
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return ""
