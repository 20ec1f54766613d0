"""A written file in LiteRT, fed and read as the revision is: its layout, real numbers."""

from __future__ import annotations

import numpy as np

from core.execute.litert_session import LiteRTSession
from core.execute.session import dequantize, quantize
from core.exporters.proof import Candidate, Feed
from core.exporters.tflite.convert import Converted
from core.exporters.tflite.layout import inverse

# What counts as one step of an int16 output: an eighth of a step that 8 bits would have. onnxruntime computes 16x8
# layers in float32 and LiteRT in integers, so that steps of 16 bits differ by some: 19 at most in MobileNetV2.
STEPS_OF_16_BITS = 32


def litert_candidate(data: bytes, converted: Converted) -> Candidate:
    """``data`` is the file's content, ``converted`` says in which order it stores inputs and outputs."""
    session = LiteRTSession(data)
    steps = {
        p.name: p.quantization[0] * (STEPS_OF_16_BITS if p.dtype == "int16" else 1)
        for p in session.outputs
        if p.quantization is not None
    }

    def run(feed: Feed) -> Feed:
        given = {
            port.name: quantize(np.transpose(feed[port.name], converted.inputs[port.name]), port)
            for port in session.inputs
        }
        found = session.run(given)
        return {
            port.name: np.transpose(dequantize(found[port.name], port), inverse(converted.outputs[port.name]))
            for port in session.outputs
        }

    return Candidate(run, steps)
