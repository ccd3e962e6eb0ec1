import numpy as np
import pytest

from evalmuse_hf.stats.sample import group_numbers, read_sample


def test_inputs_become_float64_and_none_becomes_nan():
    sample = read_sample(
        {"a": np.array([1, 2, 3], dtype=np.float32), "b": [1, None, 3]}, groups=None, nan_policy="omit"
    )
    assert sample["a"].dtype == sample["b"].dtype == np.float64
    assert (sample["a"].tolist(), sample.n, sample.n_dropped, sample.n_groups) == ([1.0, 3.0], 2, 1, None)


def test_groups_are_numbered_by_their_first_kept_row():
    labels = ["x", ("y", 1), "x", 4]
    sample = read_sample({"a": [None, 1, 2, 3]}, groups=labels, nan_policy="omit")
    assert (sample.codes.tolist(), sample.n_clusters, sample.n_groups) == ([0, 1, 2], 3, 3)


def test_sums_add_up_the_rows_of_a_group():
    sample = read_sample({"a": [1, 2, 3]}, groups=["x", "y", "x"])
    assert sample.sums([[1, 10], [2, 20], [3, 30]]).tolist() == [[4, 40], [2, 20]]


@pytest.mark.parametrize(
    "columns, groups, message",
    [
        ({"a": [1, 2], "b": [1]}, None, "`a` has 2, `b` has 1; give one value per row"),
        ({"a": [1, 2]}, ["x"], "`a` has 2, `groups` has 1"),
        ({"a": [[1, 2]]}, None, r"`a` must be a flat sequence of numbers, got an array of shape \(1, 2\)"),
        ({"a": [1, float("inf")]}, None, "`a` has 1 infinite of 2 values, first at row 1 "),
        ({"a": [1, 2, None]}, None, "`a` has 1 nan of 3 values, first at row 2 "),
        ({"a": [1, 2]}, ["x", None], "`groups` has no label at row 1 "),
        ({"a": [1, 2]}, [float("nan"), "x"], "`groups` has no label at row 0 "),
    ],
    ids=["lengths", "groups too short", "two dimensions", "infinite", "nan", "no group", "nan group"],
)
def test_bad_input_is_refused_with_its_place(columns, groups, message):
    with pytest.raises(ValueError, match=message):
        read_sample(columns, groups=groups)


@pytest.mark.parametrize("values", [["high", "low"], [1, [2, 3]], [{}, 1]], ids=["words", "ragged", "mappings"])
def test_what_is_not_numeric_is_refused(values):
    with pytest.raises(TypeError, match="`a` must be a flat sequence of numbers: "):
        read_sample({"a": values}, groups=None)


def test_an_unknown_nan_policy_is_refused():
    with pytest.raises(ValueError, match="`nan_policy` must be one of 'raise', 'omit', got 'drop'"):
        read_sample({"a": [1]}, groups=None, nan_policy="drop")


def test_the_numbers_of_a_tuple_are_those_of_a_list_and_cannot_be_written_to():
    labels = ("b", "a", "b", ("c", 1), "a")
    codes = group_numbers(labels)
    assert codes.tolist() == group_numbers(list(labels)).tolist() == [0, 1, 0, 2, 1]
    assert group_numbers(labels) is codes
    with pytest.raises(ValueError, match="read-only"):
        codes[0] = 5


@pytest.mark.parametrize("kind", [tuple, list])
def test_kept_rows_are_numbered_in_order_of_first_appearance(kind):
    values = np.array([np.nan, 1, 2, 3, np.nan, 4])
    sample = read_sample({"x": values}, groups=kind("abcbdc"), nan_policy="omit")
    assert sample.codes.tolist() == [0, 1, 0, 1]
    assert sample.n_clusters == 2
