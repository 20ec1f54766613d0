"""Finding layers by what is known of them: pure matching over plain strings, quick at ten thousand layers.

A query is a list of words that must all be found; each may be found in any text of a layer. ``field:word`` narrows a
word to one kind of text, quotes keep spaces. A word that is part of an attribute's name and is followed by a number
asks for that attribute: "stride 2" is "stride=2".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from gui.search.outline import BlockTree

FIELDS = ("name", "op", "attr", "shape", "tensor", "type")
_TOKEN = re.compile(r'(?:(?P<field>name|op|attr|shape|tensor|type):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>[^\s"]+))?', re.I)
_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?(?:[,x×][-−+]?\d+(?:\.\d+)?)*")
_SIZES = re.compile(r"(?:\d+|\?)(?:[x×*,](?:\d+|\?))*")
_OPEN_END = re.compile(r"(?<=[\d?])[x×*,]+$")  # "64x": more sizes may follow
_BETWEEN = re.compile(r"[x×*,\s]+")


class Text(NamedTuple):
    """Something known of a layer. ``field`` is one of FIELDS, ``role`` says which of a layer's tensors it is about.

    Attributes read "strides = 2, 2", shapes "1×64×56×56" with names for symbolic axes.
    """

    field: str
    text: str
    role: str = ""


class Entry(NamedTuple):
    """A layer as it can be found. ``blocks`` are the titles of the blocks around it, outermost first."""

    key: str
    operator: str
    blocks: tuple[str, ...]
    texts: tuple[Text, ...]


class Term(NamedTuple):
    """One word of a query in lower case. ``field`` '' searches all; ``value`` is asked of the attribute ``word``."""

    field: str
    word: str
    value: str = ""


class Reason(NamedTuple):
    """Why a layer was found: the text and what of it matched, as (start, length)."""

    text: Text
    spans: tuple[tuple[int, int], ...]


def parse(query: str, attributes: Iterable[str] = (), within: str = "") -> tuple[Term, ...]:
    """The terms of a query; ``attributes`` are the names that attributes of the model have.

    ``within`` is the field of words that name none themselves, '' for all fields.
    """
    names = [name.lower() for name in attributes]
    words = _words(re.sub(r"\s*=\s*", "=", query))
    out: list[Term] = []
    skip = False
    for (own, word, quoted), (other, after, _) in pairwise([*words, ("", "", False)]):
        if skip:
            skip = False
            continue
        field = own or within
        name, equals, value = word.partition("=")
        if equals and name and not quoted and field in ("", "attr"):
            out.append(Term("attr", name, value))
        elif field in ("", "attr") and not quoted and not other and _NUMBER.fullmatch(after) and _is_name(word, names):
            out.append(Term("attr", word, after))
            skip = True
        else:
            out.append(Term(field, word))
    return tuple(out)


def _is_name(word: str, names: Iterable[str]) -> bool:
    return not _NUMBER.fullmatch(word) and any(word in name for name in names)


def _words(query: str) -> list[tuple[str, str, bool]]:
    """(field, word, whether it was quoted), in lower case; a field alone belongs to the word after it."""
    out: list[tuple[str, str, bool]] = []
    waiting = ""
    for found in _TOKEN.finditer(query):
        field = (found["field"] or waiting).lower()
        quoted, word = found["quoted"], found["word"]
        text = (quoted if word is None else word) or ""
        if text:
            out.append((field, text.lower(), word is None))
            waiting = ""
        elif found["field"]:
            waiting = field
    return out


def matches(term: Term, text: Text) -> bool:
    """Whether one word is found in one text."""
    if term.field and term.field != text.field:
        return False
    if term.value:
        name, _, values = _lower(text.text).partition(" = ")
        return text.field == "attr" and term.word in name and _has_values(term.value, values)
    if text.field == "shape":
        return _has_sizes(term.word, _lower(text.text))
    if text.field == "attr":
        name, _, values = _lower(text.text).partition(" = ")
        number = _NUMBER.fullmatch(term.word) is not None
        return (_has_values(term.word, values) if number else term.word in values) or term.word in name
    return term.word in _lower(text.text)


def _lower(text: str) -> str:
    return text.lower().replace("\n", " ")


def _has_values(value: str, values: str) -> bool:
    """Numbers are found whole and in a row ("1" is not in "16"), other values by any part of them."""
    if not _NUMBER.fullmatch(value):
        return value in values
    return _run([_number(v) for v in _BETWEEN.split(value)], [_number(v) for v in _BETWEEN.split(values)])


def _number(text: str) -> float | str:
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return text


def _has_sizes(word: str, shape: str) -> bool:
    """Sizes in a row, '?' for any: '?x64' is in 1×64×56×56. Names of symbolic axes are found by any part of them."""
    word = _OPEN_END.sub("", word)
    if _SIZES.fullmatch(word):
        return _run(["" if size == "?" else size for size in _BETWEEN.split(word)], shape.split("×"), "")
    return any(word in size for size in shape.split("×") if not size.isdigit())


def _run(wanted: Sequence[object], there: Sequence[object], wildcard: object = None) -> bool:
    """Whether ``wanted`` stands somewhere in ``there`` in a row."""
    return any(
        all(a in (b, wildcard) for a, b in zip(wanted, there[k:], strict=False))
        for k in range(len(there) - len(wanted) + 1)
    )


class _Column:
    """The different texts of one field, and the layers that each belongs to."""

    def __init__(self, field: str) -> None:
        self._plain = field not in ("attr", "shape")
        self.field = field
        self.owners: dict[str, list[int]] = {}
        self._lower: dict[str, str] = {}

    def add(self, text: str, layer: int) -> None:
        owners = self.owners.get(text)
        if owners is None:
            self.owners[text] = [layer]
            self._lower[text] = _lower(text)
        elif owners[-1] != layer:
            owners.append(layer)

    def find(self, term: Term) -> Iterable[list[int]]:
        """The layers of each text in which the word is found."""
        if term.field and term.field != self.field:
            return []
        if self._plain:
            if term.value:
                return []
            word, owners = term.word, self.owners
            return [owners[text] for text, lower in self._lower.items() if word in lower]
        return [owners for text, owners in self.owners.items() if matches(term, Text(self.field, text))]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: positions of layers in the index, in the order of the file."""

    terms: tuple[Term, ...]
    layers: tuple[int, ...]


class Index:
    """The texts of all layers, added one by one. Searching it changes nothing."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Entry] = []
        self.tree = BlockTree()
        self._columns = {field: _Column(field) for field in FIELDS}
        self._attributes: set[str] = set()
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        layer = len(self.entries)
        self.entries.append(entry)
        self.tree.add(entry.blocks)
        for field, text, _ in entry.texts:
            self._columns[field].add(text, layer)
            if field == "attr":
                self._attributes.add(text.partition(" = ")[0])

    def find(self, query: str, within: str = "") -> Found:
        """The layers in which every word is found; none for a query without a word. ``within``: as for parse."""
        terms = parse(query, self._attributes, within)
        left: set[int] | None = None
        for term in terms:
            found: set[int] = set()
            for column in self._columns.values():
                found.update(*column.find(term))
            left = found if left is None else left & found
        return Found(terms, tuple(sorted(left or ())))

    def why(self, layer: int, terms: Sequence[Term]) -> tuple[Reason, ...]:
        """For each word the first text it is found in; words found in the same text share a reason."""
        texts = self.entries[layer].texts
        hits: dict[Text, list[Term]] = {}
        for term in terms:
            text = next((t for t in texts if matches(term, t)), None)
            if text is not None:
                hits.setdefault(text, []).append(term)
        return tuple(Reason(text, _spans(text.text, found)) for text, found in hits.items())


def _spans(text: str, terms: Iterable[Term]) -> tuple[tuple[int, int], ...]:
    """Where words stand in a text, as (start, length), for emphasis; overlaps are joined."""
    lower = text.lower()
    if len(lower) != len(text):  # a letter that becomes two: better no emphasis than a wrong one
        return ()
    pieces = sorted(
        (at, at + len(word)) for term in terms for word in _said(term, lower) if word and (at := lower.find(word)) >= 0
    )
    joined: list[tuple[int, int]] = []
    for start, end in pieces:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple((start, end - start) for start, end in joined)


def _said(term: Term, lower: str) -> tuple[str, ...]:
    """A term as it may stand in a text: sizes with ×, values with commas."""
    if term.value:
        values = ", ".join(_BETWEEN.split(term.value)) if _NUMBER.fullmatch(term.value) else term.value
        return (term.word, values)
    if term.word in lower:
        return (term.word,)
    parts = _BETWEEN.split(term.word)
    return next(((w,) for w in ("×".join(parts), ", ".join(parts)) if w in lower), ())
