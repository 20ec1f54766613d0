"""The modules a layer belongs to, read from what exporters leave behind."""

from __future__ import annotations

import json

import onnx_ir as ir

TORCH_SCOPES = "pkg.torch.onnx.name_scopes"
_RESERVED = str.maketrans("#~", "__")  # blocks are numbered with these, and paths must stay unique
_DEEPEST = 32  # parts of a path; a name with more says nothing of structure


def scope(node: ir.Node) -> tuple[str, ...]:
    """Parts of the path of the module around a node, outermost first; () where nothing is known.

    Read from torch's own list of scopes where there is one, else from the name: ``/layer1/layer1.0/conv1/Conv`` and
    ``layer1.0.conv1.Conv`` both give ('layer1', '0', 'conv1'). The last part of a name is the layer itself.
    """
    listed = _torch_scope(node.metadata_props.get(TORCH_SCOPES, ""))
    parts = listed if listed else _from_name(node.name or "")
    return tuple(part.translate(_RESERVED) for part in parts[:_DEEPEST])


def _torch_scope(text: str) -> tuple[str, ...]:
    """The innermost module of "['', 'layer1', 'layer1.0', 'conv2d']", whose last entry is the node itself."""
    if not text.startswith("["):
        return ()
    try:
        listed = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return ()
    modules = [str(entry) for entry in listed[:-1] if entry]
    return tuple(part for part in modules[-1].split(".") if part) if modules else ()


def _from_name(name: str) -> tuple[str, ...]:
    if "/" not in name:
        return tuple(part for part in name.split(".")[:-1] if part)
    out: list[str] = []
    before = ""
    for folder in name.split("/")[:-1]:
        # torch repeats the parent in the child, 'layer1/layer1.0': only what is new counts
        new = folder[len(before) + 1 :] if before and folder.startswith(f"{before}.") else folder
        out += [part for part in new.split(".") if part]
        before = folder or before
    return tuple(out)
