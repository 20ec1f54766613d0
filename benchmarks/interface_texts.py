"""Texts of user interfaces in twenty languages, as tokens to tell the language from.

They are read from the translation files (.qm) that ship with PySide6, so the data is the same wherever the pinned
version is installed, and no text lies in this repository. A token is a byte of UTF-8. Which part a text belongs to
follows from the English message that it translates: all translations of one message are on the same side.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

LANGUAGES = (
    "ca", "cs", "da", "de", "es", "fi", "fr", "gl", "hr", "hu", "it", "lv", "nl", "nn", "pl", "pt_BR", "sk", "sl",
    "sv", "tr",
)  # fmt: skip
LENGTH = 32  # tokens of an item: [CLS] and the first bytes
PADDING, START, FIRST_BYTE = 0, 1, 2
VOCABULARY = FIRST_BYTE + 256
_PARTS = {"train": 1000, "test": 100}  # at most so many of each language
_TESTED = 5  # every fifth message is judged on
_LEAST = 12  # characters
_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_HASHES, _MESSAGES = 0x42, 0x69  # sections of a .qm file
_END, _TRANSLATION, _SOURCE, _OBSOLETE = 1, 3, 6, 5  # what stands in a message
_NO_WORDS = re.compile(r"<[^>]*>|&\w+;|%L?\d+|%n|[&\s]+")


def write(folder: Path) -> dict[str, Path]:
    """train.npz and test.npz in ``folder``, as core.data.npz reads them; made once."""
    paths = {part: folder / f"interface_texts_{part}.npz" for part in _PARTS}
    if not all(p.is_file() for p in paths.values()):
        folder.mkdir(parents=True, exist_ok=True)
        found = texts()
        for part, path in paths.items():
            _write(path, [(t, k) for k, name in enumerate(LANGUAGES) for t in _chosen(found[name], part)])
    return paths


def texts() -> dict[str, dict[str, int]]:
    """language -> text -> number of the message that it translates. A text of two languages, or in English, is in none.

    Raises FileNotFoundError where PySide6 came without translations.
    """
    import PySide6

    folder = Path(PySide6.__file__).parent / "Qt" / "translations"
    found: dict[str, dict[str, int]] = {name: {} for name in LANGUAGES}
    owners: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.qm")):
        language = next((name for name in LANGUAGES if path.stem.endswith(f"_{name}")), None)
        if language is None:
            continue
        for message, source, translation in messages(path):
            text = beginning(plain(translation))
            if len(text) >= _LEAST:
                found[language].setdefault(text, message)
                owners.setdefault(text, set()).update((language, *(["en"] if text == beginning(plain(source)) else [])))
    if not owners:
        raise FileNotFoundError(f"no translations in {folder}")
    return {k: {t: m for t, m in v.items() if len(owners[t]) == 1} for k, v in found.items()}


def messages(path: Path) -> Iterator[tuple[int, str, str]]:
    """(hash of the English text, English text or '', first translation) of every message, as Qt's translator.cpp
    documents the format: sections of (tag, length), messages of (tag, length, bytes).
    """
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        raise ValueError(f"{path} is no .qm file")
    sections, at = {}, len(_MAGIC)
    while at < len(data):
        tag, length = struct.unpack_from(">BI", data, at)
        sections[tag] = data[at + 5 : at + 5 + length]
        at += 5 + length
    for number, start in struct.iter_unpack(">II", sections.get(_HASHES, b"")):
        source, translation = _message(sections[_MESSAGES], start)
        if translation:
            yield number, source, translation


def _message(body: bytes, at: int) -> tuple[str, str]:
    source = translation = ""
    while at < len(body) and body[at] != _END:
        tag = body[at]
        if tag == _OBSOLETE:
            at += 5
            continue
        length = struct.unpack_from(">I", body, at + 1)[0]
        length = 0 if length == 0xFFFFFFFF else length
        content = body[at + 5 : at + 5 + length]
        if tag == _TRANSLATION and not translation:
            translation = content.decode("utf-16-be")
        elif tag == _SOURCE:
            source = content.decode("utf-8", "replace")
        at += 5 + length
    return source, translation


def plain(text: str) -> str:
    """Without markup, placeholders and the marks of shortcuts."""
    return _NO_WORDS.sub(lambda m: "" if m.group() == "&" else " ", text).strip()


def beginning(text: str) -> str:
    """As much of ``text`` as an item has tokens for: what begins alike is one text, and cannot be in both parts."""
    return text.encode()[: LENGTH - 1].decode("utf-8", "ignore").strip()


def tokens(text: str) -> list[int]:
    """[CLS] and the first bytes of ``text``; shorter than LENGTH where the text is."""
    return [START, *(FIRST_BYTE + b for b in beginning(text).encode())]


def _chosen(found: dict[str, int], part: str) -> list[str]:
    """Texts of one language for one part, in the order of their messages' numbers."""
    mine = [(m, t) for t, m in found.items() if (m % _TESTED == 0) == (part == "test")]
    return [t for _, t in sorted(mine, key=lambda p: (p[0] * 2654435761 % (1 << 32), p[1]))][: _PARTS[part]]


def _write(path: Path, items: list[tuple[str, int]]) -> None:
    ids = np.full((len(items), LENGTH), PADDING, np.int64)
    for row, (text, _) in zip(ids, items, strict=True):
        found = tokens(text)
        row[: len(found)] = found
    np.savez_compressed(
        path,
        input_ids=ids,
        attention_mask=(ids != PADDING).astype(np.int64),
        labels=np.array([label for _, label in items], np.int64),
        classes=np.array(LANGUAGES),
    )
