import numpy as np
import pytest
from sklearn.metrics import f1_score as reference_f1
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from evalmuse_hf.stats import auroc, f1_score
from evalmuse_hf.stats.discrimination import auroc_of_counts

NAN = float("nan")
RNG = np.random.default_rng(0)
# Steps of a tenth tie often; the references are shares of three raters.
SCORES = np.round(RNG.uniform(size=400), 1)
SHARES = np.round(np.clip(SCORES + RNG.normal(scale=0.4, size=400), 0, 1) * 3) / 3
GROUPS = [row // 8 for row in range(400)]


@pytest.mark.parametrize("positive", ["yes", "no"])
@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_f1_precision_and_recall_are_those_of_scikit_learn(positive, threshold):
    result = f1_score(predictions=SCORES, references=SHARES, threshold=threshold, positive=positive)
    verdicts = {"y_true": threshold <= SHARES, "y_pred": threshold <= SCORES, "pos_label": positive == "yes"}
    assert result.statistic == pytest.approx(reference_f1(**verdicts), abs=1e-12)
    assert result.precision == pytest.approx(precision_score(**verdicts), abs=1e-12)
    assert result.recall == pytest.approx(recall_score(**verdicts), abs=1e-12)


def test_the_area_is_that_of_scikit_learn_and_ties_count_half():
    result = auroc(predictions=SCORES, references=SHARES)
    assert result.statistic == pytest.approx(roc_auc_score(SHARES >= 0.5, SCORES), abs=1e-12)
    assert result.n_positive == (SHARES >= 0.5).sum()


def test_the_area_does_not_change_under_a_monotone_map_of_the_scores_and_turns_over_with_their_sign():
    value = auroc(predictions=SCORES, references=SHARES).statistic
    assert auroc(predictions=np.exp(3 * SCORES) - 7, references=SHARES).statistic == value
    assert auroc(predictions=-SCORES, references=SHARES).statistic == pytest.approx(1 - value, abs=1e-12)


def test_the_area_of_drawn_clusters_is_that_of_the_rows_written_out():
    rng = np.random.default_rng(1)
    codes = rng.integers(30, size=400)
    counts = rng.multinomial(30, np.full(30, 1 / 30), size=25).astype(float)
    values = auroc_of_counts(scores=SCORES, actual=SHARES >= 0.5, codes=codes)(counts)
    for drawn, value in zip(counts.astype(int), values, strict=True):
        rows = np.repeat(np.arange(400), drawn[codes])
        assert value == pytest.approx(roc_auc_score(SHARES[rows] >= 0.5, SCORES[rows]), abs=1e-12)


def test_f1_intervals_rest_on_resamples_of_whole_groups():
    result = f1_score(predictions=SCORES, references=SHARES, groups=GROUPS, n_resamples=100, rng=3)
    counts = np.random.default_rng(3).multinomial(50, np.full(50, 1 / 50), size=100)
    values = []
    for drawn in counts:
        rows = np.repeat(np.arange(400), np.repeat(drawn, 8))
        values.append(reference_f1(SHARES[rows] >= 0.5, SCORES[rows] >= 0.5))
    assert result.confidence_interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-12)


@pytest.mark.parametrize("measure", [f1_score, auroc])
@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_intervals_hold_the_statistic_and_repeat_also_by_category(measure, interval):
    pairs = {"predictions": SCORES, "references": SHARES, "groups": GROUPS, "categories": ["a", "b"] * 200}
    first, second = (measure(**pairs, n_resamples=200, interval=interval, rng=1) for _ in range(2))
    assert first == second
    for result in (first, *first.by_category.values()):
        assert result.confidence_interval.low < result.statistic < result.confidence_interval.high
        assert (result.n_groups, result.interval_method) == (50, interval)


@pytest.mark.parametrize("measure", [f1_score, auroc])
def test_categories_are_scored_apart_like_their_own_rows(measure):
    categories = [("a", "b", None)[row % 3] for row in range(400)]
    table = measure(predictions=SCORES, references=SHARES, categories=categories).by_category
    assert list(table) == ["a", "b"]
    assert table["b"].statistic == measure(predictions=SCORES[1::3], references=SHARES[1::3]).statistic


@pytest.mark.parametrize(
    "measure, references, status",
    [
        (f1_score, [0, 0], "no reference says yes"),
        (auroc, [0, 0], "no reference says yes"),
        (auroc, [1, 1], "no reference says no"),
        (f1_score, [], "no rows"),
        (auroc, [], "no rows"),
    ],
)
def test_a_class_without_elements_is_nan_with_a_reason(measure, references, status):
    result = measure(predictions=[0.9, 0.2][: len(references)], references=references, n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == (status, None)


def test_constant_scores_order_nothing_and_have_no_area(caplog):
    result = auroc(predictions=[0.7] * 4, references=[1, 0, 1, 0], n_resamples=10)
    assert np.isnan(result.statistic)
    assert result.status == "constant predictions"
    assert "The AUROC is undefined: constant predictions" in caplog.text


def test_full_agreement_is_one_without_an_interval():
    pairs = {"predictions": [0.9, 0.1] * 20, "references": [1, 0] * 20, "groups": [row // 4 for row in range(40)]}
    for measure in (f1_score, auroc):
        result = measure(**pairs, n_resamples=50, rng=0)
        assert (result.statistic, result.confidence_interval) == (1.0, None)


def test_f1_of_a_scorer_that_never_finds_the_class_is_zero():
    result = f1_score(predictions=[0.1, 0.2], references=[1, 0])
    assert (result.statistic, result.recall) == (0.0, 0.0)
    assert np.isnan(result.precision)


def test_a_category_of_two_elements_has_a_number_and_says_how_few_there_are():
    pairs = {"predictions": [0.9, 0.1, 0.8, 0.3], "references": [1, 0, 0, 1], "categories": ["a", "a", "b", "b"]}
    result = auroc(**pairs).by_category
    assert [(line.statistic, line.n) for line in result.values()] == [(1.0, 2), (0.0, 2)]


def test_unscored_elements_counted_wrong_lower_precision_and_recall():
    result = f1_score(predictions=[0.9, NAN, NAN], references=[1, 1, 0], unscored="wrong")
    assert (result.statistic, result.precision, result.recall, result.n_unscored) == (0.5, 0.5, 0.5, 2)


def test_one_group_has_no_interval(caplog):
    result = auroc(predictions=[0.9, 0.1], references=[1, 0], groups=["p", "p"], n_resamples=10)
    assert (result.statistic, result.confidence_interval) == (1.0, None)
    assert "at least 2 groups" in caplog.text


@pytest.mark.parametrize("measure", [f1_score, auroc])
@pytest.mark.parametrize("value, message", [(NAN, "has 1 nan"), (float("inf"), "has 1 infinite")])
def test_nan_and_infinite_scores_are_refused_with_their_row(measure, value, message):
    with pytest.raises(ValueError, match=f"`predictions` {message} of 2 values, first at row 1"):
        measure(predictions=[0.5, value], references=[1, 0])


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="`positive` must be one of 'yes', 'no', got 'maybe'"):
        f1_score(predictions=[1.0], references=[1.0], positive="maybe")
