"""The picture of a graph as a file: SVG, PDF or PNG, in the look in force."""

from gui.drawing.draw import SUFFIXES, Drawn, draw

__all__ = ["SUFFIXES", "Drawn", "draw"]
