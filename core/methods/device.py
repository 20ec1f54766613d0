"""The processor that trains, by the name the user gives it. torch is imported inside functions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    import torch

DEVICES = ("cpu", "cuda", "mps")


def device_of(name: str) -> torch.device:
    """The torch device. Raises UserError for an unknown name or a device this machine does not have."""
    import torch

    if name not in DEVICES:
        raise UserError(f"There is no device '{name}'.", f"Known: {', '.join(DEVICES)}.")
    absent = (name == "cuda" and not torch.cuda.is_available()) or (
        name == "mps" and not torch.backends.mps.is_available()
    )
    if absent:
        raise UserError(f"This machine, or its torch, has no device '{name}'.", "Train on the CPU.")
    if name == "cuda":  # read when the first matrix is multiplied; without it cuBLAS sums in any order
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device(name)
