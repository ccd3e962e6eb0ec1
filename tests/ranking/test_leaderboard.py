import json

import numpy as np
import pytest

from evalmuse_hf.ranking import rank_generators


def row(generator, prompt, score, elements=()):
    return {
        "generator": generator,
        "prompt_id": prompt,
        "overall_score": score,
        "elements": [{"text": "x", "category": category, "score": value} for category, value in elements],
    }


def test_only_prompts_that_all_generators_have_count():
    rows = [row("A", "1", 5.0), row("A", "2", 1.0), row("B", "1", 4.0), row("B", "3", 5.0), row("B", "2", None)]
    ranking = rank_generators(rows, n_resamples=0)
    assert (ranking.n_prompts, ranking.n_shared_prompts) == (3, 1)
    assert [(line.generator, line.mean, line.n) for line in ranking.rows] == [("A", 5.0, 1), ("B", 4.0, 1)]
    assert [line.n_missing_prompts for line in ranking.rows] == [1, 1]
    assert [line.n_unscored for line in ranking.rows] == [0, 1]


def test_equal_means_share_a_rank():
    # 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in their last digit
    scores = {"A": (1.3, 1.2, 1.1), "B": (1.1, 1.2, 1.3), "C": (1.0, 1.0, 1.0), "D": (5.0, 5.0, 5.0)}
    rows = [row(name, str(number), value) for name, values in scores.items() for number, value in enumerate(values)]
    ranking = rank_generators(rows, n_resamples=0)
    assert [(line.rank, line.generator) for line in ranking.rows] == [(1, "D"), (2, "A"), (2, "B"), (4, "C")]


def test_the_normalised_mean_is_that_of_the_official_leaderboard():
    # The official table shows 3.74 as .6843 before rounding: (3.7372 - 1) / 4
    assert rank_generators([row("A", "1", 3.7372)], n_resamples=0).rows[0].normalised == pytest.approx(0.6843)


def test_a_category_mean_is_over_elements_and_passes_over_missing_scores():
    rows = [
        row("A", "1", 3.0, [("color", 1.0), ("color", 0.5), ("food", None)]),
        row("A", "2", 3.0, [("color", 0.0), (None, 1.0)]),
    ]
    categories = rank_generators(rows, n_resamples=0).rows[0].categories
    assert list(categories) == ["color"]
    assert (categories["color"].mean, categories["color"].n) == (pytest.approx(0.5), 3)


def test_intervals_draw_whole_prompts():
    # Two pictures per prompt with equal scores: drawing pictures would give an interval narrower by sqrt(2).
    rng = np.random.default_rng(0)
    values = rng.normal(3, 0.5, 200)
    rows = [row("A", str(prompt), value) for prompt, value in enumerate(values) for _ in range(2)]
    line = rank_generators(rows).rows[0]
    half_width = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    assert (line.high - line.low) / 2 == pytest.approx(half_width, rel=0.15)
    assert (line.n, line.n_prompts) == (400, 200)


def test_prompts_without_an_id_are_known_by_their_text():
    rows = [{"generator": name, "prompt": "a cat", "overall_score": 3.0} for name in "AB"]
    assert rank_generators(rows, n_resamples=0).n_shared_prompts == 1


def test_the_record_is_json_with_a_version():
    record = rank_generators([row("A", "1", 3.0, [("color", 1.0)]), row("A", "2", 4.0)], n_resamples=10).record()
    assert json.loads(json.dumps(record, allow_nan=False))["format"] == 1
    assert record["generators"][0]["categories"] == {"color": {"mean": 1.0, "n": 1}}


def test_scores_without_generators_are_one_sentence():
    with pytest.raises(ValueError, match="The scores name no generator; add a column generator"):
        rank_generators([{"overall_score": 3.0, "prompt": "a cat"}])


def test_generators_without_a_common_prompt_are_one_sentence():
    with pytest.raises(ValueError, match="have no prompt in common on which all have a score; B has scores for the"):
        rank_generators([row("A", "1", 3.0), row("B", "2", None)])
