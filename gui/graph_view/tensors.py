"""Tensors in words, and the keys that lead along them: ] and [ choose one, Enter and Shift+Enter follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt

from gui.graph_view.picture import Picture
from gui.words import mark, tr

if TYPE_CHECKING:
    from gui.graph_view.view import GraphView

# keys of the graph that are no menu entries, for Help > Shortcuts
KEYS: tuple[tuple[str, str], ...] = (
    (mark("next tensor of the layer: outputs, then inputs"), "]"),
    (mark("previous tensor of the layer"), "["),
    (mark("follow the tensor to its reader, then to the next one"), "Enter"),
    (mark("follow the tensor back to the layer that makes it"), "Shift+Enter"),
    (mark("let go of the tensor, then of the layers"), "Esc"),
    (mark("open or close the selected block; with Ctrl all identical ones"), "Enter"),
    (mark("out to the block around what is selected"), "Ctrl+Up"),
)
_AROUND = 48  # pixels kept around an end of the graph that is walked to
_NAMED = 4  # readers named in a tooltip


def around(picture: Picture, card: int) -> list[str]:
    """Tensors of a card: what it makes, then what it reads; each once, as far as they stand on the canvas."""
    edges = (*picture.outgoing.get(card, ()), *picture.incoming.get(card, ()))
    return [name for name in dict.fromkeys(picture.edges[e].name for e in edges) if name]


def producer(picture: Picture, name: str) -> int | None:
    """The card that a tensor leaves."""
    edges = picture.tensors.get(name)
    return picture.edges[edges[0]].source if edges else None


def readers(picture: Picture, name: str) -> list[int]:
    """The cards a tensor goes to, from the top of the canvas down."""
    found = dict.fromkeys(picture.edges[e].target for e in picture.tensors.get(name, ()))
    return sorted(found, key=lambda k: (picture.boxes[k][1], picture.boxes[k][0]))


def described(picture: Picture, name: str) -> str:
    """Name, type, shape, maker and readers of a tensor, a line each; '' for one that is not on the canvas."""
    maker = producer(picture, name)
    if maker is None:
        return ""
    edge = picture.edges[picture.tensors[name][0]]
    to = readers(picture, name)
    lines = [name, " ".join(part for part in (edge.dtype or tr("unknown type"), edge.shape) if part)]
    lines.append(tr("from {layer}", layer=_card(picture, maker)))
    lines += [tr("to {layer}", layer=_card(picture, k)) for k in to[:_NAMED]]
    if len(to) > _NAMED:
        lines.append(tr("and {n} more", n=len(to) - _NAMED))
    return "\n".join(lines)


def shortest(picture: Picture, name: str) -> str:
    """The end of the name, type and shape, for a line with little room."""
    if name not in picture.tensors:
        return ""
    edge = picture.edges[picture.tensors[name][0]]
    short = name.rsplit("/", 1)[-1] or name
    return tr("Tensor {name} · {kind}", name=short, kind=" ".join(part for part in (edge.dtype, edge.shape) if part))


def in_brief(picture: Picture, name: str) -> str:
    """The same in one line, for a screen reader."""
    if name not in picture.tensors:
        return ""
    edge, to, maker = picture.edges[picture.tensors[name][0]], readers(picture, name), producer(picture, name)
    kind = " ".join(part for part in (edge.dtype, edge.shape) if part)
    goal = _title(picture, to[0]) if len(to) == 1 else tr("{n} layers", n=len(to))
    source = _title(picture, maker) if maker is not None else ""
    return tr("Tensor {name}, {kind}, from {source} to {goal}", name=name, kind=kind, source=source, goal=goal)


def _title(picture: Picture, card: int) -> str:
    return picture.cards[card].title


def _card(picture: Picture, card: int) -> str:
    """Operator and name of a layer; the name alone for inputs and outputs of the graph."""
    of = picture.cards[card]
    return f"{of.title} {of.key}" if of.key and of.key != of.title else of.title


class Along:
    """Follows tensors on one view by keys. The reader stands on a card, with a tensor in hand."""

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self._end: int | None = None  # the input or output of the graph that was walked to: it cannot be selected

    def press(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        """Act on a key; whether it was one for tensors and there was something to do."""
        picture, tensor = self._view.picture, self._view.selected_tensor()
        if picture is None or not picture.cards:
            return False
        if key in (Qt.Key.Key_BracketRight, Qt.Key.Key_BracketLeft):
            return self._cycle(picture, tensor, 1 if key == Qt.Key.Key_BracketRight else -1)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and tensor:
            back = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
            self._go(picture, producer(picture, tensor) if back else self._next_reader(picture, tensor))
            return True
        return False

    def _cycle(self, picture: Picture, tensor: str, step: int) -> bool:
        names = around(picture, self._stands(picture, tensor))
        if not names:
            return False
        if tensor in names:
            self._view.select_tensor(names[(names.index(tensor) + step) % len(names)])
        else:
            self._view.select_tensor(names[0 if step > 0 else -1])
        return True

    def _next_reader(self, picture: Picture, tensor: str) -> int | None:
        """The first reader of a tensor; from a reader the next one, round and round."""
        to, here = readers(picture, tensor), self._stands(picture, tensor)
        return to[(to.index(here) + 1) % len(to)] if here in to else next(iter(to), None)

    def _stands(self, picture: Picture, tensor: str) -> int:
        """Of the layer selected last, or the closed block that hides it; else the end of the graph walked to; else of
        the tensor's maker; else of the input."""
        chosen = self._view.selected()
        last = picture.card_of(chosen[-1]) if chosen else None
        found = (last, self._end, producer(picture, tensor), 0)
        return next(k for k in found if k is not None and k < len(picture.cards))

    def _go(self, picture: Picture, card: int | None) -> None:
        if card is None:
            return
        key, block = picture.cards[card].key, picture.cards[card].block
        self._end = None if key or block else card
        if block:
            self._view.select_block(block)
        else:
            self._view.select([key] if key else [])
        if self._end is not None:
            self._view.ensureVisible(QRectF(*picture.boxes[card]), _AROUND, _AROUND)
