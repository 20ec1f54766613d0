"""What targets make of weights that are stored alone, as presets of quantize.weights: what each computes in is said.

What onnxruntime does was seen in the graphs it runs (1.31 on x86), what LiteRT's CPU kernels do in its files.
"""

from __future__ import annotations

from core.methods.preset import Preset
from core.methods.scope import Scope

_SEEN = "seen in the graph that onnxruntime 1.31 runs, and tested"
_CONVOLUTIONS = ((Scope(operators=("Conv",)), {"format": "int8", "granularity": "channel"}),)

WEIGHT_TARGETS = (
    Preset(
        "onnxruntime_int8",
        "onnxruntime, weights only, int8",
        {"format": "int8", "granularity": "channel"},
        demands="Weights int8, a scale for each output channel. Size yes, speed no: convolutions compute in float32 "
        "and are decoded in every run, unless the session sets session.disable_quant_qdq; Gemm and MatMul run as "
        "MatMulNBits, which rounds what comes in to 8 bits unless session.qdq_matmulnbits_accuracy_level is 1.",
        source=_SEEN,
    ),
    Preset(
        "onnxruntime_int4",
        "onnxruntime MatMulNBits, int4 in groups of 32",
        {"format": "int4", "granularity": "group", "group_size": 32},
        _CONVOLUTIONS,
        demands="Weights of Gemm and MatMul int4, a scale for each 32 input channels: they run as MatMulNBits, which "
        "rounds what comes in to 8 bits unless session.qdq_matmulnbits_accuracy_level is 1. Convolutions, which have "
        "no such kernel, are int8 and compute in float32.",
        source=_SEEN,
    ),
    Preset(
        "tflite_float16",
        "TFLite float16",
        {"format": "float16"},
        demands="Weights float16, half the size. LiteRT's CPU kernels widen them to float32 when the file is loaded "
        "and compute in float32, as fast as before; its GPU delegate can compute in float16.",
        source="https://tensorflow.org/lite/performance/post_training_float16_quant",
        assumed="The GPU delegate was not tried here.",
    ),
    Preset(
        "tflite_weights_int8",
        "TFLite, weights only, int8",
        {"format": "int8", "granularity": "channel"},
        demands="Weights int8 behind DEQUANTIZE, a quarter of the size; LiteRT computes in float32, as fast as before. "
        "Hybrid kernels, which would round activations too, are not asked for.",
        source="seen in LiteRT 2.3, and tested",
    ),
)
