import numpy as np

from evalmuse_hf.prompts.patterns import group

VALUES = np.array([[1, 0], [0, 1], [1, 0], [1, 0], [0, 1], [1, 1]], dtype=float)


def grouped(*, kept=(), dropped=(), lots=(5, 4, 3, 2, 1, 0)):
    marks = [np.isin(np.arange(len(VALUES)), places) for places in (dropped, kept)]
    return group(VALUES, usable=~marks[0], kept=marks[1], lots=np.array(lots, dtype=np.uint64))


def test_equal_candidates_are_one_pattern_and_the_first_lot_comes_first():
    patterns = grouped()
    assert patterns.matrix.toarray().T.tolist() == [[1, 1], [0, 1], [1, 0]]
    assert (patterns.lower.tolist(), patterns.upper.tolist()) == ([0, 0, 0], [1, 2, 3])
    assert patterns.pick(np.array([0, 1, 2])).tolist() == [2, 3, 4]  # lots 1; 2 and 3


def test_those_to_keep_come_first_and_the_dropped_never():
    patterns = grouped(kept=[0], dropped=[5])
    assert (patterns.lower.tolist(), patterns.upper.tolist()) == ([0, 1], [2, 3])
    assert patterns.pick(np.array([0, 2])).tolist() == [0, 3]


def test_counting_undoes_picking():
    patterns = grouped()
    numbers = np.array([1, 0, 2])
    assert patterns.count(patterns.pick(numbers)).tolist() == numbers.tolist()


def test_real_values_that_differ_are_patterns_of_their_own():
    values = np.array([[1.0, 0.5], [1.0, 0.25], [1.0, 0.5], [1.0, -0.0], [1.0, 0.0]])
    everyone = np.ones(5, dtype=bool)
    patterns = group(values, usable=everyone, kept=~everyone, lots=np.arange(5, dtype=np.uint64))
    assert patterns.matrix.toarray().T.tolist() == [[1, 0.5], [1, 0.25], [1, 0]]
    assert patterns.upper.tolist() == [2, 1, 2]


def test_without_bins_everyone_is_alike():
    everyone = np.ones(3, dtype=bool)
    patterns = group(np.zeros((3, 0)), usable=everyone, kept=~everyone, lots=np.arange(3, dtype=np.uint64))
    assert patterns.upper.tolist() == [3]
