import numpy as np
import pytest

from evalmuse_hf.stats.verdicts import read_verdicts

NAN = float("nan")


def read(**changes):
    arguments = {
        "predictions": [0.9, NAN, 0.2, NAN],
        "references": [1.0, 1.0, 0.0, 0.0],
        "threshold": 0.5,
        "categories": ["b", "a", None, "b"],
        "groups": ["p", "p", "q", "r"],
        "nan_policy": "omit",
    }
    return read_verdicts(**{**arguments, **changes})


def test_an_unscored_element_counted_wrong_gets_the_opposite_of_what_people_say():
    verdicts = read(unscored="wrong", nan_policy="raise")
    assert verdicts.predicted.tolist() == [True, False, False, True]
    assert verdicts.unscored.tolist() == [False, True, False, True]


def test_parts_know_their_rows_groups_and_what_was_left_out():
    whole, first, second = read().parts
    assert (whole.category, whole.rows.tolist(), whole.n_groups, whole.n_dropped) == (None, [0, 1], 2, 2)
    assert (first.category, first.rows.tolist(), first.n_groups, first.n_dropped) == ("a", [], 0, 1)
    assert (second.category, second.rows.tolist(), second.n_groups, second.n_dropped) == ("b", [0], 1, 1)


def test_sums_of_a_part_count_its_rows_in_each_cluster_of_the_sample():
    verdicts = read(unscored="wrong")
    sums = verdicts.parts[2].sums([np.ones(4), verdicts.actual], n_clusters=3)
    assert sums.tolist() == [[1, 1], [0, 0], [1, 0]]


def test_without_groups_a_part_has_no_number_of_groups():
    assert [part.n_groups for part in read(groups=None).parts] == [None] * 3


def test_an_unknown_rule_for_unscored_elements_is_refused():
    with pytest.raises(ValueError, match="`unscored` must be one of None, 'wrong', got 'no'"):
        read(unscored="no")
