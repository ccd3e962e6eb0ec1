import pytest

from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground import proposals
from evalmuse_hf.pages.playground.proposals import (
    PageSplitter,
    Proposal,
    Proposer,
    is_edited,
    load_proposer,
    read_page_elements,
)
from evalmuse_hf.pages.scorers import PageError
from tests.pages.playground.stand_ins import Words


class Nothing(Words):
    name = "nothing"

    def split(self, prompts):
        return [SplitPrompt(prompt, (), "failed", "It is not English.") for prompt in prompts]


def proposer(splitter=None, **limits):
    return Proposer(PageSplitter(splitter or Words(), None), PageLimits(**limits))


def test_elements_are_one_per_line_with_their_category_and_are_read_back():
    found = proposer(load_splitter("rules")).propose("two red cats")
    assert found.lines == "two (counting)\nred (color)\ncats (animal/human)"
    assert found.message == "Proposed from a fixed list of words."
    read = read_page_elements(found.lines, limits=PageLimits())
    assert [(one.text, one.category) for one in read] == [
        ("two", "counting"),
        ("red", "color"),
        ("cats", "animal/human"),
    ]


def test_the_drawn_world_has_a_splitter_of_its_own_and_other_prompts_the_best():
    drawn, best = Nothing(), Words()
    splitter = PageSplitter(best, drawn)
    assert splitter.find("a red cat") is drawn
    assert splitter.find("a red sofa") is best
    assert splitter.name == "nothing for the drawn world, else words:1"
    assert [split.status for split in splitter.split(["a red cat", "a sofa"])] == ["failed", "ok"]
    assert PageSplitter(best, None).find("a red cat") is best


def test_without_spacy_the_word_lists_propose(monkeypatch):
    def missing(name):
        if name == "spacy":
            raise ImportError("no spaCy")
        return Words()

    monkeypatch.setattr(proposals, "load_splitter", missing)
    assert load_proposer(["clip_score"], limits=PageLimits()).splitter.name == "words:1"


def test_a_proposal_follows_the_prompt_until_somebody_edits_it():
    one = proposer()
    first = one.settle("a cat", "", Proposal())
    assert first.lines == "a\ncat"
    assert one.settle("a cat", first.lines, first) is first
    second = one.settle("a dog", first.lines, first)
    assert second.lines == "a\ndog"
    assert one.settle("a bird", "bird (animal)", second) is second  # the person's lines stay
    assert one.settle("a bird", "  ", second).lines == "a\nbird"  # nothing is nobody's edit


def test_removed_elements_are_an_edit_but_an_empty_box_is_none():
    assert is_edited("cat", Proposal("a cat", "a\ncat"))
    assert not is_edited("", Proposal("a cat", "a\ncat"))


def test_what_is_too_much_is_one_sentence():
    with pytest.raises(PageError, match="has 12 characters; 5 are allowed"):
        proposer(max_prompt_length=5).propose("a long prompt"[:12])
    found = proposer(max_elements=2).propose("a b c")
    assert (found.lines, found.message) == ("a\nb", "Only the first 2 of 3 elements are kept.")
    with pytest.raises(PageError, match="There are 3 elements; 2 are allowed"):
        read_page_elements("a\nb\nc", limits=PageLimits(max_elements=2))
    with pytest.raises(PageError, match="'aaaaaa' has 6 characters; 5 are allowed"):
        read_page_elements(["aaaaaa"], limits=PageLimits(max_element_length=5))
    with pytest.raises(PageError, match="must be a list of texts"):
        read_page_elements({"a": 1}, limits=PageLimits())


def test_a_prompt_without_elements_says_what_to_do():
    assert proposer(Nothing()).propose("ein Hund").message == "It is not English. Type them yourself, one per line."
    assert proposer().propose("  ") == Proposal("  ")
