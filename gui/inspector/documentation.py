"""What the onnx package says of an operator, cleaned up: markdown, HTML and formulas as text that Qt can show. No Qt.

Nothing in it leads anywhere: addresses of papers become their numbers, other addresses and the sentences that only
point at other pages are left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc
from textwrap import dedent
from typing import Literal

import onnx

Kind = Literal["text", "item", "code"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, one item of a list, or lines that keep their form."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Documentation:
    """``first`` is the first sentence, ``rest`` all that follows ('' where nothing does), both as Qt's rich text."""

    first: str
    rest: str


@lru_cache(maxsize=256)
def operator_documentation(operator: str, domain: str, version: int) -> Documentation | None:
    """Of the operator as ``version`` of its set defines it; None where nobody describes it."""
    schema = onnx.defs.get_schema(operator, version, domain)
    found = pieces(schema.doc or "")
    if not found:
        return None
    head, *others = found
    if head.kind != "text":
        return Documentation("", rich(found))
    first, after = _first_sentence(head.text)
    left = [Piece("text", after), *others] if after else others
    return Documentation(inline(_ended(first)), rich(left))


@lru_cache(maxsize=2048)
def meaning(text: str) -> str:
    """A description of an attribute, an input or an output as rich text."""
    return rich(pieces(text))


def rich(found: Sequence[Piece]) -> str:
    """Pieces as Qt's rich text."""
    out: list[str] = []
    for piece in found:
        if piece.kind == "code":
            out.append(f'<pre style="white-space: pre-wrap; margin: 4px 0;">{html.escape(piece.text)}</pre>')
        elif piece.kind == "item":
            out.append(f'<p style="margin: 2px 0 2px 12px; text-indent: -8px;">•&nbsp;{inline(piece.text)}</p>')
        else:
            out.append(f'<p style="margin: 0 0 6px 0;">{inline(piece.text)}</p>')
    return "".join(out)


# blocks -------------------------------------------------------------------------------------------------------------

_TAGS = re.compile(r"</?(?:p|b|i|code|em|strong|sub|sup|a|ul|ol|li|span|div)(?:\s[^<>]*)?/?>", re.I)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_FENCE = re.compile(r"^\s*```")
_BULLET = re.compile(r"^\s{0,6}(?:[*\-+]|\d{1,2}[.)])\s+")
_TABLE = re.compile(r"^\s*\|.*\|\s*$")
_POINTERS = (
    re.compile(r"\s*This operator has \*\*optional\*\* inputs/outputs\..*?simply omitted\.", re.S),
    re.compile(r";?\s*[Ff]or more details,? please check \[[^\]]*\]\([^)]*\)"),
    re.compile(r"\s*\(?See also in \[[^\]]*\]\([^)]*\)[^.]*\.\)?"),
)
_EMPTY = ("", "Reference", "References")  # what is left of a line that was only an address


def pieces(text: str) -> list[Piece]:
    """A description in its parts."""
    for pointer in _POINTERS:
        text = pointer.sub("", text)
    text = _TAGS.sub("", _BREAK.sub("\n", text)).replace('\\"', '"')
    out: list[Piece] = []
    fenced: list[str] | None = None
    before = ""
    for line in dedent(text.strip("\n")).strip().splitlines():
        if _FENCE.match(line):
            if fenced is not None:
                _add(out, "code", cleandoc("\n" + "\n".join(fenced)))
            fenced = [] if fenced is None else None
            before = ""
        elif fenced is not None:
            fenced.append(line)
        else:
            _line(out, line, before)
            before = line
    if fenced:
        _add(out, "code", cleandoc("\n" + "\n".join(fenced)))
    return [p for p in (_tidy(p) for p in out) if p.text.rstrip(".:") not in _EMPTY]


def _line(out: list[Piece], line: str, before: str) -> None:
    """Put a line outside of fences where it belongs: it begins a piece, or goes on with the last one."""
    last = out[-1] if out and before.strip() else None
    bullet = _BULLET.match(line)
    indented = line.startswith("    ") and (last is None or last.kind == "code")
    if not line.strip():
        return
    if bullet:
        _add(out, "item", line[bullet.end() :])
    elif _TABLE.match(line) or indented:
        if last is not None and last.kind == "code":
            out[-1] = Piece("code", f"{last.text}\n{line.rstrip()}")
        else:
            _add(out, "code", line.rstrip())
    elif last is not None and last.kind != "code":
        out[-1] = Piece(last.kind, f"{last.text} {line.strip()}")
    else:
        _add(out, "text", line.strip())


def _add(out: list[Piece], kind: Kind, text: str) -> None:
    out.append(Piece(kind, text))


def _tidy(piece: Piece) -> Piece:
    if piece.kind == "code":
        return Piece("code", cleandoc("\n" + piece.text).rstrip())
    return Piece(piece.kind, _without_addresses(piece.text).strip())


# inside a line ------------------------------------------------------------------------------------------------------

_LINK = re.compile(r"\[([^\]\[]+)\]\((?:[^()\s]+)\)")
_ARXIV = re.compile(r"https?://arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?")
_ADDRESS = re.compile(r"\(?https?://[^\s)>\]]*[^\s)>\].,;:]\)?")
_SENTENCE = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)[.!?](?=\s+[A-Z`\"'*(])")


def _without_addresses(text: str) -> str:
    text = _LINK.sub(r"\1", text)
    text = _ARXIV.sub(r"arXiv \1", text)
    gone = _ADDRESS.sub("", text)
    gone = re.sub(r"\s+([.,;])", r"\1", re.sub(r"[ \t]{2,}", " ", gone))
    if gone != text and gone.rstrip().endswith(":"):
        gone = gone.rstrip()[:-1] + "."
    return gone


def _first_sentence(text: str) -> tuple[str, str]:
    found = _SENTENCE.search(text)
    if found is None:
        return text, ""
    return text[: found.end()], text[found.end() :].strip()


def _ended(sentence: str) -> str:
    """What follows is folded away: a sentence must not announce it."""
    return f"{sentence[:-1]}." if sentence.endswith(":") else sentence


_CODE = re.compile(r"``?([^`]+)``?")
_FORMULA = re.compile(r"\$\$?(.+?)\$\$?")
_BOLD = re.compile(r"\*\*(\S(?:[^*]*\S)?)\*\*")
_ITALIC = re.compile(r"(?<![\w*])\*([A-Za-z][^*\n]*[A-Za-z])\*(?![\w*])")
_SYMBOLS = {
    "in": "∈",
    "pi": "π",
    "sum": "Σ",
    "prod": "Π",
    "cdot": "·",
    "times": "×",
    "leq": "≤",
    "geq": "≥",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "epsilon": "ε",
    "sqrt": "√",
    "infty": "∞",
    "ldots": "…",
}


def inline(text: str) -> str:
    """One paragraph as rich text: code, emphasis and formulas."""
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\0{len(kept) - 1}\0"

    text = _CODE.sub(lambda m: keep(f"<code>{html.escape(m[1])}</code>"), text)
    text = _FORMULA.sub(lambda m: keep(_formula(m[1])), text)
    text = html.escape(html.unescape(text), quote=False)
    text = re.sub(r"\\([a-z]+)\b", lambda m: _SYMBOLS.get(m[1], m[0]), text)
    text = _BOLD.sub(r"<b>\1</b>", text)
    text = _ITALIC.sub(r"<i>\1</i>", text)
    return re.sub("\0(\\d+)\0", lambda m: kept[int(m[1])], text)


def _fraction(found: re.Match[str]) -> str:
    above, below = (part if " " not in part.strip() else f"({part.strip()})" for part in found.groups())
    return f"{above}/{below}"


def _formula(text: str) -> str:
    """A formula of TeX's as near as text comes to it."""
    text = re.sub(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", _fraction, text)
    text = re.sub(r"\\([a-zA-Z]+)", lambda m: _SYMBOLS.get(m[1], m[1]), text)
    text = html.escape(text.replace(r"\ ", " "), quote=False)
    text = re.sub(r"_\{([^{}]*)\}", r"<sub>\1</sub>", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"<sup>\1</sup>", text)
    text = re.sub(r"\^(\w)", r"<sup>\1</sup>", text)
    return f"<i>{text.replace('{', '').replace('}', '').strip()}</i>"
