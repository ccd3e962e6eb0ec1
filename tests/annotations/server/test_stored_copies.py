import hashlib
import json
from contextlib import closing

from evalmuse_hf.annotations.records import ElementAnswer, RatingRow
from evalmuse_hf.annotations.server.stored_copies import (
    begins_with,
    file_sha256,
    last_rating,
    rating_line,
    write_copy,
)
from evalmuse_hf.annotations.store.events import read_events

from ..campaign import make_store, rate_next


def test_the_line_of_a_rating_stays_the_same_when_an_inspection_returns_it():
    row = RatingRow(
        rating_id=1,
        assignment_id=2,
        revision=0,
        round_id=1,
        round_kind="formal",
        item_id=3,
        rater="ann",
        rated_at=5.0,
        overall=4,
        elements=(ElementAnswer(element_id=1, value=0, sure=False),),
    )
    line = rating_line(row)
    assert line.endswith("\n")
    assert json.loads(line)["elements"] == [{"element_id": 1, "value": 0, "sure": False}]
    assert "standing" not in json.loads(line)


def test_a_copy_knows_its_last_rating_and_event(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, n_raters=1)
    (tmp_path / "copies").mkdir()
    with closing(campaign.store):
        empty = write_copy(campaign.store, tmp_path / "copies")
        assert (empty.last_rating_id, last_rating(tmp_path / "copies" / "store.sqlite")) == (0, 0)
        for overall in (4, 2):
            rate_next(campaign, 0, overall)
        copy = write_copy(campaign.store, tmp_path / "copies")
        assert copy.last_event_id == read_events(campaign.store)[-1].event_id
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["ratings.jsonl", "store.sqlite"]
    assert (copy.last_rating_id, last_rating(tmp_path / "copies" / "store.sqlite")) == (2, 2)
    assert copy.sha256 == hashlib.sha256((tmp_path / "copies" / "store.sqlite").read_bytes()).hexdigest()
    lines = (tmp_path / "copies" / "ratings.jsonl").read_text().splitlines()
    assert [json.loads(line)["overall"] for line in lines] == [4, 2]
    assert copy.facts() == {
        "format": 1,
        "sha256": copy.sha256,
        "last_rating_id": 2,
        "last_event_id": copy.last_event_id,
    }


def test_a_file_begins_with_what_it_continues(tmp_path):
    one, more, other = (tmp_path / name for name in ("one", "more", "other"))
    big = b"x" * (2 << 20)
    one.write_bytes(big)
    more.write_bytes(big + b"y")
    other.write_bytes(big[:-1] + b"z" + b"y")
    assert (begins_with(more, one), begins_with(one, one)) == (True, True)
    assert (begins_with(one, more), begins_with(other, one)) == (False, False)
    assert file_sha256(more) == hashlib.sha256(big + b"y").hexdigest()
