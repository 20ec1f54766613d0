"""Other people's quantizers, each in a process of its own: the peers of benchmarks.quantization.

    python -m benchmarks.quantization_peer TOOL float.onnx|float.tflite calibration.npy OUT

``calibration.npy`` holds prepared images in the file's own layout [N, ...]. Prints {"seconds": ..., "processor": ...},
imports left out. A tool is no dependency of ours; put it into a folder by hand and name the folder in the environment:

    pip install --no-deps --target /tmp/nncf nncf==3.4.0 ninja openvino-telemetry psutil pydot scikit-learn scipy \
        tabulate joblib threadpoolctl pyparsing
    pip install --no-deps --target /tmp/ai_edge ai-edge-quantizer==0.10.0 absl-py immutabledict litert-lm-builder scipy
    NNCF=/tmp/nncf AI_EDGE_QUANTIZER=/tmp/ai_edge python -m benchmarks.quantization

This module imports nothing of Thimble: it runs where the tool's own packages come first.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = Any
Run = Callable[[], None]  # what is timed
ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"nncf": "NNCF", "ai-edge": "AI_EDGE_QUANTIZER"}


def missing(tool: str) -> str:
    """'' where the tool can be run, else what is missing."""
    variable = next((v for begin, v in FOLDERS.items() if tool.startswith(begin)), "")
    if variable and not os.environ.get(variable):
        return f"not installed (set {variable}, see benchmarks/quantization_peer.py)"
    return ""


def run_peer(tool: str, source: Path, calibration: Path, target: Path) -> dict[str, float]:
    """Run a tool in its own process, on one processor. Raises RuntimeError with its last words where it fails."""
    folder = next((os.environ[v] for begin, v in FOLDERS.items() if tool.startswith(begin)), "")
    paths = os.pathsep.join(filter(None, [folder, str(ROOT), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "benchmarks.quantization_peer", tool, *map(str, (source, calibration, target))]
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


# inside the process ---------------------------------------------------------------------------------------------------


def main() -> int:
    tool, source, calibration, target = sys.argv[1], *map(Path, sys.argv[2:])
    if hasattr(os, "sched_getaffinity"):  # one processor, as all others are measured
        chosen = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {chosen[os.getpid() % len(chosen)]})
    logging.disable(logging.WARNING)
    with contextlib.redirect_stdout(sys.stderr):
        run = TOOLS[tool](source, np.load(calibration), target)
        begin = time.perf_counter(), time.process_time()
        run()
        seconds, processor_seconds = time.perf_counter() - begin[0], time.process_time() - begin[1]
    print(json.dumps({"seconds": seconds, "processor": processor_seconds}))
    return 0


def onnxruntime(calibrator: str = "", **options: Any) -> Callable[[Path, Array, Path], Run]:
    """``quantize_static`` as advised for x86 with VNNI: QDQ, u8 activations, s8 weights per channel; without a
    calibrator as it comes, with nothing but the files and the images: MinMax, s8 activations, weights per tensor.
    """

    def prepared(source: Path, calibration: Array, target: Path) -> Run:
        import onnx
        from onnxruntime.quantization import (
            CalibrationDataReader,
            CalibrationMethod,
            QuantFormat,
            QuantType,
            quantize_static,
        )  # fmt: skip

        name = onnx.load(source).graph.input[0].name

        class Reader(CalibrationDataReader):  # type: ignore[misc]
            def __init__(self) -> None:
                self.feeds = ({name: x[None]} for x in calibration)

            def get_next(self) -> dict[str, Array] | None:
                return next(self.feeds, None)

        if not calibrator:
            return lambda: quantize_static(source, target, Reader())
        return lambda: quantize_static(
            source, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=getattr(CalibrationMethod, calibrator), extra_options=options,
        )  # fmt: skip

    return prepared


def nncf(mixed: bool, fast: bool) -> Callable[[Path, Array, Path], Run]:
    """``nncf.quantize`` on the ONNX graph. ``mixed``: asymmetric activations; ``fast``: its default bias correction."""

    def prepared(source: Path, calibration: Array, target: Path) -> Run:
        import nncf as package
        import onnx

        model = onnx.load(source)
        name = model.graph.input[0].name
        preset = package.QuantizationPreset.MIXED if mixed else package.QuantizationPreset.PERFORMANCE

        def run() -> None:
            data = package.Dataset(calibration, lambda x: {name: x[None]})
            made = package.quantize(
                model, data, preset=preset, subset_size=len(calibration), fast_bias_correction=fast
            )  # fmt: skip
            onnx.save(made, target)

        return run

    return prepared


def ai_edge(algorithm: str) -> Callable[[Path, Array, Path], Run]:
    """ai-edge-quantizer's static recipe (int8 weights per channel, int8 activations) on a float TFLite file."""

    def prepared(source: Path, calibration: Array, target: Path) -> Run:
        from ai_edge_quantizer import quantizer, recipe

        names = _signature(source)

        samples = {names[0]: [{names[1]: x[None]} for x in calibration]}  # it walks them twice

        def run() -> None:
            tool = quantizer.Quantizer(str(source), recipe.static_wi8_ai8(recipe.AlgorithmName[algorithm]))
            found = tool.calibrate(samples, num_threads=1)
            target.write_bytes(tool.quantize(found).quantized_model)

        return run

    return prepared


def _signature(source: Path) -> tuple[str, str]:
    """(signature, its only input) of a TFLite file."""
    from ai_edge_litert.interpreter import Interpreter

    signatures = Interpreter(str(source)).get_signature_list()
    key = next(iter(signatures))
    return key, signatures[key]["inputs"][0]


TOOLS = {
    "onnxruntime as it comes": onnxruntime(),
    "onnxruntime MinMax": onnxruntime("MinMax"),
    "onnxruntime Entropy": onnxruntime("Entropy"),
    "onnxruntime Percentile": onnxruntime("Percentile"),
    "nncf default": nncf(mixed=False, fast=True),
    "nncf mixed, full": nncf(mixed=True, fast=False),
    "ai-edge-quantizer": ai_edge("MIN_MAX_UNIFORM_QUANT"),
    "ai-edge-quantizer OCTAV": ai_edge("OCTAV"),
}

if __name__ == "__main__":
    sys.exit(main())
