import re
from html.parser import HTMLParser

import pytest

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.playground.judging import Judgement
from evalmuse_hf.pages.playground.result_html import (
    STATUS_WORDS,
    comparison_html,
    elements_html,
    note,
    overall_html,
    unmarked_html,
)

NAN = float("nan")
EVIL = "<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Tags and words of a piece of HTML; every tag that is opened must be closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data.strip())


def judgement(*overall, name="fga_blip2:mini", label="first", elements=(), **more):
    scores = tuple(PairScore(value, tuple(elements), **more) for value in overall)
    return Judgement(label, name, scores, 0.25)


def words(text):
    return [word for word in Page(text).words if word]


def cells(text):
    rows = re.findall(r"<tr.*?>(.*?)</tr>", text)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


def test_a_score_is_a_dial_with_its_meaning():
    found = words(overall_html([judgement(3.25)], waiting=["pn_vqa:mini"]))
    assert "3.25" in found
    assert "between 3 (matches in part) and 4 (matches mostly)" in found
    assert "pn_vqa:mini still at work …" in found


def test_a_scale_without_ends_has_a_number_and_no_dial():
    text = overall_html([judgement(-1.5, name="image_reward:F")])
    assert "-1.500" in words(text)
    assert "svg" not in Page(text).tags


def test_what_could_not_be_scored_says_why_and_has_no_number():
    text = overall_html([judgement(NAN, status="prompt_error", message=f"The prompt {EVIL} is odd.")])
    assert "The prompt <img src=x onerror=alert(1)> is odd." in words(text)
    assert "img" not in Page(text).tags
    assert 'role="alert"' in text


def test_the_table_has_a_column_for_each_scorer_and_picture_and_their_difference():
    good = [ElementScore("cat", "animal/human", 0.75, "ok"), ElementScore("dog", None, NAN, "unmatched")]
    worse = [ElementScore("cat", "animal/human", 0.25, "ok"), ElementScore("dog", None, NAN, "unmatched")]
    pair = Judgement("one", "fga_blip2:mini", (PairScore(4, tuple(good)), PairScore(3, tuple(worse))), 0.1)
    both = Judgement("two", "pn_vqa:mini", (PairScore(0.5, tuple(worse)), PairScore(0.5, tuple(worse))), 0.1)
    rows = cells(elements_html([pair, both]))
    assert rows[0] == ["Element", "Category", "one A", "one B", "B − A", "two A", "two B", "B − A"]
    assert rows[1] == ["cat", "animal/human", "0.75", "0.25", "-0.50", "0.25", "0.25", "+0.00"]
    assert rows[2] == ["dog", *"–––––––"]
    assert rows[3] == [f"one: {STATUS_WORDS['unmatched']}; two: {STATUS_WORDS['unmatched']}"]  # below, on all columns
    assert f'colspan="{len(rows[0])}"' in elements_html([pair, both])


def test_without_remarks_there_is_no_row_for_them_and_without_elements_no_table():
    found = cells(elements_html([judgement(3, elements=[ElementScore("cat", None, 0.5, "ok")])]))
    assert found == [["Element", "Category", "first"], ["cat", "–", "0.50"]]
    assert "table" not in Page(elements_html([judgement(3)])).tags


def test_elements_without_a_chip_are_named_with_the_reason():
    found = " ".join(words(unmarked_html([ElementScore(EVIL, None, NAN, "truncated")])))
    assert f"“{EVIL}”: stands beyond the words that the model reads" in found
    assert unmarked_html([]) == ""


@pytest.mark.parametrize(
    "overall, sentence",
    [
        ((3.0, 3.5), "first scores picture B higher than picture A, by 0.50 (A 3.00, B 3.50)."),
        ((3.5, 3.0), "first scores picture A higher than picture B, by 0.50 (A 3.50, B 3.00)."),
        ((3.0, 3.001), "first scores both pictures the same (3.00)."),
        ((3.0, NAN), "first: one of the pictures has no score, so there is nothing to compare."),
    ],
)
def test_a_pair_is_compared_without_a_claim_beyond_it(overall, sentence):
    found = words(comparison_html([judgement(*overall)]))
    assert sentence in found
    assert any(word.startswith("One pair of pictures says nothing about who drew them") for word in found)


def test_one_picture_is_not_compared():
    assert comparison_html([judgement(3.0)]) == ""


def test_what_somebody_typed_is_never_markup():
    elements = [ElementScore(EVIL, EVIL, 0.5, EVIL)]
    one = Judgement(EVIL, EVIL, (PairScore(3, tuple(elements), EVIL, EVIL),) * 2, 0.1)
    text = overall_html([one], waiting=[EVIL]) + elements_html([one]) + comparison_html([one]) + note(EVIL, word=EVIL)
    assert "img" not in Page(text + unmarked_html(elements)).tags
