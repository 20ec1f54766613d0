"""Operator versions: the lowest one that describes what is written.

A runtime refuses an operator whose version is above what it knows, so a file with the lowest versions runs on the
oldest phones. The numbers follow TensorFlow's ``lite/tools/versioning/op_version.cc``. One liberty is taken: int8
FULLY_CONNECTED with a scale per output channel is version 12 there since 2024, but tflite-runtime 2.14.0 of 2023
computes it under version 4 already, so 4 is written. That runtime loaded and ran all of 119 files (one for each
operator, and the networks of the tests), as LiteRT 2.3.0 does.
"""

from __future__ import annotations

from collections.abc import Sequence

# operator -> version of its int8 form, where that is not 1
_INT8 = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "RESIZE_BILINEAR": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2,
    **dict.fromkeys(
        (
            *("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "BATCH_MATMUL"),
            *("CONCATENATION", "SPLIT", "SPLIT_V", "SLICE", "STRIDED_SLICE", "GATHER", "TRANSPOSE", "PAD", "PADV2"),
            *("MAX_POOL_2D", "AVERAGE_POOL_2D", "MEAN", "REDUCE_MAX", "SUM"),
            *("RELU", "RELU6", "LEAKY_RELU", "LOGISTIC", "TANH", "SOFTMAX", "DEQUANTIZE", "MIRROR_PAD"),
        ),
        2,
    ),
}
# the same for int16 activations
_INT16 = {
    "CONV_2D": 4,
    "DEPTHWISE_CONV_2D": 5,
    "FULLY_CONNECTED": 7,
    "LEAKY_RELU": 2,
    **dict.fromkeys(("SPLIT_V", "STRIDED_SLICE"), 2),
    **dict.fromkeys(
        (
            *("ADD", "BATCH_MATMUL", "CONCATENATION", "PAD", "PADV2", "MIRROR_PAD", "MEAN", "REDUCE_MAX", "SOFTMAX"),
            *("MAX_POOL_2D", "AVERAGE_POOL_2D", "RELU", "RELU6", "LOGISTIC", "TANH", "DEQUANTIZE"),
        ),
        3,
    ),
    **dict.fromkeys(("MUL", "SPLIT", "SLICE", "GATHER", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), 4),
    **dict.fromkeys(("SUB", "TRANSPOSE"), 5),
}
_INT4_WEIGHTS = {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 7, "FULLY_CONNECTED": 10}
_FLOAT = {"BROADCAST_TO": 2}  # version 1 was a custom operator
_RANK_5 = {"ADD": 4, "SUB": 3, "MUL": 6, "DIV": 2, "MAXIMUM": 4, "MINIMUM": 4, "TRANSPOSE": 4, "SLICE": 5, "PAD": 4}


def operator_version(
    operator: str,
    types: Sequence[str],
    *,
    rank: int = 0,
    per_channel: bool = False,
    keep_dims: bool = False,
    dilated: bool = False,
    half_pixel: bool = False,
    rescale: float = 0.0,
    result: str = "",
    activated: bool = False,
) -> int:
    """The version to write.

    ``types`` are numpy names of the inputs' element types, ``rank`` is the highest among inputs and outputs,
    ``per_channel`` says whether the first input has a scale per channel, ``rescale`` is s_a * s_b / s_out of MUL,
    ``result`` the type of the first output, ``activated`` whether an activation is fused.
    """
    if operator == "TRANSPOSE_CONV":  # of all types; it always has a bias here
        return 4 if activated else 3
    first = types[0] if types else "float32"
    if "int16" in types or (operator == "QUANTIZE" and result == "int16"):
        return max(
            _INT16.get(operator, 2 if operator == "QUANTIZE" else 1), _RANK_5.get(operator, 1) if rank > 4 else 1
        )
    if "int4" in types:
        return _INT4_WEIGHTS.get(operator, 1)
    int8 = "int8" in types
    version = _INT8.get(operator, 1) if int8 else _FLOAT.get(operator, 1)
    if operator == "FULLY_CONNECTED" and keep_dims:
        version = 5
    elif operator == "DEPTHWISE_CONV_2D" and dilated and not int8:
        version = 2
    elif (operator.startswith("RESIZE_") and half_pixel) or (operator == "MUL" and int8 and rescale >= 1.0):
        version = 3
    elif operator == "DEQUANTIZE" and first == "int4":
        version = 6
    elif operator == "DEQUANTIZE" and int8 and per_channel:
        version = 5
    elif operator == "DEQUANTIZE" and first == "float16":
        version = 3
    if rank > 4:
        version = max(version, _RANK_5.get(operator, 1))
    return version
