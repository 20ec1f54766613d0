"""How the range of a value is found from what it held on calibration items: one small file a calibrator.

    kind = load_calibrators().get("percentile")
    ranged = kind.make(CalibrationSettings(percentile=99.9))
    for batch in batches: ranged.add(batch)
    low, high = ranged.range(levels=255)

The parts: calibrator (what one is, the settings, the registry), histogram (counts whose range doubles), and one module
for each calibrator. Memory for one value is constant, however many items come.
"""

from core.methods.quantize.calibrators.calibrator import (
    CALIBRATORS,
    CalibrationSettings,
    Calibrator,
    CalibratorKind,
    Make,
    Range,
    calibrator,
    calibrator_names,
    load_calibrators,
    maker,
)
from core.methods.quantize.calibrators.minmax import MinMax

__all__ = [
    "CALIBRATORS",
    "CalibrationSettings",
    "Calibrator",
    "CalibratorKind",
    "Make",
    "MinMax",
    "Range",
    "calibrator",
    "calibrator_names",
    "load_calibrators",
    "maker",
]
