"""Every text of the window that a translator needs: literals from the source, titles and help from the registries."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.exporters.exporter import load_exporters
from core.methods.analyse.causes import load_causes
from core.methods.method import load_methods
from core.model.editing import EDITS
from core.model.editing.edit import labels
from core.params import Spec, specs
from core.references.catalogue import COUNTED, entries
from gui.wording import choice_words

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Text:
    """``one`` is the singular where the text counts something ('' where not); ``place`` the file that shows it."""

    text: str
    place: str
    one: str = ""


def texts() -> list[Text]:
    """All of them, each once, in the order of files and lines."""
    found = [*_of_source(), *_of_menus(), *_of_registries()]
    unique: dict[str, Text] = {}
    for text in found:
        known = unique.get(text.text)
        if known is None or (text.one and not known.one):
            unique[text.text] = text
    return sorted(unique.values(), key=lambda t: t.place)


# the source ---------------------------------------------------------------------------------------------------------


def _of_source() -> Iterator[Text]:
    for path in sorted((ROOT / "gui").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
            yield from _of_call(call, place)


def _of_call(call: ast.Call, place: str) -> Iterator[Text]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in ("tr", "mark") and call.args:
        for text in literals(call.args[0]):
            yield Text(text, place)
    elif name == "counted" and len(call.args) == 3:
        for one, many in zip(literals(call.args[1]), literals(call.args[2]), strict=True):
            yield Text(many, place, one)


def literals(node: ast.expr) -> list[str]:
    """The string a node is, or both of 'a if b else c'; none where it is not a literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value else []
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return []


# tables and registries ----------------------------------------------------------------------------------------------


def _of_menus() -> Iterator[Text]:
    from gui.actions import ENTRIES, MENUS  # here, because they know every act

    place = "gui/actions.py"
    shown = [*MENUS, *(word for e in ENTRIES if e.text != "-" for word in (e.text, e.tip))]
    yield from (Text(word, place) for word in shown if word)


def _of_registries() -> Iterator[Text]:
    for method in load_methods():
        yield from _texts("core/methods", method.title.rstrip("…"), method.help)
        yield from _of_specs("core/methods", (*specs(method.params), *specs(method.layer_params)))
        for preset in method.presets:
            yield from _texts("core/methods", preset.title, preset.demands, preset.assumed)
    for cause in load_causes():
        yield from _texts("core/methods/analyse/causes", cause.title, *(cure.words for cure in cause.cures))
    for exporter in load_exporters():
        yield from _texts("core/exporters", exporter.title.rstrip("…"))
    for entry in entries():
        yield from _texts("core/references", entry.help)
        yield from _of_specs("core/references", entry.params)
    yield from _texts("core/references", COUNTED)
    for edit in EDITS.values():
        yield from _texts("core/model/editing", edit.title, *labels(edit).values())


def _of_specs(place: str, found: Iterable[Spec]) -> Iterator[Text]:
    for spec in found:
        field = spec.field
        unit = "" if field.unit in _SYMBOLS else field.unit
        choices = [choice_words(c) for c in spec.choices if not c[0].isdigit()]
        yield from _texts(place, field.label, field.help, field.group, unit, *choices)
        if spec.choices and spec.optional:
            yield Text(choice_words("none"), place)


_SYMBOLS = ("share", "px", "x", "s", "ms", "°")  # the same in every language, or never shown


def _texts(place: str, *words: str) -> Iterator[Text]:
    yield from (Text(word, place) for word in words if word)
