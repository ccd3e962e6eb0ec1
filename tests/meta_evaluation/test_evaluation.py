import json

import pytest
from scipy import stats as reference

from evalmuse_hf.meta_evaluation import PARTS, RatedData, evaluate, evaluate_scores, prompt_group
from evalmuse_hf.meta_evaluation.rated_data import DataFacts

PREDICTED = [1.2, 2.5, 3.1, 4.8, 2.2, 3.9]
RATED = [1.0, 3.0, 2.5, 5.0, 2.0, 4.5]


def pairs():
    return [
        {
            "image_path": f"A/{index}.png",
            "prompt_id": str(index // 3),
            "prompt": "a red cat",
            "overall_score": rating,
            "elements": [
                {"text": "red", "category": "color", "score": 1.0 if index % 2 else 0.0},
                {"text": "cat", "category": "animal/human", "score": 0.5},
            ],
        }
        for index, rating in enumerate(RATED)
    ]


def scores():
    return [
        {
            "image": f"images/A/{index}.png",
            "overall_score": predicted,
            "status": "ok",
            "elements": [
                {"text": "red", "score": 0.9 if index < 4 else 0.1, "status": "ok"},
                {"text": "cat", "score": None, "status": "unmatched"} if index == 0
                else {"text": "cat", "score": 0.5, "status": "ambiguous"},
            ],
        }
        for index, predicted in enumerate(PREDICTED)
    ]  # fmt: skip


def test_overall_statistics_are_those_of_scipy():
    overall = evaluate_scores(scores(), pairs(), n_resamples=0)["overall"]
    assert overall["srcc"]["value"] == pytest.approx(reference.spearmanr(PREDICTED, RATED).statistic, abs=1e-12)
    assert overall["krcc"]["value"] == pytest.approx(reference.kendalltau(PREDICTED, RATED).statistic, abs=1e-12)
    assert overall["plcc"]["value"] == pytest.approx(reference.pearsonr(PREDICTED, RATED).statistic, abs=1e-12)
    assert overall["srcc"]["n"] == 6
    assert overall["srcc"]["n_groups"] == 2
    assert overall["srcc"]["low"] is None


def test_within_prompts_is_the_mean_over_prompts():
    within = evaluate_scores(scores(), pairs(), n_resamples=0)["within_prompt"]["srcc"]
    expected = [reference.spearmanr(PREDICTED[part], RATED[part]).statistic for part in (slice(0, 3), slice(3, 6))]
    assert within["value"] == pytest.approx(sum(expected) / 2, abs=1e-12)


def test_elements_without_a_score_are_left_out_and_counted():
    elements = evaluate_scores(scores(), pairs(), n_resamples=0)["elements"]
    # red: predicted 1 1 1 1 0 0, rated 0 1 0 1 0 1, so 3 of 6 agree; cat: 5 scored, all at the threshold on both sides
    assert elements["coverage"] == {"scored": 11, "rated": 12, "share": 11 / 12}
    assert elements["statuses"] == {"ok": 6, "unmatched": 1, "ambiguous": 5}
    assert elements["micro"]["value"] == pytest.approx(8 / 11)
    assert elements["by_category"]["color"]["micro"]["value"] == pytest.approx(0.5)
    assert elements["by_category"]["color"]["n_yes"] == 3
    assert elements["by_category"]["animal/human"]["micro"]["value"] == 1.0
    assert elements["by_category"]["animal/human"]["balanced"]["value"] is None
    assert elements["by_category"]["animal/human"]["balanced"]["status"] == "no reference says no"
    assert list(elements["by_category"]) == ["color", "animal/human"]


def test_a_pair_without_a_score_lowers_coverage_and_never_counts_as_0():
    rows = scores()
    rows[1] = {**rows[1], "overall_score": None, "status": "image_error", "elements": []}
    record = evaluate_scores(rows[:5], pairs(), n_resamples=0)
    kept = [0, 2, 3, 4]
    expected = reference.spearmanr([PREDICTED[row] for row in kept], [RATED[row] for row in kept]).statistic
    assert record["overall"]["srcc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert record["coverage"] == {"scored": 4, "rated": 6, "share": 4 / 6}
    assert record["statuses"] == {"ok": 4, "image_error": 1}
    assert record["join"]["missing"] == {"n": 1, "first": ["A/5.png"]}
    assert record["elements"]["statuses"]["not_given"] == 2


def test_a_constant_scorer_has_no_correlation():
    rows = [{**row, "overall_score": 3.0} for row in scores()]
    srcc = evaluate_scores(rows, pairs(), n_resamples=10)["overall"]["srcc"]
    assert srcc["value"] is None
    assert srcc["status"] == "constant predictions"


def test_the_record_is_json_and_the_seed_fixes_it():
    first, second = (evaluate_scores(scores(), iter(pairs()), n_resamples=50, seed=3) for _ in range(2))
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
    assert first["format"] == 1
    assert first["overall"]["srcc"]["low"] <= first["overall"]["srcc"]["high"]


def test_scores_of_another_data_set_are_one_sentence():
    with pytest.raises(ValueError, match=r"None of the 1 scores belongs to one of the 6 pairs .* such as 'B/1.png'"):
        evaluate_scores([{"image": "B/1.png"}], pairs())


def test_a_split_without_ratings_is_one_sentence():
    unrated = [{**pair, "overall_score": None} for pair in pairs()]
    with pytest.raises(ValueError, match="None of the 6 scored pairs has ratings; choose another split"):
        evaluate_scores(scores(), unrated)


def test_a_prompt_is_known_by_its_id_or_its_text():
    assert prompt_group({"prompt_id": 7, "prompt": "a cat"}) == "7"
    assert prompt_group({"prompt_id": None, "prompt": "a cat"}) == "a cat"


def test_parts_can_be_left_out_and_the_others_stay_the_same(make_rows, make_scores):
    rows = make_rows(n_prompts=10)
    known = make_scores(rows)
    whole = evaluate_scores(known, rows, n_resamples=20)
    few = evaluate_scores(known, rows, n_resamples=20, parts=("references",))
    assert set(whole) - set(few) == set(PARTS) - {"references"}
    assert few == {name: whole[name] for name in few}
    assert json.dumps(whole, allow_nan=False)


def test_an_unknown_part_is_one_sentence():
    with pytest.raises(ValueError, match=r"`parts` must be of between_prompt, .*, got 'magic'"):
        evaluate_scores(scores(), pairs(), parts=("magic",))


def test_the_record_says_whose_ratings_they_are():
    facts = DataFacts(name="own", title="Own", source="here", rating_scale=(1, 5), aggregation="mean")
    evaluation = evaluate(scores(), RatedData(facts=facts, rows=tuple(pairs())), n_resamples=0, parts=())
    assert evaluation.record["data"]["title"] == "Own"
    assert evaluation.judged.pairs.n == 6
    assert evaluate_scores(scores(), pairs(), n_resamples=0, parts=())["data"] is None


def test_each_interval_says_how_many_resamples_it_rests_on():
    record = evaluate_scores(scores(), pairs(), n_resamples=30, parts=())
    assert record["overall"]["srcc"]["n_resamples"] == 30
    assert evaluate_scores(scores(), pairs(), n_resamples=0, parts=())["overall"]["srcc"]["n_resamples"] == 0


def test_the_order_of_the_scores_changes_nothing():
    first = evaluate_scores(scores(), pairs(), n_resamples=20, parts=())
    assert evaluate_scores(reversed(scores()), pairs(), n_resamples=20, parts=()) == first


def test_two_threads_say_what_one_says(monkeypatch):
    pairs = [
        {"image_path": f"{generator}/{prompt}.png", "prompt_id": str(prompt), "prompt": f"prompt {prompt}",
         "generator": generator, "source": "real", "overall_ratings": [1 + (prompt + place) % 4, 2, 5 - prompt % 3],
         "overall_score": (8 + (prompt + place) % 4 - prompt % 3) / 3,
         "elements": [{"text": "red", "category": "color", "ratings": [1, 0, prompt % 2],
                       "score": (1 + prompt % 2) / 3}]}
        for prompt in range(12) for place, generator in enumerate("ABC")
    ]  # fmt: skip
    scores = [
        {"image": pair["image_path"], "overall_score": pair["overall_score"] + index % 5 / 3, "status": "ok",
         "elements": [{"text": "red", "score": index % 7 / 7, "status": "ok"}]}
        for index, pair in enumerate(pairs)
    ]  # fmt: skip
    records = []
    for many in (10**9, 1):
        monkeypatch.setattr("evalmuse_hf.meta_evaluation.evaluation.MANY_PAIRS", many)
        records.append(json.dumps(evaluate_scores(scores, pairs, n_resamples=50)))
    assert records[0] == records[1]
