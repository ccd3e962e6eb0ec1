import math

import pytest
import torch
from PIL import Image

from evalmuse_hf.models.judges import LevelJudge


@pytest.fixture(scope="module")
def picture(mini_chat):
    return mini_chat.read(Image.new("RGB", (64, 64), "red"))


def test_the_grade_is_the_expected_level(picture):
    judge = LevelJudge(levels=["no", "yes"], question="Is there {prompt}?")
    verdict = judge.grade(picture, "a red circle")
    (answer,) = picture.ask(["Is there a red circle?"])
    assert verdict.grade == pytest.approx(1 + answer.yes / (answer.yes + answer.no), abs=1e-3)
    assert verdict.answers[0].question == "Is there a red circle?"


def test_weights_are_the_probabilities_by_hand(picture, monkeypatch):
    tokenizer = picture.chat.tokenizer
    ids = [tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("no", "red", "yes")]
    logits = torch.full((1, len(tokenizer)), -50.0)
    logits[0, ids] = torch.tensor([0.2, 0.3, 0.5]).log()
    monkeypatch.setattr(picture.prefix, "ask", lambda tails, batch_size: logits)
    verdict = LevelJudge(levels=["no", "red", "yes"]).grade(picture, "a")
    assert (verdict.grade, verdict.status) == (pytest.approx(0.2 + 0.6 + 1.5), "ok")
    logits[0, tokenizer("circle", add_special_tokens=False)["input_ids"][0]] = 2.0
    low = LevelJudge(levels=["no", "red", "yes"]).grade(picture, "a")
    assert (low.grade, low.status) == (pytest.approx(2.3), "low_mass")
    assert "would say something else" in low.message
    logits[:] = math.nan
    assert LevelJudge(levels=["no", "yes"]).grade(picture, "a").status == "undefined"


def test_words_without_a_token_are_named(mini_chat):
    with pytest.raises(ValueError, match="The tokenizer has no single token for bad"):
        LevelJudge().check(mini_chat)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"levels": ["a"]}, "at least two different words"),
        ({"levels": ["a", "a"]}, "at least two different words"),
        ({"question": "How good?"}, r"must contain \{prompt\}"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        LevelJudge(**options)
