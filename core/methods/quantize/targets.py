"""What the usual targets ask of a quantized network, as presets of quantize.static.

Where a demand is written down its place is named; what is only assumed is said as such. None of the accelerators is
here to be tried: of these targets only onnxruntime on x86 and LiteRT's CPU kernels run in the tests.
"""

from __future__ import annotations

from core.methods.preset import Preset
from core.methods.scope import Scope

_SPEC = "https://ai.google.dev/edge/litert/models/quantization_spec"
_ORT = "https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html (Data type selection)"
_QNN = "https://onnxruntime.ai/docs/execution-providers/QNN-ExecutionProvider"
# onnxruntime's own configuration for QNN gives a scale for each channel to weights of convolutions alone
_MATRICES_PER_TENSOR = ((Scope(operators=("Gemm", "MatMul")), {"granularity": "tensor"}),)
_EIGHT_BITS = {"precision": "int8", "granularity": "channel"}

TARGETS = (
    Preset(
        "tflite_int8",
        "TFLite full int8",
        {**_EIGHT_BITS, "activations": "int8"},
        demands="Weights int8 with zero point 0, a scale for each output channel; activations int8; biases int32.",
        source=_SPEC,
    ),
    Preset(
        "tflite_16x8",
        "TFLite 16x8",
        {**_EIGHT_BITS, "activations": "int16"},
        demands="Activations int16 with zero point 0, weights int8, biases int64; slower than int8, closer to float.",
        source="https://ai.google.dev/edge/litert/models/post_training_integer_quant_16x8",
        assumed="XNNPACK has no 16-bit kernels, so that LiteRT computes with its plain ones.",
    ),
    Preset(
        "onnxruntime_x86",
        "onnxruntime x86",
        {**_EIGHT_BITS, "activations": "uint8"},
        demands="Activations uint8, weights int8 with zero point 0: beside int8 activations onnxruntime leaves layers "
        "in float on x86. Processors without VNNI saturate sums of such products.",
        source=f"{_ORT}; what stays float is seen in the graph that onnxruntime runs",
    ),
    Preset(
        "onnxruntime_arm",
        "onnxruntime ARM",
        {**_EIGHT_BITS, "activations": "int8"},
        demands="Activations and weights int8: onnxruntime's own first choice; sums do not saturate there.",
        source=_ORT,
        assumed="That int8 activations are at least as fast as uint8 on ARM was not measured here.",
    ),
    Preset(
        "edge_tpu",
        "Edge TPU",
        {**_EIGHT_BITS, "activations": "int8"},
        demands="A TFLite file in 8 bits throughout, inputs and outputs too, with sizes that are known beforehand.",
        source="https://coral.ai/docs/edgetpu/models-intro",
        assumed="Its compiler takes int8 weights with a scale for each channel, as TFLite's converter writes them.",
    ),
    Preset(
        "qnn",
        "QNN (HTP)",
        {**_EIGHT_BITS, "activations": "uint8"},
        _MATRICES_PER_TENSOR,
        demands="Activations uint8, weights int8 with zero point 0: a scale for each channel in convolutions, one for "
        "the tensor in Gemm and MatMul.",
        source=f"{_QNN}; onnxruntime.quantization.execution_providers.qnn.get_qnn_qdq_config",
    ),
    Preset(
        "qnn_16",
        "QNN (HTP), 16-bit activations",
        {**_EIGHT_BITS, "activations": "uint16"},
        _MATRICES_PER_TENSOR,
        demands="Activations uint16, weights int8 with zero point 0; Sigmoid in steps of 1/65536, Tanh of 1/32768.",
        source=f"{_QNN}; onnxruntime.quantization.execution_providers.qnn.get_qnn_qdq_config",
    ),
)
