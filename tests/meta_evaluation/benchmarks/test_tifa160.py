import pytest

from evalmuse_hf.meta_evaluation import evaluate_scores
from evalmuse_hf.meta_evaluation.benchmarks.tifa160 import SCORERS, read_tifa160


def test_rows_hold_prompt_generator_and_both_ratings(tifa_records, write_tifa):
    rated = read_tifa160(write_tifa(tifa_records))
    assert [row["generator"] for row in rated.rows] == ["mini_dalle", "stable_diffusion_v2_1"] * 2
    row = rated.rows[0]
    assert (row["image_path"], row["prompt_id"], row["prompt"]) == (
        *("drawn_1_mini_dalle.jpg", "drawn_1", "a red kite over a lake"),
    )
    assert (row["overall_ratings"], row["overall_score"]) == ([5, 4], 4.5)
    assert rated.facts.notes == ()


def test_a_folder_will_do(tifa_records, write_tifa):
    assert len(read_tifa160(write_tifa(tifa_records).parent).rows) == 4


def test_the_shipped_scores_are_scores_that_can_be_judged(tifa_records, write_tifa):
    for number, record in enumerate(tifa_records.values()):
        record["bleu"] = number
    rated = read_tifa160(write_tifa(tifa_records))
    assert {*rated.scores} == {*SCORERS}
    assert [row["overall_score"] for row in rated.scores["BLEU"]] == [0, 1, 2, 3]
    assert [row["overall_score"] for row in rated.scores["CLIPScore"]] == [30.5] * 4
    record = evaluate_scores(rated.scores["BLEU"], rated.rows, n_resamples=0)
    assert record["coverage"] == {"scored": 4, "rated": 4, "share": 1.0}


def test_a_scorer_that_the_file_lacks_is_no_scorer_and_a_gap_is_no_score(tifa_records, write_tifa):
    for record in tifa_records.values():
        del record["spice"]
    next(iter(tifa_records.values()))["bleu"] = None
    rated = read_tifa160(write_tifa(tifa_records))
    assert "SPICE" not in rated.scores
    assert rated.scores["BLEU"][0]["status"] == "not_scored"


def test_a_picture_without_ratings_stays_without_an_overall_score(tifa_records, write_tifa):
    tifa_records["drawn_1_mini_dalle"].update(human_scores=None, human_avg=None)
    assert read_tifa160(write_tifa(tifa_records)).rows[0]["overall_score"] is None


def test_a_generator_that_was_not_published_is_counted_and_named(tifa_records, write_tifa):
    tifa_records["drawn_1_mini_dalle"]["image_path"] = "drawn_1_newest.jpg"
    tifa_records["drawn_2_mini_dalle"]["image_path"] = "picture.jpg"
    rated = read_tifa160(write_tifa(tifa_records))
    assert rated.facts.notes == (
        "2 pictures are of a generator that was not published with this data set: newest (1), unknown (1).",
    )


@pytest.mark.parametrize(
    "change, message",
    [
        ({"human_scores": [5, 6]}, "a rating of picture 'drawn_1_mini_dalle.jpg' is 6, off the scale of 1 to 5"),
        ({"human_scores": "good"}, "a rating of picture 'drawn_1_mini_dalle.jpg' is 'good', expected a number"),
        ({"human_avg": 3.0}, "is given as 3, but its ratings are"),
        ({"image_path": "drawn_1_stable_diffusion_v2_1.jpg"}, "has picture .* twice"),
        ({"image_path": "drawn_2_mini_dalle.jpg"}, "for two prompts, 'a red kite over a lake' and 'two owls'"),
        ({"bleu": "high"}, "`bleu` of picture 'drawn_1_mini_dalle.jpg' is 'high', expected a number"),
    ],
)
def test_a_record_that_is_not_sound_is_refused_by_name(tifa_records, write_tifa, change, message):
    tifa_records["drawn_1_mini_dalle"].update(change)
    with pytest.raises(ValueError, match=message):
        read_tifa160(write_tifa(tifa_records))
