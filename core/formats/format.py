"""What a format is, and the registry of them. Each format is one module that registers its reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.model.model import Model
from core.registry import Registry, import_all

Read = Callable[[Path], Model]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. ``read(path)`` gives the model exactly as the file has it, or raises UserError."""

    key: str
    title: str
    suffixes: tuple[str, ...]
    read: Read


FORMATS: Registry[Format] = Registry("file format")


def file_format(key: str, *, title: str, suffixes: tuple[str, ...]) -> Callable[[Read], Read]:
    """Register a function as the reader of a format; suffixes are lower case with their dot."""

    def register(read: Read) -> Read:
        FORMATS.add(key, Format(key, title, suffixes, read))
        return read

    return register


def load_formats() -> Registry[Format]:
    """Import every module below ``core.formats`` (once) and give the filled registry."""
    import_all("core.formats")
    return FORMATS
