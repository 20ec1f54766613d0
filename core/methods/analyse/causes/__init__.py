"""Why a layer loses under quantization: one small file a cause, each with its evidence and its cure.

    findings = found_in(evidence)  # the strongest first

The parts: cause (what is known of a layer, what a cause answers, the registry), ranges (rounding errors under other
ranges), and one module for each cause.
"""

from core.methods.analyse.causes.cause import (
    CAUSES,
    Cause,
    Cure,
    Finding,
    LayerEvidence,
    Weights,
    found_in,
    load_causes,
)

__all__ = ["CAUSES", "Cause", "Cure", "Finding", "LayerEvidence", "Weights", "found_in", "load_causes"]
