from dataclasses import replace

import pytest

from evalmuse_hf.pages.leaderboard.generator_lines import Places, arrange, lines_of, skills_of, sorts_of
from evalmuse_hf.ranking.records import CategoryMean, Difference, GeneratorRank, Ranking


def row(name, rank, mean, low=None, high=None, **skills):
    return GeneratorRank(rank, name, mean, low, high, 0.5, 10 * rank, 30, 0, 0, categories=skills)


def pair(first, second, *, separated):
    p = 0.01 if separated else 0.5
    return Difference(
        first=first, second=second, difference=0.3, low=0.1, high=0.5, p_value=p, adjusted_p_value=p, n_prompts=30,
        n_prompts_needed=50, neighbours=True,
    )  # fmt: skip


@pytest.fixture
def three():
    rows = (
        row("b", 1, 4.0, 3.0, 5.0, color=CategoryMean(0.2, 9, 0.1, 0.3, 9)),
        row("A", 2, 3.0, 2.9, 3.1, color=CategoryMean(0.9, 9, 0.8, 1.0, 9)),
        row("c", 3, 2.0, shape=CategoryMean(0.5, 9, 0.4, 0.6, 30)),
    )
    differences = (pair("b", "A", separated=False), pair("b", "c", separated=True), pair("A", "c", separated=False))
    return Ranking(rows, 30, 30, differences=differences)


def names(lines):
    return [line.row.generator for line in lines]


def test_places_are_what_the_tests_leave_open(three):
    # c is worse than b by more than noise, so b cannot be last and c cannot be first; A may be anything.
    places = {line.row.generator: str(line.places) for line in lines_of(three)}
    assert places == {"b": "1 to 2", "A": "1 to 3", "c": "2 to 3"}


def test_without_all_tests_there_are_no_places(three):
    partial = replace(three, differences=three.differences[:2])
    assert [line.places for line in lines_of(partial)] == [None] * 3


def test_a_skill_ranks_by_its_own_mean_and_its_places_are_those_of_intervals(three):
    lines = lines_of(three, "color")
    assert names(lines) == ["A", "b", "c"]
    assert [line.rank for line in lines] == [1, 2, None]
    assert [line.places for line in lines] == [Places(best=1, worst=1), Places(best=2, worst=2), None]
    assert [line.rests_on_few for line in lines] == [True, True, False]


def test_skills_stand_in_the_order_of_the_paper_and_unknown_ones_last(three):
    odd = replace(three, rows=(*three.rows, row("d", 4, 1.0, zebra=CategoryMean(0.1, 1))))
    assert skills_of(odd) == ("color", "shape", "zebra")


@pytest.mark.parametrize(
    "sort, reverse, expected",
    [
        ("rank", False, ["b", "A", "c"]),
        ("rank", True, ["c", "A", "b"]),
        ("low", False, ["b", "A", "c"]),
        ("low", True, ["A", "b", "c"]),  # c has no interval and is last in either direction
        ("name", False, ["A", "b", "c"]),
        ("n", False, ["c", "A", "b"]),
        ("nothing known", False, ["b", "A", "c"]),
    ],
)
def test_lines_are_sorted(three, sort, reverse, expected):
    assert names(arrange(lines_of(three), sort=sort, reverse=reverse)) == expected


def test_the_search_looks_into_names_whatever_the_case(three):
    assert names(arrange(lines_of(three), search=" a ")) == ["A"]
    assert arrange(lines_of(three), search="z") == []


def test_only_what_a_ranking_has_can_be_sorted_by(three, ranking):
    assert sorts_of(three, "overall") == ("rank", "low", "name", "n")
    assert "preference" in sorts_of(ranking, "overall")
    assert "preference" not in sorts_of(ranking, "color")
