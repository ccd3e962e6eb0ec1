from evalmuse_hf.models.scorer import ElementScore
from evalmuse_hf.pages.playground.chips import (
    MISSING_COLOR,
    SHOWN_COLOR,
    color_labels,
    cut_into_pieces,
    find_unmarked,
)

NAN = float("nan")


def element(text, score=0.75, category=None, status="ok"):
    return ElementScore(text, category, score, status)


def test_the_pieces_are_the_prompt_however_the_elements_stand_in_it():
    prompt = "A Red cat,  a red hat & <b>cat</b>"
    elements = [element("red", 0.2), element("red", 0.9), element("cat"), element("red hat", 0.4), element("dog")]
    pieces = cut_into_pieces(prompt, elements)
    assert "".join(piece.text for piece in pieces) == prompt
    marked = [(piece.text, piece.label, piece.is_shown) for piece in pieces if piece.label]
    assert marked == [
        ("Red", "0.20", False),  # the first of two equal elements
        ("cat", "0.75", True),
        ("red", "0.90 · 0.40", False),  # two elements overlap, and one of them counts as missing
        (" hat", "0.40", False),
        ("cat", "0.75", True),
    ]


def test_what_has_no_place_or_no_score_is_named_and_marks_nothing():
    elements = [element("dog"), element("cat", NAN, status="unsupported"), element("red")]
    assert [one.text for one in find_unmarked("a red cat", elements)] == ["dog", "cat"]
    assert [piece.text for piece in cut_into_pieces("a red cat", elements) if piece.label] == ["red"]


def test_a_prompt_without_elements_is_one_piece():
    (piece,) = cut_into_pieces("a red cat", [])
    assert (piece.text, piece.label) == ("a red cat", None)


def test_a_label_has_one_color_although_scores_are_rounded():
    pieces = cut_into_pieces("a red cat", [element("red", 0.4951, "color"), element("cat", 0.5049, "animal/human")])
    assert color_labels(pieces) == {"0.50 color": SHOWN_COLOR, "0.50 animal/human": SHOWN_COLOR}
    low = cut_into_pieces("a red cat", [element("red", 0.49)])
    assert color_labels(low) == {"0.49": MISSING_COLOR}
