import itertools

import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from evalmuse_hf.stats.accuracy_difference import accuracy_difference, accuracy_differences
from evalmuse_hf.stats.classification import element_accuracy
from evalmuse_hf.stats.resampling import Resampling, drawn_counts
from evalmuse_hf.stats.sample import read_sample

REFERENCES = {"micro": accuracy_score, "balanced": balanced_accuracy_score}


@pytest.fixture(scope="module")
def elements():
    """Eight prompts of nine elements, two thirds of them yes."""
    rng = np.random.default_rng(1)
    yes = rng.random(72) < 0.66
    scores = [np.where(rng.random(72) < right, yes, ~yes) * 0.6 + 0.2 for right in (0.85, 0.75)]
    groups = [row % 8 for row in range(72)]
    return {"first": scores[0], "second": scores[1], "references": yes / 1.0, "groups": groups}


@pytest.mark.parametrize("average", REFERENCES)
def test_the_difference_and_its_bootstrap_are_those_of_scikit_learn(elements, average):
    value, y = REFERENCES[average], elements["references"]
    result = accuracy_difference(**elements, average=average, n_resamples=60, n_permutations=0, rng=7)
    first, second = elements["first"] >= 0.5, elements["second"] >= 0.5
    assert (result.first, result.second) == pytest.approx((value(y, first), value(y, second)))
    assert result.statistic == result.first - result.second
    sample = read_sample({"y": y}, groups=elements["groups"])
    counts = np.concatenate(list(drawn_counts(sample, resampling=Resampling(60, rng=7)))).astype(int)
    drawn = [np.repeat(np.arange(72), row[sample.codes]) for row in counts]
    expected = [value(y[rows], first[rows]) - value(y[rows], second[rows]) for rows in drawn]
    assert result.confidence_interval == pytest.approx(tuple(np.quantile(expected, [0.025, 0.975])))
    assert np.isnan([result.williams_p_value, result.steiger_p_value]).all()


@pytest.mark.parametrize("average", REFERENCES)
def test_the_exchange_test_comes_near_to_all_exchanges_written_out(elements, average):
    value, y = REFERENCES[average], elements["references"]
    first, second = elements["first"] >= 0.5, elements["second"] >= 0.5
    codes = np.array(elements["groups"])

    def difference(swap):
        heads = np.array(swap)[codes] == 1
        return value(y, np.where(heads, second, first)) - value(y, np.where(heads, first, second))

    differences = [difference(swap) for swap in itertools.product([0, 1], repeat=8)]
    expected = np.mean(np.abs(differences) >= abs(differences[0]) - 1e-12)
    result = accuracy_difference(**elements, average=average, n_resamples=0, n_permutations=4000, rng=0)
    assert result.exchange_p_value == pytest.approx(expected, abs=0.03)  # standard error below .008


def test_without_groups_the_exchange_test_is_mcnemars(elements):
    first, second = ((elements[name] >= 0.5) == (elements["references"] == 1) for name in ("first", "second"))
    better, worse = int((first & ~second).sum()), int((second & ~first).sum())
    expected = scipy_stats.binomtest(better, better + worse).pvalue
    result = accuracy_difference(**{**elements, "groups": None}, n_resamples=0, n_permutations=4000, rng=0)
    assert result.exchange_p_value == pytest.approx(expected, abs=0.03)


def test_an_element_without_a_score_can_be_counted_wrong_so_that_leaving_out_never_helps(elements):
    first = elements["first"].copy()
    wrong = (first >= 0.5) != (elements["references"] == 1)
    first[wrong] = np.nan  # a scorer that is silent wherever it would be wrong
    result = accuracy_difference(**{**elements, "first": first}, unscored="wrong", n_resamples=0, n_permutations=0)
    plain = accuracy_difference(**elements, n_resamples=0, n_permutations=0)
    assert (result.first, result.second, result.n) == (plain.first, plain.second, 72)
    omitted = accuracy_difference(**{**elements, "first": first}, nan_policy="omit", n_resamples=0, n_permutations=0)
    assert (omitted.first, omitted.n_dropped) == (1.0, int(wrong.sum()))
    with pytest.raises(ValueError, match=r"`first` has \d+ nan of 72 values"):
        accuracy_difference(**{**elements, "first": first})


def test_counted_wrong_is_what_element_accuracy_counts_wrong(elements):
    first = np.where(np.arange(72) % 5 == 0, np.nan, elements["first"])
    result = accuracy_difference(**{**elements, "first": first}, unscored="wrong", n_resamples=0, n_permutations=0)
    alone = element_accuracy(predictions=first, references=elements["references"], unscored="wrong")
    assert result.first == alone.statistic


def test_balanced_accuracy_without_a_no_is_nan_and_says_so(elements):
    result = accuracy_difference(**{**elements, "references": np.ones(72)}, average="balanced", rng=0)
    assert np.isnan([result.statistic, result.p_value, result.exchange_p_value]).all()
    assert result.status == "first: no reference says no"


def test_a_table_names_its_scorers_and_adjusts_for_their_number(elements):
    scores = {"a": elements["first"], "b": elements["second"], "always yes": np.ones(72)}
    table = accuracy_differences(
        scores=scores, references=elements["references"], groups=elements["groups"], n_permutations=0, rng=0
    )
    assert (table.measure, len(table.differences)) == ("accuracy (micro)", 3)
    assert table.scorers["always yes"].statistic == elements["references"].mean()
    for cell in table.differences:
        assert cell.adjusted_p_value >= cell.difference.p_value


def test_unusable_options_are_refused(elements):
    with pytest.raises(ValueError, match="`average` must be one of 'micro', 'balanced', got 'macro'"):
        accuracy_difference(**elements, average="macro")
    with pytest.raises(ValueError, match="`unscored` must be one of None, 'wrong', got 'no'"):
        accuracy_difference(**elements, unscored="no")
    with pytest.raises(ValueError, match="`n_permutations` must be >= 0, got -2"):
        accuracy_difference(**elements, n_permutations=-2)
    with pytest.raises(ValueError, match="Expected inputs of one length, but `first` has 2"):
        accuracy_difference(first=[0.1, 0.9], second=[0.1], references=[1], unscored="wrong")
    with pytest.raises(ValueError, match="`scores` must hold at least 2 scorers"):
        accuracy_differences(scores={"a": [0.5]}, references=[1])
