"""What Thimble writes into a TFLite file beside the network, and how to read it back.

One metadata entry named ``thimble.json`` holds a JSON object:

- ``thimble.preprocessing``: input name -> steps (as in the ONNX graph's metadata, see core.model.preprocessing)
- ``thimble.labels``: class names; ``thimble.task``: what the network is for
- ``inputs``, ``outputs``: for each, ``name``, ``axes`` (axis i of the file holds axis ``axes[i]`` of the ONNX value)
  and, for inputs, ``layout`` as the file stores it ("NHWC", or "" where it is not an image)
"""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.model.model import LABELS, PREPROCESSING
from core.model.preprocessing import Preprocessing

ENTRY = "thimble.json"
_IDENTIFIER = b"TFL3"  # at bytes 4 to 8 of every TFLite file
_BROKEN = (ValueError, TypeError, IndexError, OverflowError, AttributeError, struct.error)  # of a damaged flatbuffer


def read_metadata(file: Path | bytes) -> dict[str, Any]:
    """The JSON object that Thimble wrote into a TFLite file; empty for files of other makers.

    Raises UserError where the file is no TFLite model or is damaged.
    """
    data = file if isinstance(file, bytes) else file.read_bytes()
    try:
        stored = _entry(data)
    except _BROKEN as error:
        what = "The content" if isinstance(file, bytes) else f"'{file.name}'"
        raise UserError(
            f"{what} is not a TFLite model, or it is damaged or cut off.", "Copy, download or export it again."
        ) from error
    try:
        found = json.loads(stored or "{}")
    except (ValueError, RecursionError):  # someone else's entry under our name
        return {}
    return found if isinstance(found, dict) else {}


def _entry(data: bytes) -> bytes:
    """The bytes of our metadata entry, empty where there is none.

    The generated reader checks nothing: an offset or a length that leads out of the file raises one of _BROKEN.
    """
    from ai_edge_litert import schema_py_generated as schema

    if data[4:8] != _IDENTIFIER:
        raise ValueError("no TFLite identifier")
    model = schema.Model.GetRootAs(data, 0)
    if model.MetadataLength() > len(data):  # a walk over 2**32 entries would take hours
        raise ValueError("more entries than bytes")
    for k in range(model.MetadataLength()):
        entry = model.Metadata(k)
        if entry is not None and entry.Name() == ENTRY.encode():
            buffer = model.Buffers(entry.Buffer())
            return bytes(buffer.DataAsNumpy()) if buffer is not None and buffer.DataLength() else b""
    return b""


def read_preprocessing(data: bytes) -> dict[str, Preprocessing]:
    """Input name -> preprocessing, as far as the file says; steps that this version does not know are left out."""
    found = read_metadata(data).get(PREPROCESSING)
    out: dict[str, Preprocessing] = {}
    for name, steps in found.items() if isinstance(found, dict) else ():
        with contextlib.suppress(UserError):  # a file may come from another version: opening must not fail for it
            out[str(name)] = Preprocessing.from_json(steps)
    return out


def read_labels(data: bytes) -> tuple[str, ...]:
    """Class names in the order of the outputs, empty where the file does not say."""
    found = read_metadata(data).get(LABELS)
    return tuple(str(x) for x in found) if isinstance(found, list) else ()
