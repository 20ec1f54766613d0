"""What every page of the inspector works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gui.graph_view.known import Known
from gui.inspector.weights_section import Examiner
from gui.inspector.wiring import Wiring
from gui.pruning.couplings import Couplings


@dataclass(frozen=True)
class Context:
    """The model shown, and what happens when something on a page is used.

    ``go_to`` takes the key of a layer or the path of a block, ``choose_tensor`` a tensor's name, ``edit`` an act and
    what it is for; None where nothing can be edited. ``couplings`` gives the channel groups, None until they are found.
    ``before`` asks for the float weight of a quantized layer, which comes later; None where nobody knows it.
    """

    whole: Known
    wiring: Wiring
    examiner: Examiner
    go_to: Callable[[str], None]
    choose_tensor: Callable[[str], None]
    edit: Callable[[str, str], None] | None = None
    couplings: Callable[[], Couplings | None] = lambda: None
    before: Callable[[str, Callable[[Any], None]], None] | None = None
