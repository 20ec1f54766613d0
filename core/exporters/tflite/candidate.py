"""A written file in LiteRT, fed and read as the revision is: its layout, real numbers."""

from __future__ import annotations

import numpy as np

from core.execute.runtimes import LiteRTSession, dequantize, quantize
from core.exporters.proof import Candidate, Feed
from core.exporters.tflite.convert import Converted
from core.exporters.tflite.layout import inverse


def litert_candidate(data: bytes, converted: Converted) -> Candidate:
    """``data`` is the file's content, ``converted`` says in which order it stores inputs and outputs."""
    session = LiteRTSession(data)
    steps = {p.name: p.quantization[0] for p in session.outputs if p.quantization is not None}

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
