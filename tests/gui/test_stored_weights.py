"""Weights stored in other formats, as the window shows them: real numbers, the file's bytes, no cards for decoding."""

from __future__ import annotations

import numpy as np
import pytest

from core.methods.method import Context, load_methods
from core.methods.quantize.formats import WeightGranularity, load_formats
from core.methods.quantize.weights import Params
from core.model.editing import WorkingCopy
from core.model.model import Model
from core.model.stored_weights import dequantized
from gui.graph_view.known import known
from gui.inspector.examine import examine, real
from gui.inspector.stored import stored_inputs
from gui.inspector.wiring import Wiring
from tests.core.weight_graphs import small_model

METHOD = load_methods().get("quantize.weights")
WORDS = {
    "additive_powers": "additive powers of two of 3 bits",
    "powers_of_two": "powers of two of 3 bits",
    "codebook": "codebook of 3 bits",
}


def stored(key: str, granularity: WeightGranularity = WeightGranularity.CHANNEL) -> Model:
    values = Params(format=key, bits=3, granularity=granularity, group_size=4)
    new = METHOD.run(small_model(), values, Context()).model
    assert new is not None
    return new


@pytest.mark.parametrize("key", load_formats().keys())
@pytest.mark.parametrize("granularity", list(WeightGranularity))
def test_the_inspector_shows_what_the_network_multiplies_with(key: str, granularity: WeightGranularity) -> None:
    model = stored(key, granularity)
    plain, whole = dequantized(model), known(model)
    for layer, name in (("layer_c", "w_conv"), ("layer_g", "w_fc"), ("layer_y", "w_mm")):
        node = whole.layers[layer][0]
        found = stored_inputs(node, [str(k) for k in range(len(node.inputs))], whole, Wiring(whole))[0]
        tensor = plain.graph.graph.initializers[name].const_value
        assert tensor is not None
        wanted = tensor.numpy()
        assert found.shape == wanted.shape
        assert np.array_equal(real(found.read(), found.scaling), wanted)
        seen = examine(found)
        assert not seen.why
        assert seen.channels is not None
        assert seen.channels.high.max() == pytest.approx(wanted.max())
        rows = granularity is WeightGranularity.BLOCK and "int" in key and layer == "layer_c"  # it alone has a kernel
        assert found.dtype == (f"{key} in blocks" if rows else WORDS.get(key, key))
        assert 0 < found.bytes < wanted.nbytes


@pytest.mark.parametrize("key", load_formats().keys())
def test_decoding_has_no_cards_and_layers_keep_their_parameters(key: str) -> None:
    whole, before = known(stored(key)), known(small_model())
    assert set(whole.layers) == set(before.layers)
    assert whole.kind == "weights"
    assert before.kind == "float"
    for name, (_, cost) in whole.layers.items():
        assert cost.params == before.layers[name][1].params
    heavy = whole.layers["layer_c"][1]
    assert 0 < heavy.weight_bytes < before.layers["layer_c"][1].weight_bytes


@pytest.mark.parametrize("key", ["int4", "codebook", "float16"])
def test_such_a_graph_can_be_opened_for_editing(key: str) -> None:
    model = stored(key)
    copy = WorkingCopy(model)
    assert not list(copy.problems)
    conv = next(n for n in copy.model.nodes() if n.name == "layer_c")
    weight = conv.inputs[1]
    assert weight is not None
    assert copy.shape_of(weight) == (8, 4, 3, 3)
