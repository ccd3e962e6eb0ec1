import pytest
from PIL import Image

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.map_reports import UNSUPPORTED
from evalmuse_hf.pages.playground.proposals import PageSplitter, Proposal, Proposer
from evalmuse_hf.pages.playground.result_html import EMPTY
from evalmuse_hf.pages.playground.views import Asked, Playground, View, follow_prompt
from evalmuse_hf.pages.scorers import PageScorers
from tests.pages.playground.stand_ins import Words

LIMITS = PageLimits()


class Steady:
    name = "fga_blip2:mini"

    def score(self, *, images, prompts, elements=None):
        return [
            PairScore(3.0, tuple(ElementScore(one.text, one.category, 0.75, "ok") for one in listed))
            for listed in elements
        ]


class Broken(Steady):
    def score(self, **_):
        raise RuntimeError("/secret/folder")


@pytest.fixture
def proposer():
    return Proposer(PageSplitter(Words(), None), LIMITS)


@pytest.fixture
def playground(proposer):
    return Playground(PageScorers({"one": Steady(), "two": Broken()}), proposer, limits=LIMITS)


@pytest.fixture
def upload(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    return {"path": str(tmp_path / "a.png"), "orig_name": "a.png"}


def test_each_scorer_adds_to_what_is_seen(playground, upload):
    first, second = playground.score([upload], "a red cat", "cat (animal)\nsofa", ["one", "two"])
    assert "two still at work" in first.overall
    assert "still at work" not in second.overall
    assert "The scorer failed (RuntimeError)" in second.overall
    assert "/secret" not in second.overall
    assert [piece for piece in second.chips[0].pieces if piece[1]] == [("cat", "0.75 animal/human")]
    assert "“sofa”" in second.details  # it has a score of this scorer, and no place in the prompt
    kept = {**upload, "meta": {"_type": "gradio.FileData"}}
    assert second.asked == Asked((kept,), "a red cat", ("cat (animal/human)", "sofa"), ("one", "two"))


def test_what_is_kept_for_an_hour_holds_nothing_that_was_not_checked(playground, upload):
    sent = {
        **upload,
        "orig_name": "x" * 5000,
        "more": "x" * 5000,
        "meta": {"_type": "gradio.FileData", "y": "z" * 5000},
    }
    (view,) = playground.score([sent], "a cat", "cat\n" + " \n" * 2000, "one")
    assert view.asked.labels == ("one",)
    assert len(str(view.asked)) < 500
    assert playground.show_map(view.asked, "0", "A").sentence == UNSUPPORTED


@pytest.mark.parametrize(
    "elements, labels, sentence",
    [
        (7, [], "The elements must be a text, one per line."),
        (["cat"], [], "The elements must be a text, one per line."),
        ("", [[]], "The scorers must be a list of their labels."),
        ("", 5, "The scorers must be a list of their labels."),
        ("a" * 300_000, [], "The elements have 300,000 characters together"),
    ],
)
def test_values_that_no_page_sends_are_one_sentence(playground, proposer, upload, elements, labels, sentence):
    last = Proposal("a cat", "cat")
    assert isinstance(elements, str) or follow_prompt(proposer, "a dog", elements, last) is last
    (view,) = playground.score([upload], "a cat", elements, labels)
    assert sentence in view.overall


def test_words_that_mini_models_do_not_know_are_said(playground, upload):
    (view,) = playground.score([upload], "a red sofa", "", [])
    assert "never learned “sofa”" in view.details
    assert view.chips == ()


def test_two_pictures_have_two_rows_of_chips(playground, upload):
    (view,) = playground.score([upload, upload], "a cat", "cat", [])
    assert [chips.label.split(":")[0] for chips in view.chips] == ["Picture A", "Picture B"]
    assert "scores both pictures the same" in view.overall


def test_what_is_wrong_takes_the_place_of_the_result(playground):
    (view,) = playground.score([None], "a cat", "", [])
    assert 'role="alert"' in view.overall
    assert "There is no picture yet" in view.overall
    assert view == View(overall=view.overall)
    assert View().overall == EMPTY


def test_a_map_is_asked_of_what_was_scored(playground, upload):
    asked = Asked((upload,), "a cat", ("cat",), ("one",))
    assert playground.show_map(asked, "0", "A").sentence == UNSUPPORTED
    assert playground.show_map(asked, "7", "A").sentence == "There is no such element any more; score again."
    assert playground.show_map(asked, "-1", "B").picture is None
    assert playground.show_map(asked, "9" * 5000, ["A"]).picture is None
    assert playground.show_map(Asked(), "0", "A").sentence.startswith("There is no picture yet")


def test_elements_follow_the_prompt_or_say_why_not(proposer):
    last = Proposal("a", "a")
    assert follow_prompt(proposer, "a", "mine", last) is last
    assert follow_prompt(proposer, "a b", "mine", last, again=True).lines == "a\nb"
    too_long = follow_prompt(proposer, "a" * 5000, "a", last)
    assert too_long.lines == ""
    assert "has 5,000 characters" in too_long.message
