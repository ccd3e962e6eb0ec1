import numpy as np
import pandas as pd
import pingouin
import pytest

from evalmuse_hf.stats import icc

NAN = float("nan")
# Table 2 of Shrout and Fleiss, 1979: six targets, four judges.
PUBLISHED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
FORMS = ("(1,1)", "(A,1)", "(C,1)", "(1,k)", "(A,k)", "(C,k)")


@pytest.mark.parametrize("form, value", [*zip(FORMS, [0.17, 0.29, 0.71, 0.44, 0.62, 0.91], strict=True)])
def test_the_published_example_comes_out_in_every_form(form, value):
    result = icc(PUBLISHED, form=form, identified=True)
    assert result.statistic == pytest.approx(value, abs=0.005)  # two digits are printed
    assert (result.form, result.name, result.k) == (form, f"ICC{form}", 4 if form.endswith("k)") else 1)


@pytest.mark.parametrize("seed", range(2))
def test_every_form_agrees_with_pingouin_on_complete_tables(seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(20, 1)) + rng.normal(0, 0.5, 5) + rng.normal(0, 0.7, (20, 5))
    items, raters = np.indices(table.shape)
    rows = pd.DataFrame({"item": items.ravel(), "rater": raters.ravel(), "y": table.ravel()})
    expected = pingouin.intraclass_corr(rows, targets="item", raters="rater", ratings="y").set_index("Type")["ICC"]
    for form in FORMS:
        assert icc(table, form=form, identified=True).statistic == pytest.approx(expected[f"ICC{form}"], abs=1e-10)


def test_unequal_numbers_follow_the_analysis_of_variance_written_out():
    lists = [[1, 2], [4, 5, 4], [2, 2, 3, 3], [5, 3]]
    sizes = np.array([len(row) for row in lists])
    n, total, mean = len(lists), sizes.sum(), np.mean(np.concatenate(lists))
    between = sum(len(row) * (np.mean(row) - mean) ** 2 for row in lists) / (n - 1)
    within = sum(np.sum((row - np.mean(row)) ** 2) for row in lists) / (total - n)
    k0 = (total - (sizes**2).sum() / total) / (n - 1)
    table = [row + [NAN] * (4 - len(row)) for row in lists]
    single = icc(table, form="(1,1)")
    assert single.statistic == pytest.approx((between - within) / (between + (k0 - 1) * within))
    k = n / np.sum(1 / sizes)
    averaged = icc(table, form="(1,k)")
    assert averaged.k == pytest.approx(k)
    assert averaged.statistic == pytest.approx(k * single.statistic / (1 + (k - 1) * single.statistic))
    assert icc(table, form="(1,k)", k=6).statistic == pytest.approx(6 * single.statistic / (1 + 5 * single.statistic))


def incomplete(rng, *, n=120, raters=12, each=3):
    """Variances 1 of items, 0.25 of raters, 0.49 of error; three of twelve raters rate an item."""
    table = rng.normal(size=(n, 1)) + rng.normal(0, 0.5, raters) + rng.normal(0, 0.7, (n, raters))
    return np.where(rng.random(table.shape).argsort(axis=1) < each, table, NAN)


def test_variances_of_incomplete_tables_are_unbiased():
    fits = [icc(incomplete(np.random.default_rng(seed)), form="(A,1)", identified=True) for seed in range(300)]
    for name, truth in (("item_variance", 1.0), ("rater_variance", 0.25), ("error_variance", 0.49)):
        values = [getattr(fit, name) for fit in fits]
        assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(300))
        assert np.std(values) / np.sqrt(300) < 0.05 * truth  # so that the line above could fail


def test_missing_ratings_at_random_hardly_move_a_coefficient():
    rng = np.random.default_rng(0)
    table = incomplete(rng, n=2000, each=12)
    gaps = np.where(rng.random(table.shape) < 0.5, table, NAN)
    for form in ("(1,1)", "(A,1)", "(C,1)"):
        whole, part = (icc(one, form=form, identified=True).statistic for one in (table, gaps))
        assert part == pytest.approx(whole, abs=0.02)


def test_a_lenient_rater_costs_agreement_and_not_consistency():
    base = np.arange(8.0)
    table = np.column_stack([base, base + 2])
    assert icc(table, form="(C,1)", identified=True).statistic == pytest.approx(1)
    assert icc(table, form="(A,1)", identified=True).statistic < 0.8


@pytest.mark.parametrize("form", ["(A,1)", "(A,k)", "(C,1)", "(C,k)"])
def test_two_way_forms_need_persons(form):
    result = icc(PUBLISHED, form=form, n_resamples=5)
    assert np.isnan(result.statistic)
    assert "not identified" in result.status
    assert result.form == form


@pytest.mark.parametrize(
    "table, form, status",
    [
        ([[1, 2]], "(1,1)", "fewer than two items"),
        ([[1, NAN], [2, NAN]], "(1,1)", "no item has two ratings"),
        ([[2, 2], [2, 2]], "(A,1)", "all ratings are the same"),
        ([[1, 2, NAN, NAN], [NAN, NAN, 3, 5]], "(A,1)", "raters and items cannot be told apart"),
    ],
    ids=["one item", "single ratings", "constant", "a rater an item"],
)
def test_undefined_coefficients_are_nan_with_a_reason(table, form, status):
    result = icc(table, form=form, identified=True)
    assert np.isnan(result.statistic)
    assert result.status == status


def test_ratings_that_differ_more_within_items_than_between_give_a_negative_value():
    # Both items have mean 2: nothing lies between them, and MSB = 0 gives -1 / (k - 1).
    assert icc([[1, 3], [3, 1]], form="(1,1)").statistic == pytest.approx(-1)


@pytest.mark.parametrize("form", ["(1,1)", "(A,k)"])
def test_the_interval_is_that_of_resampled_groups_written_out(form):
    table, groups = incomplete(np.random.default_rng(5), n=40, raters=5), np.repeat(np.arange(10), 4)
    counts = np.random.default_rng(1).multinomial(10, np.full(10, 0.1), size=50)
    values = [icc(np.repeat(table, drawn[groups], axis=0), form=form, identified=True).statistic for drawn in counts]
    result = icc(table, form=form, identified=True, groups=groups, n_resamples=50, rng=1)
    assert result.confidence_interval == pytest.approx(np.quantile(values, [0.025, 0.975]))
    assert result.n_groups == 10


@pytest.mark.parametrize(
    "options, message",
    [
        ({"form": "(2,1)"}, "`form` must be one of"),
        ({"form": "(1,k)", "k": 0}, "`k` must be positive"),
        ({"form": "(A,1)", "k": 3}, r"`k` has no use in form '\(A,1\)'.*'\(A,k\)'"),
    ],
    ids=["form", "no ratings", "single"],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        icc(PUBLISHED, **options)
