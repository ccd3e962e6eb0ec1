import numpy as np
import pytest

from evalmuse_hf.stats import dawid_skene

NAN = float("nan")


def simulate(seed=0, n=600, raters=10, each=4):
    """Elements of which 40 % are there; raters with hit rates of .65 to .95 and, for a no, of .9 to .6."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    right = np.stack([np.linspace(0.9, 0.6, raters), np.linspace(0.65, 0.95, raters)])  # of no, of yes
    correct = rng.random((n, raters)) < right[truth.astype(int)]
    labels = np.where(correct, truth[:, None], ~truth[:, None]).astype(float)
    return np.where(rng.random((n, raters)).argsort(axis=1) < each, labels, NAN), truth, right


def test_raters_prevalence_and_truth_are_recovered():
    ratings, truth, right = simulate(n=3000)
    fit = dawid_skene(ratings, identified=True)
    assert fit.converged
    assert fit.classes.tolist() == [0, 1]
    for code in (0, 1):
        # Each rater saw about 1,200 items, 480 of them a yes: a standard error of .02.
        assert fit.confusion[:, code, code] == pytest.approx(right[code], abs=0.06)
    assert fit.prevalence[1] == pytest.approx(truth.mean(), abs=0.03)
    accuracy = ((fit.posteriors[:, 1] > 0.5) == truth).mean()
    majority = np.mean([(np.nanmean(ratings, axis=1) > level) == truth for level in (0.4, 0.6)])
    assert accuracy > majority + 0.02
    answered = ~np.isnan(ratings)
    assert fit.statistic == pytest.approx((ratings == truth[:, None])[answered].mean(), abs=0.01)


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_what_is_maximised_never_falls(smoothing):
    fit = dawid_skene(simulate()[0], identified=True, smoothing=smoothing)
    assert len(fit.objectives) > 5
    assert np.diff(fit.objectives).min() > -1e-7


def test_without_a_prior_the_objective_is_the_log_likelihood_of_the_fit():
    ratings, _, _ = simulate(n=60)
    fit = dawid_skene(ratings, identified=True, smoothing=0.0, tolerance=1e-12)
    total = 0.0
    for row in ratings:
        given = [(rater, int(value)) for rater, value in enumerate(row) if not np.isnan(value)]
        chances = [
            fit.prevalence[k] * np.prod([fit.confusion[rater, k, value] for rater, value in given]) for k in (0, 1)
        ]
        total += np.log(sum(chances))
    assert fit.objectives[-1] == pytest.approx(total, abs=1e-6)


def test_one_step_is_the_one_derived_by_hand():
    # Shares: item 0 yes 1, item 1 yes 1/2. Rater 0 said yes, no: of a weight 1 + 1/2 of yes, 1 was named; of the
    # weight 1/2 of no, all were named. Rater 1 said yes twice. Prevalence of yes: 3/4. Without a prior:
    # item 0: yes 3/4 * 2/3 * 1, no 1/4 * 0 * 1; item 1: yes 3/4 * 1/3 * 1, no 1/4 * 1 * 1: a half.
    fit = dawid_skene([[1, 1], [0, 1]], identified=True, smoothing=0.0, max_iterations=1)
    assert fit.prevalence.tolist() == [0.25, 0.75]
    assert fit.confusion[0] == pytest.approx(np.array([[1, 0], [1 / 3, 2 / 3]]))
    assert fit.posteriors[:, 1] == pytest.approx([1, 0.5])
    assert not fit.converged


def test_the_prior_is_so_many_ratings_spread_evenly():
    fit = dawid_skene([[1, 1], [0, 1]], identified=True, smoothing=2.0, max_iterations=1)
    assert fit.confusion[0] == pytest.approx(np.array([[1.5 / 2.5, 1 / 2.5], [1.5 / 3.5, 2 / 3.5]]))
    assert fit.prevalence[1] == pytest.approx((1.5 + 1) / 4)


def test_more_than_two_classes_are_told_apart():
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 4, 400)
    wrong = rng.random((400, 5)) < 0.25
    ratings = np.where(wrong, rng.integers(1, 4, (400, 5)), truth[:, None])
    fit = dawid_skene(ratings, identified=True)
    assert fit.confusion.shape == (5, 3, 3)
    assert fit.confusion.sum(axis=2) == pytest.approx(np.ones((5, 3)))
    assert (fit.classes[fit.posteriors.argmax(axis=1)] == truth).mean() > 0.95


def test_rows_and_raters_without_ratings_are_nan_and_single_ratings_count():
    fit = dawid_skene([[1, 1, NAN], [NAN, NAN, NAN], [0, NAN, NAN], [0, 0, NAN]], identified=True)
    assert np.isnan(fit.posteriors[1]).all()
    assert not np.isnan(fit.posteriors[[0, 2, 3]]).any()
    assert np.isnan(fit.confusion[2]).all()
    assert (fit.n, fit.n_dropped) == (3, 1)


def test_neither_items_nor_raters_have_an_order():
    ratings, _, _ = simulate(n=100)
    fit, turned = (dawid_skene(table, identified=True) for table in (ratings, ratings[::-1, ::-1]))
    assert turned.posteriors[::-1] == pytest.approx(fit.posteriors)
    assert turned.confusion[::-1] == pytest.approx(fit.confusion)


def test_the_interval_draws_whole_groups_and_is_repeatable():
    ratings, _, _ = simulate(n=120)
    options = {"identified": True, "groups": np.repeat(np.arange(30), 4), "n_resamples": 30, "rng": 0}
    fit = dawid_skene(ratings, **options)
    assert fit.n_groups == 30
    assert fit.confidence_interval.low < fit.statistic < fit.confidence_interval.high
    assert fit.confidence_interval == dawid_skene(ratings, **options).confidence_interval
    assert fit.statistic == dawid_skene(ratings, identified=True).statistic


@pytest.mark.parametrize(
    "ratings, identified, status",
    [
        ([[1, 0]], False, "not identified"),
        ([[NAN, NAN]], True, "no ratings"),
        ([[1, 1], [1, NAN]], True, "all ratings are the same"),
    ],
    ids=["anonymous", "empty", "constant"],
)
def test_without_a_model_there_is_a_reason(ratings, identified, status):
    fit = dawid_skene(ratings, identified=identified, n_resamples=3)
    assert np.isnan(fit.statistic)
    assert status in fit.status
    assert (fit.posteriors.size, fit.confusion.size, fit.confidence_interval) == (0, 0, None)


@pytest.mark.parametrize("options", [{"smoothing": -1}, {"max_iterations": 0}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValueError, match="`smoothing` must be 0 or more and `max_iterations` at least 1"):
        dawid_skene([[0, 1]], identified=True, **options)
