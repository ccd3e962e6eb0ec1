import pytest

from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel, read_label
from evalmuse_hf.pages.leaderboard.untrusted_record import RecordError, Value


def test_a_record_is_called_by_its_title_else_by_its_file():
    assert read_label(Value({}), "june/my_models.json").title == "my_models"
    named = read_label(Value({"title": "June", "date": "2026-06-01"}), "a.json")
    assert (named.title, named.date, named.name) == ("June", "2026-06-01", "June")


@pytest.mark.parametrize(
    "label, mark",
    [
        (RecordLabel(key="k", title="t"), ""),
        (RecordLabel(key="k", title="t", scorer="fga_blip2:mini"), "DRAWINGS ONLY"),
        (RecordLabel(key="k", title="t", scorer="fga_blip2:mini", simulated=True), "SIMULATED"),
        (RecordLabel(key="k", title="t", published=True), "PUBLISHED"),
    ],
)
def test_what_must_be_known_stands_beside_the_name(label, mark):
    assert label.mark == mark
    assert label.name == (f"t [{mark}]" if mark else "t")


def test_provenance_keeps_texts_and_leaves_out_the_rest():
    record = Value(
        {"provenance": {"scorer": "clip", "weights_sha256": "ab", "libraries": {"torch": "2"}, "model": ""}}
    )
    label = read_label(record, "a.json")
    assert (label.scorer, label.provenance) == ("clip", (("scorer", "clip"), ("weights sha256", "ab")))


@pytest.mark.parametrize("record", [{"title": 3}, {"provenance": []}, {"simulated": "yes"}, {"title": "x" * 2_000}])
def test_a_name_of_another_kind_is_refused(record):
    with pytest.raises(RecordError):
        read_label(Value(record), "a.json")
