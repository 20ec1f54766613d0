"""Thimble's core: models, acts on them, measurements, export. Imports no Qt."""

__version__ = "0.1.0"
