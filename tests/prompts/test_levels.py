import numpy as np

from evalmuse_hf.prompts import LabelTable, Quota, sample


def members(*counts):
    """Rows with one label each, so many of each."""
    return np.repeat(np.eye(len(counts), dtype=bool), counts, axis=0)


def table_of(marks):
    ids = [f"{row:03d}" for row in range(len(marks))]
    return LabelTable.from_arrays(ids, labels={"d": (list("abcd")[: marks.shape[1]], marks)})


def test_single_labels_leave_one_level():
    found = sample(table_of(members(50, 20, 30)), [Quota(dimension="d", free_level=True)], n=30)
    assert found.levels == {"d": 10}
    assert found.achieved == (10, 10, 10)
    assert found.status == "optimal"


def test_a_bin_below_the_level_gives_all_it_has():
    # 30 of 4 + 50 + 50: the small bin gives its 4, the others share 26.
    found = sample(table_of(members(4, 50, 50)), [Quota(dimension="d", free_level=True)], n=30)
    assert found.levels == {"d": 13}
    assert found.achieved == (4, 13, 13)
    assert [bin_.target for bin_ in found.bins] == [4, 13, 13]


def test_of_levels_that_deviate_alike_the_even_one_is_taken():
    # Half of the rows have one label, half have both: any level from 5 to 10 can be met; 10 average rows hold 15.
    marks = np.concatenate([members(20, 20), np.ones((40, 2), dtype=bool)])
    found = sample(table_of(marks), [Quota(dimension="d", free_level=True)], n=10)
    assert found.value == 0
    assert found.levels["d"] in (7, 8)  # 7.5 rounded
