"""Quantization as nodes in the graph: the ten rules, and everything that quantizer, executor and exporters share.

One set of QuantizeLinear and DequantizeLinear nodes is valid for onnxruntime and for TFLite if

1.  activations are quantized per tensor, u8 or s8, or s16 with zero point 0 (u16 for accelerators alone), each value
    in a type of its own; weights are s8 or s4 with zero point 0, with one scale, one per channel on the axis of output
    channels (0 for Conv; the output axis of Gemm and MatMul), or one per block of input channels (``qdq_form``);
2.  biases are int32 with zero point 0 and scale float32(s_x) * s_w, rounded again after any change of s_x or s_w; with
    blocks s_w is the largest of the output channel's;
3.  one pair stands behind Conv and its Relu or Clip, none between, and the Relu or Clip stays;
4.  MaxPool, AveragePool, Concat, Reshape, Transpose, Split, Slice, Gather, Pad, Resize and their like cannot rescale:
    all their inputs and outputs share one type and scale, from the union of their ranges;
5.  Softmax and Sigmoid have scale 1/256 and the lowest zero point, Tanh 1/128 and the middle one; where such a value
    meets a group of rule 4 a second pair stands between;
6.  a pair stands behind GlobalAveragePool and ReduceMean, with zero_point * s_in / s_out a whole number in int8;
7.  MatMul and Add are one Gemm before pairs are placed, between two Reshapes where there are tokens;
8.  all readers of a value see the same pair; inputs and outputs of the graph beside int8 layers have one;
9.  a final Concat of unlike heads stays float;
10. a graph with weights alone quantized is compared with onnxruntime at ORT_ENABLE_BASIC (not a matter of the graph).

Beyond the rules: :func:`solve_scales` picks scales of Add on which all runtimes agree to the last bit (``qdq_add``),
for one step of difference grows along a residual network. Sums that only float layers read (normalizations, attention)
stay float. Embedding tables are uint8, with a pair of the same scale behind the rows that are looked up.

The order of work: :func:`plan_int8` (which layers, which values), ranges from data, :func:`solve_scales`,
:func:`insert_qdq`, :func:`check_rules`.
"""

from core.model.qdq_check import Violation, check_rules
from core.model.qdq_form import WeightForm, Wish, contraction_axis, form_of, opset_of, why_no_blocks
from core.model.qdq_insert import Int8Layer, insert_qdq
from core.model.qdq_numbers import (
    ActivationForm,
    QuantParams,
    Storage,
    activation_params,
    bias_scale,
    dequantize_weight,
    fixed_params,
    mean_ratio,
    mean_scale,
    quantize_bias,
    quantize_weight,
    raised_weight_scale,
    weight_scale,
)
from core.model.qdq_operators import (
    ACTIVATIONS,
    BINARY,
    FIXED,
    FUSING,
    MEANS,
    PASS_THROUGH,
    WEIGHTED,
    data_inputs,
    runs_inside,
    weight_axis,
)
from core.model.qdq_pairs import (
    RANGE_FROM,
    Pair,
    StoredConstant,
    activation_pairs,
    read_params,
    source_pair,
    stored_constant,
)
from core.model.qdq_plan import Int8Plan, KeptFloat, plan_int8
from core.model.qdq_scales import Scales, scale_groups, solve_scales, unlike_final_concats, value_ranges

__all__ = [
    "ACTIVATIONS",
    "BINARY",
    "FIXED",
    "FUSING",
    "MEANS",
    "PASS_THROUGH",
    "RANGE_FROM",
    "WEIGHTED",
    "ActivationForm",
    "Int8Layer",
    "Int8Plan",
    "KeptFloat",
    "Pair",
    "QuantParams",
    "Scales",
    "Storage",
    "StoredConstant",
    "Violation",
    "WeightForm",
    "Wish",
    "activation_pairs",
    "activation_params",
    "bias_scale",
    "check_rules",
    "contraction_axis",
    "data_inputs",
    "dequantize_weight",
    "fixed_params",
    "form_of",
    "insert_qdq",
    "mean_ratio",
    "mean_scale",
    "opset_of",
    "plan_int8",
    "quantize_bias",
    "quantize_weight",
    "raised_weight_scale",
    "read_params",
    "scale_groups",
    "solve_scales",
    "source_pair",
    "stored_constant",
    "unlike_final_concats",
    "value_ranges",
    "weight_axis",
    "weight_scale",
    "why_no_blocks",
    "runs_inside",
]
