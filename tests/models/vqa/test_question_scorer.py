import math
import re

import pytest
from PIL import Image

from evalmuse_hf.models.vqa.methods import PositiveNegative, PositiveQuestions, StructureQuestions, WholePrompt
from evalmuse_hf.models.vqa.question_scorer import METHODS, QuestionScorer, score_together
from evalmuse_hf.scoring.loading import QUESTION_SCORERS, SCORERS


def test_every_scorer_that_asks_has_a_method():
    assert tuple(METHODS) == QUESTION_SCORERS
    assert set(QUESTION_SCORERS) < set(SCORERS)


def test_methods_together_give_what_each_gives_alone(chat, picture):
    other = Image.effect_noise((40, 60), 50).convert("RGB")
    pairs = {
        "images": [picture, other, picture],
        "prompts": ["a red cat", "two cups", "a cup left of a cat"],
        "elements": [["red (color)", "cat (animal)"], ["two (counting)", "cups (object)"], []],
    }
    methods = {name: kind() for name, kind in METHODS.items()}
    together = score_together(chat, methods, **pairs)
    for name, method in methods.items():
        alone = QuestionScorer(chat, method, name=name).score(**pairs)
        for one, other_one in zip(together[name], alone, strict=True):
            assert one.overall == pytest.approx(other_one.overall, abs=1e-5, nan_ok=True)
            assert [element.text for element in one.elements] == [element.text for element in other_one.elements]


def test_a_picture_is_read_once_for_all_rows_and_methods(chat, picture, monkeypatch):
    read, seen = chat.read, []
    monkeypatch.setattr(chat, "read", lambda image: seen.append(image) or read(image))
    methods = {"pn": PositiveNegative(), "vq2": PositiveQuestions(), "whole": WholePrompt()}
    results = score_together(chat, methods, images=[picture] * 3, prompts=["a cat", "a red cup", "a cat"])
    assert len(seen) == 1
    assert results["pn"][0] == results["pn"][2]
    assert 0 <= results["pn"][0].overall <= 1


def test_prompts_without_elements_are_split_or_taken_whole(chat, picture):
    scorer = QuestionScorer(chat, PositiveNegative(), name="pn_vqa:tiny")
    split, whole = scorer.score(images=[picture] * 2, prompts=["a red cat", "..!?.. -"], elements=[[], []])
    assert [element.text for element in split.elements] == ["red", "cat"]
    # A model of random weights hardly says yes or no, which goes before `whole_prompt`.
    assert [(element.text, element.status) for element in whole.elements] == [("..!?.. -", "low_mass")]


def test_bad_rows_never_stop_the_others(chat, picture, tmp_path):
    scorer = QuestionScorer(chat, PositiveQuestions(), name="vq2:tiny")
    scores = scorer.score(
        images=[tmp_path / "no.png", picture, picture, picture],
        prompts=["a cat", "", "a cat", "a cat"],
        elements=[["cat"], ["cat"], "cat", ["cat"]],
    )
    assert [score.status for score in scores] == ["image_error", "prompt_error", "element_error", "low_mass"]
    assert all(math.isnan(score.overall) for score in scores[:3])
    assert scores[3].elements[0].answers[0].question.startswith("Is the answer to ")


def test_a_picture_that_the_model_cannot_take_is_an_error_of_that_picture(chat, picture, monkeypatch):
    monkeypatch.setattr(chat, "max_image_tokens", 1)
    (score,) = QuestionScorer(chat, PositiveQuestions(), name="vq2").score(images=[picture], prompts=["a cat"])
    assert score.status == "image_error"
    assert "`max_image_tokens` 1" in score.message


def test_a_prompt_beyond_what_the_model_reads_is_an_error_of_its_row(chat, picture):
    """Beyond the positions that it was trained on, a model gives numbers that mean nothing."""
    methods = {name: kind() for name, kind in METHODS.items()}
    pairs = {"images": [picture] * 3, "prompts": ["a cat", "cat " * 600, "a cat and"]}
    results = score_together(chat, methods, **pairs, elements=[["cat"], ["cat"], ["cat", "dog " * 600]])
    for name in ("pn_vqa", "vq2", "tifa", "dsg", "vqa_score"):
        fine, whole, part = results[name]
        assert fine.status in ("ok", "low_mass", "score_error")  # the last if random words cannot be parsed
        if name == "vqa_score":
            assert (whole.status, math.isnan(whole.overall)) == ("prompt_error", True)
            assert re.search(r"The question takes \d+ tokens .* and the model reads 512; shorten", whole.message)
            continue
        assert part.elements[1].status == "truncated"
        assert math.isnan(part.elements[1].score)
        assert part.overall == pytest.approx(part.elements[0].score, nan_ok=True)
    assert all(score.status in ("ok", "low_mass") for score in results["structure_vqa"])
    whole = QuestionScorer(chat, PositiveQuestions(), name="vq2").score(
        images=[picture], prompts=["long"], elements=[["cat " * 600]]
    )[0]
    assert (whole.status, whole.elements[0].status) == ("prompt_error", "truncated")
    assert "the model reads 512" in whole.message


def test_structure_needs_no_elements(chat, picture):
    (score,) = QuestionScorer(chat, StructureQuestions(), name="structure").score(images=[picture], prompts=["a cat"])
    assert [element.text for element in score.elements] == ["human", "animal", "object"]


def test_lists_of_different_length_are_refused(chat, picture):
    with pytest.raises(ValueError, match="Expected as many pictures as prompts"):
        QuestionScorer(chat, PositiveQuestions(), name="vq2").score(images=[picture], prompts=[])
    assert QuestionScorer(chat, PositiveQuestions(), name="vq2").score(images=[], prompts=[]) == []


def test_records_find_the_network(chat):
    assert QuestionScorer(chat, PositiveQuestions(), name="vq2").model is chat.model
