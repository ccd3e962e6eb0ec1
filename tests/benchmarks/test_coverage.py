"""Coverage of intervals and size of tests, on simulated ratings."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from evalmuse_hf.stats import element_accuracy, krcc, plcc, scorer_difference, srcc

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "coverage.py"))
PAGE = ROOT / "docs" / "uncertainty.md"


@pytest.fixture
def small(monkeypatch):
    """Hardly any replications."""
    values = BENCHMARK["measure"].__globals__
    for name, number in (("QUICK_REPLICATIONS", 6), ("QUICK_TRUTH_PROMPTS", 2000), ("RESAMPLES", 39)):
        monkeypatch.setitem(values, name, number)
    monkeypatch.setitem(values, "PERMUTATIONS", 39)


def test_the_page_states_the_errors_that_the_command_prints():
    nothing = {"replications": 2000, "resamples": 499, "coverage": [], "size": [], "true": {}}
    summary = BENCHMARK["describe"](nothing, BENCHMARK["COMMAND"]).summary
    assert "0.5 points; in the column of pairs drawn 2.1 points near 87 % and 3.1 near 55 %." in summary
    assert summary in PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def rated():
    return BENCHMARK["draw"](4000, np.random.default_rng(0))


def test_ratings_are_tied_third_steps_and_prompts_matter(rated):
    steps = rated.ratings * 3
    assert steps == pytest.approx(np.rint(steps))
    assert len(np.unique(rated.ratings)) == 13
    table = rated.ratings.reshape(4000, 10)
    others = (table.sum(axis=1, keepdims=True) - table) / 9
    oracle = srcc(predictions=others.ravel(), references=table.ravel()).statistic
    assert 0.4 < oracle < 0.65  # the mean rating of the prompt's other pictures predicts, as in real ratings
    assert np.ptp(table.mean(axis=0)) > 0.5  # and so does the generator


def test_two_scorers_are_equally_good_for_different_reasons(rated):
    values = {name: srcc(predictions=x, references=rated.ratings).statistic for name, x in rated.scores.items()}
    assert values["other"] == pytest.approx(values["scorer"], abs=0.015)  # four times the error of the difference
    assert values["worse"] < values["scorer"] - 0.03


def test_the_true_values_are_those_of_the_statistics_themselves(rated):
    figures = BENCHMARK["figures_of"](rated)
    sides = {"predictions": rated.scores["scorer"], "references": rated.ratings}
    expected = {
        "SRCC": srcc(**sides).statistic,
        "tau-b": krcc(**sides).statistic,
        "PLCC": plcc(**sides).statistic,
        "element accuracy": element_accuracy(predictions=rated.verdicts, references=rated.yes).statistic,
        "accuracy near 1": np.mean(rated.easy),
        "SRCC, scorer - worse": scorer_difference(
            first=rated.scores["scorer"],
            second=rated.scores["worse"],
            references=rated.ratings,
            n_resamples=0,
            n_permutations=0,
        ).statistic,
    }
    assert figures == pytest.approx(expected)
    assert figures["accuracy near 1"] == pytest.approx(BENCHMARK["EASY"], abs=0.006)  # four standard errors


def test_its_intervals_are_those_of_the_functions_that_users_call():
    """Same seed, same order of draws: first the pictures, then the elements."""
    rated = BENCHMARK["draw"](20, np.random.default_rng(1))
    pictures, elements = (
        BENCHMARK["read_sample"]({"rows": column}, groups=prompts.tolist())
        for column, prompts in ((rated.ratings, rated.prompts), (rated.yes, rated.element_prompts))
    )
    drawn = BENCHMARK["resample"](rated, pictures, elements, ("scorer", "worse"), np.random.default_rng(5))
    left_out = BENCHMARK["jackknife"](rated, pictures, elements)
    figures = BENCHMARK["figures_of"](rated)
    options = {"groups": rated.prompts.tolist(), "n_resamples": BENCHMARK["RESAMPLES"], "rng": 5}
    sides = {"predictions": rated.scores["scorer"], "references": rated.ratings}
    for interval in ("percentile", "bca"):
        expected = {
            "SRCC": srcc(**sides, **options, interval=interval),
            "tau-b": krcc(**sides, **options, interval=interval),
            "PLCC": plcc(**sides, **options, interval=interval),
            "SRCC, scorer - worse": scorer_difference(
                first=rated.scores["scorer"],
                second=rated.scores["worse"],
                references=rated.ratings,
                n_permutations=0,
                interval=interval,
                **options,
            ),
        }
        for figure, result in expected.items():
            part = left_out.figures()[figure] if interval == "bca" else None
            found = BENCHMARK["ResampledDifference"](figures[figure], drawn.figures()[figure], 20, part)
            assert found.interval(0.95) == pytest.approx(result.confidence_interval)


def test_the_figures_are_printed_as_a_table_and_as_json(small, capsys):
    assert BENCHMARK["main"](["--quick", "--prompts", "20", "--processes", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [row["figure"] for row in figures["coverage"]] == list(BENCHMARK["FIGURES"])
    assert [row["scorers"] for row in figures["size"]] == list(BENCHMARK["COMPARED"].values())
    for row in figures["coverage"]:
        assert 0.5 < row["percentile"] <= 1
        assert 0 < row["alone_width"] < row["percentile_width"] < 1
    page = BENCHMARK["document_markdown"](BENCHMARK["describe"](figures, "x"))
    for header in headers():
        assert header in page


def test_the_tables_are_put_where_the_page_says(small, tmp_path, capsys):
    begin, end = BENCHMARK["BEGIN"], BENCHMARK["END"]
    page = tmp_path / "page.md"
    page.write_text(f"above\n\n{begin}\n\nstale\n\n{end}\n\nbelow\n", encoding="utf-8")
    arguments = ["--quick", "--replications", "2", "--prompts", "12", "--processes", "1", "--page", str(page)]
    assert BENCHMARK["main"](arguments) == 0
    printed, text = capsys.readouterr().out, page.read_text("utf-8")
    assert text.startswith(f"above\n\n{begin}\n\nWritten by `python benchmarks/coverage.py --quick --replications 2`")
    assert text.endswith(f"\n\n{end}\n\nbelow\n")
    assert "\n### Coverage\n" in text
    assert "stale" not in text
    assert all(line in text for line in printed.splitlines() if line.startswith("|"))
    with pytest.raises(ValueError, match="The page has no place for the tables"):
        BENCHMARK["with_tables"]("a page without marks", printed)


def test_equal_seeds_give_equal_figures(small):
    one, again = (
        BENCHMARK["measure"](prompts=[12], replications=5, truth_prompts=500, processes=1, seed=3) for _ in range(2)
    )
    assert one == again


def headers():
    return [
        "| figure | true | prompts | prompts drawn, percentile | prompts drawn, BCa | pairs drawn |",
        "| two scorers | prompts | prompts drawn | prompts exchanged | Williams | Steiger |",
    ]


def test_the_page_holds_the_tables_of_the_command():
    page = PAGE.read_text("utf-8")
    assert BENCHMARK["BEGIN"] in page
    assert BENCHMARK["END"] in page.partition(BENCHMARK["BEGIN"])[2]
    for header in headers():
        assert header in page
    sizes = len(BENCHMARK["PROMPTS"])
    for figure in BENCHMARK["FIGURES"]:
        assert page.count(f"| {figure} | 0.") == sizes
    for scorers in BENCHMARK["COMPARED"].values():
        assert page.count(f"| {scorers} |") == sizes
