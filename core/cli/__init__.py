"""The command line: the same core, no Qt. Heavy libraries are imported only by the command that needs them."""

from core.cli.main import main

__all__ = ["main"]
