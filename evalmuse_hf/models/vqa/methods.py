"""What scorers that ask questions ask about a pair, and what they make of the answers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from evalmuse_hf.elements import ElementQuestion, QuestionTemplates, ask_counterfactuals
from evalmuse_hf.models.rows import PROMPT_ERROR, TRUNCATED, UNSUPPORTED
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.models.vqa.asked_pair import AskedPair, Query, fill_query
from evalmuse_hf.models.vqa.element_scores import (
    LOW_MASS,
    NO_QUESTION,
    collect_scores,
    finish_pair,
    p_yes,
    positive_scores,
    score_element,
)
from evalmuse_hf.models.vqa.yes_no import Normalization, YesNo, pn_score
from evalmuse_hf.schema import Element

CounterfactualWriter = Callable[[str, Sequence[Element]], Sequence[str | None]]
_NAN = float("nan")
_HALF = 0.5
_DEFAULT_TEMPLATES = QuestionTemplates()


class Method(Protocol):
    """A way to score a pair by questions."""

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """List what to ask about a pair; None where nothing can be asked."""

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Score a pair; there is one answer per query, None where nothing was asked."""


@dataclass(frozen=True, slots=True)
class PositiveQuestions:
    """VQ2 as the paper runs it: the probability of yes to "is the answer to {question} yes?".

    This is also the positive half of PN-VQA. The overall score is the mean over the elements.

    Attributes:
        templates: Wording.
        normalization: See `YesNo.p_yes`.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    normalization: Normalization = "answers"

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query per element."""
        return [fill_query(self.templates, "positive", question) for question in pair.questions(self.templates)]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """The probability of yes for each element, and their mean."""
        return collect_scores(positive_scores(pair, answers, self.normalization))


@dataclass(frozen=True, slots=True)
class PositiveNegative:
    """PN-VQA: (1 + P_T - P_F) / 2 for each element, from a positive and a negative question; overall their mean.

    Attributes:
        templates: Wording; see `QuestionTemplates` for what is the paper's and what is ours.
        normalization: See `YesNo.p_yes`.
        negative: Where the second probability is from: ``"answer_no"``, "is the answer to {question} no?";
            ``"counterfactual"``, the positive question about an element that the prompt does not have (another colour,
            count, object); or a function of the prompt and its elements that returns such questions, None for none.

    References:
        Han et al., *EvalMuse-40K*, 2024. https://huggingface.co/papers/2412.18150
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    normalization: Normalization = "answers"
    negative: Literal["answer_no", "counterfactual"] | CounterfactualWriter = "answer_no"

    def __post_init__(self) -> None:
        if not callable(self.negative) and self.negative not in ("answer_no", "counterfactual"):
            raise ValueError(
                "`negative` must be 'answer_no', 'counterfactual', or a function of a prompt and its elements, got "
                f"{self.negative!r}."
            )

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """The positive questions about all elements, then the negative ones."""
        questions = pair.questions(self.templates)
        positive = [fill_query(self.templates, "positive", question) for question in questions]
        if self.negative == "answer_no":
            return positive + [fill_query(self.templates, "negative", question) for question in questions]
        others = self._others(pair)
        return positive + [
            None if other is None else fill_query(self.templates, "positive", other) for other in others
        ]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Score each element by its two answers; one that lacks either is not scored."""
        n_elements = len(pair.elements)
        scores = []
        for index, both in enumerate(zip(answers[:n_elements], answers[n_elements:], strict=True)):
            given = tuple(answer for answer in both if answer is not None)
            complete = given if len(given) == len(both) else ()
            scores.append(score_element(pair, index, complete, self._score))
        return collect_scores(scores)

    def _score(self, given: Sequence[Answer]) -> float:
        return pn_score(p_true=p_yes(given[0], self.normalization), p_false=p_yes(given[1], self.normalization))

    def _others(self, pair: AskedPair) -> list[ElementQuestion | None]:
        if pair.is_whole:
            return [None]
        if not callable(self.negative):
            return ask_counterfactuals(pair.prompt, pair.elements)
        texts = list(self.negative(pair.prompt, pair.elements))
        if len(texts) != len(pair.elements):
            raise ValueError(
                f"`negative` gave {len(texts)} questions for the {len(pair.elements)} elements of {pair.prompt!r}; "
                "return one per element, None where there is none."
            )
        return [None if text is None else ElementQuestion(text) for text in texts]


@dataclass(frozen=True, slots=True)
class DependentQuestions:
    """DSG: the probability of yes to each question, 0 where the answer to a question that it depends on is no.

    "Is the cat red?" depends on "Is there a cat in the picture?". An answer is no where its score is below one half.

    Attributes:
        templates: Wording.
        normalization: See `YesNo.p_yes`.

    References:
        Cho et al., *Davidsonian Scene Graph*, ICLR 2024, whose graph a language model writes; ours follows from the
        nouns next to a property, see `evalmuse_hf.elements.ask_elements`.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    normalization: Normalization = "answers"

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query per element."""
        return [fill_query(self.templates, "element", question) for question in pair.questions(self.templates)]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Score the elements, then strike out those whose parents are missing."""
        alone = positive_scores(pair, answers, self.normalization)
        parents = [question.parents for question in pair.questions(self.templates)]
        missing = {index for index, score in enumerate(alone) if score.score < _HALF}
        grown = True
        while grown:  # what depends on something missing is missing too
            more = {index for index, needed in enumerate(parents) if missing & {*needed}} - missing
            missing |= more
            grown = bool(more)
        return collect_scores(
            replace(score, score=0.0) if missing & {*parents[index]} and math.isfinite(score.score) else score
            for index, score in enumerate(alone)
        )


@dataclass(frozen=True, slots=True)
class WholePrompt:
    """VQAScore: the probability of yes to one question with the whole prompt.

    Attributes:
        templates: Wording; that of `QuestionTemplates.whole` is the authors'.
        normalization: The authors take the probability of yes among all tokens.

    References:
        Lin et al., *Evaluating Text-to-Visual Generation with Image-to-Text Generation*, ECCV 2024.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    normalization: Normalization = "vocabulary"

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query."""
        return [Query(self.templates.fill("whole", prompt=pair.prompt))]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """The probability of yes; elements that were given are not scored."""
        (answer,) = answers
        if answer is None:
            raise ValueError("The question about the whole prompt was not asked.")
        elements = pair.elements if pair.were_given else ()
        unscored = tuple(ElementScore(item.text, item.category, _NAN, UNSUPPORTED) for item in elements)
        if answer.problem is not None:
            return PairScore(_NAN, unscored, PROMPT_ERROR, answer.problem, (answer,))
        status = YesNo(answer.yes, answer.no).status
        message = None
        if status == LOW_MASS:
            message = f"The model gives yes and no together a probability of {answer.mass:.3f} only."
        return PairScore(p_yes(answer, self.normalization), unscored, status, message, (answer,))


@dataclass(frozen=True, slots=True)
class StructureQuestions:
    """Structural problems of people, animals and objects: one question each, by the probability of yes.

    The overall score is the largest of the three: the probability that something is wrong. Higher is worse.

    Attributes:
        templates: Wording, which is ours: the paper's is not known.
        normalization: See `YesNo.p_yes`.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    normalization: Normalization = "answers"
    kinds: tuple[str, ...] = field(default=("human", "animal", "thing"), init=False)

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query per kind of thing; the prompt does not matter."""
        return [Query(self.templates.fill(kind)) for kind in self.kinds]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """One element per kind, called as in the paper's table."""
        names = {"human": "human", "animal": "animal", "thing": "object"}
        scores = []
        for kind, answer in zip(self.kinds, answers, strict=True):
            score = _NAN if answer is None else p_yes(answer, self.normalization)
            status = NO_QUESTION if answer is None else YesNo(answer.yes, answer.no).status
            if answer is not None and answer.problem is not None:
                status = TRUNCATED
            scores.append(ElementScore(names[kind], None, score, status, () if answer is None else (answer,)))
        numbers = [score.score for score in scores]
        overall = max(numbers) if all(map(math.isfinite, numbers)) else _NAN
        return finish_pair(overall, scores)
