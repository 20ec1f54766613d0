"""The layout arithmetic against numpy: whatever it calls free must leave every byte where it is."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exporters.tflite import layout as layouts
from core.exporters.tflite.layout import NHWC, Layout

# 100 examples a property in CI
SMALL = settings(max_examples=100, deadline=None)
SIZES = st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=1, max_size=5)


def values(layout: Layout) -> npt.NDArray[np.int64]:
    """The value in ONNX order: every element a different number."""
    return np.arange(math.prod(layout.shape)).reshape(layout.shape)


def stored(layout: Layout) -> npt.NDArray[Any]:
    return np.ascontiguousarray(values(layout).transpose(layout.perm))


@st.composite
def some_layout(draw: st.DrawFn) -> Layout:
    shape = draw(SIZES)
    return Layout(tuple(shape), tuple(draw(st.permutations(range(len(shape))))))


@st.composite
def some_reshape(draw: st.DrawFn) -> tuple[Layout, tuple[int, ...]]:
    """A layout and another shape of the same size: primes regrouped, ones sprinkled in."""
    primes = draw(st.lists(st.sampled_from([2, 2, 3]), min_size=0, max_size=4))

    def grouped() -> tuple[int, ...]:
        cuts = sorted(draw(st.lists(st.integers(0, len(primes)), max_size=3)))
        edges = [0, *cuts, len(primes)]
        return tuple(math.prod(primes[a:b]) for a, b in itertools.pairwise(edges))

    shape, target = grouped(), grouped()
    return Layout(shape, tuple(draw(st.permutations(range(len(shape)))))), target


@SMALL
@given(some_layout(), st.data())
def test_a_transpose_only_renames_axes(layout: Layout, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(layout.rank)))
    turned = layout.transposed(order)
    assert turned.shape == values(layout).transpose(order).shape
    np.testing.assert_array_equal(stored(layout), values(layout).transpose(order).transpose(turned.perm))


@SMALL
@given(some_layout(), st.data())
def test_a_planned_transpose_gives_the_wanted_order(layout: Layout, data: st.DataObject) -> None:
    perm = tuple(data.draw(st.permutations(range(layout.rank))))
    plan = layouts.plan_transpose(layout, perm)
    target = Layout(layout.shape, perm)
    moved = stored(layout).reshape(plan.view).transpose(plan.order).reshape(target.stored)
    np.testing.assert_array_equal(moved, stored(target))
    assert len(plan.view) <= max(layout.rank, 4)
    unmoved = np.array_equal(stored(layout).reshape(-1), stored(target).reshape(-1))
    assert layouts.same_bytes(layout, perm) == unmoved


@SMALL
@given(some_reshape())
def test_a_free_reshape_is_free_and_a_costly_one_cannot_be(case: tuple[Layout, tuple[int, ...]]) -> None:
    layout, shape = case
    found, flat = layouts.reshaped(layout, shape), stored(layout).reshape(-1)
    if found is not None:
        np.testing.assert_array_equal(flat, values(layout).reshape(shape).transpose(found.perm).reshape(-1))
        return
    wanted = values(layout).reshape(shape)
    for perm in itertools.permutations(range(len(shape))):
        assert not np.array_equal(flat, wanted.transpose(perm).reshape(-1)), f"{perm} would have been free"


@SMALL
@given(some_reshape())
def test_the_order_for_a_reshape_makes_it_free(case: tuple[Layout, tuple[int, ...]]) -> None:
    layout, shape = case
    order = layouts.order_for_reshape(layout, shape)
    assert sorted(order) == list(range(layout.rank))
    assert layouts.reshaped(Layout(layout.shape, order), shape) is not None


@SMALL
@given(some_layout())
def test_flat_columns_say_where_every_column_comes_from(layout: Layout) -> None:
    for rows in range(layout.rank + 1):
        shape = (math.prod(layout.shape[:rows]), math.prod(layout.shape[rows:]))
        columns = layouts.flat_columns(layout, shape)
        if columns is not None:
            flattened = values(layout).reshape(shape)
            np.testing.assert_array_equal(stored(layout).reshape(shape), flattened[:, columns])


def test_flattening_an_image_needs_columns_but_no_transpose() -> None:
    image = Layout((1, 3, 2, 2), NHWC)
    assert layouts.reshaped(image, (1, 12)) is None
    columns = layouts.flat_columns(image, (1, 12))
    assert columns is not None
    assert columns.tolist() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


def test_a_pooled_image_flattens_for_free() -> None:
    assert layouts.reshaped(Layout((1, 32, 1, 1), NHWC), (1, 32)) == Layout.plain((1, 32))


def test_a_squeezed_image_becomes_nhwc_again() -> None:
    assert layouts.reshaped(Layout.plain((1, 32)), (1, 32, 1, 1)) == Layout((1, 32, 1, 1), NHWC)


@pytest.mark.parametrize(("source", "target"), [((2, 3), (5,)), ((0, 3), (0,))])
def test_a_reshape_that_cannot_be_is_refused(source: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot reshape"):
        layouts.factors(source, target)
