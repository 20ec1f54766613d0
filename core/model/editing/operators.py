"""What the onnx package says of an operator, as plain data for forms: a sentence, attributes, inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import onnx

from core.model.editing.attributes import allowed_values

_LONGEST = 240  # letters of a sentence
_KINDS = {
    "INT": "whole number",
    "FLOAT": "number",
    "STRING": "text",
    "INTS": "whole numbers",
    "FLOATS": "numbers",
    "STRINGS": "texts",
    "TENSOR": "tensor",
    "GRAPH": "graph",
}
CATEGORIES = {
    "layer": "Conv ConvTranspose Gemm MatMul",
    "activation": "Relu Clip Sigmoid HardSigmoid HardSwish Swish Mish Gelu LeakyRelu PRelu Elu Selu Celu Tanh Softplus "
    "Softsign ThresholdedRelu Softmax LogSoftmax Hardmax Erf Shrink",
    "pooling": "MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool ReduceMean ReduceMax ReduceMin "
    "ReduceSum ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin",
    "normalization": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization "
    "LpNormalization LRN MeanVarianceNormalization Dropout",
    "join": "Concat Slice Gather Pad",
    "shape": "Reshape Flatten Transpose Squeeze Unsqueeze Expand Tile DepthToSpace SpaceToDepth Resize Identity Cast "
    "Shape Size",
    "arithmetic": "Add Sub Mul Div Pow Max Min Mean Sum Abs Neg Sqrt Reciprocal Exp Log Sign Floor Ceil Round Not "
    "IsNaN IsInf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh CumSum Trilu Mod",
}
CATEGORY = {operator: kind for kind, operators in CATEGORIES.items() for operator in operators.split()}
_MEANINGS = {
    "auto_pad.NOTSET": "the padding is what 'pads' says",
    "auto_pad.SAME_UPPER": "padded so that the output is the input divided by the stride; an odd one goes behind",
    "auto_pad.SAME_LOWER": "padded so that the output is the input divided by the stride; an odd one goes in front",
    "auto_pad.VALID": "no padding",
    "approximate.none": "the exact function, with erf",
    "approximate.tanh": "a quicker approximation with tanh",
    "nearest_mode.round_prefer_floor": "the nearest pixel, of two the lower",
    "nearest_mode.round_prefer_ceil": "the nearest pixel, of two the upper",
    "nearest_mode.floor": "the pixel below",
    "nearest_mode.ceil": "the pixel above",
    "coordinate_transformation_mode.half_pixel": "pixels are areas; their centres lie at one half",
    "coordinate_transformation_mode.half_pixel_symmetric": "as half_pixel, kept in the middle where sizes are rounded",
    "coordinate_transformation_mode.pytorch_half_pixel": "as half_pixel, but an output of one pixel reads the first",
    "coordinate_transformation_mode.align_corners": "the corner pixels of input and output lie on each other",
    "coordinate_transformation_mode.asymmetric": "output position divided by the scale",
    "coordinate_transformation_mode.tf_half_pixel_for_nn": "as half_pixel, for nearest as TensorFlow did it",
    "coordinate_transformation_mode.tf_crop_and_resize": "reads the region of the input 'roi'",
    "Resize.mode.nearest": "takes one pixel over",
    "Resize.mode.linear": "interpolates between neighbours",
    "Resize.mode.cubic": "interpolates with a cubic over four pixels an axis",
    "Upsample.mode.nearest": "takes one pixel over",
    "Upsample.mode.linear": "interpolates between neighbours",
    "Pad.mode.constant": "a constant, 0 where none is given",
    "Pad.mode.reflect": "mirrors the input without its border",
    "Pad.mode.edge": "repeats the border",
    "Pad.mode.wrap": "goes on at the other side",
    "DepthToSpace.mode.DCR": "depth is divided into (block, block, channel)",
    "DepthToSpace.mode.CRD": "depth is divided into (channel, block, block), as in pixel shuffle",
    "GridSample.padding_mode.zeros": "0 beyond the border",
    "GridSample.padding_mode.border": "the border goes on",
    "GridSample.padding_mode.reflection": "mirrors at the border",
    "direction.forward": "from the first step to the last",
    "direction.reverse": "from the last step to the first",
    "direction.bidirectional": "both ways",
}


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """One attribute: ``kind`` in words, ``default`` None where there is none, ``choices`` with what each means."""

    name: str
    kind: str
    required: bool
    default: Any
    choices: tuple[tuple[Any, str], ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One thing that an operator reads; ``several``: any number of them."""

    name: str
    needed: bool
    several: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator of the default domain at one opset; ``category`` is that of its card's colour."""

    name: str
    category: str
    since: int
    summary: str
    inputs: tuple[InputInfo, ...]
    attributes: tuple[AttributeInfo, ...]


def operator_info(operator: str, opset: int, domain: str = "") -> OperatorInfo | None:
    """What is known of an operator; None where onnx has none of that name at the opset, or has given it up."""
    try:
        schema = onnx.defs.get_schema(operator, opset, "" if domain == "ai.onnx" else domain)
    except onnx.defs.SchemaError:
        return None
    return None if schema.deprecated else _info(operator, schema.since_version, schema.domain)


@lru_cache(maxsize=2048)
def _info(operator: str, version: int, domain: str) -> OperatorInfo:
    schema = onnx.defs.get_schema(operator, version, domain)
    inputs = tuple(
        InputInfo(i.name, str(i.option).endswith("Single"), str(i.option).endswith("Variadic"), sentence(i.description))
        for i in schema.inputs
    )
    attributes = tuple(_attribute(operator, a) for _, a in sorted(schema.attributes.items()))
    category = CATEGORY.get(operator, "other")
    return OperatorInfo(operator, category, schema.since_version, sentence(schema.doc or ""), inputs, attributes)


def _attribute(operator: str, known: onnx.defs.OpSchema.Attribute) -> AttributeInfo:
    kind = str(known.type).rpartition(".")[2]
    default = None
    if known.default_value.type:
        default = onnx.helper.get_attribute_value(known.default_value)
        if isinstance(default, list):
            default = [d.decode() if isinstance(d, bytes) else d for d in default]
        elif isinstance(default, bytes):
            default = default.decode()
    choices = tuple((c, _choice(operator, known.name, c)) for c in allowed_values(operator, known.name))
    return AttributeInfo(
        known.name, _KINDS.get(kind, kind.lower()), known.required, default, choices, sentence(known.description)
    )


def _choice(operator: str, attribute: str, value: Any) -> str:
    if value in (0, 1):
        return "yes" if value else "no"
    return _MEANINGS.get(f"{operator}.{attribute}.{value}") or _MEANINGS.get(f"{attribute}.{value}", "")


def sentence(markdown: str) -> str:
    """The first sentence of a documentation in onnx's markdown, as plain text; '' where there is none."""
    text = re.split(r"```|\n\s*\n|\n\s*[*-] ", markdown.strip(), maxsplit=1)[0]
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)  # links
    text = re.sub(r"\s*\(?https?://[^\s)]*[^\s).,]\)?", "", text)
    text = re.sub(r"\s*\(Tensor[<(]\w+[>)]\)", "", text)
    text = re.sub(r"\b[Tt]ensor<\w+>", "tensor", text)
    text = re.sub(r"<br\s*/?>|</?[a-z]+>", " ", text)
    text = re.sub(r"\*\*?([^*\n]+)\*\*?", r"\1", text).replace("`", "").replace("$", "")
    text = re.sub(r"\s+", " ", text).replace(".,", ",").strip()
    end = re.search(r"(?<!\be\.g)(?<!\bi\.e)(?<!\ba\.k\.a)(?<!\betc)\.(?=\s|$)", text)
    first = (text[: end.start()] if end else text).rstrip(" :;,.")
    if len(first) > _LONGEST:
        first = first[:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:(") + " …"
    return f"{first[:1].upper()}{first[1:]}." if first and not first.endswith("…") else first
