import pytest

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.judging import difference, judge, read_question
from evalmuse_hf.pages.scorers import PageError, PageScorers
from tests.pages.playground.stand_ins import Brightness

LIMITS = PageLimits()


@pytest.fixture
def scorers():
    return PageScorers({"one": Brightness("first"), "two": Brightness("second")})


def test_each_scorer_judges_both_pictures_in_turn(scorers, uploads):
    question = read_question(uploads, "a cat", "cat (animal)", ["two", "one", "two"], scorers=scorers, limits=LIMITS)
    found = list(judge(question, scorers))
    assert [(one.label, one.name) for one in found] == [("two", "second"), ("one", "first")]
    assert [score.overall for score in found[0].scores] == [0, 1]
    assert [score.message for score in found[0].scores] == [None, "Picture B: It is bright."]
    assert difference(*found[0].scores) == 1
    assert [score.elements[0].score for score in found[0].scores] == [0.3, 0.3]
    assert found[0].scores[0].elements[0].category == "animal/human"


def test_one_picture_and_no_choice_means_the_first_scorer(scorers, uploads):
    question = read_question([uploads[1]], "a cat", None, [], scorers=scorers, limits=LIMITS)
    assert (question.labels, len(question.pictures), question.elements) == (("one",), 1, ())


@pytest.mark.parametrize(
    "pictures, prompt, labels, sentence",
    [
        ([None, None], "a cat", [], "There is no picture yet"),
        ([None, "given"], "a cat", [], "Picture A is missing: upload it, or untick “Second picture”"),
        (["given", None], "a cat", [], "Picture B is missing: upload it, or untick “Second picture”"),
        (["given"], " ", [], "There is no prompt yet"),
        (["given"], "a cat", [[]], "The scorers must be a list of their labels."),
        (["given"], "a cat", 5, "The scorers must be a list of their labels."),
        (["given"], "a cat", ["three"], "This server has no scorer 'three'; it has one, two"),
        ([5], "a cat", [], "The picture is no uploaded file"),
        (["/etc/hostname"], "a cat", [], "The picture is no uploaded file"),
        (["http://127.0.0.1/x.png"], "a cat", [], "The picture is no uploaded file"),
    ],
)
def test_what_is_missing_or_foreign_is_one_sentence(scorers, uploads, pictures, prompt, labels, sentence):
    given = [uploads[0] if picture == "given" else picture for picture in pictures]
    with pytest.raises(PageError, match=sentence):
        read_question(given, prompt, "", labels, scorers=scorers, limits=LIMITS)
