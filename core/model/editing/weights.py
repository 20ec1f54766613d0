"""Edits of an initializer's values: typed in, or read from a .npy file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.inference import SMALL
from core.model.inline import constant_tensor
from core.model.model import Model

Array = npt.NDArray[Any]


@edit("weights.load", "Load values")
@dataclass(frozen=True, slots=True)
class LoadWeights(Edit):
    """An initializer gets the values of a .npy file of its shape and type."""

    tensor: Annotated[str, "Initializer"]
    file: Annotated[str, ".npy file"]

    def apply(self, draft: Draft) -> None:
        value, old = _stored(draft, self.tensor)
        try:
            array = np.load(Path(self.file), allow_pickle=False, mmap_mode="r")
        except OSError as error:
            raise UserError(f"'{self.file}' cannot be read: {error.strerror or 'it is no .npy file'}.") from error
        except (ValueError, EOFError) as error:
            raise UserError(f"'{self.file}' is no .npy file of plain numbers.", "Write it with numpy.save.") from error
        if not isinstance(array, np.ndarray):
            raise UserError(f"'{self.file}' holds several arrays; one is needed.", "Write it with numpy.save.")
        wanted, shape = old.dtype.numpy(), tuple(old.shape.numpy())
        if array.shape != shape:
            raise UserError(f"'{self.file}' has the shape {_by(array.shape)}; '{self.tensor}' has {_by(shape)}.",
                            _shape_hint(array.shape, shape))  # fmt: skip
        if array.dtype.newbyteorder("=") != wanted:
            raise UserError(
                f"'{self.file}' holds {array.dtype.name}; '{self.tensor}' is {wanted.name}.",
                f"Convert it with array.astype('{wanted.name}').",
            )
        _replace(draft, value, old, np.array(array, dtype=wanted, order="C"))


@edit("weights.set", "Set values")
@dataclass(frozen=True, slots=True)
class SetWeights(Edit):
    """An initializer gets the values typed in, in row-major order."""

    tensor: Annotated[str, "Initializer"]
    values: Annotated[tuple[float, ...], "Values"]

    def apply(self, draft: Draft) -> None:
        value, old = _stored(draft, self.tensor)
        wanted, shape = old.dtype.numpy(), tuple(old.shape.numpy())
        count = int(np.prod(shape))
        if len(self.values) != count:
            raise UserError(
                f"'{self.tensor}' holds {count} values of shape {_by(shape)}; {len(self.values)} are given."
            )
        given = np.array(self.values, np.float64 if np.issubdtype(wanted, np.floating) else None)
        if given.dtype.kind not in "iufb" or (given.size and not _fits(given, wanted)):
            raise UserError(f"The values for '{self.tensor}' do not fit its type {wanted.name}.")
        _replace(draft, value, old, given.astype(wanted).reshape(shape))


def save_values(model: Model, tensor: str, path: Path) -> None:
    """Write what an initializer holds as a .npy file, which :class:`LoadWeights` reads again. Raises UserError."""
    value = model.graph.graph.initializers.get(tensor)
    if value is None or value.const_value is None:
        raise UserError(f"'{tensor}' is not stored in the model, so it has no values to save.")
    try:
        with path.open("wb") as file:
            np.save(file, value.const_value.numpy(), allow_pickle=False)
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror}.") from error


def _fits(given: Array, wanted: Any) -> bool:
    if not np.issubdtype(wanted, np.integer):
        return True
    info = np.iinfo(wanted)
    return given.dtype.kind in "iu" and bool(given.min() >= info.min and given.max() <= info.max)


def _stored(draft: Draft, name: str) -> tuple[ir.Value, ir.TensorProtocol]:
    """What an initializer or a Constant layer holds."""
    value = draft.tensor(name)
    tensor = constant_tensor(value)
    if tensor is None:
        raise UserError(f"'{name}' is computed, not stored, so its values cannot be set.")
    return value, tensor


def _replace(draft: Draft, value: ir.Value, old: ir.TensorProtocol, array: Array) -> None:
    new = ir.Tensor(array, dtype=old.dtype, name=old.name, doc_string=old.doc_string)
    new.metadata_props.update(old.metadata_props)
    maker = value.producer()
    if maker is not None:
        draft.set_attributes(maker, {**maker.attributes.data, "value": ir.AttrTensor("value", new)})
    else:
        draft.set(value, "const_value", new)
    if array.size <= SMALL:  # a shape may depend on it
        draft.touched.update(dict.fromkeys(u.node for u in value.uses()))


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape) or "()"


def _shape_hint(given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if sorted(given) == sorted(wanted) and len(given) == len(wanted):
        return "The axes are in another order: numpy.transpose may help."
    return f"Reshape it to {_by(wanted)}." if np.prod(given) == np.prod(wanted) else ""
