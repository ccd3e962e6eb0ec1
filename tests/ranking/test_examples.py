import pytest

from evalmuse_hf.meta_evaluation import join_scores
from evalmuse_hf.ranking import choose_examples, embedded_image
from evalmuse_hf.ranking.examples import cut_prompt, find_verdict


@pytest.fixture
def groups(scores, pairs):
    scores[7] = {**scores[7], "overall_score": None, "status": "image_error"}
    return choose_examples(join_scores(scores, pairs).pairs, read_image=embedded_image, n=3)


def test_each_group_is_in_its_order_and_shows_a_prompt_once(groups):
    best, worst, disagreements = groups
    assert [example.predicted for example in best.examples] == sorted(
        (example.predicted for example in best.examples), reverse=True
    )
    assert best.examples[0].predicted > worst.examples[0].predicted
    gaps = [abs(example.predicted - example.rated) for example in disagreements.examples]
    assert gaps == sorted(gaps, reverse=True)
    for group in groups:
        assert len({"".join(piece.text for piece in example.pieces) for example in group.examples}) == 3


def test_an_example_carries_both_verdicts_of_every_element(groups):
    example = groups[1].examples[0]  # low, so made by a generator that draws no red
    assert [element.verdict for element in example.elements] == ["only_scorer", "unknown"]
    assert [(piece.text, piece.verdict) for piece in example.pieces][1:4] == [
        ("red", "only_scorer"),
        (" ", None),
        ("<b>cat</b>", "unknown"),
    ]
    assert example.image.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "predicted, rated, verdict",
    [(0.5, 0.5, "both_yes"), (0.49, 0.49, "both_no"), (0.5, 0.4, "only_scorer"), (0.4, 0.5, "only_people"),
     (0.4, None, "unknown")],
)  # fmt: skip
def test_a_verdict_is_a_yes_from_one_half_on(predicted, rated, verdict):
    assert find_verdict(predicted, rated) == verdict


def test_neighbouring_elements_stay_apart():
    pieces = cut_prompt("redcat", [(0, 3, "both_yes"), (3, 6, "both_yes")])
    assert [piece.text for piece in pieces] == ["red", "cat"]


def test_a_prompt_without_elements_is_one_piece():
    assert [piece.text for piece in cut_prompt("a cat", [])] == ["a cat"]
