import numpy as np
import pytest

from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota
from evalmuse_hf.prompts.quotas import even_level, make_bins


def table_of(members, **features):
    members = np.array(members, dtype=bool)
    ids = [f"{row}" for row in range(len(members))]
    names = [f"bin {place}" for place in range(members.shape[1])]
    return LabelTable.from_arrays(ids, labels={"d": (names, members)}, features=features)


def bins_of(table, *quotas, n=2, capped=True):
    return make_bins(table, quotas, n=n, usable=np.ones(len(table), dtype=bool), cap_at_supply=capped)


def test_uniform_targets_of_single_labels_sum_to_the_selection():
    bins, _ = bins_of(table_of(np.tile(np.eye(3), (5, 1))), Quota(dimension="d"), n=5)
    assert [bin_.target for bin_ in bins] == [2, 2, 1]


def test_uniform_targets_of_many_labels_keep_their_number_per_candidate():
    # Six rows with two labels each: three rows hold six labels, of which each of the three bins gets two.
    bins, _ = bins_of(table_of([[1, 1, 0], [0, 1, 1], [1, 0, 1]] * 2), Quota(dimension="d"), n=3)
    assert [bin_.target for bin_ in bins] == [2, 2, 2]


def test_a_target_above_the_supply_is_capped_and_remembered():
    table = table_of([[1, 0], [0, 1], [0, 1]])
    for capped, target in ((True, 1), (False, 2)):
        bins, _ = bins_of(table, Quota(dimension="d", target=2), capped=capped)
        assert (bins[0].target, bins[0].wanted, bins[0].supply) == (target, 2, 1)


def test_bins_that_a_mapping_does_not_name_count_for_nothing():
    table = table_of([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    bins, values = bins_of(table, Quota(dimension="d", target={"bin 2": 1}, at_most={"bin 0": 1}))
    assert [(bin_.name, bin_.weight, bin_.at_most) for bin_ in bins] == [("bin 0", 0, 1), ("bin 2", 1, np.inf)]
    assert values.tolist() == [[1, 0], [0, 0], [0, 1]]


def test_a_feature_counts_in_standard_deviations():
    table = table_of([[1], [1]], size=np.array([10.0, 30.0]))  # standard deviation 10
    (bin_,), values = bins_of(table, FeatureQuota(feature="size", mean=20.0))
    assert (bin_.target, bin_.scale, values.tolist()) == (4.0, 10.0, [[1.0], [3.0]])


def test_levels_fill_small_bins_first():
    assert even_level([4, 4], 4) == 2
    assert even_level([1, 10, 10], 9) == 4
    assert even_level([1, 2], 9) == 2


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Quota(dimension="d", target=-1), r"'d' has the target, bound or weight -1"),
        (lambda: Quota(dimension="d", target=1, free_level=True), r"'d' has both a target and a free level"),
        (lambda: FeatureQuota(feature="s", mean=float("nan")), r"Feature 's' has the mean nan"),
        (lambda: bins_of(table_of([[1]]), Quota(dimension="e")), r"'e' is unknown; known: d"),
        (lambda: bins_of(table_of([[1]]), FeatureQuota(feature="s", mean=1)), r"'s' is unknown; known: none"),
        (lambda: bins_of(table_of([[1]]), Quota(dimension="d"), Quota(dimension="d")), r"'d' is asked for twice"),
        (lambda: bins_of(table_of([[1]]), Quota(dimension="d", target={"x": 1})), r"'d' has no label 'x', only bin 0"),
    ],
    ids=["negative", "both", "nan", "unknown dimension", "unknown feature", "twice", "unknown label"],
)
def test_what_cannot_be_wanted_is_one_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()
