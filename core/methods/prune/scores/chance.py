"""Random scores: the control that every other score has to beat."""

from __future__ import annotations

import zlib

import numpy as np

from core.methods.prune.scores.score import Evidence, Votes, score


@score("random", title="Random (control)")
def votes(evidence: Evidence) -> Votes:
    """Chance decides; the control that other scores have to beat.

    Uniform in 0..1, so all groups lose alike. Drawn from the seed and the group's name: a group keeps its draw
    whatever else is in scope.
    """
    seed = evidence.ctx.seed
    return {
        group.key: [np.random.default_rng([seed, zlib.crc32(group.key.encode())]).random(group.size)]
        for group in evidence.chosen
    }
