import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.models.fga_blip2 import element_maps_fga_blip2, map_evidence_fga_blip2
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import ElementMap, ElementMapError
from evalmuse_hf.models.fga_blip2.map_worth_fga_blip2 import UNMEASURED
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.pages.playground import map_reports
from evalmuse_hf.pages.playground.judging import Question
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.schema import Element

ELEMENTS = (
    Element("cat", "animal/human"),
    Element("two", "counting"),
    Element("dog", None),
    Element("bird", "animal/human"),
    Element("cats", "animal/human"),
)


class Other:
    name = "pn_vqa"


class Evidence:
    def is_shown(self, category):
        return category == "animal/human"

    def sentence(self, category):
        return f"Of {category}."


@pytest.fixture
def scorers(monkeypatch):
    """A scorer whose maps and evidence are made up here; what is tested is what is made of them."""
    scorer = FGABlip2Scorer.__new__(FGABlip2Scorer)
    scorers = PageScorers({"other": Other(), "fga": scorer})
    values = np.zeros((4, 4), dtype=np.float32)
    values[0, 3] = 1
    maps = [
        ElementMap("cat", "animal/human", values, 0.9, "ok"),
        ElementMap("two", "counting", values, 0.9, "ok"),
        ElementMap("dog", None, None, float("nan"), "unmatched"),
        ElementMap("bird", "animal/human", values, 0.0004, "ok"),
        ElementMap("cats", "animal/human", values, 0.9, "ambiguous"),
    ]

    def make_maps(*_, **__):
        assert scorers.lock("fga").locked()  # or another thread's pass would be recorded
        return maps

    monkeypatch.setattr(element_maps_fga_blip2, "element_maps", make_maps)
    monkeypatch.setattr(map_evidence_fga_blip2, "read_map_evidence", lambda _: Evidence())
    return scorers


def question(*labels):
    return Question((Image.new("RGB", (32, 32)),), "two cats", ELEMENTS, labels)


def test_a_map_that_is_evidence_is_shown_with_what_it_is_worth(scorers):
    report = map_reports.make_map_report(question("other", "fga"), 0, scorers=scorers)
    assert report.picture.size == (320, 320)
    assert report.sentence == "Of animal/human."
    assert report.description == "Where fga looked for “cat”: most at the upper right of the picture."


def test_a_map_that_is_none_is_not_shown(scorers):
    report = map_reports.make_map_report(question("fga"), 1, scorers=scorers)
    assert (report.picture, report.sentence) == (None, "Of counting.")
    missing = map_reports.make_map_report(question("fga"), 2, scorers=scorers)
    assert missing.sentence == "There is no map of “dog”: it does not stand in the prompt."


def test_of_an_element_that_the_model_does_not_find_no_map_is_shown(scorers):
    report = map_reports.make_map_report(question("fga"), 3, scorers=scorers)
    assert (report.picture, report.description) == (None, "")
    assert report.sentence == (
        "The model does not find this in the picture (score .00), and of what is missing a map says nothing."
    )


def test_of_an_element_that_stands_otherwise_than_was_measured_no_map_is_shown(scorers):
    report = map_reports.make_map_report(question("fga"), 4, scorers=scorers)
    assert report.picture is None
    assert "no such map was measured" in report.sentence


def test_without_measured_evidence_no_map_is_shown(scorers, monkeypatch):
    monkeypatch.setattr(map_evidence_fga_blip2, "read_map_evidence", lambda _: None)
    report = map_reports.make_map_report(question("fga"), 0, scorers=scorers)
    assert (report.picture, report.sentence) == (None, UNMEASURED)


def test_other_scorers_have_no_maps(scorers):
    assert map_reports.make_map_report(question("other"), 0, scorers=scorers).sentence == map_reports.UNSUPPORTED
    with pytest.raises(PageError, match="Only FGA-BLIP2"):
        map_reports.read_maps(question("other"), scorers=scorers)


def test_programs_get_numbers_and_whether_they_are_evidence(scorers):
    maps = map_reports.read_maps(question("fga"), scorers=scorers)
    assert maps[0]["values"][0] == [0, 0, 0, 1]
    assert [one["is_evidence"] for one in maps] == [True, False, False, False, False]
    assert maps[2]["values"] is None
    assert [one["sentence"].split(":")[0] for one in maps[:3]] == [
        "Of animal/human.",
        "Of counting.",
        "There is no map of “dog”",
    ]
    assert "does not find this" in maps[3]["sentence"]
    assert "no such map was measured" in maps[4]["sentence"]


def test_a_map_that_cannot_be_made_is_one_sentence(scorers, monkeypatch):
    def fail(*_, **__):
        raise ElementMapError("The patches are no square.")

    monkeypatch.setattr(element_maps_fga_blip2, "element_maps", fail)
    with pytest.raises(PageError, match="no square"):
        map_reports.make_map_report(question("fga"), 0, scorers=scorers)
    assert not scorers.lock("fga").locked()
