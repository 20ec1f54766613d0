"""What the palette can run: every entry of every menu, and going to a layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from gui.palette.fuzzy import Fit, fit, may_fit
from gui.words import tr

MOST = 200  # rows that are shown; whoever wants a later one types another letter
_CLOSE = 400  # names that are compared letter by letter; of more only those with the letters in a row


@dataclass(frozen=True, slots=True)
class Command:
    """``reason`` says why it cannot act now, '' where it can. ``run`` is called after the palette has closed."""

    key: str
    title: str
    path: str
    run: Callable[[], object]
    shortcut: str = ""
    reason: str = ""
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """What '@' goes to, by name; ``command`` makes that of a position."""

    titles: Sequence[str]
    command: Callable[[int], Command]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A command and which letters of its title were asked for."""

    command: Command
    spans: tuple[tuple[int, int], ...] = ()


def from_menus(bar: QMenuBar, keys: dict[str, QAction]) -> list[Command]:
    """One command for every entry of the menus, submenus included; ``keys`` are the names that acts have."""
    names = {id(action): key for key, action in keys.items()}
    shown = [(top.menu(), plain(top.text())) for top in bar.actions() if top.isVisible()]
    menus = [(menu, title) for menu, title in shown if isinstance(menu, QMenu)]
    if menus:
        menus[0][0].aboutToShow.emit()  # greys the entries of all menus anew
    return [command for menu, title in menus for command in _of_menu(menu, title, names)]


def _of_menu(menu: QMenu, path: str, names: dict[int, str]) -> Iterator[Command]:
    for action in menu.actions():
        inner = action.menu()
        if action.isSeparator() or not action.isVisible():
            continue
        if isinstance(inner, QMenu):
            inner.aboutToShow.emit()  # some are filled only when they open
            yield from _of_menu(inner, f"{path} › {plain(action.text())}", names)
        else:
            yield _command(action, path, names.get(id(action), ""))


def _command(action: QAction, path: str, key: str) -> Command:
    title = plain(action.text())
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    reason = "" if action.isEnabled() else (action.toolTip() or tr("It cannot act now."))
    return Command(key or f"{path}/{title}", title, path, action.trigger, shortcut, reason, action.isChecked())


def plain(text: str) -> str:
    """A menu's text without the mark of its letter: '&Fit graph' is 'Fit graph'."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").strip()


def rank(query: str, commands: Sequence[Command], recent: Sequence[str] = ()) -> list[Ranked]:
    """The commands that fit, best first; those run lately before others that fit as well. All for an empty query."""
    lately = {key: len(recent) - k for k, key in enumerate(recent)}
    if not query.strip():
        first = sorted((c for c in commands if c.key in lately), key=lambda c: -lately[c.key])
        return [Ranked(c) for c in (*first, *(c for c in commands if c.key not in lately))][:MOST]
    scored: list[tuple[float, int, Ranked]] = []
    for k, command in enumerate(commands):
        found = _fit(query, command)
        if found is not None:
            bonus = 10.0 if command.key in lately else 0.0
            scored.append((-found.score - bonus + 5.0 * bool(command.reason), k, Ranked(command, found.spans)))
    return [ranked for _, _, ranked in sorted(scored, key=lambda s: s[:2])[:MOST]]


def rank_places(query: str, places: Places) -> list[Ranked]:
    """As :func:`rank`, for ten thousand names: of many only those are compared that hold the query as it is, if any
    do; letters far apart are then not what was meant."""
    titles, wanted = places.titles, query.strip().lower()
    near: Iterable[int] = range(len(titles))
    if wanted and len(titles) > _CLOSE:
        near = list(islice((k for k, title in enumerate(titles) if wanted in title.lower()), 5 * MOST))
        near = near or list(islice((k for k, title in enumerate(titles) if may_fit(wanted, title)), MOST))
    found = [(k, match) for k in near if (match := fit(query, titles[k])) is not None]
    if wanted:
        found.sort(key=lambda f: (-f[1].score, f[0]))
    return [Ranked(places.command(k), match.spans) for k, match in found[:MOST]]


def _fit(query: str, command: Command) -> Fit | None:
    """By the title, else by the menu and the title together: 'view dark'."""
    found = fit(query, command.title)
    if found is not None:
        return found
    before = f"{command.path} "
    whole = fit(query, before + command.title)
    if whole is None:
        return None
    spans = tuple((max(s - len(before), 0), n - max(len(before) - s, 0)) for s, n in whole.spans if s + n > len(before))
    return Fit(whole.score - 100.0, spans)
