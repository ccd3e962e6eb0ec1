"""What programs may ask of the playground; the answers are spelled as those of `evalmuse space api`."""

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import evalmuse_hf
from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.judging import Judgement, difference, judge, read_question
from evalmuse_hf.pages.playground.map_reports import find_map_scorer, read_maps
from evalmuse_hf.pages.playground.mini_world import is_mini
from evalmuse_hf.pages.playground.proposals import Proposer, check_prompt, read_page_elements
from evalmuse_hf.pages.playground.scales import scale_of
from evalmuse_hf.pages.playground.zero_gpu import borrow_gpu
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.scoring.scores import json_line

_NAN = float("nan")


class Endpoints:
    """Answers programs; knows nothing of components.

    Args:
        scorers: Of the server.
        proposer: Proposes elements.
        limits: What a request may hold.
    """

    def __init__(self, scorers: PageScorers, proposer: Proposer, *, limits: PageLimits) -> None:
        self._scorers, self._proposer, self._limits = scorers, proposer, limits
        self._read_maps: Callable[..., Any] = borrow_gpu(
            lambda question: read_maps(question, scorers=scorers), duration_s=limits.time_limit_s
        )

    def score(self, picture: Any, prompt: Any, elements: Any, scorer: Any) -> dict[str, Any]:
        """Score one picture.

        Args:
            picture: An upload.
            prompt: Its prompt.
            elements: A list of texts, or one text with one element per line; None for none.
            scorer: Label; None or empty for the first.

        Returns:
            ``overall_score``, ``status``, ``message`` and ``elements``, with None for what could not be scored.
        """
        refused = self._find_refusal(prompt, elements, scorer)
        if refused is not None:
            return refused
        judgement = self._judge([picture], prompt, elements, scorer)
        return spell_score(judgement.scores[0]) if isinstance(judgement, Judgement) else judgement

    def compare(self, first: Any, second: Any, prompt: Any, elements: Any, scorer: Any) -> dict[str, Any]:
        """Score two pictures of one prompt.

        Args:
            first: An upload.
            second: Another.
            prompt: Of both.
            elements: As in `score`.
            scorer: As in `score`.

        Returns:
            ``first`` and ``second`` as of `score`, and ``difference``: second minus first, None if one has no score.
        """
        answers = [self.score(picture, prompt, elements, scorer) for picture in (first, second)]
        scores = [PairScore(_number(answer["overall_score"]), ()) for answer in answers]
        gap = difference(scores[0], scores[1])
        return {"first": answers[0], "second": answers[1], "difference": None if math.isnan(gap) else gap}

    def propose(self, prompt: Any) -> dict[str, Any]:
        """Propose the elements of a prompt.

        Args:
            prompt: As it was typed.

        Returns:
            ``elements`` as ``text (category)``, ``message`` and ``splitter``.
        """
        try:
            proposal = self._proposer.propose(prompt)
        except PageError as error:
            return {"elements": [], "message": str(error), "splitter": self._proposer.splitter.name}
        return {
            "elements": proposal.lines.splitlines(),
            "message": proposal.message or None,
            "splitter": self._proposer.splitter.find(prompt).name,
        }

    def maps(self, picture: Any, prompt: Any, elements: Any, scorer: Any) -> dict[str, Any]:
        """Say where a scorer looked for each element.

        Args:
            picture: An upload.
            prompt: Its prompt.
            elements: As in `score`.
            scorer: As in `score`; one that has maps.

        Returns:
            ``maps``: for each element ``text``, ``category``, ``status``, ``values`` (rows of a square; None without
            a map), ``is_evidence`` and ``sentence``; and ``message``, None where all is well.
        """
        try:
            question = self._question([picture], prompt, elements, scorer)
            if find_map_scorer(self._scorers, question.labels) is None:
                raise PageError("This scorer has no maps; only FGA-BLIP2 has.")
            return {"maps": self._read_maps(question), "message": None}
        except PageError as error:
            return {"maps": [], "message": str(error)}

    def about(self) -> dict[str, Any]:
        """Say which scorers there are, on which scales, what a request may hold, and which version this is."""
        return {
            "version": evalmuse_hf.__version__,
            "scorers": [self._describe(label) for label in self._scorers.labels],
            "splitter": self._proposer.splitter.name,
            "limits": dataclasses.asdict(self._limits),
        }

    def _describe(self, label: str) -> dict[str, Any]:
        name = self._scorers.find(label).name
        scale = scale_of(name)
        return {
            "label": label,
            "name": name,
            "scale": [scale.low, scale.high] if scale else None,
            "has_maps": find_map_scorer(self._scorers, (label,)) is not None,
            "judges": "drawings of a small invented world" if is_mini(name) else "pictures",
        }

    def _find_refusal(self, prompt: Any, elements: Any, scorer: Any) -> dict[str, Any] | None:
        """What is wrong with a request, apart from its picture; None if nothing is."""
        checks: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("prompt_error", lambda: check_prompt(prompt, limits=self._limits)),
            ("element_error", lambda: read_page_elements(elements, limits=self._limits)),
            ("scorer_error", lambda: self._scorers.find(scorer or None)),
        )
        for status, check in checks:
            try:
                check()
            except PageError as error:
                return spell_score(PairScore(_NAN, (), status, str(error)))
        if not prompt.strip():
            return spell_score(PairScore(_NAN, (), "prompt_error", "The prompt is empty."))
        return None

    def _judge(self, pictures: list[Any], prompt: Any, elements: Any, scorer: Any) -> Judgement | dict[str, Any]:
        try:
            question = self._question(pictures, prompt, elements, scorer)
        except PageError as error:
            return spell_score(PairScore(_NAN, (), "image_error", str(error)))
        return next(judge(question, self._scorers))

    def _question(self, pictures: list[Any], prompt: Any, elements: Any, scorer: Any) -> Any:
        return read_question(
            pictures, prompt, elements, [scorer] if scorer else [], scorers=self._scorers, limits=self._limits
        )


def spell_score(score: PairScore) -> dict[str, Any]:
    """Spell a score as an answer; nan becomes None.

    Args:
        score: Of any scorer.

    >>> spell_score(PairScore(float("nan"), (), "image_error", "It is gone."))["overall_score"] is None
    True
    """
    record = dataclasses.asdict(score)
    answer = {
        "overall_score": record["overall"],
        "status": record["status"],
        "message": record["message"],
        "elements": [
            {key: value for key, value in element.items() if key != "answers" or value}
            for element in record["elements"]
        ],
        **({"prompt_answers": record["answers"]} if record["answers"] else {}),
    }
    return dict(json.loads(json_line(answer)))


def _number(value: float | None) -> float:
    return _NAN if value is None else value
