"""What ``thimble edit`` understands: each option, and the edit that its text stands for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from core.model.editing import Edit

OPTIONS = (
    ("rename", "OLD=NEW", "rename a layer"),
    ("rename-tensor", "OLD=NEW", "rename a tensor, an input or an output"),
    ("set", "LAYER.ATTR=VALUE", "set an attribute, e.g. conv1.strides=[2,2]"),
    ("unset", "LAYER.ATTR", "back to the attribute's default"),
    ("replace", "LAYER=OP", "another operator on the same tensors, e.g. relu_1=HardSwish or relu_1=Clip(min=0,max=6)"),
    ("block", "LAYER=KIND", "a lightweight block for a convolution: depthwise_separable, fire, shuffle or ghost, "
                            "e.g. conv2=fire(squeeze=0.25)"),
    ("insert", "TENSOR=OP", "a new layer behind a tensor, e.g. x=Relu, x=Conv(kernel_shape=[5,5]) or x=Add(B=1); what "
                            "is not said gets values that change nothing"),
    ("connect", "LAYER.INDEX=TENSOR", "let an input of a layer (counted from 0) read another tensor"),
    ("fit", "LAYER.INDEX=N", "a small new layer in front of an input gives it N channels"),
    ("bypass", "LAYER", "delete a layer; its readers read what it read; several: A,B"),
    ("delete", "LAYER", "delete a layer; its readers lack an input then; several: A,B"),
    ("lock", "LAYERS", "keep a layer's channels when the network is pruned; a pattern means all that fit: layer3.*"),
    ("unlock", "LAYERS", "its channels may be pruned again"),
    ("add-input", "NAME=SHAPE", "a new input, e.g. mask=batch,1,32,32; behind a colon the tensor it takes the place "
                                "of: mask=1,64:hidden"),
    ("add-output", "TENSOR", "let a tensor come out of the graph"),
    ("remove-output", "NAME", "let a graph output go"),
    ("remove-input", "NAME", "let a graph input go that no layer reads"),
    ("input-shape", "NAME=SHAPE", "e.g. image=1,3,160,160"),
    ("fix-batch", "N", "a fixed batch size"),
    ("weights", "NAME=FILE", "an initializer's values from a .npy file"),
    ("values", "NAME=NUMBERS", "an initializer's values, row by row: target=1,-1,64"),
    ("cut", "FROM..TO", "keep what lies between these tensors; several: A,B..C,D"),
    ("cut-layers", "LAYERS", "keep these layers only: A,B,C"),
    ("edits", "FILE", "edits from a JSON file, as --json prints them"),
)  # fmt: skip
SWITCHES = (
    ("free-batch", "a dynamic batch size"),
    ("remove-identities", "take out Identity and Dropout"),
    ("fold-batchnorm", "fold BatchNormalization into the layers before it"),
    ("fold-constants", "compute now what depends on constants alone"),
)
EXAMPLES = """examples:
  thimble edit net.onnx -o new.onnx --replace act3=HardSwish --fix-batch 1 --fold-batchnorm
  thimble edit net.onnx -o new.onnx --block features.4=depthwise_separable --block "features.6=ghost(ratio=2)"
  thimble edit net.onnx -o new.onnx --insert "relu_3=Clip(min=0,max=6)" --add-output relu_3
  thimble edit net.onnx -o new.onnx --edits edits.json     edits.json: [{"edit": "layer.bypass", "layer": "drop"}]
"""


def made(option: str, text: str) -> tuple[Edit, ...]:
    """The edits behind one option; raises UserError where its text is not of the option's form."""
    if option == "edits":
        return _from_file(Path(text))
    singles = _singles()
    if option in singles:
        return (singles[option](text),)
    return (_pairs()[option](*_split(text, "=", f"--{option.replace('_', '-')} A=B", first=option in _FIRST)),)


_FIRST = ("replace", "insert", "block")  # divided at the first sign: behind it there may be settings with their own


def _pairs() -> dict[str, Callable[[str, str], Edit]]:
    from core.model.editing import blocks, ends, fit, layers, names, weights
    from core.model.editing.attributes import parse

    def attribute(key: str, value: str) -> Edit:
        layer, dot, name = key.rpartition(".")
        if not dot or not layer:
            raise UserError(f"'{key}' does not name a layer and an attribute.", "Example: --set conv1.strides=[2,2].")
        return names.SetAttribute(layer, name, parse(value))

    def replace(layer: str, text: str) -> Edit:
        operator, settings = _settings(text)
        return layers.Replace(layer, operator, *_sorted(operator, settings))

    def insert(tensor: str, text: str) -> Edit:
        operator, settings = _settings(text)
        attributes, constants = _sorted(operator, settings)
        return layers.Insert(tensor, operator, attributes=attributes, constants=constants)

    def block(layer: str, text: str) -> Edit:
        from core.model.editing import from_json

        kind, settings = _settings(text)
        made = from_json({"edit": "block.replace", "layer": layer, "kind": kind, **settings})
        assert isinstance(made, blocks.ReplaceBlock)
        return made

    def add_input(name: str, text: str) -> Edit:
        shape, _, tensor = text.partition(":")
        sizes = _shape(shape)
        return ends.AddInput(name, sizes, tensor=tensor)

    return {
        "rename": names.RenameLayer,
        "rename_tensor": names.RenameTensor,
        "set": attribute,
        "replace": replace,
        "insert": insert,
        "block": block,
        "connect": lambda key, tensor: layers.Connect(*_indexed(key), tensor),
        "fit": lambda key, count: fit.FitChannels(*_indexed(key), _count(count, "number of channels")),
        "add_input": add_input,
        "weights": weights.LoadWeights,
        "values": lambda name, text: weights.SetWeights(name, _numbers(text)),
        "input_shape": lambda name, shape: ends.SetInputShape(name, _shape(shape)),
    }


def _singles() -> dict[str, Callable[[str], Edit]]:
    from core.model.editing import ends, folding, layers, locks, names, several, whole

    def cut(text: str) -> Edit:
        start, end = _split(text, "..", "FROM,...TO", first=True)
        return whole.CutOut(tuple(start.split(",")), tuple(end.split(",")))

    def one_or_more(one: Callable[[str], Edit], more: Callable[[tuple[str, ...]], Edit]) -> Callable[[str], Edit]:
        return lambda text: more(tuple(text.split(","))) if "," in text else one(text)

    return {
        "unset": lambda t: names.RemoveAttribute(*_split(t, ".", "LAYER.ATTR")),
        "bypass": one_or_more(layers.Bypass, several.BypassSeveral),
        "delete": one_or_more(layers.Delete, several.DeleteSeveral),
        "lock": locks.Lock,
        "unlock": locks.Unlock,
        "add_output": ends.AddOutput,
        "remove_output": ends.RemoveOutput,
        "remove_input": ends.RemoveInput,
        "fix_batch": lambda t: ends.SetBatch(_count(t, "batch size")),
        "free_batch": lambda _: ends.SetBatch("batch"),
        "remove_identities": lambda _: layers.RemoveIdentities(),
        "fold_batchnorm": lambda _: folding.FoldBatchNorm(),
        "fold_constants": lambda _: folding.FoldConstants(),
        "cut": cut,
        "cut_layers": lambda t: several.CutOutLayers(tuple(t.split(","))),
    }


def _from_file(path: Path) -> tuple[Edit, ...]:
    """A list of edits, or what ``--json`` printed, whose "edits" are meant."""
    from core.model.editing import from_json

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"'{path}' is no JSON file: {error}.") from error
    found = data.get("edits") if isinstance(data, dict) else data
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UserError(f"'{path}' does not hold a list of edits.",
                        'Example: [{"edit": "layer.bypass", "layer": "drop"}].')  # fmt: skip
    return tuple(from_json(one) for one in found)


def _settings(text: str) -> tuple[str, dict[str, Any]]:
    """``Clip(min=0,max=6)``: the name, and its settings by name."""
    from core.model.editing.attributes import parse

    name, opened, rest = text.partition("(")
    if not opened:
        return name, {}
    if not rest.endswith(")"):
        raise UserError(f"'{text}' has no closing bracket.", "Example: Clip(min=0,max=6).")
    found = {}
    for part in _parts(rest[:-1]):
        key, sign, value = part.partition("=")
        if not sign or not key.strip():
            raise UserError(f"'{part}' in '{text}' is not of the form NAME=VALUE.", "Example: Clip(min=0,max=6).")
        found[key.strip()] = parse(value.strip())
    return name, found


def _parts(text: str) -> list[str]:
    """Divided at the commas outside of brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[(") - (sign in "])")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [p for p in parts if p.strip()]


def _sorted(operator: str, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(attributes, constants): what some version of the operator knows as an input is a constant."""
    import onnx

    ports = {i.name for s in onnx.defs.get_all_schemas_with_history() if s.name == operator for i in s.inputs}
    return (
        {k: v for k, v in settings.items() if k not in ports},
        {k: v for k, v in settings.items() if k in ports},
    )


def _split(text: str, sign: str, form: str, first: bool = False) -> tuple[str, str]:
    """Two parts, divided at the last sign (names of layers may hold it) or at the first."""
    left, found, right = text.partition(sign) if first else text.rpartition(sign)
    if not found or not left or not right:
        raise UserError(f"'{text}' is not of the form {form}.")
    return left, right


def _indexed(key: str) -> tuple[str, int]:
    layer, dot, index = key.rpartition(".")
    if not dot or not index.isdigit():
        raise UserError(f"'{key}' does not name a layer and the number of an input.", "Example: conv1.0.")
    return layer, int(index)


def _shape(text: str) -> tuple[int | str, ...]:
    parts = [p.strip() for p in text.strip("[]() ").split(",")]
    return tuple(int(p) if p.isdigit() else p for p in parts if p)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(int(p) if p.strip().lstrip("+-").isdigit() else float(p) for p in text.strip("[]").split(","))
    except ValueError as error:
        raise UserError(f"'{text}' is not a list of numbers.", "Example: --values target=1,-1,64.") from error


def _count(text: str, what: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"The {what} '{text}' is not a whole number above 0.")
    return int(text)
