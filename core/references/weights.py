"""A user's weights in a reference network: .safetensors or a torch state dict, matched by name or by order.

A torch file is loaded with ``weights_only``: no code in it is ever run.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.references.reference import Reference

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "state_dict_ema", "model_ema")
_PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.")
_ZIP = b"PK\x03\x04"
_SAVED = (_ZIP, b"\x80")  # what torch.save writes starts as a zip file or, before torch 1.6, as a pickle
_COUNTER = "num_batches_tracked"


def load_weights(module: nn.Module, path: Path) -> str:
    """Put a file's tensors into the module, see :func:`put_weights`; raises UserError where they do not fit."""
    return put_weights(module, read_weights(path), f"'{path.name}'")


def put_weights(module: nn.Module, found: Mapping[str, Tensor], source: str) -> str:
    """Put tensors into the module: by name, else, where as many have the same sizes in the same order, by order.

    Gives '' or, where order decided, a sentence for the user: tensors of equal size in another order go unnoticed.
    A module's ``left_out`` are prefixes of published tensors that it has no use for (heads that only help training).
    Raises UserError naming the first tensor that is missing, left over, of another size, or no plain finite
    numbers.
    """
    import torch

    ignored = tuple(getattr(module, "left_out", ()))
    wanted = {n: t for n, t in module.state_dict().items() if not n.endswith(_COUNTER)}
    given = {n: t for n, t in found.items() if not n.endswith(_COUNTER) and not n.startswith(ignored)}
    note = ""
    if given.keys() != wanted.keys() and len(given) == len(wanted):
        pairs = zip(given.values(), wanted.values(), strict=True)
        if all(_same_size(a, b) for a, b in pairs):
            given = dict(zip(wanted, given.values(), strict=True))
            note = (
                f"The tensors in {source} have other names than this network's: they were matched by order and size. "
                "Measure the accuracy before relying on them."
            )
    why = _difference(wanted, given)
    if why:
        raise UserError(
            f"The weights in {source} do not fit this network: {why}.",
            "Choose the same width, classes and input channels as the weights were trained with.",
        )
    for name in wanted:
        why = _no_weight(given[name])
        if why:
            raise UserError(f"The weights in {source} cannot be used: '{name}' {why}.", "Save them again as float32.")
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(given[name].reshape(tensor.shape))
    return note


def _same_size(a: Tensor, b: Tensor) -> bool:
    """Equal shapes, or one is the other with its later axes flattened: a Linear [O, I] or a factor per channel [O].

    Published files write the same layer as a Linear or as a convolution of 1x1 or of the whole map.
    """
    flat = min(a.dim(), b.dim()) <= 2 and a.shape[:1] == b.shape[:1] and a.numel() == b.numel()
    return a.shape == b.shape or flat


def _difference(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    for name, tensor in wanted.items():
        if name not in given:
            return f"'{name}' is missing"
        if not _same_size(given[name], tensor):
            return f"'{name}' has the size {_size(given[name])}, the network wants {_size(tensor)}"
    extra = next((n for n in given if n not in wanted), None)
    return "" if extra is None else f"the network has no '{extra}'"


def _no_weight(tensor: Tensor) -> str:
    """What keeps a tensor from being a weight; '' where nothing does."""
    import torch

    if tensor.layout is not torch.strided:
        return f"is stored as {str(tensor.layout).removeprefix('torch.')}, not as plain numbers"
    if not tensor.is_floating_point():
        return f"holds {str(tensor.dtype).removeprefix('torch.')} numbers"
    return "" if torch.isfinite(tensor).all() else "holds numbers that are not finite"


def _size(t: Tensor) -> str:
    return "x".join(map(str, t.shape)) or "of one number"


def read_weights(path: Path) -> dict[str, Tensor]:
    """Name -> tensor of a .safetensors file or a torch state dict, wrappers and name prefixes taken off.

    Raises UserError for a file that is missing, damaged, or holds anything but tensors.
    """
    if not path.is_file():
        raise UserError(f"There is no file '{path}'.")
    loaded = _safetensors(path) if path.suffix.lower() == ".safetensors" else _state_dict(path)
    for key in _WRAPPERS:
        if isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    import torch

    out = {str(n): t for n, t in loaded.items() if isinstance(t, torch.Tensor)}
    if not out:
        raise UserError(f"'{path.name}' holds no tensors.", "A state dict maps names to tensors.")
    for prefix in _PREFIXES:
        if all(n.startswith(prefix) for n in out):
            out = {n.removeprefix(prefix): t for n, t in out.items()}
    return out


def _safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise UserError(f"'{path.name}' is not a readable safetensors file: {_line(error)}.") from error


def _state_dict(path: Path) -> dict[str, Any]:
    import torch

    _refuse_other_files(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's advice to its developers on old pickles
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"'{path.name}' holds more than tensors, or is damaged. Such a file could run code: it is not loaded.",
            "Save it again with torch.save(model.state_dict(), ...) or as .safetensors.",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"'{path.name}' is not a readable state dict: {_line(error)}.") from error
    if not isinstance(loaded, Mapping):
        raise UserError(f"'{path.name}' holds no state dict.", "A state dict maps names to tensors.")
    return dict(loaded)


def _refuse_other_files(path: Path) -> None:
    """Raises UserError for what torch.save did not write, or not to its end."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start.startswith(_SAVED):
        raise UserError(f"'{path.name}' is neither a torch state dict nor a .safetensors file.")
    if not start.startswith(_ZIP):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UserError(f"'{path.name}' is damaged: its end is missing.", "Fetch or save it again.") from error
    if any(n.rpartition("/")[2] == "constants.pkl" for n in names):
        raise UserError(
            f"'{path.name}' is a TorchScript program, which holds code: it is not loaded.",
            "Save its weights with torch.save(model.state_dict(), ...) or as .safetensors.",
        )


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def pretrained(reference: Reference) -> dict[str, Tensor]:
    """The weights that timm offers for a reference; downloads them, so only ever on the user's word.

    Raises UserError where timm is not installed, has none, or cannot be reached.
    """
    if not reference.timm:
        raise UserError(
            f"There are no pretrained weights of {reference.title} to fetch.",
            "Give a file of your own with --weights.",
        )
    try:
        import timm
    except (
        ImportError,
        RuntimeError,
    ) as error:  # torchvision, which timm needs, fails with RuntimeError beside CPU torch
        raise UserError(
            "Pretrained weights come from timm, which is not installed or does not start here.",
            "Install it with: pip install timm, or give a file with --weights.",
        ) from error
    try:
        model = timm.create_model(reference.timm, pretrained=True)
    except Exception as error:  # the hub client raises dozens of types for "not reachable"
        raise UserError(
            f"The weights of {reference.title} could not be fetched: {_line(error)}.",
            "Try again when online, or give a file with --weights.",
        ) from error
    state: dict[str, Tensor] = model.state_dict()
    return state
