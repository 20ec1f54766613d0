"""What a score of channels is: its evidence, its settings, the registry, and how votes of layers become scores."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Literal, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.methods.method import Context
from core.model.channels import ChannelGroup, ChannelGroups
from core.model.model import Model
from core.params import Field
from core.registry import Registry, import_all

Floats = npt.NDArray[np.float64]
Votes = dict[str, list[Floats]]  # group key -> one (size,) array per layer with an opinion, in graph order
ScoreNeed = Literal["data", "labels"]
_GROUP = "Score"


class Norm(Enum):
    """How the weights of a channel are summed up."""

    L1 = "L1"
    L2 = "L2"


class Combine(Enum):
    """How the votes of several layers become one score."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """What scores can be told; a method that uses scores inherits its parameters from here."""

    norm: Annotated[Norm, Field("Norm", "L1 adds absolute weights, L2 is their Euclidean length.", group=_GROUP)] = (
        Norm.L1
    )
    scale_weight: Annotated[
        float,
        Field(
            "Weight of the scale", "In the score of BatchNorm scale and correlation.", 0.0, 1.0, "", 0.05, True, _GROUP
        ),
    ] = 0.5
    correlation_weight: Annotated[
        float,
        Field(
            "Weight of the correlation",
            "In the same score; 0 leaves the scale alone.",
            0.0,
            1.0,
            "",
            0.05,
            True,
            _GROUP,
        ),
    ] = 0.5
    items: Annotated[
        int, Field("Items", "Most items of the data that a score looks at.", 1, 100_000, "items", None, True, _GROUP)
    ] = 256
    shortlist: Annotated[
        int,
        Field(
            "Shortlist",
            "Channels whose rise of cross-entropy is measured exactly.",
            1,
            100_000,
            "channels",
            None,
            True,
            _GROUP,
        ),
    ] = 64
    probes: Annotated[
        int,
        Field("Probes", "Random draws a batch that estimate the Hessian's trace.", 1, 1000, "", None, True, _GROUP),
    ] = 4


@dataclass(frozen=True)
class Evidence:
    """What a score may look at: the prepared model, its groups, those to be scored, the context and the settings.

    ``notes`` takes full sentences on what a score did instead of what its name says; the report shows them.
    """

    model: Model
    groups: ChannelGroups
    chosen: tuple[ChannelGroup, ...]
    ctx: Context
    settings: ScoreSettings
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.notes:
            self.notes.append(sentence)


class Vote(Protocol):
    def __call__(self, evidence: Evidence, /) -> Votes: ...


@dataclass(frozen=True, slots=True)
class Score:
    """One way to tell how much is lost with a channel. ``needs``: what the context must carry.

    ``votes`` gives for every chosen group one array per layer with an opinion, in graph order; NaN for units that the
    layer does not hold. Small means that little is lost, and numbers of different groups can be compared.
    """

    key: str
    title: str
    needs: tuple[ScoreNeed, ...]
    votes: Vote
    help: str = ""

    def refusal(self, has_data: bool, has_labels: bool) -> str:
        """One sentence on why this score cannot be had, '' where it can."""
        if self.needs and not has_data:
            return f"The score '{self.title}' needs data."
        if "labels" in self.needs and not has_labels:
            return f"The score '{self.title}' needs labelled data."
        return ""


SCORES: Registry[Score] = Registry("score")


def score(key: str, *, title: str, needs: tuple[ScoreNeed, ...] = ()) -> Callable[[Vote], Vote]:
    """Register a function as a score; its docstring's first line is the help text."""

    def register(votes: Vote) -> Vote:
        lines = (getattr(votes, "__doc__", "") or "").strip().splitlines()
        SCORES.add(key, Score(key, title, needs, votes, lines[0] if lines else ""))
        return votes

    return register


def load_scores() -> Registry[Score]:
    """Import every module of this package (once) and give the filled registry; fast, for torch is imported later."""
    import_all("core.methods.prune.scores")
    return SCORES


def score_names() -> tuple[str, ...]:
    """The keys of all scores, for a parameter that chooses one: magnitude first, the control last."""
    by_need = sorted(load_scores(), key=lambda s: (s.key != "magnitude", s.key == "random", len(s.needs)))
    return tuple(s.key for s in by_need)


def unit_scores(evidence: Evidence, key: str, combine: Combine = Combine.MEAN) -> dict[str, Floats]:
    """Score of every unit of every chosen group: key -> (size,), finite; small means that little is lost.

    The votes of a group's layers are combined. A unit that a layer does not hold gets no vote from it. A group about
    which no layer has an opinion gets the mean of all scores, so that it is neither spared nor preferred, and a note.
    Raises UserError for an unknown score, or one whose data or labels are missing.
    """
    chosen = load_scores().get(key)
    data = evidence.ctx.data
    why = chosen.refusal(data is not None, data is not None and any(i.label is not None for i in data.items))
    if why:
        raise UserError(why, "Attach such data (--data), or choose a score that needs none, such as magnitude.")
    votes = chosen.votes(evidence)
    return _combined_all(evidence, chosen, votes, combine)


def _combined_all(
    evidence: Evidence, chosen: Score, votes: Mapping[str, Sequence[Floats]], how: Combine
) -> dict[str, Floats]:
    found = {g.key: combined(votes[g.key], how) for g in evidence.chosen if votes.get(g.key)}
    known = [s[np.isfinite(s)] for s in found.values()]
    usual = float(np.mean(np.concatenate(known))) if any(k.size for k in known) else 1.0
    scores = {}
    for group in evidence.chosen:
        if group.key not in found:
            evidence.note(
                f"The score '{chosen.title}' tells nothing of group '{group.key}': its channels count as equal."
            )
        own = found.get(group.key, np.full(group.size, np.nan))
        scores[group.key] = np.where(np.isfinite(own), own, usual)
    return scores


def combined(votes: Sequence[Floats], how: Combine) -> Floats:
    """One score per unit from the votes of layers, each (size,); NaN is no vote, and NaN is left where none voted."""
    table = np.asarray(votes, np.float64)
    if not np.isnan(table).any():
        exact: Floats = _REDUCE[how](table)
        return exact
    there = ~np.isnan(table)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a vote
        found: Floats = _REDUCE_SOME[how](table)
    found[~there.any(0)] = np.nan
    return found


def _first_vote(table: Floats) -> Floats:
    first: Floats = np.take_along_axis(table, np.argmax(~np.isnan(table), 0)[None], 0)[0]
    return first


_REDUCE: Mapping[Combine, Callable[[Floats], Floats]] = {
    Combine.MEAN: lambda t: np.mean(t, axis=0),
    Combine.SUM: lambda t: np.sum(t, axis=0),
    Combine.MAX: lambda t: np.max(t, axis=0),
    Combine.FIRST: lambda t: t[0],
}
_REDUCE_SOME: Mapping[Combine, Callable[[Floats], Floats]] = {
    Combine.MEAN: lambda t: np.nanmean(t, axis=0),
    Combine.SUM: lambda t: np.nansum(t, axis=0),
    Combine.MAX: lambda t: np.nanmax(t, axis=0),
    Combine.FIRST: _first_vote,
}
