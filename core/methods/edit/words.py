"""Edits in words, for titles, the history and messages: 'replaced relu_1 by HardSwish'."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from core.model.editing import Edit

_WORDS = {
    "rename.layer": "renamed layer {layer} to {name}",
    "rename.tensor": "renamed tensor {tensor} to {name}",
    "attribute.set": "set {attribute} of {layer} to {value}",
    "attribute.remove": "removed {attribute} of {layer}",
    "attributes.set": "set {attributes} of {layer}",
    "layer.bypass": "bypassed {layer}",
    "layer.delete": "deleted {layer}",
    "layers.bypass": "bypassed {layers}",
    "layers.delete": "deleted {layers}",
    "layers.replace": "replaced {layers} by {operator}",
    "cut.layers": "kept only {layers}",
    "layer.lock": "locked the channels of {layer}",
    "layer.unlock": "unlocked the channels of {layer}",
    "layers.lock": "locked the channels of {layers}",
    "layers.unlock": "unlocked the channels of {layers}",
    "layer.replace": "replaced {layer} by {operator}",
    "block.replace": "replaced {layer} by a block ({kind})",
    "layer.insert": "inserted {operator} behind {tensor}",
    "layer.connect": "connected input {index} of {layer} to {tensor}",
    "layers.remove_identities": "removed Identity and Dropout layers",
    "output.add": "made {tensor} an output",
    "output.remove": "took {tensor} out of the outputs",
    "input.add": "added the input {name}",
    "input.remove": "removed the input {name}",
    "input.shape": "gave the input {name} the shape {shape}",
    "input.batch": "set the batch to {size}",
    "weights.load": "loaded {tensor} from {file}",
    "weights.set": "typed in the values of {tensor}",
    "fold.batchnorm": "folded BatchNorm",
    "fold.constants": "folded constants",
    "cut.out": "kept the part from {inputs} to {outputs}",
}
_LONGEST = 32
_IN_TITLE = 56


def said(edit: Edit) -> str:
    """What an edit did, without a full stop; an edit without words of its own gets its title and first field."""
    fields = {f.name: _brief(getattr(edit, f.name)) for f in dataclasses.fields(edit)}
    template = _WORDS.get(edit.key)
    if template is not None:
        return template.format(**fields)
    about = next(iter(fields.values()), "")
    return f"{edit.title[:1].lower()}{edit.title[1:]} {about}".rstrip()


def summary(edits: Sequence[Edit]) -> list[str]:
    """Every edit in words, in order."""
    return [said(e) for e in edits]


def title(edits: Sequence[Edit]) -> str:
    """The title of a revision: 'Renamed a to b', or '3 edits: renamed a to b, bypassed c, …'."""
    words = summary(edits)
    if not words:
        return "No edit"
    if len(words) == 1:
        return words[0][:1].upper() + words[0][1:]
    shown = words[0]
    for k, more in enumerate(words[1:], start=1):
        if len(shown) + len(more) > _IN_TITLE:
            return f"{len(words)} edits: {shown}, …" if k < len(words) else f"{len(words)} edits: {shown}"
        shown = f"{shown}, {more}"
    return f"{len(words)} edits: {shown}"


def _brief(value: Any) -> str:
    """A value as short as a title needs: the end of a long name, the sizes of a shape."""
    if isinstance(value, dict):
        value = list(value)
    if isinstance(value, list | tuple):
        text = ", ".join(str(v) for v in value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    text = str(value)
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"
