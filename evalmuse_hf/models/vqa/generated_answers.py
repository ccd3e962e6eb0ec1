"""TIFA: questions that are answered in words, and what is made of the words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalmuse_hf.elements import ElementQuestion, QuestionTemplates
from evalmuse_hf.elements.lexicon import NUMBERS
from evalmuse_hf.models.rows import TRUNCATED
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.models.vqa.asked_pair import AskedPair, Query
from evalmuse_hf.models.vqa.element_scores import UNPARSABLE, WHOLE_PROMPT, collect_scores, score_element
from evalmuse_hf.schema import Element

QuestionWriter = Callable[[str, Sequence[Element]], Sequence[ElementQuestion | None]]

_NAN = float("nan")
_DEFAULT_TEMPLATES = QuestionTemplates()
_NUMBER_WORDS = {str(value): word for word, value in NUMBERS.items()}


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """One question for an answer in words.

    Attributes:
        query: What is asked; None if there is nothing to ask.
        answer: What is right.
        choices: What may be said.
    """

    query: Query | None
    answer: str = "yes"
    choices: tuple[str, ...] = ("yes", "no")


@dataclass(frozen=True, slots=True)
class GeneratedAnswers:
    """TIFA: 1 for an element whose answer in words is the expected one, else 0; overall the share of right answers.

    Attributes:
        templates: Wording.
        multiple_choice: Ask an open question with choices ("What color is the cat?") where an element has one; else
            for yes or no.
        questions: Your own questions and answers: a function of a prompt and its elements that returns for each
            element an `ElementQuestion`, or None for the one of this package. With ``choices``, ``open_text`` is asked
            and ``answer`` is the right one of them; without, ``text`` is asked and ``answer`` is ``"yes"`` or
            ``"no"``. It is called twice per pair and must return the same. A prompt without elements is asked as a
            whole, without it.

    References:
        Hu et al., *TIFA*, ICCV 2023, whose questions a language model writes.
    """

    templates: QuestionTemplates = _DEFAULT_TEMPLATES
    multiple_choice: bool = False
    questions: QuestionWriter | None = None

    def queries(self, pair: AskedPair) -> list[Query | None]:
        """One query per element, for an answer in words."""
        return [expected.query for expected in self._expected(pair)]

    def judge(self, pair: AskedPair, answers: Sequence[Answer | None]) -> PairScore:
        """Compare the answers with what was expected."""
        scores = []
        for index, (answer, expected) in enumerate(zip(answers, self._expected(pair), strict=True)):
            element = pair.elements[index]
            if answer is not None and answer.problem is not None:
                scores.append(ElementScore(element.text, element.category, _NAN, TRUNCATED, (answer,)))
                continue
            if answer is None or answer.text is None:
                scores.append(score_element(pair, index, (), lambda _: _NAN))
                continue
            said = parse_choice(answer.text, expected.choices)
            status = UNPARSABLE if said is None else WHOLE_PROMPT if pair.is_whole else "ok"
            score = _NAN if said is None else float(said == expected.answer)
            scores.append(ElementScore(element.text, element.category, score, status, (answer,)))
        return collect_scores(scores)

    def _expected(self, pair: AskedPair) -> list[ExpectedAnswer]:
        ours = pair.questions(self.templates)
        theirs: Sequence[ElementQuestion | None] = [None] * len(ours)
        if self.questions is not None and not pair.is_whole:
            theirs = list(self.questions(pair.prompt, pair.elements))
            if len(theirs) != len(ours):
                raise ValueError(
                    f"`questions` gave {len(theirs)} questions for the {len(ours)} elements of {pair.prompt!r}; "
                    "return one per element, None where there is none."
                )
        both = zip(ours, theirs, strict=True)
        return [self._own(own) if given is None else self._given(given) for own, given in both]

    def _own(self, question: ElementQuestion) -> ExpectedAnswer:
        if not question.text:
            return ExpectedAnswer(None)
        if self.multiple_choice and question.choices and question.open_text is not None:
            return self._open(question)
        return ExpectedAnswer(self._closed(question))

    def _given(self, question: ElementQuestion) -> ExpectedAnswer:
        choices = question.choices or ("yes", "no")
        asked = question.open_text if question.choices else question.text
        if question.answer not in choices or not asked:
            raise ValueError(
                f"`questions` gave {question}; expected a `text` with the answer yes or no, or an `open_text` with "
                "`choices` and one of them as `answer`."
            )
        return self._open(question) if question.choices else ExpectedAnswer(self._closed(question), question.answer)

    def _open(self, question: ElementQuestion) -> ExpectedAnswer:
        choices = ", ".join(question.choices)
        text = self.templates.fill("choice", question=str(question.open_text), choices=choices)
        return ExpectedAnswer(Query(text, in_words=True), question.answer, question.choices)

    def _closed(self, question: ElementQuestion) -> Query:
        return Query(self.templates.fill("element", question=question.text), in_words=True)


def parse_choice(text: str, choices: Sequence[str]) -> str | None:
    """Read which of several answers a text gives.

    Args:
        text: What the model said.
        choices: Answers.

    Returns:
        The only choice that the text names, word by word, numbers in figures or words alike; None if it names none or
        several. A choice within a longer one that is named, as "black" in "black and white", does not count.

    >>> parse_choice("Yes, there is.", ("yes", "no")), parse_choice("It is dark red", ("red", "blue"))
    ('yes', 'red')
    >>> parse_choice("There are 2.", ("one", "two")), parse_choice("yes and no", ("yes", "no")) is None
    ('two', True)
    """
    spoken = _words(text)
    named = {choice: words for choice in choices if (words := _words(choice)) in spoken}
    longest = [
        choice
        for choice, words in named.items()
        if not any(words != other and words in other for other in named.values())
    ]
    return longest[0] if len(longest) == 1 else None


def _words(text: str) -> str:
    """The words of a text in lower case between single spaces, small numbers as words."""
    words = re.sub(r"[^\w-]+", " ", text.lower().replace(" - ", "-")).split()
    return f" {' '.join(_NUMBER_WORDS.get(word, word) for word in words)} "
