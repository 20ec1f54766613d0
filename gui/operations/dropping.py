"""What happens with files dropped on the window: each kind goes where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.data.images import is_image
from gui.desk import Desk
from gui.operations import act, analyse, files, parcels
from gui.words import tr

_DATA_SUFFIXES = (".zip", ".npz")


def open_dropped(desk: Desk, paths: Sequence[Path]) -> None:
    """A project, data, a picture, a recipe or a model. One thing at a time."""
    path = paths[0]
    if len(paths) > 1:
        desk.errors.say(
            "info", tr("Only the first of {count} files was taken: '{name}'.", count=len(paths), name=path.name)
        )
    if parcels.open_any(desk, path):
        return
    if path.is_dir() or path.suffix.lower() in _DATA_SUFFIXES:
        files.attach_or_say(desk, path)
    elif is_image(path.name):
        analyse.predict_picture(desk, path)
    elif path.suffix.lower() == ".json":
        act.run_recipe_file(desk, path)
    else:
        files.open_model_file(desk, path)
