import numpy as np
import pytest

from evalmuse_hf.stats import agreement_by, icc, krippendorff_alpha, share_within

RATINGS = np.random.default_rng(0).integers(0, 2, (60, 3)).astype(float)
CATEGORIES = ["color", "food", None] * 20
GROUPS = np.repeat(np.arange(20), 3).tolist()


def test_every_category_is_computed_on_its_own_items():
    results = agreement_by(
        krippendorff_alpha, RATINGS, categories=CATEGORIES, groups=GROUPS, n_resamples=50, rng=0, level="nominal"
    )
    assert list(results) == ["color", "food"]
    for first, name in enumerate(results):
        alone = krippendorff_alpha(RATINGS[first::3], level="nominal")
        assert results[name].statistic == alone.statistic
        assert (results[name].n, results[name].n_groups) == (20, 20)
        assert results[name].confidence_interval is not None


def test_it_serves_any_statistic_of_a_table():
    shares = agreement_by(share_within, RATINGS, categories=CATEGORIES, tolerance=0)
    assert shares["food"].items.statistic == np.mean(np.ptp(RATINGS[1::3], axis=1) == 0)
    assert agreement_by(icc, RATINGS, categories=CATEGORIES, form="(1,1)")["color"].form == "(1,1)"


def test_a_category_too_small_says_why_and_does_not_warn_of_its_interval(caplog):
    ratings = [[1, 1], *[[0, 1], [1, 1], [0, 0]] * 3]
    results = agreement_by(
        krippendorff_alpha, ratings, categories=["a", *"b" * 9], n_resamples=9, level="nominal", rng=0
    )
    assert results["a"].status == "all ratings are the same"
    assert not caplog.records


@pytest.mark.parametrize(
    "options, message",
    [
        ({"categories": ["a"]}, "one category per item, got 1 for 60"),
        ({"categories": CATEGORIES, "groups": ["a"]}, "one group per item, got 1 for 60"),
    ],
    ids=["categories", "groups"],
)
def test_wrong_lengths_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        agreement_by(krippendorff_alpha, RATINGS, level="nominal", **options)
