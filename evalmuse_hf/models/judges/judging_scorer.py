"""Scores pairs by the grade that a multimodal chat model gives; each picture is read once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from evalmuse_hf.models.rows import (
    IMAGE_ERROR,
    PROMPT_ERROR,
    fail_bad_prompts,
    group_by_picture,
    open_pictures,
    read_rows,
)
from evalmuse_hf.models.scorer import Answer, PairScore
from evalmuse_hf.models.vqa.chat import ChatModel, QuestionError, ReadPicture
from evalmuse_hf.schema import Element


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge makes of one picture and prompt.

    Attributes:
        grade: On the judge's scale; nan if there is none.
        status: ``"ok"`` or, with or without a grade, what is to be known.
        message: One sentence; None if there is nothing to say.
        answers: What was asked and said.
    """

    grade: float
    status: str = "ok"
    message: str | None = None
    answers: tuple[Answer, ...] = ()


class Judge(Protocol):
    """Grades a picture that was read; `LevelJudge` and `VIEScore` do."""

    def check(self, chat: ChatModel) -> None:
        """Raise a ValueError if the model cannot be asked in this way."""

    def grade(self, picture: ReadPicture, prompt: str) -> Verdict:
        """Grade one pair."""


class JudgingScorer:
    """The grade of a judge as the overall score; elements are not scored.

    Args:
        chat: Who is asked.
        judge: What is asked, and what is made of the answer.
        name: How records and reports call the scorer.

    Raises:
        ValueError: If the model cannot be asked in this way.
    """

    def __init__(self, chat: ChatModel, judge: Judge, *, name: str) -> None:
        judge.check(chat)
        self.chat = chat
        self.judge = judge
        self.name = name

    @property
    def model(self) -> Any:
        """The network, for records of what produced the scores."""
        return self.chat.model

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score each picture against the prompt in the same row; see `Scorer.score`.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens.
            prompts: Raw prompts.
            elements: Kept without a score, with the status ``"unsupported"``.

        Returns:
            One result per row. A row that cannot be scored has nan, a status and a message; the others are scored.

        Raises:
            ValueError: If the inputs differ in length.
        """
        rows = read_rows(images, prompts, elements)
        fail_bad_prompts(rows)
        groups = group_by_picture(rows)
        for key, members in groups.items():
            opened = open_pictures(groups, [key])
            if not opened:
                continue
            try:
                picture = self.chat.read(opened[key])
            except ValueError as error:
                for row in members:
                    row.fail(IMAGE_ERROR, str(error))
                continue
            for row in members:
                try:
                    verdict = self.judge.grade(picture, row.prompt)
                except QuestionError as error:
                    row.fail(PROMPT_ERROR, str(error))
                    continue
                if math.isfinite(verdict.grade):
                    row.take_overall(verdict.grade)
                else:
                    row.fail(verdict.status, verdict.message or "The model gave no grade.")
                if row.result is not None:
                    status, message = row.result.status, row.result.message
                    if status == "ok":
                        status, message = verdict.status, verdict.message
                    row.result = replace(row.result, status=status, message=message, answers=verdict.answers)
        return [row.result for row in rows if row.result is not None]
