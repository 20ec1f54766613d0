"""What a score does where a layer lacks what it looks at: another score, on the same scale, and a note."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from core.errors import UserError
from core.methods.prune.scores.score import Evidence, Floats, Vote, Votes


def filled_in(evidence: Evidence, votes: Mapping[str, list[Floats]], missing: str, other: Vote, named: str) -> Votes:
    """The votes, and for groups without any those of another score, scaled so that both have the same mean.

    ``missing`` completes "... has no", ``named`` says what is taken instead; a note tells which groups.
    Raises UserError where no group has votes: then the score is not what was asked for.
    """
    without = tuple(g for g in evidence.chosen if not votes.get(g.key))
    if not without:
        return dict(votes)
    known = [v for g in votes.values() for v in g]
    if not known:
        raise UserError(f"No layer in the scope has {missing}.", f"Choose another score, such as {named}.")
    instead = other(dataclasses.replace(evidence, chosen=without))
    theirs = [v for g in instead.values() for v in g]
    factor = _mean(known) / (_mean(theirs) or 1.0) if theirs else 1.0
    names = ", ".join(f"'{g.key}'" for g in without[:3]) + (f" and {len(without) - 3} more" if len(without) > 3 else "")
    evidence.note(f"Without {missing}: {names}. These are scored by {named}, scaled to the mean of the others.")
    return {**votes, **{key: [v * factor for v in given] for key, given in instead.items()}}


def _mean(votes: list[Floats]) -> float:
    return float(np.nanmean(np.concatenate(votes)))
