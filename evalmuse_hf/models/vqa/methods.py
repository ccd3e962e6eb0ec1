"""What scorers that ask questions ask about a pair, and what they make of the answers."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Literal, Protocol

from evalmuse_hf.elements import ElementQuestion, QuestionTemplates, ask_counterfactuals, ask_elements
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.models.vqa.yes_no import Normalization, YesNo, pn_score
from evalmuse_hf.schema import Element

WHOLE_PROMPT = "whole_prompt"
LOW_MASS = "low_mass"
NO_QUESTION = "no_question"
UNPARSABLE = "unparsable"
EMPTY = "empty"
UNSUPPORTED = "unsupported"
UNDEFINED = "undefined"

CounterfactualWriter = Callable[[str, Sequence[Element]], Sequence[str | None]]
_NAN = float("nan")
_HALF = 0.5
_DEFAULT_TEMPLATES = QuestionTemplates()


@dataclass(frozen=True, slots=True)
class AskedPair:
    """A prompt with the elements that are asked about.

    Attributes:
        prompt: As it was written.
        elements: Those that were given or found, or the whole prompt as one.
        is_whole: Whether the only element is the prompt itself.
        were_given: Whether the caller gave the elements.
    """

    prompt: str
    elements: tuple[Element, ...]
    is_whole: bool = False
    were_given: bool = True

    def questions(self, templates: QuestionTemplates) -> list[ElementQuestion]:
        """Ask about each element; about the prompt as a whole in the words of `QuestionTemplates.whole`.

        Args:
            templates: Wording.
        """
        if self.is_whole:
            return [ElementQuestion(templates.fill("whole", prompt=self.prompt))]
        return ask_elements(self.prompt, self.elements)


@dataclass(frozen=True, slots=True)
class Query:
    """One thing to ask.

    Attributes:
        text: The question.
        in_words: Whether the answer is wanted in words; else the probabilities of yes and no.
    """

    text: str
    in_words: bool = False


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
        return [_fill(self.templates, "positive", question) for question in pair.questions(self.templates)]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """The probability of yes for each element, and their mean."""
        return _collect(_positive_scores(pair, answers, self.normalization))


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
        positive = [_fill(self.templates, "positive", question) for question in questions]
        if self.negative == "answer_no":
            return positive + [_fill(self.templates, "negative", question) for question in questions]
        others = self._others(pair)
        return positive + [None if other is None else _fill(self.templates, "positive", other) for other in others]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Score each element by its two answers; one that lacks either is not scored."""
        n_elements = len(pair.elements)
        scores = []
        for index, both in enumerate(zip(answers[:n_elements], answers[n_elements:], strict=True)):
            given = tuple(answer for answer in both if answer is not None)
            complete = given if len(given) == len(both) else ()
            scores.append(_element_score(pair, index, complete, self._score))
        return _collect(scores)

    def _score(self, given: Sequence[Answer]) -> float:
        return pn_score(p_true=_p(given[0], self.normalization), p_false=_p(given[1], self.normalization))

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
        return [_fill(self.templates, "element", question) for question in pair.questions(self.templates)]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Score the elements, then strike out those whose parents are missing."""
        alone = _positive_scores(pair, answers, self.normalization)
        parents = [question.parents for question in pair.questions(self.templates)]
        missing = {index for index, score in enumerate(alone) if score.score < _HALF}
        grown = True
        while grown:  # what depends on something missing is missing too
            more = {index for index, needed in enumerate(parents) if missing & {*needed}} - missing
            missing |= more
            grown = bool(more)
        return _collect(
            replace(score, score=0.0) if missing & {*parents[index]} and math.isfinite(score.score) else score
            for index, score in enumerate(alone)
        )


@dataclass(frozen=True, slots=True)
class GeneratedAnswers:
    """TIFA: 1 for an element whose answer in words is the expected one, else 0; overall the share of right answers.

    Attributes:
        templates: Wording.
        multiple_choice: Ask an open question with choices ("What color is the cat?") where an element has one; else
            for yes or no.

    References:
        Hu et al., *TIFA*, ICCV 2023, whose questions a language model writes.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    multiple_choice: bool = False

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query per element, for an answer in words."""
        queries: list[Query | None] = []
        for question in pair.questions(self.templates):
            if not question.text:
                queries.append(None)
            elif self._has_choices(question):
                choices = ", ".join(question.choices)
                text = self.templates.fill("choice", question=str(question.open_text), choices=choices)
                queries.append(Query(text, in_words=True))
            else:
                queries.append(Query(self.templates.fill("element", question=question.text), in_words=True))
        return queries

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Compare the answers with what was expected."""
        scores = []
        for index, (answer, question) in enumerate(zip(answers, pair.questions(self.templates), strict=True)):
            element = pair.elements[index]
            if answer is None or answer.text is None:
                scores.append(_element_score(pair, index, (), lambda _: _NAN))
                continue
            has_choices = self._has_choices(question)
            choices = question.choices if has_choices else ("yes", "no")
            said = parse_choice(answer.text, choices)
            expected = question.answer if has_choices else "yes"
            status = UNPARSABLE if said is None else WHOLE_PROMPT if pair.is_whole else "ok"
            score = _NAN if said is None else float(said == expected)
            scores.append(ElementScore(element.text, element.category, score, status, (answer,)))
        return _collect(scores)

    def _has_choices(self, question: ElementQuestion) -> bool:
        return self.multiple_choice and bool(question.choices) and question.open_text is not None


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
        status = YesNo(answer.yes, answer.no).status
        message = None
        if status == LOW_MASS:
            message = f"The model gives yes and no together a probability of {answer.mass:.3f} only."
        return PairScore(_p(answer, self.normalization), unscored, status, message, (answer,))


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
            score = _NAN if answer is None else _p(answer, self.normalization)
            status = NO_QUESTION if answer is None else YesNo(answer.yes, answer.no).status
            scores.append(ElementScore(names[kind], None, score, status, () if answer is None else (answer,)))
        numbers = [score.score for score in scores]
        overall = max(numbers) if all(map(math.isfinite, numbers)) else _NAN
        return _finish(overall, scores)


def parse_choice(text: str, choices: Sequence[str]) -> str | None:
    """Read which of several answers a text gives.

    Args:
        text: What the model said.
        choices: Answers in lower case.

    Returns:
        The only choice that the text names, word by word; None if it names none or several.

    >>> parse_choice("Yes, there is.", ("yes", "no")), parse_choice("It is dark red", ("red", "blue"))
    ('yes', 'red')
    >>> parse_choice("yes and no", ("yes", "no")) is None
    True
    """
    spoken = re.sub(r"[^\w-]+", " ", text.lower().replace(" - ", "-"))
    named = [choice for choice in choices if f" {choice} " in f" {spoken} "]
    return named[0] if len(named) == 1 else None


def _fill(templates: QuestionTemplates, name: str, question: ElementQuestion) -> Query | None:
    return Query(templates.fill(name, question=question.text)) if question.text else None


def _p(answer: Answer, normalization: Normalization) -> float:
    return YesNo(answer.yes, answer.no).p_yes(normalization)


def _positive_scores(
    pair: AskedPair, answers: Sequence[Answer | None], normalization: Normalization
) -> list[ElementScore]:
    """The probability of yes for each element."""
    return [
        _element_score(pair, index, () if answer is None else (answer,), lambda given: _p(given[0], normalization))
        for index, answer in enumerate(answers)
    ]


def _element_score(
    pair: AskedPair, index: int, answers: tuple[Answer, ...], score: Callable[[Sequence[Answer]], float]
) -> ElementScore:
    """Score an element by its answers; without them it has none."""
    element = pair.elements[index]
    if not answers:
        return ElementScore(element.text, element.category, _NAN, NO_QUESTION if element.text else EMPTY)
    value = score(answers)
    worst = min(answers, key=lambda answer: answer.mass)
    status = WHOLE_PROMPT if pair.is_whole else YesNo(worst.yes, worst.no).status
    return ElementScore(element.text, element.category, value, status if math.isfinite(value) else UNDEFINED, answers)


def _collect(scores: Iterable[ElementScore]) -> PairScore:
    """Overall as the mean over the elements that have a score."""
    elements = list(scores)
    known = [element.score for element in elements if math.isfinite(element.score)]
    return _finish(fmean(known) if known else _NAN, elements)


def _finish(overall: float, elements: Sequence[ElementScore]) -> PairScore:
    """Say in the message what has no score."""
    missing = [element for element in elements if not math.isfinite(element.score)]
    if not math.isfinite(overall):
        reason = ", ".join(sorted({element.status for element in missing})) or "no element"
        return PairScore(_NAN, tuple(elements), "score_error", f"No element has a score ({reason}).")
    message = None
    if missing:
        first = missing[0]
        message = (
            f"{len(missing)} of {len(elements)} elements have no score and do not count, the first "
            f"{first.text!r} ({first.status})."
        )
    return PairScore(overall, tuple(elements), message=message)
