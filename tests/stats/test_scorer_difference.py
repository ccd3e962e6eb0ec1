import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import root_mean_squared_error
from statsmodels.stats.multitest import multipletests

from evalmuse_hf.stats.dependent_correlations import steiger_test, williams_test
from evalmuse_hf.stats.rank_exchange import rank_exchange_test
from evalmuse_hf.stats.resampling import Resampling, drawn_counts
from evalmuse_hf.stats.sample import read_sample
from evalmuse_hf.stats.scorer_difference import scorer_difference, scorer_differences

REFERENCES = {
    "srcc": lambda x, y: scipy_stats.spearmanr(x, y).statistic,
    "krcc": lambda x, y: scipy_stats.kendalltau(x, y).statistic,
    "plcc": lambda x, y: scipy_stats.pearsonr(x, y).statistic,
    "rmse": root_mean_squared_error,
}


def rated(rng, *, prompts=30, pictures=4):
    """Tied ratings, and four scorers that share what is hard about a prompt."""
    groups = np.repeat(np.arange(prompts), pictures)
    truth = rng.normal(size=prompts)[groups] + rng.normal(size=len(groups))
    hard = truth + rng.normal(size=prompts)[groups]
    errors = {"good": 0.3, "fair": 0.6, "fair too": 0.6, "poor": 2.0}
    scores = {name: hard + rng.normal(0, error, len(groups)) for name, error in errors.items()}
    return {"scores": scores, "references": np.round(3 * truth) / 3, "groups": groups.tolist()}


@pytest.fixture(scope="module")
def pairs():
    data = rated(np.random.default_rng(0))
    scores = data.pop("scores")
    return {"first": scores["good"], "second": scores["fair"], **data}


@pytest.mark.parametrize("statistic", REFERENCES)
def test_the_difference_and_its_bootstrap_are_those_of_another_implementation(pairs, statistic):
    """The same resamples of whole prompts, both scorers written out row by row."""
    value, y = REFERENCES[statistic], pairs["references"]
    result = scorer_difference(**pairs, statistic=statistic, n_resamples=60, n_permutations=0, rng=7)
    assert result.first == pytest.approx(value(pairs["first"], y), abs=1e-12)
    assert result.statistic == pytest.approx(result.first - value(pairs["second"], y), abs=1e-12)

    sample = read_sample({"y": y}, groups=pairs["groups"])
    counts = np.concatenate(list(drawn_counts(sample, resampling=Resampling(60, rng=7)))).astype(int)
    drawn = [np.repeat(np.arange(sample.n), row[sample.codes]) for row in counts]
    expected = [value(pairs["first"][rows], y[rows]) - value(pairs["second"][rows], y[rows]) for rows in drawn]
    assert result.standard_error == pytest.approx(np.std(expected, ddof=1), rel=1e-9)
    assert result.confidence_interval == pytest.approx(tuple(np.quantile(expected, [0.025, 0.975])), abs=1e-10)


def test_the_paired_interval_is_narrower_than_the_two_intervals_suggest():
    table = scorer_differences(**rated(np.random.default_rng(0), prompts=150), n_permutations=0, rng=0)
    good, fair = (table.scorers[name].confidence_interval for name in ("good", "fair"))
    assert good.low < fair.high  # they overlap, and yet:
    difference = table.between("good", "fair").difference
    assert difference.p_value < 0.05
    assert difference.confidence_interval.high - difference.confidence_interval.low < 0.7 * (good.high - good.low)


def test_the_tests_beside_it_are_those_of_their_own_functions(pairs):
    result = scorer_difference(**pairs, n_resamples=0, n_permutations=300, rng=5)
    assert result.exchange_p_value == rank_exchange_test(**pairs, n_permutations=300, rng=5).p_value
    correlations = {
        "r_first": result.first,
        "r_second": result.second,
        "r_between": scipy_stats.spearmanr(pairs["first"], pairs["second"]).statistic,
    }
    assert result.williams_p_value == pytest.approx(williams_test(**correlations, n=120).p_value)
    assert result.steiger_p_value == pytest.approx(steiger_test(**correlations, n=120).p_value)
    assert np.isnan([result.p_value, result.standard_error, result.detectable]).all()
    assert result.confidence_interval is None


def test_the_tests_of_correlations_are_left_out_where_they_do_not_apply(pairs):
    for statistic in ("krcc", "rmse"):
        result = scorer_difference(**pairs, statistic=statistic, n_resamples=0, n_permutations=0)
        assert np.isnan([result.williams_p_value, result.steiger_p_value, result.exchange_p_value]).all()


def test_groups_change_the_interval_and_never_the_difference(pairs):
    grouped = scorer_difference(**pairs, rng=0)
    alone = scorer_difference(**{**pairs, "groups": None}, rng=0)
    assert grouped.statistic == alone.statistic
    assert grouped.n_groups == 30
    assert alone.n_groups is None
    assert grouped.standard_error != alone.standard_error


def test_equal_seeds_give_equal_numbers_and_a_reversed_comparison_its_mirror(pairs):
    one, again = (scorer_difference(**pairs, rng=3) for _ in range(2))
    mirror = scorer_difference(**{**pairs, "first": pairs["second"], "second": pairs["first"]}, rng=3)
    assert one == again
    assert one.reversed().confidence_interval == pytest.approx(mirror.confidence_interval)
    assert one.reversed().statistic == mirror.statistic
    assert (one.p_value, one.exchange_p_value) == (mirror.p_value, mirror.exchange_p_value)
    assert one.reversed().reversed() == one


def test_bca_is_named_and_differs(pairs):
    plain, corrected = (
        scorer_difference(**pairs, interval=interval, n_permutations=0, rng=3) for interval in ("percentile", "bca")
    )
    assert (plain.interval_method, corrected.interval_method) == ("percentile", "bca")
    assert plain.confidence_interval != corrected.confidence_interval
    assert corrected.confidence_interval == pytest.approx(plain.confidence_interval, abs=0.02)


def test_rows_without_a_score_of_either_are_left_out_of_both_and_counted(pairs):
    first, second = pairs["first"].copy(), pairs["second"].copy()
    first[0], second[5] = np.nan, np.nan
    result = scorer_difference(**{**pairs, "first": first, "second": second}, nan_policy="omit", rng=0)
    kept = np.setdiff1d(np.arange(120), [0, 5])
    expected = REFERENCES["srcc"](first[kept], pairs["references"][kept])
    assert result.first == pytest.approx(expected)
    assert (result.n, result.n_dropped) == (118, 2)
    with pytest.raises(ValueError, match="`first` has 1 nan of 120 values, first at row 0"):
        scorer_difference(**{**pairs, "first": first})


def test_a_scorer_without_a_value_gives_nan_and_says_which(pairs):
    result = scorer_difference(**{**pairs, "second": np.ones(120)}, rng=0)
    assert np.isnan([result.statistic, result.p_value, result.exchange_p_value, result.detectable]).all()
    assert (result.status, result.confidence_interval) == ("second: constant predictions", None)


def test_one_prompt_gives_a_difference_without_interval_and_a_warning(pairs, caplog):
    result = scorer_difference(**{**pairs, "groups": ["the only prompt"] * 120}, rng=0)
    assert np.isfinite(result.statistic)
    assert result.confidence_interval is None
    assert np.isnan([result.p_value, result.exchange_p_value, result.detectable]).all()
    assert "at least 2 groups (or ungrouped rows) are needed, got 1" in caplog.text


def test_scorers_that_are_alike_have_p_values_of_one(pairs):
    result = scorer_difference(**{**pairs, "second": np.exp(pairs["first"])}, rng=0)
    assert (result.statistic, result.p_value, result.exchange_p_value) == (0.0, 1.0, 1.0)
    assert result.confidence_interval == (0.0, 0.0)


def test_the_detectable_difference_is_found_four_times_in_five(pairs):
    """With 29 degrees of freedom, 2.90 standard errors (Cohen's table for a t test: 2.045 + 0.855)."""
    result = scorer_difference(**pairs, rng=0)
    assert result.detectable == pytest.approx(2.90 * result.standard_error, rel=0.003)


def test_a_table_agrees_with_its_single_comparisons_and_with_holm_of_statsmodels():
    data = rated(np.random.default_rng(1))
    table = scorer_differences(**data, n_permutations=0, rng=4)
    assert [(cell.first, cell.second) for cell in table.differences] == [
        *(("good", "fair"), ("good", "fair too"), ("good", "poor")),
        *(("fair", "fair too"), ("fair", "poor"), ("fair too", "poor")),
    ]
    single = scorer_difference(
        first=data["scores"]["good"],
        second=data["scores"]["poor"],
        references=data["references"],
        groups=data["groups"],
        n_permutations=0,
        rng=4,
    )
    assert table.between("good", "poor").difference == single
    p_values = [cell.difference.p_value for cell in table.differences]
    adjusted = [cell.adjusted_p_value for cell in table.differences]
    assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1])
    assert adjusted[2] < 0.001 < 0.05 < adjusted[3]


def test_a_simultaneous_interval_without_zero_is_a_finding_of_holm():
    for seed in range(4):
        table = scorer_differences(**rated(np.random.default_rng(seed)), n_permutations=0, rng=seed)
        for cell in table.differences:
            own, wide = cell.difference.confidence_interval, cell.simultaneous_interval
            assert wide.high - wide.low > own.high - own.low
            if wide.low > 0 or wide.high < 0:
                assert cell.adjusted_p_value < 0.055  # percentiles interpolate, counts do not


def test_many_scorers_can_be_told_apart_with_few_resamples():
    """45 pairs: the smallest counted p-value of 1,000 resamples is .002, and Holm would make it .09."""
    rng = np.random.default_rng(0)
    data = rated(rng, prompts=60)
    good, poor = (data["scores"][name] for name in ("good", "poor"))
    scores = {f"{name} {number}": x + rng.normal(size=240) / 9 for number in range(5) for name, x in [("g", good)]}
    scores |= {f"p {number}": poor + rng.normal(size=240) / 9 for number in range(5)}
    table = scorer_differences(**{**data, "scores": scores}, n_resamples=1000, n_permutations=0, rng=0)
    assert len(table.differences) == 45
    assert table.between("g 0", "p 0").adjusted_p_value < 0.01


def test_a_baseline_is_compared_with_every_other_scorer_only():
    table = scorer_differences(**rated(np.random.default_rng(1)), baseline="fair", n_permutations=0, rng=0)
    assert [(cell.first, cell.second) for cell in table.differences] == [
        *(("good", "fair"), ("fair too", "fair"), ("poor", "fair")),
    ]
    assert table.baseline == "fair"
    with pytest.raises(KeyError, match="'good' and 'poor' were not compared"):
        table.between("good", "poor")


def test_a_constant_scorer_spoils_its_own_cells_only():
    data = rated(np.random.default_rng(1))
    data["scores"]["always 3"] = np.full(120, 3.0)
    table = scorer_differences(**data, n_permutations=50, rng=0)
    spoilt = [cell for cell in table.differences if "always 3" in (cell.first, cell.second)]
    assert len(spoilt) == 4
    for cell in spoilt:
        assert np.isnan([cell.difference.statistic, cell.adjusted_p_value]).all()
        assert cell.simultaneous_interval is None
        assert cell.difference.status == "second: constant predictions"
    without = scorer_differences(**rated(np.random.default_rng(1)), n_permutations=50, rng=0)
    assert table.between("good", "fair").adjusted_p_value == without.between("good", "fair").adjusted_p_value
    assert np.isnan(table.scorers["always 3"].statistic)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"scores": {"one": [1, 2]}}, "`scores` must hold at least 2 scorers to compare, got 1"),
        ({"baseline": "b"}, "`baseline` must be one of 'x', 'y', got 'b'"),
        ({"statistic": "auroc"}, "`statistic` must be one of 'srcc'"),
        ({"n_permutations": -1}, "`n_permutations` must be >= 0, got -1"),
        ({"n_resamples": -1}, "`n_resamples` must be >= 0, got -1"),
        ({"interval": "normal"}, "`interval` must be one of 'percentile', 'bca', got 'normal'"),
        ({"scores": {"x": [1, 2], "y": [1, 2, 3]}}, r"`scores\['y'\]` has 3"),
    ],
    ids=["one scorer", "baseline", "statistic", "permutations", "resamples", "interval", "lengths"],
)
def test_unusable_arguments_are_refused(options, message):
    arguments = {"scores": {"x": [1.0, 2.0], "y": [2.0, 1.0]}, "references": [1.0, 2.0], **options}
    with pytest.raises(ValueError, match=message):
        scorer_differences(**arguments)


def test_a_scorer_without_a_value_and_too_few_prompts_are_warned_of_by_name(pairs, caplog):
    constant = np.ones(len(pairs["references"]))
    scorer_differences(
        scores={"a": pairs["first"], "flat": constant}, references=pairs["references"], n_resamples=10, rng=0
    )
    assert "No srcc of `scores['flat']`, and no interval or test: constant predictions." in caplog.text
    caplog.clear()
    two = {**pairs, "groups": [row % 2 for row in range(len(constant))]}
    assert scorer_difference(**two, rng=0).p_value > 0.05
    assert "they rest on 2 groups (or ungrouped rows), fewer than 5" in caplog.text


@pytest.mark.parametrize("statistic", ["srcc", "krcc", "plcc", "rmse"])
def test_no_rows_at_all_give_nan_with_a_reason(statistic):
    nothing = scorer_difference(
        first=[np.nan] * 3, second=[1, 2, 3], references=[1, 2, 3], statistic=statistic, nan_policy="omit"
    )
    assert np.isnan([nothing.statistic, nothing.p_value]).all()
    assert (nothing.n, nothing.n_dropped) == (0, 3)
    assert nothing.status.startswith("first: ")


def test_a_difference_without_spread_has_no_test_and_says_why(caplog):
    """One scorer is right everywhere, one has it the wrong way round: the difference is 2 in every resample."""
    references = np.arange(40.0)
    for statistic in ("srcc", "krcc"):
        found = scorer_difference(
            first=references, second=-references, references=references, statistic=statistic, rng=0
        )
        assert found.statistic == pytest.approx(2)
        assert np.isnan([found.p_value, found.standard_error, found.detectable]).all()
        assert found.confidence_interval is None
        assert found.status == "the difference is the same in every resample"
        assert found.exchange_p_value < 0.01  # does not rest on the spread of resamples
        assert f"no test of a difference of {statistic}: the difference is the same" in caplog.text
    table = scorer_differences(
        scores={"a": references, "b": -references, "c": np.sin(references)}, references=references, rng=0
    )
    cell = table.between("a", "b")
    assert np.isnan(cell.adjusted_p_value)
    assert cell.simultaneous_interval is None
    assert table.between("a", "c").adjusted_p_value < 0.05
