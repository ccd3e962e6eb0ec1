import json
import re

import numpy as np
import pytest

from evalmuse_hf.prompts import LabelTable, Quota, sample, sample_record
from evalmuse_hf.prompts.sampling_plots import read_sampling_report, sampling_document, write_sampling_page


@pytest.fixture
def record():
    members = np.array([[row % 2 == 0, row % 2 == 1 or row > 4] for row in range(12)])
    table = LabelTable.from_arrays([f"p{row:02d}" for row in range(12)], labels={"style": (["<ink>", "oil"], members)})
    found = sample(table, [Quota(dimension="style", target=3)], n=5)
    return sample_record(found) | {"options": {"seed": 0, "dimension": ["style"], "keep": None}}


def test_a_dimension_shows_supply_and_sample(record):
    section = sampling_document(record).sections[0]
    before, after = section.tables
    # Even rows are ink: 6. Odd rows and those above 4 are oil: 6 + 3 (6, 8, 10).
    assert before.rows == (("<ink>", 6), ("oil", 9))
    assert (before.bars.values, after.bars.references) == ((6, 9), (3, 3))
    achieved = [bin_["achieved"] for bin_ in record["bins"]]
    assert [row[1] for row in after.rows] == achieved
    assert [row[3] for row in after.rows] == [number - 3 for number in achieved]
    assert "1.5 times before" in section.text[0]


def test_the_page_is_written_from_the_report_alone(record, tmp_path):
    report, page = tmp_path / "report.json", tmp_path / "deep" / "page.html"
    report.write_text(json.dumps(record))
    write_sampling_page(read_sampling_report(report), page)
    html = page.read_text("utf-8")
    assert html.count("<svg") == 2
    assert "<ink>" not in html
    assert "&lt;ink&gt;" in html
    assert not re.search(r"(?:src|href)=[\"']https?:", html)


def test_an_infeasible_report_says_what_is_missing():
    table = LabelTable.from_arrays(["a", "b"], labels={"style": (["oil"], np.array([[True], [False]]))})
    found = sample(table, [Quota(dimension="style", target=1, at_least={"oil": 2})], n=2)
    document = sampling_document(sample_record(found))
    assert "nothing was chosen" in document.summary
    assert document.warnings == ("style: oil lacks 1.",)
    assert document.sections[0].tables[1].rows[0][1] is None
    assert document.figures[0][1] is None


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "There is no sampling report"),
        ("{", "is no JSON"),
        ("[]", "no sampling report of format 1"),
        ('{"format": 2, "bins": []}', "no sampling report of format 1"),
        ('{"format": 1, "bins": []}', "no whole sampling report: 'missing' is no list"),
        ('{"format": 1, "bins": ["x"], "missing": [], "choices": {}}', "no whole sampling report: it has no 'n'"),
    ],
    ids=["absent", "cut off", "a list", "of another version", "nothing but bins", "no numbers"],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_sampling_report(path)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda record: record.update(bins=["x"]), "bin 1 is 'x', expected an object"),
        (lambda record: record["bins"][1].pop("supply"), "bin 2 has no 'supply'"),
        (lambda record: record["bins"][0].update(target="3"), "bin 1 has '3' in 'target'"),
        (lambda record: record["bins"][0].update(achieved=float("nan")), "bin 1 has nan in 'achieved'"),
        (lambda record: record["bins"][0].update(achieved=True), "bin 1 has True in 'achieved'"),
        (lambda record: record.update(n=None), "it has None in 'n'"),
        (lambda record: record.update(n=10**400), "it has 1000"),
        (lambda record: record["choices"].update(random=[]), r"choice 'random' is \[\], expected an object"),
        (lambda record: record["choices"]["milp"].pop("keeps_bounds"), "choice 'milp' has no 'keeps_bounds'"),
        (lambda record: record.update(missing=[{}]), "entry 1 of 'missing' has no 'dimension'"),
        (lambda record: record.update(options=[1]), "'choices' or 'options' no object"),
    ],
    ids=[
        *("a bin", "a number", "a text", "not finite", "true", "n", "too large", "a choice", "bounds", "missing"),
        "options",
    ],
)
def test_a_report_that_lacks_something_is_one_sentence(record, tmp_path, change, message):
    path = tmp_path / "report.json"
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(ValueError, match=f"no whole sampling report: .*{message}.*; write it again with"):
        read_sampling_report(path)


def test_half_characters_of_a_report_are_replaced(record, tmp_path):
    path = tmp_path / "report.json"
    record["bins"][0]["bin"] = "\ud800"
    path.write_text(json.dumps(record))
    assert read_sampling_report(path)["bins"][0]["bin"] == "\ufffd"
