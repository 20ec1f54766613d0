"""``python -m gui --draw MODEL OUT``: one picture, no window. ``thimble draw`` starts it, for core knows no Qt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from core.errors import UserError
from core.formats.open import open_model


def command(model: str, out: str, look: Literal["light", "dark"], scale: float | None, blocks: str = "open") -> int:
    """Draw and say what was written; 0, or 2 with one sentence on stderr."""
    from gui.app import make_application
    from gui.drawing.draw import BLOCKS, NORMAL_SCALE, draw
    from gui.theme import apply_theme
    from gui.translations import choosing

    app = make_application()
    choosing.install(app, choosing.ENGLISH)  # as the command line speaks
    apply_theme(app, look)
    try:
        done = draw(
            open_model(model),
            Path(out),
            title=Path(model).name,
            scale=NORMAL_SCALE if scale is None else scale,
            blocks=BLOCKS[blocks],
        )
    except UserError as error:
        print(f"thimble: {error}", file=sys.stderr)
        return 2
    print(done.sentence)
    return 0
