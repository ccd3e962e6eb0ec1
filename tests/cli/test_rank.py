import json

import pytest

from evalmuse_hf.cli.main import main
from evalmuse_hf.scoring import Scores, write_scores

PROMPTS = 12


def row(generator, prompt, value, category="color"):
    return {
        "image": f"{generator}/{prompt}.png", "generator": generator, "prompt_id": str(prompt), "status": "ok",
        "overall_score": value,
        "elements": [{"text": "red", "category": category, "score": value / 5, "status": "ok"}],
    }  # fmt: skip


@pytest.fixture
def scores(tmp_path):
    rows = [
        row(name, prompt, 4.8 if (name, prompt) == ("SDXL", 3) else mean + (prompt + shift) % 4 / 10)
        for name, mean, shift in (("SDXL", 2.0, 0), ("New", 4.0, 1), ("Same", 4.0, 2))
        for prompt in range(PROMPTS)
    ]
    write_scores(Scores(rows[:-1], {"scorer": "tiny"}), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def run(capsys, *words):
    assert main(["rank", *map(str, words)]) == 0
    return capsys.readouterr().out


def refuse(capsys, *words):
    assert main(["rank", *map(str, words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_the_ranking_is_one_json_object(scores, capsys):
    record = json.loads(run(capsys, scores, "--json", "--n-resamples", 50))
    assert record["format"] == 1
    assert [(line["rank"], line["generator"]) for line in record["generators"]] == [
        (1, "New"),
        (2, "Same"),
        (3, "SDXL"),
    ]
    assert [line["letters"] for line in record["generators"]] == ["a", "a", "b"]
    assert record["provenance"]["scorer"] == "tiny"
    assert record["published"]["generators"][0]["published_mean"] == 2.99


def test_the_text_says_who_leads_and_how_many_prompts_count(scores, capsys):
    text = run(capsys, scores, "--n-resamples", 0)
    assert "New leads with" in text
    assert "cannot be told from Same" in text
    assert "11 of 12 prompts are shared by all generators and count" in text


def test_an_unbalanced_list_can_be_refused_or_adjusted(scores, capsys):
    assert "Same (1)" in refuse(capsys, scores, "--balance", "refuse")
    record = json.loads(run(capsys, scores, "--balance", "adjusted", "--json", "--n-resamples", 0))
    assert record["balance"] == "adjusted"
    assert {line["generator"]: line["n"] for line in record["generators"]} == {"New": 12, "Same": 11, "SDXL": 12}


def test_markdown_and_a_page_hold_the_ranking(scores, capsys, tmp_path):
    text = run(capsys, scores, "--markdown", "--html", tmp_path / "new" / "rank.html", "--n-resamples", 50)
    assert text.startswith("# Ranking of 3 text-to-image models")
    page = (tmp_path / "new" / "rank.html").read_text("utf-8")
    assert "Which differences are more than noise" in page
    assert page.count("<svg") == 2  # means and strengths; one skill is no radar


def test_ratings_of_people_correct_the_means(scores, capsys, tmp_path):
    ratings = tmp_path / "ratings.csv"
    lines = [f"SDXL/{prompt}.png,{5 - prompt % 3 / 4}" for prompt in range(0, PROMPTS - 1)]
    lines += [f"{name}/{prompt}.png,{3 - prompt % 3 / 4}" for name in ("New", "Same") for prompt in range(PROMPTS - 1)]
    ratings.write_text("image_path,rating\n" + "\n".join(lines) + "\n")
    record = json.loads(run(capsys, scores, "--human", ratings, "--json", "--n-resamples", 0))
    corrected = {line["generator"]: line["corrected"]["mean"] for line in record["generators"]}
    assert corrected["SDXL"] > 4.5 > 3 > corrected["New"]


def test_another_programs_file_is_ranked_on_its_own_scale(capsys, tmp_path):
    path = tmp_path / "clip.csv"
    lines = [
        f"{name},{prompt},{value + prompt % 3 / 100}"
        for name, value in (("A", 0.3), ("B", 0.2))
        for prompt in range(8)
    ]
    path.write_text("model,prompt,clip\n" + "\n".join(lines) + "\n")
    words = (path, "--score-column", "clip", "--generator-column", "model", "--n-resamples", "0", "--json")
    record = json.loads(run(capsys, *words))
    assert [line["generator"] for line in record["generators"]] == ["A", "B"]
    assert record["generators"][0]["normalised"] is None
    turned = json.loads(run(capsys, *words, "--lower-is-better"))
    assert [line["generator"] for line in turned["generators"]] == ["B", "A"]


def test_the_published_ranking_needs_no_scores(capsys):
    text = run(capsys, "--published")
    assert "Dreamina v2.0Pro" in text
    record = json.loads(run(capsys, "--published", "--json"))
    assert len(record["generators"]) == 22


def test_the_published_ranking_can_stand_at_the_end(scores, capsys):
    assert "LCM-SSD1B" not in run(capsys, scores, "--n-resamples", 0)
    assert "LCM-SSD1B" in run(capsys, scores, "--n-resamples", 0, "--published")


def test_mistakes_are_one_sentence_and_status_2(scores, tmp_path, capsys):
    write_scores(Scores([{"image": "0.png", "overall_score": 3.0, "status": "ok"}]), tmp_path / "scores.jsonl")
    assert "The scores name no generator" in refuse(capsys, tmp_path / "scores.jsonl")
    assert "There are no scores to rank" in refuse(capsys)
    assert "unrecognized arguments: new; one file of scores is ranked" in refuse(capsys, "old", "new")
    assert "--json and --markdown cannot be given together" in refuse(capsys, scores, "--json", "--markdown")
    assert "No generator is called 'Nobody'" in refuse(capsys, scores, "--radar", "Nobody", "--n-resamples", 0)
    assert "There are no ratings at" in refuse(capsys, scores, "--human", tmp_path / "none.csv")


def test_a_scale_of_ratings_that_does_not_go_up_is_refused(scores, capsys):
    assert "goes from 5 to 1" in refuse(capsys, scores, "--human-scale", "5", "1")
