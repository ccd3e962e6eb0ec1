from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.markup import Column, Row, bullets, facts, mark_note, note, spell, table
from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel


def test_cells_are_escaped_and_markup_stays():
    columns = [Column(title="<t>", kind="head", hint='"h"'), Column(title="n", kind="number", sort="n")]
    rows = [Row(cells=("<b>", Markup("<i>1</i>")))]
    content = table(columns, rows, caption="<c>", sorted_by="n")
    assert "&lt;b&gt;" in content
    assert "<i>1</i>" in content
    assert "<b>" not in content
    assert "<c>" not in content
    assert 'title="&#34;h&#34;"' in content
    assert 'data-label="&lt;t&gt;"' in content
    assert content.count("aria-sort") == 1


def test_notes_lists_and_facts_escape():
    assert "<b>" not in note("<b>") + bullets(["<b>"])
    assert str(facts([("a", "<x>"), ("b", "")])).count("&lt;x&gt;") == 1
    assert facts([]) == ""


def test_a_record_that_needs_no_mark_gets_none():
    assert mark_note(RecordLabel(key="k", title="t", scorer="clip")) == ""
    assert "drawings of a small invented world" in mark_note(RecordLabel(key="k", title="t", scorer="<b>:mini"))
    assert "<b>:mini" not in mark_note(RecordLabel(key="k", title="t", scorer="<b>:mini"))


def test_numbers_are_spelled_without_a_negative_zero():
    assert [spell(value, 2) for value in (1.005, -0.001, None)] == ["1.00", "0.00", "–"]
