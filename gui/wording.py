"""Sentences of the core as the window says them: the command line's options mean nothing to whoever clicks."""

from __future__ import annotations

import re

_CHOICES = {
    "sgd": "SGD",
    "adamw": "AdamW",
    "trivial": "TrivialAugment",
    "rand": "RandAugment",
}
_OPTION = re.compile(r" (?:\(--[a-z-]+\)|with --[a-z-]+)")


def without_options(text: str) -> str:
    """'Attach a data set (--data) first.' is 'Attach a data set first.' in the window."""
    return _OPTION.sub("", text)


def choice_title(choice: str) -> str:
    """A choice of a parameter as it is read: names of methods as their authors write them."""
    return _CHOICES.get(choice, choice.replace("_", " "))
