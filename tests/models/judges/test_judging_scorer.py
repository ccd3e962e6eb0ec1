import math

import pytest
from PIL import Image

from evalmuse_hf.models.judges import JudgingScorer, Verdict
from evalmuse_hf.models.scorer import Answer
from evalmuse_hf.models.vqa.chat import QuestionError

RED, BLUE = Image.new("RGB", (9, 9), "red"), Image.new("RGB", (9, 9), "blue")


class Chat:
    model = None

    def __init__(self):
        self.read_pictures = []

    def read(self, image):
        if image.getpixel((0, 0)) == (0, 0, 255):
            raise ValueError("The picture is too blue.")
        self.read_pictures.append(image)
        return image


class Lengths:
    def check(self, chat):
        pass

    def grade(self, picture, prompt):
        answers = (Answer("How long?", math.nan, math.nan, str(len(prompt))),)
        if prompt == "none":
            return Verdict(math.nan, "unparsable", "It said nothing.", answers)
        return Verdict(float(len(prompt)), "low_mass" if prompt == "faint" else "ok", None, answers)


def test_each_picture_is_read_once_and_bad_rows_never_stop_the_others(tmp_path):
    chat = Chat()
    scorer = JudgingScorer(chat, Lengths(), name="lengths:x")
    images = [RED, RED, RED, BLUE, tmp_path / "no.png", RED]
    scores = scorer.score(
        images=images, prompts=["a cat", "none", "faint", "a", "a", " "], elements=[["cat"], [], [], ["a"], [], []]
    )
    assert [score.status for score in scores] == [
        *("ok", "unparsable", "low_mass", "image_error", "image_error", "prompt_error")
    ]
    assert [score.overall for score in scores[:3:2]] == [5.0, 5.0]
    assert scores[0].elements[0].status == "unsupported"
    assert (scores[1].message, math.isnan(scores[1].overall)) == ("It said nothing.", True)
    assert scores[3].message == "The picture is too blue."
    assert scores[1].answers[0].text == "4"
    assert len(chat.read_pictures) == 1


def test_a_question_that_cannot_be_put_fails_its_row_alone():
    class Long(Lengths):
        def grade(self, picture, prompt):
            if prompt == "long":
                raise QuestionError("It takes 600 tokens.")
            return super().grade(picture, prompt)

    scores = JudgingScorer(Chat(), Long(), name="x").score(images=[RED] * 2, prompts=["long", "a cat"])
    assert [(score.status, score.message) for score in scores] == [
        *(("prompt_error", "It takes 600 tokens."), ("ok", None))
    ]


def test_a_judge_may_refuse_a_model():
    class Refusing(Lengths):
        def check(self, chat):
            raise ValueError("No such word.")

    with pytest.raises(ValueError, match="No such word"):
        JudgingScorer(Chat(), Refusing(), name="x")
