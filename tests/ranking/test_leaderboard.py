import json

import numpy as np
import pytest
from scipy.stats import kendalltau

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
    color = {"mean": 1.0, "n": 1, "low": None, "high": None, "n_prompts": 1}
    assert record["generators"][0]["categories"] == {"color": color}


def test_scores_without_generators_are_one_sentence():
    with pytest.raises(ValueError, match="The scores name no generator; add a column generator"):
        rank_generators([{"overall_score": 3.0, "prompt": "a cat"}])


def test_generators_without_a_common_prompt_are_one_sentence():
    with pytest.raises(ValueError, match="have no prompt in common on which all have a score; B has scores for the"):
        rank_generators([row("A", "1", 3.0), row("B", "2", None)])


def world(n_prompts=40, levels=(0.5, 0.0, -0.5), seed=0, per_prompt=1):
    rng = np.random.default_rng(seed)
    prompts = rng.normal(0, 0.5, n_prompts)
    return [
        {
            **row(name, str(prompt), float(np.clip(3 + level + prompts[prompt] + rng.normal(0, 0.3), 1, 5))),
            "image": f"images/{name}/{prompt}-{picture}.png",
            "elements": [{"text": "x", "category": "color", "score": float(rng.random() < 0.5 + level / 2)}],
        }
        for name, level in zip("ABCDEF", levels, strict=False)
        for prompt in range(n_prompts)
        for picture in range(per_prompt)
    ]


def test_letters_strengths_and_differences_tell_the_same_story():
    ranking = rank_generators(world(levels=(0.5, 0.0, 0.0)), n_resamples=200)
    assert ranking.rows[0].generator == "A"
    assert [line.letters for line in ranking.rows] == ["a", "b", "b"]
    assert [(pair.first, pair.separated) for pair in ranking.differences[:2]] == [("A", True), ("A", True)]
    assert not ranking.differences[2].separated
    assert [pair.neighbours for pair in ranking.differences] == [True, False, True]
    strengths = [line.preference.strength for line in ranking.rows]
    assert sum(strengths) == pytest.approx(0)
    assert max(strengths) == strengths[0] > 0
    assert ranking.rows[0].preference.low < strengths[0] < ranking.rows[0].preference.high
    assert ranking.rows[0].preference.n == 80
    tau = kendalltau([line.mean for line in ranking.rows], strengths).statistic
    assert ranking.agreement == pytest.approx(tau)
    assert ranking.notes == ()


def test_means_and_differences_rest_on_prompts_that_count_alike():
    # A drew prompt 1 three times: a mean over pictures would be 2.5
    rows = [row("A", "1", 2.0), row("A", "1", 2.0), row("A", "1", 2.0), row("A", "2", 4.0), row("B", "1", 1.0)]
    ranking = rank_generators([*rows, row("B", "2", 2.0)], n_resamples=0)
    assert [line.mean for line in ranking.rows] == [3.0, 1.5]
    assert [line.n for line in ranking.rows] == [4, 2]
    assert ranking.differences[0].difference == 1.5


def test_missing_prompts_are_refused_by_name():
    rows = [line for line in world() if not (line["generator"] == "B" and line["prompt_id"] in ("3", "7"))]
    with pytest.raises(ValueError, match=r"scored picture of all 40 prompts, missing are: B \(2\); score them"):
        rank_generators(rows, balance="refuse")
    assert rank_generators(world(), n_resamples=0, balance="refuse").balance == "shared"


def test_missing_prompts_are_left_out_and_the_note_says_so():
    rows = [line for line in world() if not (line["generator"] == "B" and line["prompt_id"] in ("3", "7"))]
    ranking = rank_generators(rows, n_resamples=0)
    assert (ranking.balance, ranking.n_shared_prompts) == ("shared", 38)
    assert "only the 38 prompts that all generators have count; missing are: B (2)." in ranking.notes[0]


def test_missing_prompts_are_allowed_for_and_the_note_says_so():
    # B met only the prompts that are easy, and its plain mean is above that of A
    rows = [row("A", str(prompt), 2.0 + (prompt < 10) * 2) for prompt in range(20)]
    rows += [row("B", str(prompt), 3.5, [("color", 1.0)]) for prompt in range(10)]
    rows = [{**line, "overall_score": line["overall_score"] + 0.01 * int(line["prompt_id"])} for line in rows]
    ranking = rank_generators(rows, n_resamples=50, balance="adjusted")
    assert [line.generator for line in ranking.rows] == ["A", "B"]
    # The additive model: B is half a point below A wherever both are
    assert ranking.rows[0].mean - ranking.rows[1].mean == pytest.approx(0.5)
    assert ranking.rows[0].mean == pytest.approx(np.mean([line["overall_score"] for line in rows[:20]]))
    assert (ranking.balance, ranking.rows[1].n, ranking.rows[1].n_missing_prompts) == ("adjusted", 10, 10)
    assert "means are those of an additive model" in ranking.notes[0]
    assert ranking.differences[0].n_prompts == 10
    assert [*ranking.rows[1].categories] == ["color"]
    assert [*ranking.rows[0].categories] == []


def test_adjusting_changes_nothing_where_nothing_is_missing():
    shared, adjusted = (rank_generators(world(), n_resamples=100, balance=name) for name in ("shared", "adjusted"))
    for left, right in zip(shared.rows, adjusted.rows, strict=True):
        assert right.mean == pytest.approx(left.mean)
        assert (right.low, right.high) == pytest.approx((left.low, left.high), abs=0.05)
        assert right.categories["color"].mean == pytest.approx(left.categories["color"].mean)


def test_generators_that_nothing_compares_are_one_sentence():
    apart = [row("A", "1", 3.0), row("A", "2", 3.5), row("B", "3", 3.0), row("B", "4", 2.0)]
    with pytest.raises(ValueError, match="share no prompts with the others, not even through third ones"):
        rank_generators(apart, balance="adjusted")
    with pytest.raises(ValueError, match="B has no picture with a score; leave it out"):
        rank_generators([row("A", "1", 3.0), row("B", "1", None)], balance="adjusted")
    with pytest.raises(ValueError, match="`balance` must be one of 'shared', 'adjusted', 'refuse'"):
        rank_generators(apart, balance="both")


def test_category_means_have_intervals_over_prompts():
    rows = world(n_prompts=200)
    color = rank_generators(rows, n_resamples=500).rows[0].categories["color"]
    half = 1.96 * np.sqrt(color.mean * (1 - color.mean) / 200)
    assert (color.high - color.low) / 2 == pytest.approx(half, rel=0.15)
    assert (color.n, color.n_prompts) == (200, 200)


def test_a_category_with_two_elements_has_a_mean_and_no_interval():
    rows = world()
    for number, score in ((0, 1.0), (1, 0.0)):
        rows[number]["elements"] = [{"text": "x", "category": "food", "score": score}]
    food = rank_generators(rows, n_resamples=50).rows[0].categories["food"]
    assert (food.mean, food.n, food.n_prompts, food.low, food.high) == (0.5, 2, 2, None, None)


def test_constant_scores_have_no_interval_and_are_named():
    rows = [*world(levels=(0.5,)), *[row("Z", str(prompt), 3.0) for prompt in range(40)]]
    ranking = rank_generators(rows, n_resamples=50)
    line = next(line for line in ranking.rows if line.generator == "Z")
    assert (line.mean, line.low, line.high) == (3.0, None, None)
    assert any(note.startswith("All scores of Z are the same") for note in ranking.notes)


def test_where_all_tie_nobody_is_better():
    rows = [row(name, str(prompt), 2 + prompt / 20) for name in "ABC" for prompt in range(30)]
    ranking = rank_generators(rows, n_resamples=50)
    assert [(line.rank, line.letters) for line in ranking.rows] == [(1, "a")] * 3
    assert [line.preference.strength for line in ranking.rows] == pytest.approx([0, 0, 0])
    assert all(line.preference.low is None and line.preference.rank == 1 for line in ranking.rows)
    assert [(pair.difference, pair.low, pair.p_value) for pair in ranking.differences] == [(0.0, None, 1.0)] * 3
    assert [pair.n_prompts_needed for pair in ranking.differences] == [None] * 3
    assert ranking.agreement is None
    assert any(note.startswith("All comparisons within prompts are ties") for note in ranking.notes)
    json.dumps(ranking.record(), allow_nan=False)


def test_one_prompt_gives_an_order_and_nothing_else():
    ranking = rank_generators([row("A", "1", 3.0), row("B", "1", 4.0)])
    assert [(line.generator, line.low, line.letters, line.preference) for line in ranking.rows] == [
        ("B", None, "", None),
        ("A", None, "", None),
    ]
    assert np.isnan(ranking.differences[0].p_value)
    assert ranking.record()["differences"][0]["p_value"] is None
    assert ranking.notes[0] == "There are no intervals of means, because fewer than 5 prompts count (1)."
    assert "no other generator ever beat or tied B" in ranking.notes[2]


def test_one_generator_is_compared_with_nobody():
    ranking = rank_generators(world(levels=(0.5,)), n_resamples=50)
    assert (ranking.differences, ranking.agreement, ranking.rows[0].letters) == ((), None, "")
    assert ranking.notes == ("A is the only generator, so there is nothing to compare it with.",)


def test_scores_on_another_scale_have_no_normalised_mean():
    rows = [{**line, "overall_score": line["overall_score"] / 100} for line in world()]
    ranking = rank_generators(rows, n_resamples=0)
    assert np.isnan(ranking.rows[0].normalised)
    assert ranking.record()["generators"][0]["normalised"] is None
    assert ranking.notes == ("Scores are not on the scale of 1 to 5, so there is no normalised mean.",)


@pytest.mark.parametrize("score", [float("inf"), "high"])
def test_a_score_that_is_no_finite_number_is_one_sentence(score):
    with pytest.raises(ValueError, match="Row 2 of the scores: expected a finite overall_score, got"):
        rank_generators([row("A", "1", 3.0), row("B", "1", score)])


def test_nan_is_a_missing_score():
    assert rank_generators([*world(), row("A", "0", float("nan"))], n_resamples=0).rows[0].n_unscored == 1


def test_a_picture_counts_once_however_often_it_was_scored():
    rows = world()
    ranking = rank_generators([*rows, *({**line, "overall_score": 1.0} for line in rows[:5])], n_resamples=0)
    assert ranking.rows == rank_generators(rows, n_resamples=0).rows
    assert ranking.notes == ("5 rows repeat a picture; the first row of each picture counts.",)


def test_without_comparison_there_are_means_only():
    ranking = rank_generators(world(), n_resamples=0, compare=False)
    assert ranking.differences == ()
    assert all(line.letters == "" and line.preference is None for line in ranking.rows)


def test_people_correct_a_scorer_that_favours_a_generator():
    # The scorer gives A half a point more than people do; 30 of 60 prompts were rated.
    truth = world(n_prompts=60, levels=(-0.2, 0.0))
    scores = [
        {**line, "overall_score": min(5.0, line["overall_score"] + 0.5 * (line["generator"] == "A"))} for line in truth
    ]
    human = [
        {"image_path": line["image"].removeprefix("images/"), "rating": line["overall_score"]}
        for line in truth
        if int(line["prompt_id"]) % 2
    ]
    ranking = rank_generators(scores, n_resamples=0, human=human)
    assert [line.generator for line in ranking.rows] == ["A", "B"]
    first, second = (line.corrected for line in ranking.rows)
    assert (first.rank, second.rank) == (2, 1)
    assert (first.bias, second.bias) == (pytest.approx(0.5, abs=0.02), pytest.approx(0, abs=1e-12))
    assert first.mean == pytest.approx(np.mean([line["overall_score"] for line in truth[:60]]), abs=0.02)
    assert (first.n_rated, first.n_rated_prompts) == (30, 30)
    assert first.high - first.low < first.human_high - first.human_low
    json.dumps(ranking.record(), allow_nan=False)


def test_corrected_means_of_unbalanced_generators_rest_on_shared_prompts():
    rows = [line for line in world() if not (line["generator"] == "B" and line["prompt_id"] in ("3", "7"))]
    human = [{"image_path": line["image"], "rating": line["overall_score"]} for line in rows[::2]]
    ranking = rank_generators(rows, n_resamples=0, balance="adjusted", human=human)
    assert "Corrected means rest on the 38 prompts that all generators have." in ranking.notes
    assert ranking.rows[0].corrected.n_rated_prompts == 20


def test_the_same_seed_gives_the_same_ranking():
    assert rank_generators(world(), n_resamples=50, seed=3) == rank_generators(world(), n_resamples=50, seed=3)
    other = rank_generators(world(), n_resamples=50, seed=4).rows[0]
    assert other.low != rank_generators(world(), n_resamples=50, seed=3).rows[0].low


def test_adjusted_means_that_few_prompts_link_have_no_intervals_and_a_note_says_why():
    def linked(n):
        return [
            row(name, prompt, 3.0 + (prompt * 7 % 11) / 10 + (name == "B") / 2)
            for name, prompts in (("A", range(20)), ("B", range(20 - n, 40)))
            for prompt in prompts
        ]

    few = rank_generators(linked(4), balance="adjusted", n_resamples=200)
    assert all(one.low is None for one in few.rows)
    assert any("only 4 of the 40 prompts were met by two or more generators" in note for note in few.notes)
    enough = rank_generators(linked(12), balance="adjusted", n_resamples=200)
    assert all(one.low is not None for one in enough.rows)


def test_a_generator_that_one_prompt_links_to_the_others_leaves_no_intervals():
    rows = [row(name, prompt, 3.0 + prompt % 3 / 2) for name in "AB" for prompt in range(20)]
    rows += [row("C", prompt, 2.0 + prompt % 4 / 2) for prompt in range(19, 40)]
    ranking = rank_generators(rows, balance="adjusted", n_resamples=200)
    assert all(one.low is None for one in ranking.rows)
    assert any("so few prompts link some generators" in note for note in ranking.notes)
