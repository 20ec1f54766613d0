"""``thimble edit``: edits of a graph in the order in which they are written, checked and saved."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.output import print_json
from core.errors import UserError

if TYPE_CHECKING:
    from core.model.editing import Edit, WorkingCopy


def edit(args: argparse.Namespace) -> int:
    """Every edit in order, or none: the first that cannot be carried out ends the command before a file is written."""
    from core.execute.runtimes import onnx_session
    from core.formats.onnx_file import save_onnx
    from core.formats.open import open_model
    from core.model.editing import WorkingCopy
    from core.project.context import check_output

    out = Path(args.output)
    if out.suffix.lower() != ".onnx":
        raise UserError(f"'{out.name}' must end in .onnx.", "Other formats are written by 'thimble export'.")
    check_output(out, source=Path(args.model))
    if not args.edits:
        raise UserError("No edit is given.", "See 'thimble edit --help'.")
    edits = [made(option, text) for option, text in args.edits]
    copy = WorkingCopy(open_model(args.model))
    for one in edits:
        copy.do(one)
    wrong = copy.problems
    if wrong and not args.unfinished:
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise UserError(f"{wrong[0].sentence}{more}", "--unfinished writes the file all the same.")
    if not wrong:
        onnx_session(copy.model)
    save_onnx(copy.model, out)
    _print(copy, out, args.json)
    return 0


def made(option: str, text: str) -> Edit:
    """The edit behind one option; raises UserError where its text is not of the option's form."""
    from core.model.editing import ends, layers, names, weights, whole
    from core.model.editing.attributes import parse

    def attribute(key: str, value: str) -> Edit:
        layer, dot, name = key.rpartition(".")
        if not dot or not layer:
            raise UserError(f"'{key}' does not name a layer and an attribute.", "Example: --set conv1.strides=[2,2].")
        return names.SetAttribute(layer, name, parse(value))

    pairs: dict[str, Callable[[str, str], Edit]] = {
        "rename": names.RenameLayer,
        "rename_tensor": names.RenameTensor,
        "set": attribute,
        "replace": layers.Replace,
        "insert": layers.Insert,
        "weights": weights.LoadWeights,
        "input_shape": lambda name, shape: ends.SetInputShape(name, _shape(shape)),
    }
    singles: dict[str, Callable[[str], Edit]] = {
        "unset": lambda t: names.RemoveAttribute(*_split(t, ".", "LAYER.ATTR")),
        "bypass": layers.Bypass,
        "add_output": ends.AddOutput,
        "remove_output": ends.RemoveOutput,
        "remove_input": ends.RemoveInput,
        "fix_batch": lambda t: ends.SetBatch(_count(t)),
        "free_batch": lambda _: ends.SetBatch("batch"),
        "remove_identities": lambda _: layers.RemoveIdentities(),
        "fold_batchnorm": lambda _: whole.FoldBatchNorm(),
        "fold_constants": lambda _: whole.FoldConstants(),
        "cut": _cut,
    }
    if option in singles:
        return singles[option](text)
    return pairs[option](*_split(text, "=", f"--{option.replace('_', '-')} A=B"))


def _cut(text: str) -> Edit:
    from core.model.editing.whole import CutOut

    start, end = _split(text, "..", "FROM,...TO")
    return CutOut(tuple(start.split(",")), tuple(end.split(",")))


def _split(text: str, sign: str, form: str) -> tuple[str, str]:
    """Two parts, divided at the last sign: names of layers may hold dots, and of ranges at the first."""
    left, found, right = text.rpartition(sign) if sign != ".." else text.partition(sign)
    if not found or not left or not right:
        raise UserError(f"'{text}' is not of the form {form}.")
    return left, right


def _shape(text: str) -> tuple[int | str, ...]:
    parts = [p.strip() for p in text.strip("[]() ").split(",")]
    return tuple(int(p) if p.isdigit() else p for p in parts)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"The batch size '{text}' is not a whole number above 0.")
    return int(text)


def _print(copy: WorkingCopy, out: Path, as_json: bool) -> None:
    from core.model.editing import to_json

    size = out.stat().st_size
    wrong: Sequence[Any] = [{"layer": p.layer, "sentence": p.sentence} for p in copy.problems]
    if as_json:
        layers = sum(1 for _ in copy.model.nodes())
        edits = [to_json(e) for e in copy.edits]
        print_json({"file": str(out), "bytes": size, "layers": layers, "edits": edits, "problems": wrong})
        return
    for one in copy.edits:
        words = ", ".join(f"{v}" for k, v in to_json(one).items() if k != "edit" and v not in ("", [], {}))
        print(f"{one.title}: {words}" if words else one.title)
    for problem in wrong:
        print(f"- {problem['sentence']}")
    print(f"{out}: {size:,} bytes")
