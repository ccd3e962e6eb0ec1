import pytest
from scipy.stats import kendalltau, pearsonr

from evalmuse_hf.meta_evaluation.evaluation_parts.intervals import Intervals
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import (
    FEW_GENERATORS,
    NO_GENERATORS,
    UNNAMED_GENERATORS,
    system_part,
)

INTERVALS = Intervals(n_resamples=40, seed=0)


def test_generators_are_compared_by_their_means(judged):
    record = system_part(judged, INTERVALS)
    x, y = (values.reshape(30, 4).mean(axis=0) for values in (judged.pairs.predictions, judged.pairs.references))
    assert record["krcc"]["value"] == pytest.approx(kendalltau(x, y).statistic, abs=1e-12)
    assert record["plcc"]["value"] == pytest.approx(pearsonr(x, y).statistic, abs=1e-12)
    assert record["means"] == "plain"
    assert [entry["generator"] for entry in record["generators"]] == ["A", "B", "C", "D"]
    assert [entry["rating"] for entry in record["generators"]] == pytest.approx(y.tolist())
    decisions = record["decisions"]
    assert (decisions["n_generator_pairs"], decisions["n_right"]) == (6, decisions["value"] * decisions["n_decided"])


def test_a_missing_generator_makes_the_means_adjusted_by_name(rows, scores):
    """Ratings are sums of a generator's and a prompt's part; A draws only the ten hardest prompts."""
    for row in rows:
        row["overall_score"] = 2.0 + 0.5 * "ABCD".index(row["generator"]) + 0.03 * int(row["prompt_id"])
    kept = [row for row in rows if row["generator"] != "A" or int(row["prompt_id"]) < 10]
    record = system_part(judge(scores, kept), INTERVALS)
    assert record["means"] == "adjusted"
    found = {entry["generator"]: entry["rating"] for entry in record["generators"]}
    expected = {name: 2.0 + 0.5 * place + 0.03 * 14.5 for place, name in enumerate("ABCD")}
    assert found == pytest.approx(expected)  # the plain mean of A would be 2.135, not 2.435


def test_two_generators_or_nameless_ones_have_no_order(rows, scores):
    two = [row for row in rows if row["generator"] in "AB"]
    assert system_part(judge(scores, two), INTERVALS)["srcc"]["status"] == FEW_GENERATORS
    for name in (None, "unknown"):
        nameless = [{**row, "generator": name} for row in rows]
        record = system_part(judge(scores, nameless), INTERVALS)
        assert (record["decisions"]["value"], record["decisions"]["status"]) == (None, NO_GENERATORS)
    record = system_part(judge(scores, [*nameless[:1], *rows[1:]]), INTERVALS)
    assert record["srcc"]["status"] == UNNAMED_GENERATORS
