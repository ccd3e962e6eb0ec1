"""Scores pictures by asking a multimodal chat model: what is behind ``load_scorer("pn_vqa")`` and its like."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalmuse_hf.elements import split_prompt
from evalmuse_hf.images import ImageDecodingError, Preparation
from evalmuse_hf.models.rows import IMAGE_ERROR, PROMPT_ERROR, PairRow, prompt_problem, read_rows, reading_ahead
from evalmuse_hf.models.scorer import Answer, PairScore
from evalmuse_hf.models.vqa.asked_pair import AskedPair, Query
from evalmuse_hf.models.vqa.chat import ChatModel, ReadPicture
from evalmuse_hf.models.vqa.generated_answers import GeneratedAnswers
from evalmuse_hf.models.vqa.methods import (
    DependentQuestions,
    Method,
    PositiveNegative,
    PositiveQuestions,
    StructureQuestions,
    WholePrompt,
)
from evalmuse_hf.schema import Element

METHODS: dict[str, type[Any]] = {
    "pn_vqa": PositiveNegative,
    "vq2": PositiveQuestions,
    "tifa": GeneratedAnswers,
    "dsg": DependentQuestions,
    "vqa_score": WholePrompt,
    "structure_vqa": StructureQuestions,
}
"""Scorers that ask questions, each with its options."""

_NAN = float("nan")


class QuestionScorer:
    """One scorer that asks questions; see `score_together` for several at the price of reading each picture once.

    Args:
        chat: Who is asked.
        method: What is asked, and what is made of the answers.
        name: How records and reports call the scorer.
    """

    def __init__(self, chat: ChatModel, method: Method, *, name: str) -> None:
        self.chat = chat
        self.method = method
        self.name = name

    @property
    def model(self) -> Any:
        """The network, for records of what produced the scores."""
        return self.chat.model

    @property
    def preparation(self) -> Preparation | None:
        """How whoever reads pictures for this scorer resizes them: not at all, as each model has its own way."""
        return None

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed: always.

        Args:
            content: Hash of its content.
        """
        return True

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
            elements: For each prompt its elements. A prompt without any is split by
                `evalmuse_hf.elements.split_prompt`; one in which nothing is found is one element, with the status
                ``"whole_prompt"``.

        Returns:
            One result per row. A row that cannot be scored has nan, a status and a message; the others are scored.

        Raises:
            ValueError: If the inputs differ in length.
        """
        methods = {self.name: self.method}
        return score_together(self.chat, methods, images=images, prompts=prompts, elements=elements)[self.name]


def score_together(
    chat: ChatModel,
    methods: Mapping[str, Method],
    *,
    images: Sequence[Any],
    prompts: Sequence[str],
    elements: Sequence[Sequence[str | Element]] | None = None,
) -> dict[str, list[PairScore]]:
    """Score pairs by several methods, each picture read once and each question about it asked once.

    Args:
        chat: Who is asked.
        methods: Name of each, of your choice.
        images: See `QuestionScorer.score`.
        prompts: See there.
        elements: See there.

    Returns:
        For each name one result per row.

    Raises:
        ValueError: If the inputs differ in length, or a method's own function breaks its promise.
    """
    rows = read_rows(images, prompts, elements)
    results: dict[str, list[PairScore | None]] = {name: [None] * len(rows) for name in methods}
    by_picture: dict[object, list[int]] = {}
    for number, row in enumerate(rows):
        if row.result is None and (problem := prompt_problem(row.prompt)):
            row.fail(PROMPT_ERROR, f"The prompt {problem}")
        if row.result is None:
            by_picture.setdefault(row.image_key, []).append(number)
    with reading_ahead(rows):
        for numbers in by_picture.values():
            members = [rows[number] for number in numbers]
            picture = _read(chat, members)
            if picture is None:
                continue
            pairs = [_make_pair(row) for row in members]
            for name, scores in _score_picture(picture, methods, pairs).items():
                for number, score in zip(numbers, scores, strict=True):
                    results[name][number] = score
    complete: dict[str, list[PairScore]] = {}
    for name, found in results.items():
        both = zip(found, rows, strict=True)
        complete[name] = [result for own, row in both if (result := own or row.result) is not None]
    return complete


def _read(chat: ChatModel, members: Sequence[PairRow]) -> ReadPicture | None:
    """Read the picture that rows share; if that fails, they all fail."""
    try:
        return chat.read(members[0].open_image())
    except (ImageDecodingError, ValueError) as error:
        for row in members:
            row.fail(IMAGE_ERROR, str(error))
        return None


def _make_pair(row: PairRow) -> AskedPair:
    if row.elements:
        return AskedPair(row.prompt, row.elements)
    found = split_prompt(row.prompt)
    elements = found or (Element(row.prompt, None),)
    return AskedPair(row.prompt, elements, is_whole=not found, were_given=False)


def _score_picture(
    picture: ReadPicture, methods: Mapping[str, Method], pairs: Sequence[AskedPair]
) -> dict[str, list[PairScore]]:
    asked = {name: [method.queries(pair) for pair in pairs] for name, method in methods.items()}
    wanted = dict.fromkeys(query for plans in asked.values() for plan in plans for query in plan if query is not None)
    answers = _answer(picture, list(wanted))
    return {
        name: [
            method.judge(pair, [None if query is None else answers[query] for query in plan])
            for pair, plan in zip(pairs, asked[name], strict=True)
        ]
        for name, method in methods.items()
    }


def _answer(picture: ReadPicture, queries: Sequence[Query]) -> dict[Query, Answer]:
    answers: dict[Query, Answer] = {}
    problems = picture.find_problems([query.text for query in queries])
    for query, problem in zip(queries, problems, strict=True):
        if problem is not None:
            answers[query] = Answer(query.text, _NAN, _NAN, problem=problem)
    queries = [query for query in queries if query not in answers]
    chances = [query for query in queries if not query.in_words]
    if chances:
        for query, answer in zip(chances, picture.ask([query.text for query in chances]), strict=True):
            answers[query] = Answer(query.text, answer.yes, answer.no)
    spoken = [query for query in queries if query.in_words]
    if spoken:
        for query, text in zip(spoken, picture.answer([query.text for query in spoken]), strict=True):
            answers[query] = Answer(query.text, _NAN, _NAN, text)
    return answers
