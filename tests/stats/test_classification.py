import numpy as np
import pytest

from evalmuse_hf.stats import element_accuracy

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
        predictions=[1, 0, 1],
        references=[1, 0, 0],
        categories=["color", "color", "food"],
        groups=["a", "b", "b"],
        n_resamples=20,
    )
    assert result.by_category["food"].confidence_interval is None
    assert result.by_category["color"].confidence_interval is not None
    assert not caplog.records
