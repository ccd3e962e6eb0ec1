"""Questions of whole prompts: every element ends with exactly one valid question, or with the reason why it has none.

1. A question is taken as it was given, or made by rule (`ask_elements`).
2. One that does not pass `question_problem` is replaced by other wordings of the rules, in turn.
3. What is still open goes to a writer, such as a language model, all of it together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evalmuse_hf.elements.question_checks import question_parents, question_problem, unwanted_problem
from evalmuse_hf.elements.question_layout import read_layout
from evalmuse_hf.elements.question_nouns import Wording
from evalmuse_hf.elements.question_wording import other_wordings
from evalmuse_hf.elements.questions import ask_counterfactuals, ask_elements
from evalmuse_hf.elements.templates import QuestionTemplates
from evalmuse_hf.schema import Element

if TYPE_CHECKING:
    from evalmuse_hf.elements.llm_questions import QuestionWish, WrittenQuestion

OK = "ok"
NO_VALID_QUESTION = "no_valid_question"


@dataclass(frozen=True, slots=True)
class ElementQuestionResult:
    """The question about one element.

    Attributes:
        question: A yes/no question whose answer is yes if the picture shows the element; empty without a valid one.
        parents: Places, among the elements of the prompt, of those without which the question makes no sense.
        negative: PN-VQA's second question, whose answer is no; None without a valid question.
        counterfactual: The question about something else in the element's place, whose answer is no; None where
            nothing known can take its place.
        attempts: Questions that were looked at.
        status: "ok" or "no_valid_question".
        message: Why there is none, in a sentence; empty where all is well.
    """

    question: str
    parents: tuple[int, ...]
    negative: str | None
    counterfactual: str | None
    attempts: int
    status: str = OK
    message: str = ""


class QuestionWriter(Protocol):
    """Writes questions where rules fail; `evalmuse_hf.elements.llm_questions.LLMQuestionWriter` is one."""

    name: str

    def write_each(self, wishes: "Iterable[QuestionWish]") -> "Iterator[WrittenQuestion]":
        """Write a question for each wish, in order."""
        ...


@dataclass(slots=True)
class _Draft:
    """An element's question while it is being looked for; ``problem`` is what is wrong with the last one."""

    wording: Wording | None = None
    problem: str = ""
    attempts: int = 0


def write_questions(
    prompt: str,
    elements: Sequence[Element],
    *,
    given: Sequence[str | None] | None = None,
    writer: QuestionWriter | None = None,
) -> list[ElementQuestionResult]:
    """Write one valid question per element of a prompt.

    Args:
        prompt: The prompt.
        elements: Its elements.
        given: A question per element, such as a language model's; None for an element begins with the rules.
        writer: Who writes where the rules do not find a valid question; None leaves it at the rules.

    Returns:
        One result per element, in order.

    Raises:
        ValueError: If there is not one given question per element.

    >>> dog = [Element("brown", "color"), Element("dog", "animal/human")]
    >>> for result in write_questions("a brown dog", dog):
    ...     print(result.question, result.parents, result.counterfactual)
    Is the dog brown? (1,) Is the dog black?
    Is there a dog in the picture? () Is there a snail in the picture?
    """
    given_sets = None if given is None else [given]
    return write_question_sets([(prompt, elements)], given=given_sets, writer=writer)[0]


def write_question_sets(
    prompts: Sequence[tuple[str, Sequence[Element]]],
    *,
    given: Sequence[Sequence[str | None]] | None = None,
    writer: QuestionWriter | None = None,
) -> list[list[ElementQuestionResult]]:
    """Write one valid question per element of each prompt; the writer is asked for all of them together.

    Args:
        prompts: Each prompt and its elements.
        given: Per prompt, a question per element or None, as in `write_questions`.
        writer: Who writes where the rules do not find a valid question.

    Returns:
        Per prompt, one result per element.

    Raises:
        ValueError: If there is not one given question per element.
    """
    drafts = _draft_all(prompts, given)
    if writer is not None:
        _ask_writer(prompts, drafts, writer)
    return [_finish(prompt, elements, own) for (prompt, elements), own in zip(prompts, drafts, strict=True)]


def open_wishes(
    prompts: Sequence[tuple[str, Sequence[Element]]], *, given: Sequence[Sequence[str | None]] | None = None
) -> "list[QuestionWish]":
    """What `write_question_sets` would ask a writer for; for an estimate of the cost.

    Args:
        prompts: Each prompt and its elements.
        given: Per prompt, a question per element or None.
    """
    drafts = _draft_all(prompts, given)
    return [_wish(prompts[number], index, drafts[number]) for number, index in _open(drafts)]


def _draft_all(
    prompts: Sequence[tuple[str, Sequence[Element]]], given: Sequence[Sequence[str | None]] | None
) -> list[list[_Draft]]:
    questions: list[Sequence[str | None]] = [[None] * len(elements) for _, elements in prompts]
    if given is not None:
        questions = list(given)
    if len(questions) != len(prompts):
        raise ValueError(f"`given` has {len(questions)} lists for {len(prompts)} prompts; give one for each.")
    return [_draft(prompt, elements, own) for (prompt, elements), own in zip(prompts, questions, strict=True)]


def _open(drafts: Sequence[list[_Draft]]) -> list[tuple[int, int]]:
    """Prompt and element of each draft without a valid question, if one is possible."""
    return [
        (number, index)
        for number, own in enumerate(drafts)
        for index, draft in enumerate(own)
        if draft.wording is None and draft.attempts
    ]


def _wish(prompt: tuple[str, Sequence[Element]], index: int, drafts: Sequence[_Draft]) -> "QuestionWish":
    from evalmuse_hf.elements.llm_questions import QuestionWish

    return QuestionWish(prompt[0], tuple(prompt[1]), index, drafts[index].problem, _taken(drafts))


def _taken(drafts: Sequence[_Draft]) -> tuple[str, ...]:
    """Questions that other elements of a prompt have already."""
    return tuple(draft.wording.text for draft in drafts if draft.wording is not None)


def _draft(prompt: str, elements: Sequence[Element], given: Sequence[str | None]) -> list[_Draft]:
    """Take the given questions, or the first valid wording of the rules."""
    if len(given) != len(elements):
        raise ValueError(f"There are {len(given)} questions for {len(elements)} elements of {prompt[:60]!r}.")
    layout = read_layout(prompt, elements)
    asked = [Wording(question.text, question.parents) for question in ask_elements(prompt, elements)]
    drafts = [_Draft() for _ in elements]
    taken: list[str] = []
    for index, (draft, element) in enumerate(zip(drafts, elements, strict=True)):
        if not element.text.strip():
            draft.problem = "The element has no words to ask for."
            continue
        if unwanted := unwanted_problem(index, layout):
            draft.problem = unwanted
            continue
        own = given[index]
        first = [] if own is None else [Wording(own, question_parents(own, element=element, elements=elements))]
        for wording in (*first, asked[index], *other_wordings(element, index, layout, asked[index])):
            problem = _problem(wording, index, elements, prompt, taken, known=wording not in first)
            draft.attempts += 1
            draft.problem = draft.problem or problem or ""
            if problem is None:
                draft.wording = wording
                taken.append(wording.text)
                break
    return drafts


def _problem(
    wording: Wording, index: int, elements: Sequence[Element], prompt: str, taken: Sequence[str], *, known: bool
) -> str | None:
    """What is wrong with a question; ``known`` if its parents come from the rules rather than from its words."""
    return question_problem(
        wording.text,
        element=elements[index],
        elements=elements,
        prompt=prompt,
        parents=wording.parents if known else None,
        others=taken,
    )


def _ask_writer(
    prompts: Sequence[tuple[str, Sequence[Element]]], drafts: Sequence[list[_Draft]], writer: QuestionWriter
) -> None:
    """Ask the writer for what is open, and once more where two elements of a prompt got the same question."""
    again = _ask_round(_open(drafts), prompts, drafts, writer)
    if again:
        _ask_round(again, prompts, drafts, writer)


def _ask_round(
    wanted: Sequence[tuple[int, int]],
    prompts: Sequence[tuple[str, Sequence[Element]]],
    drafts: Sequence[list[_Draft]],
    writer: QuestionWriter,
) -> list[tuple[int, int]]:
    """Ask for each of the wanted drafts; those come back whose question another element has got meanwhile."""
    wishes = [_wish(prompts[number], index, drafts[number]) for number, index in wanted]
    again = []
    for (number, index), written in zip(wanted, writer.write_each(wishes), strict=True):
        prompt, elements = prompts[number]
        draft = drafts[number][index]
        draft.attempts += 1
        if written.status != OK:
            draft.problem = f"{draft.problem} {writer.name} found none either: {written.message}"
            continue
        wording = Wording(written.text, question_parents(written.text, element=elements[index], elements=elements))
        taken = _taken(drafts[number])
        problem = _problem(wording, index, elements, prompt, taken, known=False)
        if problem is None:
            draft.wording = wording
            continue
        draft.problem = problem
        if written.text.lower() in {text.lower() for text in taken}:
            again.append((number, index))
    return again


def _finish(prompt: str, elements: Sequence[Element], drafts: Sequence[_Draft]) -> list[ElementQuestionResult]:
    others = ask_counterfactuals(prompt, elements, wide=True)
    templates = QuestionTemplates()
    results = []
    for element, draft, other in zip(elements, drafts, others, strict=True):
        if draft.wording is None:
            message = f"No question about {element.text!r} is valid: {draft.problem}"
            results.append(ElementQuestionResult("", (), None, None, draft.attempts, NO_VALID_QUESTION, message))
            continue
        text, parents = draft.wording
        counterfactual = None if other is None or other.text == text else other.text
        negative = templates.fill("negative", question=text)
        results.append(ElementQuestionResult(text, parents, negative, counterfactual, draft.attempts))
    return results
