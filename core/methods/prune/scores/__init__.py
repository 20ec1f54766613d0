"""Which channels matter least: one small file a score, and what they have in common.

    scores = unit_scores(Evidence(model, groups, chosen, ctx, settings), "taylor", Combine.MEAN)

The parts: score (Evidence, settings, the registry, how votes become scores), filters (weights by unit), weakest (the
same share of every group), and one module for each score.
"""

from core.methods.prune.scores.score import (
    SCORES,
    Combine,
    Evidence,
    Floats,
    Norm,
    Score,
    ScoreSettings,
    Votes,
    load_scores,
    score_names,
    unit_scores,
)
from core.methods.prune.scores.weakest import Removed, kept_units, weakest

__all__ = [
    "SCORES",
    "Combine",
    "Evidence",
    "Floats",
    "Norm",
    "Removed",
    "Score",
    "ScoreSettings",
    "Votes",
    "kept_units",
    "load_scores",
    "score_names",
    "unit_scores",
    "weakest",
]
