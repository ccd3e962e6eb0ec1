import krippendorff
import numpy as np
import pytest

from evalmuse_hf.stats import krippendorff_alpha

NAN = float("nan")
LEVELS = ("nominal", "ordinal", "interval", "ratio")
# Four observers, twelve units: the example of Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.
PUBLISHED = np.transpose(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)


@pytest.mark.parametrize(
    "level, alpha", [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_the_published_example_comes_out_at_every_level(level, alpha):
    result = krippendorff_alpha(PUBLISHED, level=level)
    assert result.statistic == pytest.approx(alpha, abs=5e-4)  # three digits are printed
    assert (result.n, result.n_dropped, result.status) == (11, 1, "ok")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_the_package_krippendorff(level, seed):
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 6, (25, 5)).astype(float)
    ratings[rng.random(ratings.shape) < 0.4] = np.nan
    expected = krippendorff.alpha(ratings.T, level_of_measurement=level)
    assert krippendorff_alpha(ratings, level=level).statistic == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_neither_raters_nor_items_have_an_order(level):
    shuffled = np.random.default_rng(0).permuted(PUBLISHED, axis=1)[::-1]  # within each item
    expected = krippendorff_alpha(PUBLISHED, level=level).statistic
    assert krippendorff_alpha(shuffled, level=level).statistic == pytest.approx(expected)


def test_items_with_one_rating_and_empty_columns_change_nothing():
    padded = np.column_stack([np.vstack([PUBLISHED, [[9, NAN, NAN, NAN]]]), np.full(13, NAN)])
    result = krippendorff_alpha(padded, level="ordinal")
    assert result.statistic == pytest.approx(krippendorff_alpha(PUBLISHED, level="ordinal").statistic)
    assert result.n_dropped == 2


def test_an_ordinal_difference_does_not_depend_on_the_spacing():
    stretched = np.exp(PUBLISHED)
    expected = krippendorff_alpha(PUBLISHED, level="ordinal").statistic
    assert krippendorff_alpha(stretched, level="ordinal").statistic == pytest.approx(expected)


@pytest.mark.parametrize(
    "ratings, status, n",
    [
        ([[1, NAN], [NAN, 2]], "no item has two ratings", 0),
        (np.empty((0, 3)), "no item has two ratings", 0),
        ([[1, 1], [1, 1]], "all ratings are the same", 2),
    ],
    ids=["one rating each", "no items", "constant"],
)
@pytest.mark.parametrize("level", LEVELS)
def test_undefined_alpha_is_nan_with_a_reason(ratings, status, n, level):
    result = krippendorff_alpha(ratings, level=level, n_resamples=5)
    assert np.isnan(result.statistic)
    assert (result.status, result.n, result.confidence_interval) == (status, n, None)


def test_two_zeros_do_not_differ_at_ratio_level():
    assert krippendorff_alpha([[0, 0], [1, 1]], level="ratio").statistic == 1


def test_an_item_drawn_twice_counts_as_two_items():
    # One of 27 resamples holds the third item three times, which is the worst of all; six hold only the first two.
    result = krippendorff_alpha([[1, 1], [2, 2], [1, 2]], level="nominal", n_resamples=2000, rng=0)
    thrice = krippendorff_alpha([[1, 2]] * 3, level="nominal").statistic
    assert result.confidence_interval == pytest.approx((thrice, 1.0))


def test_groups_are_drawn_together_and_never_change_alpha():
    groups = list("aabbccddeeff")
    alone = krippendorff_alpha(PUBLISHED, level="ordinal", n_resamples=50, rng=0)
    together = krippendorff_alpha(PUBLISHED, level="ordinal", groups=groups, n_resamples=50, rng=0)
    assert together.statistic == alone.statistic
    assert together.n_groups == 6
    assert together.confidence_interval != alone.confidence_interval
    assert together == krippendorff_alpha(PUBLISHED, level="ordinal", groups=groups, n_resamples=50, rng=0)


@pytest.mark.parametrize(
    "ratings, options, kind, message",
    [
        ([1, 2, 3], {}, ValueError, r"shape \(items, raters\)"),
        ([[1, 2], [3]], {}, TypeError, "table of numbers"),
        ([[1, float("inf")]], {}, ValueError, "finite, got inf at item 0, rater 1"),
        ([[1, -2]], {"level": "ratio"}, ValueError, "0 or more at level 'ratio', got -2"),
        ([[1, 2]], {"level": "binary"}, ValueError, "`level` must be one of"),
        ([[1, 2]], {"groups": ["a", "b"]}, ValueError, "one group per item, got 2 for 1"),
    ],
    ids=["flat", "ragged", "infinite", "negative ratio", "unknown level", "groups"],
)
def test_wrong_input_is_refused(ratings, options, kind, message):
    with pytest.raises(kind, match=message):
        krippendorff_alpha(ratings, **{"level": "ordinal", **options})
