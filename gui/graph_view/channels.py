"""Channels on the cards: how many a layer would keep, which layers share theirs, and whose have to stay. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gui.graph_view.picture import Picture
from gui.words import tr

Width = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Channels:
    """By key of a layer. ``widths``: (channels now, channels it would keep), ``locks``: why its channels have to stay,
    ``coupled``: layers whose channels live and die with those of the selected one."""

    widths: Mapping[str, Width] = field(default_factory=dict)
    locks: Mapping[str, str] = field(default_factory=dict)
    coupled: Collection[str] = ()

    def tip(self, key: str) -> str:
        """What there is to say of a layer's channels, a line each; '' for nothing."""
        lines = []
        if key in self.widths and self.widths[key][0] != self.widths[key][1]:
            before, after = self.widths[key]
            lines.append(tr("{before} → {after} channels; nothing is cut yet", before=before, after=after))
        if key in self.locks:
            lines.append(tr("Channels stay: {reason}", reason=self.locks[key]))
        if key in self.coupled:
            lines.append(tr("Coupled: its channels live and die with those of the selected layer"))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class OnCards:
    """The same by number of a card. ``kept`` is the share that stays; ``texts`` stand in the header."""

    kept: Mapping[int, float]
    texts: Mapping[int, str]
    locked: frozenset[int]
    coupled: frozenset[int]


def on_cards(channels: Channels, picture: Picture) -> OnCards:
    """A closed block stands for the layers in it: its share is that of all their channels together."""
    sums: dict[int, list[int]] = {}
    for key, (before, after) in channels.widths.items():
        card = picture.card_of(key)
        if card is not None:
            found = sums.setdefault(card, [0, 0])
            found[0] += before
            found[1] += after
    kept = {k: after / before for k, (before, after) in sums.items() if after < before}
    texts = {k: f"{sums[k][0]} → {sums[k][1]}" for k in kept if not picture.cards[k].block}
    # a lock on one of many layers in a closed block is seen when the block is open
    locked = frozenset(picture.index[key] for key in channels.locks if key in picture.index)
    coupled = frozenset(k for key in channels.coupled if (k := picture.card_of(key)) is not None)
    return OnCards(kept, texts, locked, coupled)
