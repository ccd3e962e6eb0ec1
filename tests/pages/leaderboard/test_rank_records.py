import pytest

from evalmuse_hf.pages.leaderboard.rank_records import published_entry, read_rank_record
from evalmuse_hf.pages.leaderboard.untrusted_record import RecordError, Value


def test_a_ranking_comes_back_as_it_was_recorded(ranking, rank_record):
    entry = read_rank_record(Value(rank_record), "a.json")
    assert entry.ranking.record() == ranking.record()
    assert entry.label.title == "a"


def test_means_corrected_by_people_come_back(collect):
    from evalmuse_hf.pages.leaderboard.records import read_records

    entry = next(entry for entry in read_records().rankings if entry.label.key == "ranking_fga_blip2.json")
    for row in entry.ranking.rows:
        assert row.corrected.low < row.corrected.mean < row.corrected.high
        assert row.corrected.n_rated_prompts == 40


def change(record, path, value):
    *above, last = path
    for key in above:
        record = record[key]
    record[last] = value


@pytest.mark.parametrize(
    "path, value, sentence",
    [
        (["format"], 2, "a ranking of format 2; this page reads format 1"),
        (["format"], None, "`format` is missing"),
        (["generators"], [], "ranks no generator"),
        (["generators"], "many", "`generators` is 'many', expected a list"),
        (["generators"], [{}] * 10_000, "size of 10,000; 1,000 is the most"),
        (["generators", 1, "generator"], "Newest", "names a generator twice"),
        (["generators", 1, "generator"], "x" * 500, r"`generators\[1\].generator` has a size of 500"),
        (["generators", 1, "generator"], "", "expected a text"),
        (["generators", 0, "rank"], "first", r"`generators\[0\].rank` is 'first'"),
        (["generators", 0, "low"], 9.0, "no low end below a high one"),
        (["generators", 0, "high"], None, "no low end below a high one"),
        (["generators", 0, "n"], -3, "whole number from 0"),
        (["generators", 0, "categories"], {str(number): {} for number in range(60)}, "size of 60; 50 is the most"),
        (["generators", 0, "categories", "color", "mean"], True, "expected a number"),
        (["differences", 0, "first"], "nobody", "name a generator that it does not rank"),
        (["n_prompts"], 1e30, "whole number from 0"),
        (["notes"], [1], "expected a text"),
    ],
)
def test_a_ranking_that_is_wrong_somewhere_says_where(rank_record, path, value, sentence):
    change(rank_record, path, value)
    with pytest.raises(RecordError, match=sentence):
        read_rank_record(Value(rank_record), "a.json")


@pytest.mark.parametrize("key", ["n_prompts", "n_shared_prompts"])
def test_a_missing_key_is_named(rank_record, key):
    del rank_record[key]
    with pytest.raises(RecordError, match=f"`{key}` is missing"):
        read_rank_record(Value(rank_record), "a.json")


def test_the_published_ranking_has_marks_and_no_intervals():
    entry = published_entry()
    assert entry.label.mark == "PUBLISHED"
    assert (entry.ranking.rows[0].generator, entry.ranking.rows[0].mean) == ("Dreamina v2.0Pro", 3.74)
    assert all(row.low is None and not row.letters for row in entry.ranking.rows)


def test_the_published_ranking_as_a_record_is_not_shown_twice():
    from evalmuse_hf.ranking import read_published_ranking

    with pytest.raises(RecordError, match="shows anyway"):
        read_rank_record(Value(read_published_ranking().record()), "a.json")
