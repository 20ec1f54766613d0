"""In which order methods stand in their menus, by which letter and which keys they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.methods.method import Method

# a line stands between the tuples; what nobody has placed comes after a line of its own
_PLACES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Prune": (
        ("prune.channels", "prune.magnitude", "prune.slimming", "prune.dynamic", "prune.depth"),  # really cut
        ("prune.weights", "prune.gradual"),  # masks
    ),
    "Quantize": (("quantize.int8", "quantize.static", "quantize.train"), ("quantize.weights", "quantize.incremental")),
    "Train": (("train.scratch", "tune.finetune"), ("recover.refit", "recover.batchnorm")),
}
_KEYS = {
    "train.scratch": "Ctrl+Shift+T",
    "tune.finetune": "Ctrl+Alt+T",
    "recover.refit": "Ctrl+Alt+R",
    "prune.channels": "Ctrl+Shift+P",
    "prune.weights": "Ctrl+Shift+M",
    "quantize.static": "Ctrl+Shift+U",
}


def arranged(methods: Iterable[Method]) -> dict[str, list[list[Method]]]:
    """Menu -> its sections of methods, from above; methods without a menu are left out."""
    found: dict[str, dict[int, list[Method]]] = {}
    for method in methods:
        if method.menu:
            number = _section(method)
            found.setdefault(method.menu, {}).setdefault(number, []).append(method)
    return {menu: [sorted(sections[k], key=_place) for k in sorted(sections)] for menu, sections in found.items()}


def _section(method: Method) -> int:
    places = _PLACES.get(method.menu, ())
    return next((k for k, keys in enumerate(places) if method.key in keys), len(places))


def _place(method: Method) -> tuple[int, str]:
    keys = [key for section in _PLACES.get(method.menu, ()) for key in section]
    return (keys.index(method.key), "") if method.key in keys else (len(keys), method.key)


def keys_of(method: Method) -> str:
    """Its shortcut; '' for those that are reached through the menu alone."""
    return _KEYS.get(method.key, "")


def with_letters(titles: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Titles with '&' before a letter that stands in no other and is not taken: that of a word where there is one."""
    used, out = {letter.lower() for letter in taken}, []
    for title in titles:
        initials = [k for k, c in enumerate(title) if c.isalpha() and (k == 0 or not title[k - 1].isalpha())]
        others = [k for k, c in enumerate(title) if c.isalpha()]
        at = next((k for k in (*initials, *others) if title[k].lower() not in used), None)
        if at is None:
            out.append(title)
            continue
        used.add(title[at].lower())
        out.append(f"{title[:at]}&{title[at:]}")
    return out


def letter_of(text: str) -> str:
    """The letter that a menu's text marks, '' for none."""
    return text.replace("&&", "").partition("&")[2][:1].lower()
