"""Channel shuffle: channels of different groups change places (Zhang et al. 2018)."""

from __future__ import annotations

from torch import Tensor


def channel_shuffle(x: Tensor, rows: int, columns: int) -> Tensor:
    """Read the ``rows * columns`` channels of [N, C, H, W] as a table, row by row, and number them column by column."""
    height, width = x.shape[2], x.shape[3]
    table = x.reshape(-1, rows, columns, height, width)
    return table.transpose(1, 2).reshape(-1, rows * columns, height, width)
