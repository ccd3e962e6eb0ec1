import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from evalmuse_hf.stats import element_accuracy
from evalmuse_hf.stats.classification import accuracy_of_counts, verdict_sums
from evalmuse_hf.stats.verdicts import read_verdicts

# Verdicts: predicted yes yes no no no yes, human yes yes yes no no no -> true yes 2 of 3, true no 2 of 3.
PREDICTIONS = [0.9, 0.6, 0.4, 0.1, 0.3, 0.8]
REFERENCES = [1.0, 0.75, 1.0, 0.0, 0.25, 0.0]
NAN = float("nan")


def test_a_score_at_the_threshold_is_a_yes_on_both_sides():
    result = element_accuracy(predictions=[0.5, 0.5, 0.49, 1.0], references=[1.0, 0.0, 0.5, 0.5])
    assert (result.statistic, result.n_yes) == (0.5, 3)


def test_the_threshold_moves_both_sides():
    result = element_accuracy(predictions=[0.6, 0.8], references=[0.6, 0.6], threshold=0.7)
    assert (result.statistic, result.n_yes) == (0.5, 0)


def test_recalls_are_reported():
    result = element_accuracy(predictions=PREDICTIONS, references=REFERENCES)
    assert (result.statistic, result.recall_yes, result.recall_no) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_always_yes_has_balanced_accuracy_one_half():
    always = {"predictions": [1.0] * 10, "references": [1.0] * 9 + [0.0]}
    assert element_accuracy(**always).statistic == 0.9
    assert element_accuracy(**always, average="balanced").statistic == 0.5


@pytest.mark.parametrize("reference, status", [(1.0, "no reference says no"), (0.0, "no reference says yes")])
def test_balanced_accuracy_of_one_class_is_nan_with_a_reason(reference, status):
    pairs = {"predictions": [0.9, 0.1], "references": [reference] * 2}
    result = element_accuracy(**pairs, average="balanced", n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == (status, None)
    assert element_accuracy(**pairs).statistic == 0.5


@pytest.mark.parametrize("average", ["micro", "balanced"])
def test_no_rows_are_nan_with_a_reason(average):
    result = element_accuracy(predictions=[], references=[], average=average)
    assert np.isnan(result.statistic)
    assert result.status == "no rows"


@pytest.mark.parametrize("average", ["micro", "balanced"])
def test_categories_are_scored_apart_like_their_own_rows(average):
    categories = ["color", "color", "food", "color", "food", None]
    table = element_accuracy(
        predictions=PREDICTIONS, references=REFERENCES, categories=categories, average=average
    ).by_category
    assert list(table) == ["color", "food"]
    assert table["color"] == element_accuracy(predictions=[0.9, 0.6, 0.1], references=[1, 0.75, 0], average=average)
    assert table["food"] == element_accuracy(predictions=[0.4, 0.3], references=[1, 0.25], average=average)


def test_unscored_elements_are_refused_with_their_row():
    with pytest.raises(ValueError, match="`predictions` has 1 nan of 2 values, first at row 1 "):
        element_accuracy(predictions=[1.0, NAN], references=[1.0, 0.0])


def test_unscored_elements_are_left_out_and_counted_in_total_and_by_category():
    result = element_accuracy(
        predictions=[1.0, NAN, 0.0], references=[1.0, 1.0, 0.0], categories=["a", "b", "b"], nan_policy="omit"
    )
    assert (result.statistic, result.n, result.n_dropped) == (1.0, 2, 1)
    assert [line.n_dropped for line in result.by_category.values()] == [0, 1]


def test_the_official_behaviour_takes_an_unscored_element_for_a_no():
    result = element_accuracy(predictions=[1.0, NAN, None], references=[1.0, 1.0, 0.0], compat="official")
    assert (result.statistic, result.n, result.n_dropped) == (pytest.approx(2 / 3), 3, 0)


@pytest.mark.parametrize("average", ["micro", "balanced"])
def test_the_interval_holds_the_statistic_and_repeats(average):
    rng = np.random.default_rng(0)
    references = rng.uniform(size=300)
    pairs = {
        "predictions": references + rng.normal(scale=0.3, size=300),
        "references": references,
        "groups": [row // 5 for row in range(300)],
        "categories": ["a" if row % 2 else "b" for row in range(300)],
    }
    first, second = (element_accuracy(**pairs, average=average, n_resamples=200, rng=1) for _ in range(2))
    assert first == second
    for result in (first, *first.by_category.values()):
        assert result.confidence_interval.low < result.statistic < result.confidence_interval.high
        assert result.n_groups == 60


def test_one_category_per_element_is_needed():
    with pytest.raises(ValueError, match="one category per element, got 1 for 2 elements"):
        element_accuracy(predictions=[1, 0], references=[1, 0], categories=["color"])


@pytest.mark.parametrize("option", [{"average": "macro"}, {"compat": "paper"}], ids=["average", "compat"])
def test_an_unknown_option_is_refused(option):
    with pytest.raises(ValueError, match="must be one of"):
        element_accuracy(predictions=[1, 0], references=[1, 0], **option)


def test_a_category_of_one_group_has_no_interval_and_no_warning(caplog):
    result = element_accuracy(
        predictions=[1, 1, 1],
        references=[1, 0, 0],
        categories=["color", "color", "food"],
        groups=["a", "b", "b"],
        n_resamples=20,
        rng=0,
    )
    assert result.by_category["food"].confidence_interval is None
    assert result.by_category["color"].confidence_interval is not None
    assert not caplog.records


def test_an_unscored_element_counts_as_wrong_when_asked_for_whatever_people_say():
    result = element_accuracy(predictions=[0.9, NAN, NAN, 0.1], references=[1, 1, 0, 0], unscored="wrong")
    assert (result.statistic, result.recall_yes, result.recall_no) == (0.5, 0.5, 0.5)
    assert (result.n, result.n_dropped, result.n_unscored) == (4, 0, 2)


@pytest.mark.parametrize("average", ["micro", "balanced"])
def test_dropping_hard_elements_raises_the_accuracy_only_if_they_do_not_count_as_wrong(average):
    rng = np.random.default_rng(2)
    references = rng.integers(2, size=200)
    predictions = np.where(rng.uniform(size=200) < 0.7, references, 1 - references).astype(float)
    dropped = np.where(predictions == references, predictions, NAN)
    kept = {"references": references, "average": average}
    whole = element_accuracy(predictions=predictions, **kept).statistic
    assert element_accuracy(predictions=dropped, **kept, nan_policy="omit").statistic == 1.0
    assert element_accuracy(predictions=dropped, **kept, unscored="wrong").statistic == pytest.approx(whole, abs=1e-12)


def test_unscored_elements_counted_wrong_are_counted_by_category():
    result = element_accuracy(
        predictions=[1.0, NAN, 0.0], references=[1, 1, 0], categories=["a", "b", "b"], unscored="wrong"
    )
    assert [(line.statistic, line.n_unscored) for line in result.by_category.values()] == [(1.0, 0), (0.5, 1)]


def test_an_element_without_a_rating_is_not_counted_as_wrong():
    result = element_accuracy(predictions=[1.0, NAN], references=[1.0, NAN], unscored="wrong", nan_policy="omit")
    assert (result.statistic, result.n, result.n_dropped) == (1.0, 1, 1)


def test_two_rules_for_unscored_elements_are_refused():
    with pytest.raises(ValueError, match="leave out `unscored` beside it"):
        element_accuracy(predictions=[NAN], references=[1.0], unscored="wrong", compat="official")


def test_an_infinite_score_is_refused_even_where_unscored_elements_are_wrong():
    with pytest.raises(ValueError, match="`predictions` has 1 infinite"):
        element_accuracy(predictions=[float("inf"), NAN], references=[1.0, 1.0], unscored="wrong")


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_a_category_of_two_elements_and_full_agreement_have_numbers_but_no_intervals(interval, caplog):
    result = element_accuracy(
        predictions=[1, 0] * 10 + [0, 0],
        references=[1, 0] * 10 + [1, 0],
        categories=["color"] * 20 + ["food"] * 2,
        groups=[row // 2 for row in range(20)] + ["x", "y"],
        n_resamples=200,
        interval=interval,
        rng=0,
    )
    assert (result.by_category["color"].statistic, result.by_category["color"].confidence_interval) == (1.0, None)
    assert "every resample gives the same value" in caplog.text
    food = result.by_category["food"]
    assert (food.statistic, food.n, food.n_groups) == (0.5, 2, 2)
    assert food.confidence_interval is None
    assert f"undefined in {food.n_failed} of 200 resamples" in caplog.text  # those without either of its two prompts
    assert result.interval_method == interval


def test_accuracy_of_drawn_clusters_is_that_of_the_rows_written_out():
    rng = np.random.default_rng(5)
    predictions, references = rng.uniform(size=60), rng.uniform(size=60)
    groups = rng.integers(8, size=60)
    verdicts = read_verdicts(
        predictions=predictions,
        references=references,
        threshold=0.5,
        categories=None,
        groups=groups.tolist(),
        nan_policy="raise",
    )
    counts = rng.multinomial(8, np.full(8, 1 / 8), size=20).astype(float)
    for average in ("micro", "balanced"):
        values = accuracy_of_counts(verdict_sums(verdicts, verdicts.parts[0]), average)(counts)
        for drawn, value in zip(counts, values, strict=True):
            rows = np.repeat(np.arange(60), drawn.astype(int)[verdicts.sample.codes])
            expected = element_accuracy(predictions=predictions[rows], references=references[rows], average=average)
            assert value == pytest.approx(expected.statistic, abs=1e-12)


def test_accuracies_are_those_of_scikit_learn():
    rng = np.random.default_rng(6)
    predictions, references = rng.uniform(size=500), rng.uniform(size=500)
    pairs = {"predictions": predictions, "references": references}
    verdicts = references >= 0.5, predictions >= 0.5
    assert element_accuracy(**pairs).statistic == pytest.approx(accuracy_score(*verdicts), abs=1e-12)
    balanced = element_accuracy(**pairs, average="balanced").statistic
    assert balanced == pytest.approx(balanced_accuracy_score(*verdicts), abs=1e-12)
