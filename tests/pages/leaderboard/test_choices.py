import pytest

from evalmuse_hf.pages.leaderboard.choices import (
    choose_comparison,
    choose_generators,
    choose_scorers,
    group_choices,
    record_choices,
)


@pytest.fixture
def records(collect, rank_record, evaluate_record):
    return collect(a=rank_record, b=rank_record, s=evaluate_record)


def test_what_was_asked_is_kept_where_it_is_there(records):
    chosen = choose_generators(
        records, {"record": "b.json", "skill": "color", "sort": "low", "reverse": "1", "search": "n"}
    )
    assert (chosen.entry.label.key, chosen.skill, chosen.sort, chosen.reverse, chosen.search) == (
        "b.json", "color", "low", True, "n"
    )  # fmt: skip


@pytest.mark.parametrize("odd", ["gone", "<script>", None, 3, ["a"], {}])
def test_whatever_is_asked_leads_to_what_there_is(records, odd):
    names = ("record", "skill", "sort", "reverse", "search", "first", "second", "data", "figure")
    asked = dict.fromkeys(names, odd)
    generators, two, scorers = (choose(records, asked) for choose in (
        choose_generators, choose_comparison, choose_scorers
    ))  # fmt: skip
    assert (generators.entry.label.key, generators.skill, generators.sort) == ("a.json", "overall", "rank")
    assert (two.first, two.second) == ("Newest", "New")
    assert (scorers.group.results[0].label.key, scorers.figure, scorers.sort) == ("s.json", "srcc", "value")


def test_the_second_generator_is_another_one(records):
    chosen = choose_comparison(records, {"first": "New"})
    assert (chosen.first, chosen.second) == ("New", "Newest")


def test_a_ranking_of_one_generator_has_nothing_to_compare(collect, rank_record):
    alone = {**rank_record, "generators": rank_record["generators"][:1], "differences": []}
    assert choose_comparison(collect(a=alone), {}).first == ""


def test_two_records_of_one_name_are_told_apart(collect, rank_record):
    titled = {**rank_record, "title": "June"}
    choices = record_choices(collect(a=titled, b=titled))
    assert [name for name, _ in choices[:2]] == ["June (a.json)", "June (b.json)"]


def test_every_data_set_is_a_choice(records):
    assert len(group_choices(records)) == len(records.scorers)
