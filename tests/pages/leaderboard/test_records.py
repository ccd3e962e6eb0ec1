import json

import pytest

from evalmuse_hf.pages.leaderboard.record_files import SourceError
from evalmuse_hf.pages.leaderboard.records import read_records


def test_records_of_all_kinds_find_their_place(collect, rank_record, evaluate_record, study_record):
    records = collect(ranks=rank_record, scorer=evaluate_record, study=study_record)
    assert [entry.label.key for entry in records.rankings] == ["ranks.json", "published ranking"]
    own = [group for group in records.scorers if not group.published]
    assert [len(group.results) for group in own] == [1, 2]
    assert sorted(records.contents) == ["ranks.json", "scorer.json", "study.json"]
    assert records.left_out == ()


def test_every_hostile_file_is_left_out_with_a_sentence_and_the_others_stay(collect, rank_record):
    many = {**rank_record, "generators": [{"rank": 1, "generator": "one"}] * 10_000}
    records = collect(
        good=rank_record,
        nan=json.dumps({**rank_record, "agreement": float("nan")}).encode(),
        many=many,
        deep=b"[" * 200_000,
        newer={**rank_record, "format": 99},
        half={"format": 1, "generators": [{"rank": 1}]},
        other={"format": 1, "hello": "world"},
        text=b"<script>alert(1)</script>",
        large=b" " * 5_000_000,
    )
    assert [entry.label.key for entry in records.rankings] == ["good.json", "published ranking"]
    reasons = {one.key: one.reason for one in records.left_out}
    names = ("deep", "half", "large", "many", "nan", "newer", "other", "text")
    assert sorted(reasons) == [f"{name}.json" for name in names]
    assert all(reason.startswith("It") and reason.endswith(".") for reason in reasons.values())
    assert "format 99" in reasons["newer.json"]
    assert "`generators` has a size of 10,000" in reasons["many.json"]


def test_markup_in_a_name_is_a_name(collect, rank_record):
    rank_record["generators"][0]["generator"] = name = "<img src=x onerror=alert(1)>"
    for pair in rank_record["differences"]:
        pair.update({end: name for end in ("first", "second") if pair[end] == "Newest"})
    assert collect(a=rank_record).rankings[0].ranking.rows[0].generator == name


@pytest.mark.parametrize("source", [None, ""])
def test_without_a_source_simulated_examples_and_published_numbers_are_shown(source):
    records = read_records(source)
    assert records.examples
    assert records.left_out == ()
    assert {entry.label.mark for entry in records.rankings} == {"SIMULATED", "PUBLISHED"}
    marks = {result.label.mark for group in records.scorers for result in group.results}
    assert marks == {"SIMULATED", "PUBLISHED"}
    assert "demo" in records.rankings[0].label.description


def test_a_folder_is_read_and_not_named_to_visitors(tmp_path, rank_record):
    (tmp_path / "mine.json").write_text(json.dumps(rank_record), "utf-8")
    for source in (tmp_path, str(tmp_path)):
        records = read_records(source)
        assert records.rankings[0].label.key == "mine.json"
        assert str(tmp_path) not in records.source


def test_a_source_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(SourceError, match="There is no folder"):
        read_records(tmp_path / "gone")
    with pytest.raises(SourceError, match="neither a folder nor a data set"):
        read_records(str(tmp_path / "gone"))
