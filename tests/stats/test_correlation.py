import json

import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalmuse_hf.stats import ConfidenceInterval, krcc, plcc, rmse, srcc
from evalmuse_hf.stats.resampling import Resampling, bootstrap_interval
from evalmuse_hf.stats.sample import read_sample
from tests.stats.resamples import written_out

FUNCTIONS = [srcc, krcc, plcc, rmse]


@pytest.fixture(scope="module")
def official(golden):
    return json.loads((golden / "statistics" / "statistics.json").read_text("utf-8"))["correlation"]


@pytest.fixture(scope="module")
def ratings():
    """Sixty pairs of twelve prompts, with ties on both sides."""
    rng = np.random.default_rng(7)
    references = np.round(rng.uniform(1, 5, 60) * 3) / 3
    predictions = np.round(references + rng.normal(size=60), 1)
    return {"predictions": predictions, "references": references, "groups": [f"p{row // 5}" for row in range(60)]}


@pytest.mark.parametrize("case", range(3))
def test_the_official_numbers_are_reproduced(official, case):
    pairs = {"predictions": official[case]["predictions"], "references": official[case]["references"]}
    expected = official[case]["fit_prediction_to_reference"]
    assert srcc(**pairs).statistic == pytest.approx(expected["srcc"], abs=1e-12)  # same algorithm in float64
    assert krcc(**pairs).statistic == pytest.approx(expected["krcc"], abs=1e-12)
    assert rmse(**pairs).statistic == pytest.approx(expected["rmse"], abs=1e-12)
    assert plcc(**pairs).statistic == pytest.approx(official[case]["plcc_raw"], abs=1e-12)
    assert plcc(**pairs, fit="logistic4").statistic == pytest.approx(expected["plcc_logistic4"], abs=1e-6)  # iterative


@pytest.mark.parametrize("case", range(3))
def test_the_argument_order_of_the_ntire_script_is_reproduced_on_request(official, case):
    pairs = {"predictions": official[case]["predictions"], "references": official[case]["references"]}
    expected = official[case]["ntire_argument_order"]["plcc_logistic4"]
    assert plcc(**pairs, fit="logistic4", compat="official").statistic == pytest.approx(expected, abs=1e-6)
    assert plcc(**pairs, compat="official").statistic == plcc(**pairs).statistic


@pytest.mark.parametrize("variant", ["b", "c"])
def test_kendall_is_that_of_scipy(ratings, variant):
    expected = scipy_stats.kendalltau(ratings["predictions"], ratings["references"], variant=variant).statistic
    assert krcc(**ratings, variant=variant).statistic == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("variant", ["b", "c"])
def test_kendall_of_few_pairs_is_that_of_scipy(variant, seed):
    rng = np.random.default_rng(seed)
    predictions, references = rng.integers(0, 6, (2, rng.integers(3, 51)))
    expected = scipy_stats.kendalltau(predictions, references, variant=variant).statistic
    found = krcc(predictions=predictions, references=references, variant=variant).statistic
    assert found == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("variant", ["b", "c"])
def test_kendall_of_two_pairs_is_their_order(variant):
    assert krcc(predictions=[0.1, 0.2], references=[2.0, 3.0], variant=variant).statistic == 1
    assert krcc(predictions=[0.1, 0.2], references=[3.0, 2.0], variant=variant).statistic == -1


@pytest.mark.parametrize("correlation", [srcc, krcc])
def test_rank_correlations_do_not_change_under_a_monotone_map(ratings, correlation):
    stretched = {**ratings, "predictions": np.exp(ratings["predictions"])}
    assert correlation(**stretched).statistic == correlation(**ratings).statistic


@pytest.mark.parametrize("correlation", [srcc, krcc, plcc])
def test_reversed_predictions_change_the_sign(ratings, correlation):
    negated = {**ratings, "predictions": -ratings["predictions"]}
    assert correlation(**negated).statistic == pytest.approx(-correlation(**ratings).statistic, abs=1e-14)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_groups_and_resampling_never_change_the_statistic(ratings, function):
    ungrouped = {name: values for name, values in ratings.items() if name != "groups"}
    grouped = function(**ratings, n_resamples=20, rng=0)
    assert grouped.statistic == function(**ungrouped).statistic
    assert (grouped.n, grouped.n_groups, grouped.status) == (60, 12, "ok")


@pytest.mark.parametrize("correlation", [srcc, krcc])
def test_within_is_the_mean_over_groups(correlation):
    # Group a orders 3 of 3 pairs rightly: both correlations are 1. Group b reverses them: -1. Group c predicts a
    # constant: 0. Group d has two pairs and e constant references: left out. Mean of (1, -1, 0, 1 again as f) = 0.25.
    predictions = [1, 2, 3, 3, 2, 1, 4, 4, 4, 1, 2, 1, 2, 3, 1, 2, 3]
    references = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 5, 5, 5, 7, 8, 9]
    groups = list("aaabbbcccddeeefff")
    result = correlation(predictions=predictions, references=references, groups=groups, by="within")
    assert result.statistic == pytest.approx(0.25, abs=1e-15)
    assert (result.n_groups, result.n_groups_dropped, result.n) == (4, 2, 12)
    assert result.n_groups_constant == 1


def test_within_does_not_depend_on_the_order_of_the_rows(ratings):
    order = np.random.default_rng(0).permutation(60)
    shuffled = {name: [values[row] for row in order] for name, values in ratings.items()}
    assert srcc(**shuffled, by="within").statistic == pytest.approx(srcc(**ratings, by="within").statistic, abs=1e-14)


@pytest.mark.parametrize("correlation, reference", [(srcc, scipy_stats.spearmanr), (krcc, scipy_stats.kendalltau)])
def test_between_is_the_correlation_of_group_means(ratings, correlation, reference):
    means = [np.asarray(ratings[name]).reshape(12, 5).mean(axis=1) for name in ("predictions", "references")]
    result = correlation(**ratings, by="between", n_resamples=50, rng=0)
    assert result.statistic == pytest.approx(reference(*means).statistic, abs=1e-12)
    assert result.confidence_interval.low < result.statistic < result.confidence_interval.high


@pytest.mark.parametrize("by", ["all", "within", "between"])
@pytest.mark.parametrize("correlation", [srcc, krcc])
def test_the_same_seed_gives_the_same_interval_around_the_statistic(ratings, correlation, by):
    first, second = (correlation(**ratings, by=by, n_resamples=200, rng=3) for _ in range(2))
    assert first == second
    assert isinstance(first.confidence_interval, ConfidenceInterval)
    assert first.confidence_interval.low < first.statistic < first.confidence_interval.high


def test_clusters_widen_the_interval_when_rows_of_a_prompt_are_alike():
    rng = np.random.default_rng(0)
    references = np.repeat(rng.normal(size=30), 20)
    predictions = references + np.repeat(rng.normal(size=30), 20)
    pairs = {"predictions": predictions, "references": references, "n_resamples": 300, "rng": 0}
    clustered = srcc(**pairs, groups=list(np.repeat(np.arange(30), 20))).confidence_interval
    independent = srcc(**pairs).confidence_interval
    # Twenty equal rows per prompt: the true interval is about sqrt(20) = 4.5 times as wide.
    assert clustered.high - clustered.low > 3 * (independent.high - independent.low)


def test_the_interval_after_a_fit_holds_the_statistic(ratings):
    result = plcc(**ratings, fit="logistic4", n_resamples=30, rng=0)
    assert result.confidence_interval.low < result.statistic < result.confidence_interval.high


@pytest.mark.parametrize("variant", ["b", "c"])
def test_the_interval_of_kendall_is_that_of_resamples_written_out(ratings, variant):
    sample = read_sample({name: ratings[name] for name in ("predictions", "references")}, groups=ratings["groups"])
    expected = bootstrap_interval(
        written_out(lambda x, y: scipy_stats.kendalltau(x, y, variant=variant).statistic, sample=sample),
        sample=sample,
        resampling=Resampling(60, rng=4),
    ).interval
    found = krcc(**ratings, variant=variant, n_resamples=60, rng=4).confidence_interval
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("compat", [None, "official"])
def test_the_interval_after_a_fit_is_that_of_fits_to_resamples_written_out(ratings, compat):
    sample = read_sample({name: ratings[name] for name in ("predictions", "references")}, groups=ratings["groups"])

    def fitted(x, y):
        return plcc(predictions=x, references=y, fit="logistic4", compat=compat).statistic

    resampling = Resampling(30, rng=4)
    expected = bootstrap_interval(written_out(fitted, sample=sample), sample=sample, resampling=resampling).interval
    result = plcc(**ratings, fit="logistic4", compat=compat, n_resamples=30, rng=4)
    assert result.confidence_interval == pytest.approx(expected, abs=1e-5)  # another start, and so another last step
    assert result.n_failed == 0


def test_resamples_whose_fit_fails_are_counted():
    # Of six pairs, many a resample holds fewer than five different ones: too few for four parameters.
    curve = {"predictions": np.arange(6), "references": np.tanh(np.arange(6) / 2)}
    result = plcc(**curve, fit="logistic4", n_resamples=200, rng=0)
    different = [len(set(rows)) for rows in np.random.default_rng(1).integers(0, 6, (20_000, 6)).tolist()]
    share = np.mean([number < 5 for number in different])
    assert result.n_failed / 200 == pytest.approx(share, abs=0.1)
    assert (result.confidence_interval, result.interval_method) == (None, "")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_corrected_interval_holds_the_statistic_and_says_what_it_is(ratings, function):
    plain = function(**ratings, n_resamples=300, rng=0)
    corrected = function(**ratings, n_resamples=300, interval="bca", rng=0)
    assert corrected.confidence_interval.low < corrected.statistic < corrected.confidence_interval.high
    assert corrected.confidence_interval != plain.confidence_interval
    assert (plain.interval_method, corrected.interval_method) == ("percentile", "bca")


def test_an_interval_that_cannot_be_had_is_warned_of_with_its_cause(caplog):
    assert np.isnan(srcc(predictions=[2, 2, 2], references=[1, 2, 3]).statistic)
    assert not caplog.records
    srcc(predictions=[2, 2, 2], references=[1, 2, 3], n_resamples=10)
    assert "The correlation is undefined: constant predictions." in caplog.text


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_interval_unless_asked_for(ratings, function):
    assert function(**ratings).confidence_interval is None


def test_one_group_gives_no_interval(caplog):
    result = srcc(predictions=[1, 2, 3], references=[1, 3, 2], groups=["a"] * 3, n_resamples=10)
    assert (result.statistic, result.confidence_interval) == (0.5, None)
    assert "at least 2 groups (or ungrouped rows) are needed, got 1" in caplog.text


@pytest.mark.parametrize("correlation", [srcc, krcc, plcc])
@pytest.mark.parametrize(
    "predictions, references, status",
    [
        ([2, 2, 2], [1, 2, 3], "constant predictions"),
        ([1, 2, 3], [2, 2, 2], "constant references"),
        ([0.3, 0.1 + 0.2, 0.3], [1, 2, 3], "constant predictions"),
        ([1], [1], "fewer than 2 pairs"),
        ([], [], "no rows"),
    ],
    ids=["constant predictions", "constant references", "constant up to rounding", "one pair", "no pairs"],
)
def test_an_undefined_correlation_is_nan_with_a_reason(correlation, predictions, references, status):
    result = correlation(predictions=predictions, references=references, n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval) == (status, None)


@pytest.mark.parametrize("by", ["within", "between"])
def test_groups_without_a_row_have_no_correlation(by):
    result = srcc(predictions=[], references=[], groups=[], by=by, n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.n, result.confidence_interval) == ("no rows", 0, None)


def test_an_error_of_no_rows_is_nan_with_a_reason():
    result = rmse(predictions=[], references=[], n_resamples=10)
    assert np.isnan(result.statistic)
    assert result.status == "no rows"


def test_within_without_a_usable_group_is_nan_with_a_reason():
    result = srcc(predictions=[1, 2, 3], references=[1, 2, 3], groups=["a", "a", "b"], by="within", n_resamples=10)
    assert np.isnan(result.statistic)
    assert result.status == "no group has 3 pairs and references that differ"
    assert (result.n_groups, result.n_groups_dropped) == (0, 2)


def test_a_fit_of_four_pairs_is_refused_as_too_short():
    result = plcc(predictions=[1, 2, 3, 4], references=[1, 2, 3, 5], fit="logistic4")
    assert np.isnan(result.statistic)
    assert result.status == "fewer than 5 pairs"


def test_a_fit_that_does_not_converge_is_nan_with_a_reason():
    # One outlier at the end: the best step is infinitely steep and infinitely far.
    outlier = plcc(predictions=np.linspace(0, 1, 50), references=[0.0] * 49 + [100.0], fit="logistic4")
    assert np.isnan(outlier.statistic)
    assert outlier.status == "the logistic fit did not converge"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_is_refused_with_its_row(function):
    with pytest.raises(ValueError, match="`predictions` has 1 nan of 3 values, first at row 1 "):
        function(predictions=[1.0, None, 3.0], references=[1.0, 2.0, 3.0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_is_left_out_and_counted_on_request(function):
    nan = float("nan")
    result = function(predictions=[1, nan, 3, 5, 2], references=[1, 2, nan, 5, 3], nan_policy="omit")
    assert (result.n, result.n_dropped) == (3, 2)
    assert result.statistic == function(predictions=[1, 5, 2], references=[1, 5, 3]).statistic


@pytest.mark.parametrize("by", ["within", "between"])
def test_by_group_needs_groups(by):
    with pytest.raises(ValueError, match=f"by='{by}' needs `groups`"):
        srcc(predictions=[1, 2], references=[1, 2], by=by)


@pytest.mark.parametrize(
    "function, option",
    [(srcc, {"by": "prompt"}), (krcc, {"variant": "a"}), (plcc, {"fit": "logistic5"}), (plcc, {"compat": "paper"})],
    ids=["by", "variant", "fit", "compat"],
)
def test_an_unknown_option_is_refused(function, option):
    (name, value), *_ = option.items()
    with pytest.raises(ValueError, match=f"`{name}` must be one of .*, got '{value}'"):
        function(predictions=[1, 2], references=[1, 2], **option)
