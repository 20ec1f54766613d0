"""What a reader would count on a drawn graph: lines that cross, lines that run through cards, cards that overlap.

Routes are taken as the straight pieces between their bends; stretches drawn twice at the same place count once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

Box = tuple[float, float, float, float]  # left, top, width, height
Point = tuple[float, float]
Route = Sequence[Point]
_BAND = 64.0


def crossings(routes: Sequence[Route], sources: Sequence[object]) -> int:
    """Pairs of pieces that cross between their ends; pieces of one source (they share a trunk) do not count."""
    pieces: dict[tuple[float, float, float, float], object] = {}
    for route, source in zip(routes, sources, strict=True):
        for (x0, y0), (x1, y1) in pairwise(route):
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            pieces.setdefault((x0, y0, x1, y1), source)
    if not pieces:
        return 0
    lines = np.array(list(pieces))
    number = {source: k for k, source in enumerate(dict.fromkeys(pieces.values()))}
    owner = np.array([number[s] for s in pieces.values()])
    total = 0
    for band, members in _bands(lines[:, 1], lines[:, 3]):
        total += _crossing_in(lines[members], owner[members], band)
    return total


def _crossing_in(lines: np.ndarray, owner: np.ndarray, band: int) -> int:
    """Crossings whose point lies in one band of the canvas, so that each is counted in one band only."""
    start, way = lines[:, :2], lines[:, 2:] - lines[:, :2]
    total = 0
    for k in range(len(lines) - 1):
        others = slice(k + 1, None)
        apart = start[others] - start[k]
        turn = way[k, 0] * way[others, 1] - way[k, 1] * way[others, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            mine = (apart[:, 0] * way[others, 1] - apart[:, 1] * way[others, 0]) / turn
            its = (apart[:, 0] * way[k, 1] - apart[:, 1] * way[k, 0]) / turn
        inside = (mine > 1e-6) & (mine < 1 - 1e-6) & (its > 1e-6) & (its < 1 - 1e-6) & (owner[others] != owner[k])
        at = start[k, 1] + np.where(inside, mine, 0.0) * way[k, 1]
        total += int(np.count_nonzero(inside & (np.floor(at / _BAND) == band)))
    return total


def through_cards(routes: Sequence[Route], ends: Sequence[tuple[int, int]], boxes: Sequence[Box]) -> int:
    """Pairs of an edge and a card it neither leaves nor enters but runs through (by more than 1 unit)."""
    card = np.array(boxes)
    left, top = card[:, 0] + 1, card[:, 1] + 1
    right, bottom = card[:, 0] + card[:, 2] - 1, card[:, 1] + card[:, 3] - 1
    in_band: dict[int, np.ndarray] = dict(_bands(top, bottom))
    hit: set[tuple[int, int]] = set()
    for edge, (route, own) in enumerate(zip(routes, ends, strict=True)):
        for (x0, y0), (x1, y1) in pairwise(route):
            first, last = sorted((y0, y1))
            for band in range(int(first // _BAND), int(last // _BAND) + 1):
                near = in_band.get(band)
                if near is None:
                    continue
                span = max(last - first, 1e-9)
                lower = np.clip((np.maximum(top[near], first) - y0) / (span if y1 >= y0 else -span), 0, 1)
                upper = np.clip((np.minimum(bottom[near], last) - y0) / (span if y1 >= y0 else -span), 0, 1)
                a, b = x0 + lower * (x1 - x0), x0 + upper * (x1 - x0)
                inside = (np.minimum(a, b) < right[near]) & (np.maximum(a, b) > left[near])
                inside &= (bottom[near] > first) & (top[near] < last)
                hit.update((edge, int(k)) for k in near[inside] if k not in own)
    return len(hit)


def overlaps(boxes: Sequence[Box]) -> int:
    """Pairs of cards that cover each other."""
    card = np.array(boxes)
    right, bottom = card[:, 0] + card[:, 2], card[:, 1] + card[:, 3]
    found: set[tuple[int, int]] = set()
    for _, near in _bands(card[:, 1], bottom):
        for k, a in enumerate(near):
            b = near[k + 1 :]
            both = (card[b, 0] < right[a] - 1) & (right[b] - 1 > card[a, 0])
            both &= (card[b, 1] < bottom[a] - 1) & (bottom[b] - 1 > card[a, 1])
            found.update((int(a), int(c)) for c in b[both])
    return len(found)


def _bands(first: np.ndarray, last: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Bands of the canvas with the numbers of all things that reach into them."""
    bands: dict[int, list[int]] = {}
    for k, (a, b) in enumerate(zip(np.floor(first / _BAND), np.floor(last / _BAND), strict=True)):
        for band in range(int(a), int(b) + 1):
            bands.setdefault(band, []).append(k)
    for band, members in bands.items():
        yield band, np.array(members)
