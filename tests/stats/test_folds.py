import numpy as np
import pytest

from evalmuse_hf.stats.folds import grouped_folds
from evalmuse_hf.stats.sample import group_numbers


def test_a_group_is_never_split_and_folds_differ_by_at_most_one_group():
    groups = [f"prompt {number}" for number in np.random.default_rng(0).integers(23, size=300)]
    folds = grouped_folds(groups=groups, n_folds=5, rng=1)
    fold_of_group = {group: set() for group in groups}
    for group, fold in zip(groups, folds.tolist(), strict=True):
        fold_of_group[group].add(fold)
    assert all(len(found) == 1 for found in fold_of_group.values())
    sizes = np.bincount([found.pop() for found in fold_of_group.values()])
    assert (sizes.sum(), len(sizes), np.ptp(sizes)) == (23, 5, 1)


def test_the_same_seed_deals_the_same_folds_and_another_seed_others():
    groups = list(range(40))
    first, second, third = (grouped_folds(groups=groups, n_folds=4, rng=seed).tolist() for seed in (0, 0, 1))
    assert first == second
    assert first != third


def test_fewer_groups_than_folds_are_a_fold_each():
    assert sorted(grouped_folds(groups=["a", "b"], n_folds=5, rng=0).tolist()) == [0, 1]


def test_no_rows_have_no_folds():
    assert len(grouped_folds(groups=[], n_folds=2, rng=0)) == 0


def test_one_fold_is_refused():
    with pytest.raises(ValueError, match="`n_folds` must be at least 2, got 1"):
        grouped_folds(groups=["a"], n_folds=1)


@pytest.mark.parametrize("label", [None, float("nan")], ids=["None", "nan"])
def test_a_row_without_a_label_is_refused_with_its_place(label):
    with pytest.raises(ValueError, match="`prompts` has no label at row 1 "):
        group_numbers(["a", label, "b"], name="prompts")
