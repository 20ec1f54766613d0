"""Sentences of the core as the window says them: the command line's options mean nothing to whoever clicks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gui.words import mark, tr

_CHOICES = {
    "sgd": "SGD",
    "adamw": "AdamW",
    "trivial": "TrivialAugment",
    "rand": "RandAugment",
    "macs": "MACs",
    "lamp": "LAMP",
    "geometric_median": mark("geometric median (FPGM)"),
    "bn_scale": mark("BatchNorm scale"),
    "bn_correlation": mark("BatchNorm scale and correlation"),
    "taylor": "Taylor",
    "cross_entropy": mark("rise of cross-entropy"),
    "cross_entropy_exact": mark("rise of cross-entropy, measured"),
    "hessian_trace": mark("Hessian trace"),
    "apoz": mark("zeros of the activation (APoZ)"),
    "random": mark("random (control)"),
    "drop": mark("top-1 lost"),
    "agreement": mark("agreement with float"),
    "sqnr": "SQNR",
    "gptq": "GPTQ",
    "adaround": "AdaRound",
    "minmax": "MinMax",
    "entropy": mark("entropy (KL divergence)"),
    "mse": mark("squared error"),
    "true": mark("yes"),
    "false": mark("no"),
}
_NEWS = ("The weights of step", "The training was ended")  # how notes begin that say what came of a training
_OPTION = re.compile(r" (?:\(--[a-z-]+\)|with --[a-z-]+|\([a-z]+\.[a-z0-9_]+\))")


def without_options(text: str) -> str:
    """'Attach a data set (--data) first.' is 'Attach a data set first.' in the window; keys of methods go too."""
    return _OPTION.sub("", text)


def choice_title(choice: str) -> str:
    """A choice of a parameter as it is read: names of methods as their authors write them."""
    return tr(choice_words(choice))


def choice_words(choice: str) -> str:
    """The same in English, as a translator finds it."""
    return _CHOICES.get(choice, choice.replace("_", " "))


def method_title(title: str) -> str:
    """A method's or an exporter's title in the user's language, without the dots that a menu adds."""
    return tr(title.rstrip("…"))


def headline(notes: Sequence[str]) -> tuple[str, str]:
    """The two notes of a report that are news to whoever asked for the act; the rest repeats what was asked for."""
    news = [n for n in notes if n.startswith(_NEWS)] or list(notes)
    first, second = (*news, "", "")[:2]
    return first, second
