"""Colouring the layers of a graph by a figure."""
