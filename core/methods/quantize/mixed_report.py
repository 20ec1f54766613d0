"""What mixed precision chose and why, as tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.methods.quantize.mixing import Move
from core.report import Table

if TYPE_CHECKING:
    from core.methods.quantize.mixed import Params, Tried

KEPT, TRIED = "Layers kept out", "Quantizations tried"


def mixed_tables(layers: Sequence[str], moves: Sequence[Move], tried: Sequence[Tried]) -> tuple[Table, ...]:
    """The chosen layers with the part of all noise that is left behind each, and every quantization on the way."""
    left = {name: move.left for move in moves for name in move.layers}
    rows = tuple((name, round(100 * left[name], 1)) for name in layers if name in left)
    found = [Table(KEPT, ("Layer", "Noise left, expected"), rows, ("", "%"))] if rows else []
    if tried:
        figures = [
            (
                len(t.layers),
                round(t.close.sqnr.value, 2),
                "" if t.close.agreement is None else round(t.close.agreement.value, 2),
                t.close.sqnr.n,
            )
            for t in sorted(tried, key=lambda t: len(t.layers))
        ]
        columns, units = ("Layers kept out", "SQNR", "Agreement", "Items"), ("", "dB", "%", "")
        found.append(Table(TRIED, columns, tuple(figures), units))
    return tuple(found)


def said(params: Params, layers: Sequence[str], moves: Sequence[Move], tried: Sequence[Tried]) -> list[str]:
    """Sentences: what was chosen, and whether that is enough."""
    names = ", ".join(layers) if layers else "none"
    count = "One layer was" if len(layers) == 1 else f"{len(layers)} layers were"
    words = [f"{count} kept in {params.keep.value}: {names}."]
    end = next((t for t in tried if len(t.layers) == len(layers)), None)
    if end is None:
        return words
    agreement = end.close.agreement
    if params.target.value == "agreement" and agreement is not None:
        reached, wanted, unit = agreement.value, params.agreement, "% agreement"
    else:
        reached, wanted, unit = end.close.sqnr.value, params.sqnr, "dB"
    if reached >= wanted:
        words.append(f"The target of {wanted:g} {unit} is met on {end.close.sqnr.n} items to choose by: {reached:.1f}.")
    else:
        why = "no further layer fits the budget" if moves else "no layer fits the budget, or none would stay quantized"
        words.append(
            f"The target of {wanted:g} {unit} is not met: {reached:.1f} on {end.close.sqnr.n} items, and {why}."
        )
    return words
