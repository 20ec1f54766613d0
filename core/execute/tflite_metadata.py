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
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.model.model import LABELS, PREPROCESSING
from core.model.preprocessing import Preprocessing

ENTRY = "thimble.json"


def read_metadata(file: Path | bytes) -> dict[str, Any]:
    """The JSON object that Thimble wrote into a TFLite file; empty for files of other makers."""
    from ai_edge_litert import schema_py_generated as schema

    data = file if isinstance(file, bytes) else file.read_bytes()
    model = schema.Model.GetRootAsModel(data, 0)
    for k in range(model.MetadataLength()):
        entry = model.Metadata(k)
        if entry is None or entry.Name() != ENTRY.encode():
            continue
        buffer = model.Buffers(entry.Buffer())
        try:
            found = json.loads(bytes(buffer.DataAsNumpy())) if buffer.DataLength() else {}
        except ValueError:  # someone else's entry under our name
            return {}
        return found if isinstance(found, dict) else {}
    return {}


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
