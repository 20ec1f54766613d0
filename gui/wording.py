"""Sentences of the core as the window says them: the command line's options mean nothing to whoever clicks."""

from __future__ import annotations

import re

_OPTION = re.compile(r" (?:\(--[a-z-]+\)|with --[a-z-]+)")


def without_options(text: str) -> str:
    """'Attach a data set (--data) first.' is 'Attach a data set first.' in the window."""
    return _OPTION.sub("", text)
