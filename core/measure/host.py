"""The machine that measures: its processor's name, and how it multiplies 8-bit integers."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_DOT_PRODUCTS = {"avx512_vnni": "AVX-512 VNNI", "avx_vnni": "AVX VNNI", "asimddp": "the Arm dot product"}


@cache
def cpu_name() -> str:
    """The processor's name as the system tells it, with the number of its threads left out."""
    for line in _cpuinfo().splitlines():
        if line.lower().startswith(("model name", "hardware")):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "unknown processor"


@cache
def int8_arithmetic() -> str:
    """A sentence on how products of u8 and s8 were summed: without a dot-product instruction x86 saturates.

    onnxruntime's u8s8 kernels on AVX2 add pairs in 16 bits; published MobileNetV2 accuracies differ by points for it.
    """
    found = int8_instruction()
    if found:
        return f"8-bit arithmetic: exact 32-bit sums ({found})."
    if platform.machine().lower() in ("x86_64", "amd64") and _cpuinfo():
        return "8-bit arithmetic: 16-bit pair sums that can saturate (no VNNI); other processors may answer better."
    return "8-bit arithmetic of this processor is unknown; other processors may answer differently."


@cache
def int8_instruction() -> str:
    """The dot-product instruction set the processor lists, '' where none is known."""
    flags: set[str] = set()
    for line in _cpuinfo().splitlines():
        if line.lower().startswith(("flags", "features")):
            flags.update(line.partition(":")[2].split())
    return next((name for flag, name in _DOT_PRODUCTS.items() if flag in flags), "")


@cache
def _cpuinfo() -> str:
    try:
        return _CPUINFO.read_text(errors="replace")
    except OSError:  # not Linux
        return ""
