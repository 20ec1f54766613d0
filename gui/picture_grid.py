"""Lists that show small pictures in rows and columns."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QListWidget


def as_picture_grid(grid: QListWidget, side: int, cell: QSize) -> None:
    """Pictures of ``side`` pixels in cells of one size, which follow the width of the list and stay where they are."""
    grid.setViewMode(QListWidget.ViewMode.IconMode)
    grid.setResizeMode(QListWidget.ResizeMode.Adjust)
    grid.setMovement(QListWidget.Movement.Static)
    grid.setUniformItemSizes(True)
    grid.setIconSize(QSize(side, side))
    grid.setGridSize(cell)
