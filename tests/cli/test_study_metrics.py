import json

import pytest

from evalmuse_hf.cli.main import main


def test_scorers_are_compared_in_one_table(tmp_path, capsys):
    words = ["study", "metrics", "--prompts", "2", "--n-resamples", "20", "--device", "cpu"]
    assert main([*words, "--html", str(tmp_path / "study.html")]) == 0
    said = capsys.readouterr().out
    assert "fga_blip2:mini" in said
    assert "pn_vqa:mini" in said
    assert "s per picture" in said
    assert (tmp_path / "study.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert main([*words, "--json", "--scorers", "pn_vqa:mini"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["n_prompts"], record["n_pairs"], len(record["scorers"])) == (2, 10, 1)


@pytest.fixture
def own_ratings(tmp_path):
    """Six prompts of three generators with ratings, and two files of scores; ours follows the ratings."""
    rows, ours, theirs = [], [], []
    for prompt in range(6):
        for place, generator in enumerate("ABC"):
            path, rating = f"{generator}/{prompt}.png", 1 + (2 * place + prompt) % 5
            rows.append(f"{path},a cat {prompt},{prompt},{generator},{rating}")
            ours.append(f"{path},{rating + place / 10}")
            theirs.append(f"{path},{(7 * prompt + 3 * place) % 5}")
    (tmp_path / "ratings.csv").write_text("\n".join(["image,prompt,prompt_id,generator,overall_score", *rows]))
    (tmp_path / "ours.csv").write_text("\n".join(["image,overall_score", *ours]))
    (tmp_path / "theirs.csv").write_text("\n".join(["image,overall_score", *theirs]))
    return tmp_path


def test_files_are_compared_on_ratings_of_ones_own(own_ratings, capsys):
    words = ["study", "metrics", "--dataset", f"csv={own_ratings / 'ratings.csv'}", "--n-resamples", "100"]
    words += ["--scores", f"ours={own_ratings / 'ours.csv'}", str(own_ratings / "theirs.csv")]
    words += ["--lower-is-better", "theirs", "--in-domain", "ours", "--statistic", "krcc"]
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    (dataset,) = record["datasets"]
    assert [line["name"] for line in record["scorers"]] == ["ours", "theirs"]
    assert dataset["best"] == "ours"
    assert record["scorers"][0]["in_domain"]
    assert record["options"]["statistic"] == "krcc"
    assert len(dataset["rankings"]) == 2
    assert main([*words, "--markdown", "--html", str(own_ratings / "page.html")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("# Which scorer agrees with people?")
    assert "ours agrees best with people: Kendall's tau-b" in said
    page = (own_ratings / "page.html").read_text("utf-8")
    assert "row agrees better" in page
    assert "Row less column, Kendall" in page


def test_ratings_on_another_scale_and_a_planned_study(own_ratings, capsys):
    rows = [line.rsplit(",", 1) for line in (own_ratings / "ratings.csv").read_text().splitlines()]
    lines = [",".join(rows[0]), *(f"{start},{10 * int(rating)}" for start, rating in rows[1:])]
    (own_ratings / "ratings.csv").write_text("\n".join(lines))
    words = ["study", "metrics", "--dataset", f"csv={own_ratings / 'ratings.csv'}", "--n-resamples", "100", "--json"]
    words += ["--scores", str(own_ratings / "ours.csv"), str(own_ratings / "theirs.csv")]
    assert main([*words, "--scale", "0", "50", "--planned-prompts", "500"]) == 0
    (dataset,) = json.loads(capsys.readouterr().out)["datasets"]
    assert dataset["facts"]["rating_scale"] == [0, 50]
    assert dataset["precision"]["planned_prompts"] == 500
    assert main(words) == 2
    assert "off the scale of 1 to 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, message",
    [
        (["--scorers", "none"], "There is no scorer 'none'"),
        (["--prompts", "0"], "`prompts` must be at least 1"),
        (["--quick", "--prompts", "3"], "not allowed with argument"),
        (["--dataset", "tifa=a.json"], "there is no kind 'tifa'; choose one of evalmuse, "),
        (["--scores", "none.csv"], "none.csv"),
        (["--scale", "5", "1"], "`scale` is 5 to 1"),
        (["--scale", "0", "100"], "no data set is of kind 'csv'"),
        (["--planned-prompts", "1"], "`planned_prompts` must be at least 2"),
        (["--statistic", "rmse"], "invalid choice: 'rmse'"),
    ],
    ids=[
        "no scorer",
        "no prompts",
        "two sizes",
        "no kind",
        "no file",
        "scale turned",
        "scale unused",
        "no plan",
        "no statistic",
    ],
)
def test_a_mistake_in_a_comparison_is_one_sentence_and_status_2(words, message, capsys):
    assert main(["study", "metrics", *words]) == 2
    assert message in capsys.readouterr().err
