"""Parameters that make each method fast enough for tests that try all of them."""

from __future__ import annotations

from typing import Any

QUICK: dict[str, dict[str, Any]] = {
    "tune.finetune": {"epochs": 1},
    "train.scratch": {"epochs": 1},
    "quantize.int8": {"calibration_items": 16},
}
