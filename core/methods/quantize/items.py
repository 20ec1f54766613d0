"""Which items calibrate a quantization and which judge it, where there is data and where there is none."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from core.data.dataset import DataSet
from core.data.splits import divide, part, without
from core.errors import UserError
from core.methods.method import Context
from core.methods.quantize.calibrators import CalibrationSettings
from core.methods.quantize.synthetic import synthesize
from core.model.model import Model


class CalibrateFrom(enum.Enum):
    """Whose activations set the ranges."""

    DATA = "data"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Items:
    """``judge`` is None where there is no data: then noise is compared. ``notes`` are sentences for the user."""

    calibration: DataSet
    judge: DataSet | None
    notes: tuple[str, ...]


def refuse_without_data(source: CalibrateFrom, ctx: Context) -> None:
    """Raise UserError where data is to calibrate and there is none."""
    if source is CalibrateFrom.DATA and ctx.data is None:
        raise UserError(
            "Quantize needs data to calibrate with.",
            "Attach a data set (--data), labelled or not, or calibrate with synthetic inputs.",
        )


def items_for(model: Model, source: CalibrateFrom, settings: CalibrationSettings, ctx: Context) -> Items:
    """The calibration part of the data, or inputs made for the network; and what judges: items that do not calibrate.

    Raises UserError where inputs cannot be made, see :func:`core.methods.quantize.synthetic.synthesize`.
    """
    judge: DataSet | None
    parts = None if ctx.data is None else divide(ctx.data, ctx.seed)
    if source is CalibrateFrom.SYNTHETIC:
        count, steps = settings.synthetic_items, settings.synthetic_steps
        made = synthesize(model, count, steps, ctx.seed, ctx.threads, ctx.job)
        judge = part(ctx.test) if ctx.test is not None else None if parts is None else parts.judge
        return Items(made.data, judge, (made.note(),))
    assert parts is not None, "refused without data"
    judge = parts.judge if ctx.test is None else without(part(ctx.test), parts.calibration)
    return Items(parts.calibration, judge, (parts.note,))
