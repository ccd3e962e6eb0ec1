import dataclasses
import json

import pytest

from evalmuse_hf.annotations.rater_facts import Measuring, measure_raters
from evalmuse_hf.annotations.records import RaterRow
from evalmuse_hf.annotations.screening import Flag
from evalmuse_hf.annotations.status_report import CampaignStatus, Inspected, ItemTime, make_status_document
from evalmuse_hf.annotations.store.open_spots import OpenSpots
from evalmuse_hf.annotations.store.progress import RaterProgress, RoundProgress
from evalmuse_hf.reports import document_text, render_document
from tests.annotations.fabricated import item, rating
from tests.annotations.test_campaign import round_row


@pytest.fixture
def status():
    one = item(1)
    rows = [rating(one, rater, 3, duration_s=20.0) for rater in ("ann", "bob")]
    raters = [RaterRow(rater_id=1, name="ann", qualified=True), RaterRow(rater_id=2, name="bob", is_active=False)]
    return CampaignStatus(
        name="store.sqlite",
        rounds=[
            RoundProgress(round=round_row(1, "formal"), n_items=4, n_complete=1, n_wanted=12, n_given=5, n_leased=2)
        ],
        raters=[
            RaterProgress(rater=raters[0], n_answered=5, median_s=20.0, last_at=0.0),
            RaterProgress(rater=raters[1]),
        ],
        facts=measure_raters(rows, {1: one}, measuring=Measuring(min_answers=1, n_resamples=0)),
        flags=[Flag(rater="bob", fact="fast_share", value=0.5, threshold=0.1, reason="gives answers too fast")],
        n_over_range={"formal 1": 3, "formal 2": 0},
        seconds_per_item=20.0,
    )


def test_the_document_shows_progress_flags_and_what_waits_for_the_organiser(status):
    text = document_text(make_status_document(status))
    assert "5 of 12 ratings in 1 round by 1 rater;" in text
    assert "NOTE: 3 items of round 'formal 1' with ratings far apart were not sent" in text
    assert "formal 2" not in text
    assert "bob" in text
    assert "gives answers too fast" in text
    (ann,) = [line for line in text.splitlines() if line.startswith("ann")]
    assert "qualified" in ann
    assert ann.split()[1:4] == ["5", "0", "20.000"]
    assert "<table" in render_document(make_status_document(status))


def test_names_can_be_hidden_everywhere(status):
    document = make_status_document(status, name=lambda name: f"X{len(name)}")
    record = json.dumps(status.record(lambda name: f"X{len(name)}"), allow_nan=False)
    for form in (document_text(document), record):
        assert "bob" not in form
        assert "ann " not in form
        assert "X3" in form


def test_the_record_says_what_is_undefined_and_why(status):
    record = status.record()
    assert record["rounds"][0]["over_range_not_sent"] == 3
    ann, bob = record["raters"]
    assert (ann["last_at"], bob["last_at"]) == ("1970-01-01T00:00:00.000Z", None)
    assert bob["median_s"] is None
    gold = ann["facts"]["gold_elements"]
    assert gold["value"] is None
    assert gold["status"] == "0 gold items, at least 5 are needed"
    assert record["flags"][0]["reason"] == "gives answers too fast"


def test_missing_raters_slow_items_and_inspections_are_shown(status):
    spots = OpenSpots(round_id=1, n_raters=4, n_needed=6, n_stuck_items=2, n_stuck_ratings=3)
    full = dataclasses.replace(
        status,
        slowest=[ItemTime(item_id=7, image_path="a/b.png", median_s=61.0, n_answers=3)],
        open_spots={1: spots},
        inspected={1: Inspected(n_accepted=2, n_returned=1, n_not_inspected=5)},
    )
    text = document_text(make_status_document(full))
    assert "An item of round 'formal 1' can need 6 different raters" in text
    assert "2 items of round 'formal 1' lack 3 ratings for which no rater is left" in text
    assert "a/b.png" in text
    (line,) = [line for line in text.splitlines() if line.startswith("formal 1")]
    assert line.split()[-2:] == ["2", "1"]
    record = full.record()
    assert record["slowest_items"] == [{"item_id": 7, "image_path": "a/b.png", "median_s": 61.0, "n_answers": 3}]
    (entry,) = record["rounds"]
    assert [entry[name] for name in ("accepted", "returned", "not_inspected", "raters")] == [2, 1, 5, 4]
    assert (entry["items_without_raters"], entry["ratings_without_raters"]) == (2, 3)
    assert "no rater is left" not in document_text(make_status_document(status))


def test_the_total_leaves_out_pilots_and_what_closed_rounds_lack(status):
    rounds = [
        *status.rounds,
        RoundProgress(round=round_row(2, "pilot"), n_gold=7, n_gold_given=28),
        RoundProgress(round=dataclasses.replace(round_row(3, "formal"), is_open=False), n_wanted=100, n_given=90),
    ]
    text = document_text(make_status_document(dataclasses.replace(status, rounds=rounds, flags=[])))
    assert "95 of 102 ratings in 2 rounds" in text
    assert "Nobody is flagged." in text
    heading, pilot = (line for line in text.splitlines() if line.startswith(("round ", "pilot 2")))
    assert pilot[: heading.index("gold answers") + len("gold answers")].split()[-2:] == ["7", "28"]
