import pytest

from evalmuse_hf.pages.leaderboard.comparison_view import find_difference, render_comparison
from evalmuse_hf.pages.leaderboard.rank_records import published_entry, read_rank_record
from evalmuse_hf.pages.leaderboard.untrusted_record import Value


@pytest.fixture
def entry(rank_record):
    return read_rank_record(Value(rank_record), "a.json")


def test_a_difference_that_may_be_noise_is_said_so(entry):
    content = render_comparison(entry, "New", "Newest")
    assert "cannot be told apart" in content
    assert "prompts needed" in content


@pytest.mark.parametrize("first, second", [("Newest", "Old"), ("Old", "Newest")])
def test_a_real_difference_names_the_better_one_whichever_is_chosen_first(entry, first, second):
    content = render_comparison(entry, first, second)
    pair = find_difference(entry.ranking.differences, first, second)
    assert (
        f"<strong>Newest</strong> scores higher than <strong>Old</strong> by {pair.difference:.2f} points "
        f"(95 % interval {pair.low:.2f} to {pair.high:.2f}): more than noise."
    ) in content


def test_skills_stand_side_by_side_and_few_prompts_are_said(entry):
    content = render_comparison(entry, "New", "Old")
    assert "Skills side by side" in content
    assert "few prompts (8)" in content
    assert content.count("lb-point lb-second") == 2  # two skills


def test_a_ranking_without_tests_says_that_nothing_is_known():
    content = render_comparison(published_entry(), "Dreamina v2.0Pro", "SDXL")
    assert "nothing says whether it is more than noise" in content
    assert "more than noise." in content
    assert "scores higher" not in content


def test_without_two_generators_there_is_a_sentence(entry):
    assert "Choose two different generators" in render_comparison(entry, "New", "New")
    assert "Choose two generators" in render_comparison(entry, "New", "<b>")


def test_names_are_text(rank_record):
    text = {"Newest": "<b>x</b>", "New": "New", "Old": "Old"}
    for row in rank_record["generators"]:
        row["generator"] = text[row["generator"]]
    for pair in rank_record["differences"]:
        pair.update(first=text[pair["first"]], second=text[pair["second"]])
    content = render_comparison(read_rank_record(Value(rank_record), "a.json"), "<b>x</b>", "Old")
    assert "<b>x" not in content
    assert "&lt;b&gt;x" in content
