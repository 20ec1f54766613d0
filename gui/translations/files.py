"""Translations as files: Qt's .ts, which people and tools edit, and the .qm that the window reads."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

import PySide6

from core.errors import UserError
from gui.translations.choosing import FOLDER
from gui.translations.texts import Text
from gui.words import CONTEXT

Forms = tuple[str, ...]  # one form, or as many as the language has where the text counts something


def source_file(language: str) -> Path:
    """The .ts of a language, e.g. "de"."""
    return FOLDER / f"thimble_{language}.ts"


def read(path: Path) -> dict[str, Forms]:
    """Text in English -> its translation; those that are not translated are missing."""
    out: dict[str, Forms] = {}
    for message in ET.parse(path).iter("message"):
        translation = message.find("translation")
        if translation is None or translation.get("type") in ("unfinished", "vanished", "obsolete"):
            continue
        forms = tuple(form.text or "" for form in translation.iter("numerusform")) or (translation.text or "",)
        if all(forms):
            out[message.findtext("source", "")] = forms
    return out


def write(path: Path, language: str, texts: Sequence[Text], known: Mapping[str, Forms]) -> None:
    """All texts with what is known of their translation. ``language`` '' makes a file of sources only."""
    root = ET.Element("TS", {"version": "2.1", "sourcelanguage": "en"} | ({"language": language} if language else {}))
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text in texts:
        context.append(_message(text, known.get(text.text, ())))
    ET.indent(root, "  ")
    body = ET.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def _message(text: Text, forms: Forms) -> ET.Element:
    message = ET.Element("message", {"numerus": "yes"} if text.one else {})
    ET.SubElement(message, "location", {"filename": f"../../{text.place}"})
    ET.SubElement(message, "source").text = text.text
    if text.one:
        ET.SubElement(message, "extracomment").text = f"For one: {text.one}"
    translation = ET.SubElement(message, "translation", {} if forms else {"type": "unfinished"})
    if text.one:
        for form in forms:
            ET.SubElement(translation, "numerusform").text = form
    elif forms:
        translation.text = forms[0]
    return message


def release(source: Path, target: Path) -> None:
    """Compile a .ts into the .qm that Qt loads, with Qt's own lrelease. Raises UserError where that fails."""
    tool = Path(PySide6.__file__).parent / ("lrelease.exe" if sys.platform == "win32" else "lrelease")
    command = [str(tool), "-silent", "-nounfinished", str(source), "-qm", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError as error:
        raise UserError(f"Qt's lrelease cannot be run: {error}.", "It comes with PySide6-Essentials.") from error
    if done.returncode != 0:
        raise UserError(f"Qt's lrelease refuses '{source}': {(done.stderr or done.stdout).strip()}")
