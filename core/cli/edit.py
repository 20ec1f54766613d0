"""``thimble edit``: edits of a graph in the order in which they are written, checked and saved."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.edit_options import made
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
    from core.model.editing.weights import save_values
    from core.project.context import check_output

    out = Path(args.output)
    if out.suffix.lower() != ".onnx":
        raise UserError(f"'{out.name}' must end in .onnx.", "Other formats are written by 'thimble export'.")
    check_output(out, source=Path(args.model))
    values = [_pair(text) for text in args.save_weights]
    if not args.edits and not values:
        raise UserError("No edit is given.", "See 'thimble edit --help'.")
    edits = [one for option, text in args.edits for one in made(option, text)]
    copy = WorkingCopy(open_model(args.model))
    savings = []
    for one in edits:
        savings.append(_saving(copy, one))
        copy.do(one)
    wrong = copy.problems
    if wrong and not args.unfinished:
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise UserError(f"{wrong[0].sentence}{more}", _hint(copy))
    if not wrong:
        onnx_session(copy.model)
    for tensor, path in values:
        save_values(copy.model, tensor, path)
    save_onnx(copy.model, out)
    _print(copy, savings, out, args.json)
    return 0


def _pair(text: str) -> tuple[str, Path]:
    name, sign, file = text.rpartition("=")
    if not sign or not name or not file:
        raise UserError(f"'{text}' is not of the form NAME=FILE.")
    return name, Path(file)


def _saving(copy: WorkingCopy, one: Edit) -> dict[str, Any]:
    """What a lightweight block saves, counted before it is put in; {} for other edits."""
    from core.measure.block_saving import block_preview
    from core.model.editing.blocks import ReplaceBlock

    if not isinstance(one, ReplaceBlock):
        return {}
    node = next((n for n in copy.model.nodes() if n.name == one.layer), None)
    source = node.inputs[0] if node is not None and node.inputs else None
    saving = block_preview(copy.model, one, copy.shape_of(source) if source is not None else None)
    return dataclasses.asdict(saving)


def _hint(copy: WorkingCopy) -> str:
    from core.model.editing.repairs import repairs

    offers = repairs(copy, copy.problems[0])
    offer = f"A repair: {offers[0].title[:1].lower()}{offers[0].title[1:]}. " if offers else ""
    return f"{offer}--unfinished writes the file all the same."


def _print(copy: WorkingCopy, savings: Sequence[dict[str, Any]], out: Path, as_json: bool) -> None:
    from core.model.editing import to_json
    from core.model.editing.repairs import repairs

    size = out.stat().st_size
    if as_json:
        wrong = [
            {"layer": p.layer, "sentence": p.sentence,
             "repairs": [{"title": r.title, "edits": [to_json(e) for e in r.edits]} for r in repairs(copy, p)]}
            for p in copy.problems
        ]  # fmt: skip
        layers = sum(1 for _ in copy.model.nodes())
        edits = [to_json(e) for e in copy.edits]
        print_json({"file": str(out), "bytes": size, "layers": layers, "edits": edits, "notes": list(copy.notes),
                    "savings": list(savings), "problems": wrong})  # fmt: skip
        return
    for one, note, saving in zip(copy.edits, copy.notes, savings, strict=True):
        words = ", ".join(f"{v}" for k, v in _said(one).items())
        print(f"{one.title}: {words}" if words else one.title)
        if saving:
            before, after = saving["macs_before"], saving["macs_after"]
            macs = "" if before is None else f", MACs {before:,} -> {after:,}"
            print(f"  parameters {saving['params_before']:,} -> {saving['params_after']:,}{macs}")
        if note:
            print(f"  {note}")
    for problem in copy.problems:
        print(f"- {problem.sentence}")
    print(f"{out}: {size:,} bytes")


def _said(one: Edit) -> dict[str, Any]:
    """The fields of an edit that are not as they are if nothing is said."""
    usual = {f.name: f.default for f in dataclasses.fields(one)}
    values = {f.name: getattr(one, f.name) for f in dataclasses.fields(one)}
    return {k: v for k, v in values.items() if v != usual[k] and v not in ("", (), {})}
