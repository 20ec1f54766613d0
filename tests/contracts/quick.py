"""Parameters that make each method fast enough for tests that try all of them."""

from __future__ import annotations

from typing import Any

_RELU = '[{"edit": "layer.replace", "layer": "features.0.2/Clip", "operator": "Relu"}]'
QUICK: dict[str, dict[str, Any]] = {
    "edit.graph": {"edits": _RELU},
    "tune.finetune": {"epochs": 1},
    "train.scratch": {"epochs": 1},
    "analyse.quantization_loss": {"items": 4, "most_layers": 2, "latency": False},
    "analyse.pruning_sensitivity": {"items": 8, "ratios": "0.5"},
    "prune.dynamic": {"epochs": 1},
    "prune.gradual": {"epochs": 1},
    "prune.slimming": {"epochs": 1},
    "quantize.equalize": {"items": 8},
    "quantize.rescue": {"calibration_items": 8, "check_items": 8, "target": "sqnr", "sqnr": 0},
    "quantize.smooth": {"items": 8},
    "quantize.incremental": {"epochs": 1},
    "quantize.int8": {"calibration_items": 16},
    "quantize.mixed": {
        "calibration_items": 16,
        "equalize": False,
        "bias_correction": False,
        "search_ranges": False,
        "chosen": "[]",
    },
    "quantize.static": {"calibration_items": 16, "search_ranges": False},
    "quantize.train": {"epochs": 1, "calibration_items": 16},
    "recover.batchnorm": {"items": 16},
    "recover.refit": {"items": 16, "places": 256},
}

# kept for old recipes: gives its parameters to another method, which is tried in its place where all are tried on all
RENAMED = {"quantize.int8": "quantize.static"}
