"""The figures of agreement on public ratings, from made-up files in the same formats."""

import csv
import json
import re
import runpy
from pathlib import Path

import krippendorff
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "agreement.py"))
PAGE = ROOT / "docs" / "agreement.md"


@pytest.fixture
def small(monkeypatch):
    """Hardly any resamples."""
    values = BENCHMARK["measure"].__globals__
    for name, number in (
        ("QUICK_RESAMPLES", 5),
        ("QUICK_MODEL_RESAMPLES", 1),
        ("QUICK_POOLED", 300),
        ("QUICK_PROMPTS", 2),
    ):
        monkeypatch.setitem(values, name, number)


def likert(rng, n, raters, low, high):
    return np.clip(rng.integers(low, high + 1, (n, 1)) + rng.integers(-1, 2, (n, raters)), low, high)


@pytest.fixture
def data(tmp_path):
    """Thirty items each: DSG with known workers and a gap, GenEval's counts, Flickr8k's experts and crowd."""
    rng = np.random.default_rng(0)
    for name in ("dsg", "geneval", "flickr8k"):
        (tmp_path / name).mkdir()
    rows = [
        {"t2i_model": f"m{item % 2}", "item_id": f"tifa_{item // 2}", "worker_id": f"w{rater}", "answer": value}
        for item, values in enumerate(likert(rng, 30, 5, 1, 5))
        for rater, value in enumerate(values)
    ]
    write_csv(tmp_path / "dsg" / "tifa160-likert-anns.csv", rows[:-1])
    rows = [
        {"Input.prompt_id": item // 2, "Input.image_id": item % 2, "Answer.task-count-0": value}
        for item, values in enumerate(likert(rng, 30, 5, 0, 4))
        for value in values
    ]
    write_csv(tmp_path / "geneval" / "annotations_sdv2.csv", rows)
    experts = [[f"{i}.jpg", f"{i // 3}.jpg#0", *map(str, row)] for i, row in enumerate(likert(rng, 30, 3, 1, 4))]
    write_lines(tmp_path / "flickr8k" / "ExpertAnnotations.txt", experts)
    yes = rng.binomial(3, rng.beta(0.4, 0.8, 30))
    crowd = [[f"{i}.jpg", f"{i // 3}.jpg#0", "0", str(one), str(3 - one)] for i, one in enumerate(yes)]
    write_lines(tmp_path / "flickr8k" / "CrowdFlowerAnnotations.txt", crowd)
    return tmp_path


def write_csv(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_lines(path, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, inside pingouin
def test_every_set_is_read_and_agrees_with_other_packages(data, small, capsys):
    assert BENCHMARK["main"](["--data", str(data), "--quick", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    sets = {one["name"]: one for one in figures["data"]}
    assert [one["items"] for one in sets.values()] == [30, 30, 30, 30]
    assert [one["prompts"] for one in sets.values()] == [15, 15, 10, 10]
    assert [one["ratings"] for one in sets.values()] == ["4 to 5", "5", "3", "3"]
    packages = {check["package"] for check in figures["checks"]}
    assert packages == {"krippendorff", "statsmodels", "pingouin", "scikit-learn"}
    for check in figures["checks"]:
        assert check["ours"] == pytest.approx(check["theirs"], abs=1e-9), check
    persons = [name for name, one in sets["GenEval count"]["figures"].items() if "not identified" in one["status"]]
    assert "ICC(A,1)" in persons
    assert "mean pairwise Spearman" in persons
    assert all(one["status"] == "ok" for one in sets["DSG Likert"]["figures"].values())
    assert "noise ceiling, accuracy" in sets["Flickr8k crowd"]["figures"]


def test_ratings_land_in_the_columns_of_their_raters(data):
    ratings = BENCHMARK["read_dsg"](data)
    with (data / "dsg" / "tifa160-likert-anns.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    first = [float(row["answer"]) for row in rows[:5]]
    assert ratings.values[0].tolist() == first
    assert np.isnan(ratings.values[-1, -1])
    expected = krippendorff.alpha(ratings.values.T, level_of_measurement="ordinal")
    assert BENCHMARK["check_against_others"](ratings)[0]["theirs"] == expected


def test_what_is_absent_is_skipped_with_a_sentence(data, small, tmp_path, capsys):
    (data / "geneval" / "annotations_sdv2.csv").unlink()
    (data / "dsg" / "tifa160-likert-anns.csv").unlink()
    (data / "flickr8k" / "ExpertAnnotations.txt").unlink()
    assert BENCHMARK["main"](["--data", str(data), "--quick"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("Skipped ") == 3
    assert "| Flickr8k crowd | alpha, nominal |" in printed.out
    assert BENCHMARK["main"](["--data", str(tmp_path / "nothing")]) == 0
    assert capsys.readouterr().out.startswith("Skipped: ")


def test_a_damaged_file_ends_with_one_sentence(data, capsys):
    (data / "flickr8k" / "ExpertAnnotations.txt").write_text("1.jpg\t2.jpg#0\tone\t1\t1\n")
    assert BENCHMARK["main"](["--data", str(data), "--quick"]) == 2
    assert capsys.readouterr().err.startswith("agreement: cannot read Flickr8k's experts")


def test_the_page_holds_the_tables_of_the_command(data):
    """The data do not travel with the package: the page's numbers cannot be checked here, its form can."""
    page = PAGE.read_text("utf-8")
    assert BENCHMARK["COMMAND"] in page
    names = BENCHMARK["agreement"](BENCHMARK["read_dsg"](data), quick=True)
    for name in names:
        assert re.search(rf"^\| {re.escape(name)} \| \d\.\d{{3}} ", page, re.MULTILINE), name
    for line in (
        "| DSG Likert | alpha, ordinal | 0.6854 | 0.6854 | krippendorff | 0.685 |",
        "| GenEval count | alpha, nominal | 0.6907 | 0.6907 | krippendorff | 0.69 |",
        "| Flickr8k experts | alpha, interval | 0.7885 | 0.7885 | krippendorff | 0.788 |",
    ):
        assert line in page
