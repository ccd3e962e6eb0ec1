import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from evalmuse_hf.stats.clustered import clustered_contrasts, clustered_estimates, clustered_mean, clustered_means


def test_clusters_of_one_size_give_the_t_test_of_their_means():
    rng = np.random.default_rng(0)
    values = rng.normal(0.3, 1, (9, 4)) + rng.normal(0, 1, (9, 1))
    found = clustered_mean(values=values.ravel(), clusters=np.repeat(np.arange(9), 4))
    expected = ttest_1samp(values.mean(axis=1), 0.0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.confidence_interval == pytest.approx(tuple(expected.confidence_interval()))
    assert (found.n_clusters, found.degrees_of_freedom) == (9, pytest.approx(8))


def test_uneven_clusters_by_hand():
    # Three clusters of 1, 1 and 2 rows around a mean of 3: parts -2/4, -1/4, 3/4, shares 1/4, 1/4, 1/2.
    found = clustered_mean(values=[1.0, 2.0, 4.0, 5.0], clusters=[0, 1, 2, 2])
    assert found.statistic == 3.0
    assert found.standard_error == pytest.approx((0.25 / 0.75 + 0.0625 / 0.75 + 0.5625 / 0.5) ** 0.5)
    assert found.degrees_of_freedom == pytest.approx(1 / (1 / 16 + 1 / 16 + 1 / 4) - 1)


def test_each_label_has_the_estimate_that_it_has_alone():
    rng = np.random.default_rng(1)
    values, labels, clusters = rng.normal(size=60), rng.integers(0, 3, 60), rng.integers(0, 8, 60)
    for label, found in enumerate(clustered_means(values=values, labels=labels, clusters=clusters, n_labels=3)):
        alone = clustered_mean(values=values[labels == label], clusters=clusters[labels == label])
        assert found.statistic == pytest.approx(alone.statistic)
        assert found.p_value == pytest.approx(alone.p_value)


def test_the_level_holds_with_eight_uneven_clusters_that_hang_together():
    rng = np.random.default_rng(2)
    n_labels, sizes = 4000, np.array([1, 1, 2, 3, 4, 6, 8, 10])
    owners = np.repeat(np.arange(8), sizes)
    values = rng.normal(size=(n_labels, len(owners))) + 0.5 * rng.normal(size=(n_labels, 8))[:, owners]
    found = clustered_means(
        values=values.ravel(),
        labels=np.repeat(np.arange(n_labels), len(owners)),
        clusters=np.tile(owners, n_labels),
        n_labels=n_labels,
    )
    false = np.mean([one.p_value < 0.05 for one in found])
    assert 0.03 < false < 0.06
    rows = np.mean([ttest_1samp(row, 0.0).pvalue < 0.05 for row in values[:500]])
    assert rows > 0.1  # what rows as such would do


def test_a_contrast_of_clusters_with_a_label_each_is_that_of_welch():
    rng = np.random.default_rng(3)
    one, other = rng.normal(0.4, 1, 8), rng.normal(0, 1, 30)
    labels = np.repeat([0, 1], [8, 30])
    first, second = clustered_contrasts(
        values=np.concatenate([one, other]), labels=labels, clusters=np.arange(38), n_labels=2
    )
    expected = ttest_ind(one, other, equal_var=False)
    assert first.statistic == pytest.approx(one.mean() - other.mean())
    assert first.statistic / first.standard_error == pytest.approx(expected.statistic)
    assert second.statistic == pytest.approx(-first.statistic)
    assert second.p_value == pytest.approx(first.p_value)
    # What Satterthwaite gives for equal spreads, one less because one cluster cannot be known.
    spread = 1 / 8 + 1 / 30
    assert first.degrees_of_freedom == pytest.approx(spread**2 / (1 / 8**3 + 1 / 30**3) - 1)


def test_a_contrast_within_clusters_is_the_paired_test():
    rng = np.random.default_rng(4)
    pairs = rng.normal(0, 3, (9, 1)) + rng.normal(0, 1, (9, 2))
    found = clustered_contrasts(
        values=pairs.ravel(), labels=np.tile([0, 1], 9), clusters=np.repeat(np.arange(9), 2), n_labels=2
    )[0]
    expected = ttest_1samp(pairs[:, 0] - pairs[:, 1], 0.0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.degrees_of_freedom == pytest.approx(8)


def test_the_level_of_contrasts_holds_with_uneven_clusters_and_a_shift_of_all():
    rng = np.random.default_rng(5)
    owners = np.repeat(np.arange(12), [1, 1, 2, 3, 4, 6, 2, 2, 5, 8, 3, 3])
    labels = np.where(owners < 6, rng.integers(0, 2, len(owners)), 1 + owners % 2)
    p_values = []
    for _ in range(400):
        values = 2 + rng.normal(size=len(owners)) + rng.normal(size=12)[owners]
        found = clustered_contrasts(values=values, labels=labels, clusters=owners, n_labels=3)
        p_values.append([one.p_value for one in found])
    false = (np.array(p_values) < 0.05).mean(axis=0)
    assert (false < 0.085).all()  # a true 5 % gives more with a chance of 1 in 600
    assert (false > 0.015).all()


def test_what_is_not_among_the_others_and_what_has_no_others():
    values, clusters = [1.0, 2.0, 5.0, 7.0, 9.0, 9.5], [0, 1, 2, 3, 4, 5]
    found = clustered_contrasts(
        values=values, labels=[0, 0, 1, 1, 2, 2], clusters=clusters, n_labels=4, reference=[True, True, False, True]
    )
    assert [one.statistic for one in found[:3]] == pytest.approx([1.5 - 6, 6 - 1.5, 9.25 - 3.75])
    assert found[3].status == "no rows"
    alone = clustered_contrasts(values=values, labels=[0] * 6, clusters=clusters, n_labels=1)[0]
    assert (alone.status, np.isnan(alone.statistic)) == ("too few others", True)
    few = clustered_contrasts(values=values, labels=[0, 0, 1, 1, 1, 1], clusters=clusters, n_labels=2, min_clusters=3)
    assert [one.status for one in few] == ["too few groups", "too few others"]


def test_clusters_that_all_agree_have_the_p_value_of_the_sign_test():
    assert clustered_mean(values=[1.0] * 6, clusters=range(6)).p_value == 2.0**-5
    assert clustered_mean(values=[0.0] * 6, clusters=range(6)).p_value == 1.0


def test_what_is_undefined_has_a_status():
    found = clustered_means(values=[1.0, 2.0, 3.0], labels=[0, 0, 1], clusters=[0, 1, 1], n_labels=3)
    assert [one.status for one in found] == ["ok", "too few groups", "no rows"]
    assert found[1].statistic == 3.0
    assert np.isnan([found[1].p_value, found[2].statistic]).all()
    assert found[2].confidence_interval is None
    few = clustered_estimates(estimates=[1.0], influence=[[0.5], [-0.5]], shares=[[0.5], [0.5]], min_clusters=3)
    assert few[0].status == "too few groups"


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="1 and 2 for 2 values"):
        clustered_means(values=[1.0, 2.0], labels=[0], clusters=[0, 1], n_labels=1)
    with pytest.raises(ValueError, match="1 values that are not finite"):
        clustered_mean(values=[1.0, np.nan], clusters=[0, 1])
