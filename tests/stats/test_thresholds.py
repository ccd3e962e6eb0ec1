import numpy as np
import pytest

from evalmuse_hf.stats import best_threshold, category_thresholds, element_accuracy, grouped_folds

NAN = float("nan")
RNG = np.random.default_rng(0)
N = 600
GROUPS = [row // 6 for row in range(N)]
CATEGORIES = [("color", "food", "counting")[row % 3] for row in range(N)]
SHARES = np.round(RNG.uniform(size=N) * 3) / 3
# Colours score too high, counting too low.
SCORES = np.clip(SHARES + RNG.normal(scale=0.25, size=N) + np.tile([0.3, 0.0, -0.3], N // 3), 0, 1)


def brute_accuracy(scores, actual, threshold, average):
    right = (scores >= threshold) == actual
    return right.mean() if average == "micro" else (right[actual].mean() + right[~actual].mean()) / 2


@pytest.mark.parametrize("average", ["micro", "balanced"])
@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better_than_the_best(average, seed):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.uniform(size=60), 1 + seed % 2)
    actual = rng.uniform(size=60) < scores
    found = best_threshold(scores=scores, actual=actual, average=average)
    reached = brute_accuracy(scores, actual, found, average)
    tried = [brute_accuracy(scores, actual, value, average) for value in np.linspace(-0.05, 1.05, 2201)]
    assert reached == pytest.approx(max(tried), abs=1e-12)


def test_the_usual_threshold_is_kept_where_none_is_better():
    scores, actual = np.array([0.2, 0.4, 0.8]), np.array([False, False, True])
    assert best_threshold(scores=scores, actual=actual) == 0.5
    assert best_threshold(scores=scores, actual=actual, usual=0.1) == pytest.approx(0.6)


def test_a_scorer_without_order_gets_a_threshold_that_always_says_the_commoner_answer():
    scores, actual = np.array([0.9, 0.2, 0.1]), np.array([False, True, True])
    assert (scores >= best_threshold(scores=scores, actual=actual)).all()
    assert not (scores >= best_threshold(scores=scores, actual=~actual & (scores < 0.15))).any()


def test_neighbours_in_float64_are_told_apart():
    scores = np.array([0.7, np.nextafter(0.7, 1)])
    threshold = best_threshold(scores=scores, actual=np.array([False, True]))
    assert (scores >= threshold).tolist() == [False, True]


def test_thresholds_follow_the_bias_of_their_category_and_raise_the_accuracy_of_new_prompts():
    found = category_thresholds(
        predictions=SCORES, references=SHARES, categories=CATEGORIES, groups=GROUPS, n_resamples=200
    )
    thresholds = [line.threshold for line in found.by_category.values()]
    assert list(found.by_category) == ["color", "counting", "food"]
    assert thresholds[1] < thresholds[2] < thresholds[0]
    assert found.gain.confidence_interval.low > 0
    assert found.by_category["food"].gain.confidence_interval.low < 0.02
    assert found.gain.statistic == pytest.approx(found.tuned.statistic - found.usual.statistic, abs=1e-12)


@pytest.mark.parametrize("average", ["micro", "balanced"])
def test_accuracies_are_those_of_verdicts_by_thresholds_of_the_other_folds(average):
    found = category_thresholds(
        predictions=SCORES, references=SHARES, categories=CATEGORIES, groups=GROUPS, average=average, n_folds=4, rng=9
    )
    folds = grouped_folds(groups=GROUPS, n_folds=4, rng=9)
    verdicts = np.empty(N)
    for category in ("color", "food", "counting"):
        own = np.array(CATEGORIES) == category
        for fold in range(4):
            training = own & (folds != fold)
            threshold = best_threshold(scores=SCORES[training], actual=SHARES[training] >= 0.5, average=average)
            verdicts[own & (folds == fold)] = SCORES[own & (folds == fold)] >= threshold
    pairs = {"references": SHARES, "categories": CATEGORIES, "groups": GROUPS, "average": average}
    expected = element_accuracy(predictions=verdicts, **pairs)
    assert found.tuned.statistic == pytest.approx(expected.statistic, abs=1e-12)
    for category, line in found.by_category.items():
        assert line.tuned.statistic == pytest.approx(expected.by_category[category].statistic, abs=1e-12)
    assert found.usual.statistic == element_accuracy(predictions=SCORES, **pairs).statistic


def test_ratings_of_a_prompt_do_not_choose_its_own_thresholds():
    rows = np.asarray(GROUPS) == 11
    changed = np.where(rows, 1 - SHARES, SHARES)
    first, second = (
        category_thresholds(predictions=SCORES, references=shares, categories=CATEGORIES, groups=GROUPS)
        for shares in (SHARES, changed)
    )
    fold = grouped_folds(groups=GROUPS, n_folds=5, rng=0)[11 * 6]
    for one, other in zip(first.by_category.values(), second.by_category.values(), strict=True):
        assert one.of_folds[fold] == other.of_folds[fold]


def test_a_category_of_two_elements_or_of_one_answer_keeps_the_usual_threshold():
    categories = [*CATEGORIES[:-52], *["rare"] * 2, *["always"] * 50]
    shares = np.where(np.array(categories) == "always", 1.0, SHARES)
    found = category_thresholds(predictions=SCORES, references=shares, categories=categories, groups=GROUPS)
    rare, always = found.by_category["rare"], found.by_category["always"]
    assert (rare.threshold, rare.status, rare.of_folds) == (0.5, "fewer than 20 elements", ())
    assert (always.threshold, always.status) == (0.5, "no reference says no")
    assert rare.tuned.statistic == rare.usual.statistic


def test_elements_of_no_category_keep_the_usual_threshold():
    found = category_thresholds(predictions=SCORES, references=SHARES, categories=[None] * N, groups=GROUPS)
    assert (found.by_category, found.gain.statistic) == ({}, 0.0)


def test_one_prompt_chooses_nothing(caplog):
    found = category_thresholds(
        predictions=SCORES, references=SHARES, categories=["color"] * N, groups=["p"] * N, n_resamples=10
    )
    assert found.status == "fewer than 2 groups"
    assert found.by_category["color"].status == "fewer than 2 groups"
    assert (found.gain.statistic, found.gain.confidence_interval) == (0.0, None)
    assert "at least 2 groups" in caplog.text


def test_no_rows_are_nan_with_a_reason():
    found = category_thresholds(
        predictions=[NAN], references=[1], categories=["color"], groups=["p"], nan_policy="omit", n_resamples=10
    )
    assert found.status == "no rows"
    assert np.isnan([found.usual.statistic, found.tuned.statistic, found.gain.statistic]).all()


def test_full_agreement_gains_nothing():
    found = category_thresholds(
        predictions=SHARES, references=SHARES, categories=CATEGORIES, groups=GROUPS, n_resamples=50
    )
    assert (found.usual.statistic, found.gain.statistic, found.gain.confidence_interval) == (1.0, 0.0, None)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"predictions": [NAN, 1]}, "`predictions` has 1 nan"),
        ({"predictions": [float("inf"), 1]}, "`predictions` has 1 infinite"),
        ({"categories": ["color"]}, "one category per element, got 1 for 2"),
        ({"average": "macro"}, "`average` must be one of"),
        ({"n_folds": 1}, "`n_folds` must be at least 2"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {"predictions": [0, 1], "references": [0, 1], "categories": ["color"] * 2, "groups": ["p", "q"]}
    with pytest.raises(ValueError, match=message):
        category_thresholds(**{**arguments, **changes})
