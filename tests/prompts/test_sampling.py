import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota, SamplingOptions, sample

BOTH = [Quota(dimension="first", target=2.0), Quota(dimension="second", target={"a": 3.0, "c": 1.0}, weight=2.0)]


def values_of(table):
    second = table.labels["second"].members[:, [0, 2]]
    return np.concatenate([table.labels["first"].members, second], axis=1).astype(float)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@pytest.mark.parametrize("deviation", ["l1", "max"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_value_is_that_of_the_best_of_all_selections(small_table, try_all, seed, deviation, solver):
    table = small_table(seed)
    options = SamplingOptions(deviation=deviation, solver=solver, cap_at_supply=False)
    found = sample(table, BOTH, n=4, options=options)
    weights = np.array([1, 1, 1, 2, 2.0])
    best = try_all(values_of(table), np.array([2, 2, 2, 3, 1.0]), 4, weights=weights, deviation=deviation)
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.status == "optimal"
    assert found.proven_gap == 0
    rows = [int(name[1:]) for name in found.ids]
    assert values_of(table)[rows].sum(axis=0).tolist() == list(found.achieved)
    assert found.lp_bound <= best + 1e-6


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_real_numbers_are_met_as_well_as_can_be(small_table, try_all, seed):
    table = small_table(seed, n_real=2)
    quotas = [FeatureQuota(feature="number 0", mean=0.3), FeatureQuota(feature="number 1", mean=-0.1, weight=0.5)]
    found = sample(table, quotas, n=5)
    values = np.column_stack([table.features[name] / table.features[name].std() for name in table.features])
    means = np.array([0.3, -0.1]) / [table.features[name].std() for name in table.features]
    best = try_all(values, 5 * means, 5, weights=np.array([1.0, 0.5]))
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.status == "optimal"


@pytest.mark.parametrize("free", [1, 5])
def test_a_gap_is_never_smaller_than_the_distance_from_the_best(small_table, try_all, free):
    """With few patterns free the best may be missed; then the proof must not say that it was found."""
    for seed in range(6):
        table = small_table(seed, n_real=2)
        quotas = [FeatureQuota(feature=name, mean=0.2) for name in table.features]
        found = sample(table, quotas, n=4, options=SamplingOptions(free_patterns=free, compare=False))
        values = np.column_stack([table.features[name] / table.features[name].std() for name in table.features])
        best = try_all(values, np.array([4 * 0.2 / table.features[name].std() for name in table.features]), 4)
        assert found.value - best <= found.proven_gap + 1e-6
        assert found.status != "optimal" or found.value == pytest.approx(best, abs=1e-6)


def test_a_hundred_times_larger_problem_agrees_with_another_solver(small_table):
    table = small_table(5, n=800)
    quotas = [
        Quota(dimension="first", target={"a": 11.0, "b": 37.0, "c": 60.5}),
        Quota(dimension="second", target={"a": 70.25, "b": 3.0, "c": 9.0}),
    ]
    found = sample(table, quotas, n=60)
    values = np.concatenate([table.labels[name].members for name in ("first", "second")], axis=1).astype(float).T
    rows, columns = values.shape
    eye = np.eye(rows)
    whole = milp(
        np.concatenate([np.zeros(columns), np.ones(2 * rows)]),
        constraints=[
            LinearConstraint(np.hstack([values, -eye, eye]), *2 * [[11, 37, 60.5, 70.25, 3, 9]]),
            LinearConstraint(np.concatenate([np.ones(columns), np.zeros(2 * rows)]), 60, 60),
        ],
        integrality=np.concatenate([np.ones(columns), np.zeros(2 * rows)]),
        bounds=Bounds(0, np.concatenate([np.ones(columns), np.full(2 * rows, np.inf)])),
        options={"mip_rel_gap": 0},
    )
    assert found.value == pytest.approx(whole.fun, abs=1e-5)


def test_neither_order_nor_names_of_rows_in_a_file_matter(small_table):
    table = small_table(3, n=200)
    order = np.random.default_rng(0).permutation(200)
    shuffled = LabelTable.from_arrays(
        [table.ids[row] for row in order],
        labels={name: (column.bins, column.members[order]) for name, column in table.labels.items()},
    )
    quotas = [Quota(dimension="first"), Quota(dimension="second", free_level=True)]
    for deviation in ("l1", "max"):
        options = SamplingOptions(deviation=deviation, seed=1)
        assert sample(table, quotas, n=30, options=options).ids == sample(shuffled, quotas, n=30, options=options).ids


def test_another_seed_takes_others_of_the_same_worth(small_table):
    table = small_table(3, n=200)
    one, two = (sample(table, [Quota(dimension="first")], n=30, options=SamplingOptions(seed=seed)) for seed in (0, 1))
    assert one.ids != two.ids
    assert one.value == two.value


def test_what_must_be_kept_is_kept_and_the_dropped_are_not_there(small_table):
    table = small_table(2, n=40)
    keep, drop = [f"p{row:02d}" for row in range(5)], [f"p{row:02d}" for row in range(5, 30)]
    found = sample(table, [Quota(dimension="first", target=1.0)], n=7, keep=keep, drop=drop)
    assert set(keep) <= set(found.ids)
    assert not set(drop) & set(found.ids)
    assert len(found.ids) == 7
    assert found.n_candidates == 15


def test_bounds_are_kept_whatever_they_cost():
    labels = {"d": (["x", "y"], np.repeat(np.eye(2, dtype=bool), [6, 6], axis=0))}
    table = LabelTable.from_arrays([f"{row:02d}" for row in range(12)], labels=labels)
    quota = Quota(dimension="d", target={"x": 0.0, "y": 4.0}, at_least={"x": 3})
    found = sample(table, [quota], n=4)
    assert found.achieved == (3, 1)
    assert found.value == 6
    assert found.choices["random"].value >= 0


def test_bounds_beyond_the_supply_say_which_and_how_many():
    labels = {"d": (["x", "y"], np.repeat(np.eye(2, dtype=bool), [2, 6], axis=0))}
    table = LabelTable.from_arrays([f"{row}" for row in range(8)], labels=labels)
    found = sample(table, [Quota(dimension="d", at_least={"x": 5})], n=6)
    assert (found.status, found.ids, found.missing) == ("infeasible", (), {("d", "x"): 3})
    assert found.message == "No 6 candidates keep the bounds: d:x lacks 3 of its at least 5 (supply 2)."
    joint = sample(table, [Quota(dimension="d", at_least={"x": 2}, at_most={"y": 3})], n=6)
    assert joint.missing == {("d", "y"): pytest.approx(-1)}
    assert joint.message == "No 6 candidates keep the bounds: d:y has 1 above its at most 3."


def test_a_rare_label_is_taken_whole():
    labels = {"d": (["common", "rare"], np.repeat(np.eye(2, dtype=bool), [50, 3], axis=0))}
    table = LabelTable.from_arrays([f"{row:02d}" for row in range(53)], labels=labels)
    found = sample(table, [Quota(dimension="d", target=10.0)], n=13)
    assert found.achieved == (10, 3)
    assert found.value == 0
    assert (
        sample(table, [Quota(dimension="d", target=10.0)], n=13, options=SamplingOptions(cap_at_supply=False)).value
        == 7
    )


def test_forced_deviations_are_spread_over_the_bins():
    """Four bins of 3 are wanted from 10 candidates: 2 are missing, from two bins and not both from one."""
    labels = {"d": (list("abcd"), np.repeat(np.eye(4, dtype=bool), 9, axis=0))}
    table = LabelTable.from_arrays([f"{row:02d}" for row in range(36)], labels=labels)
    found = sample(table, [Quota(dimension="d", target=3.0)], n=10)
    assert found.value == 2
    assert sorted(found.achieved) == [2, 2, 3, 3]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"n": 13}, r"`n` is 13, but 12 candidates can be selected; choose fewer"),
        ({"n": 0}, r"`n` is 0, but 12 candidates can be selected; choose at least 1"),
        ({"n": 1, "keep": ["p00", "p01"]}, r"2 ids are to keep, but only 1 are to be selected"),
        ({"n": 2, "keep": ["p00"], "drop": ["p00"]}, r"1 ids are both to keep and to drop, such as 'p00'"),
        ({"n": 2, "drop": ["p99"]}, r"1 of the 1 ids to drop are not in the table: 'p99'"),
    ],
    ids=["too many", "none", "more to keep", "keep and drop", "unknown"],
)
def test_what_cannot_be_is_one_sentence(small_table, options, message):
    with pytest.raises(ValueError, match=message):
        sample(small_table(0), [Quota(dimension="first")], **options)
