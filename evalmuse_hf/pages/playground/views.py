"""What the page shows after each step, and the steps themselves; knows nothing of components."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.chips import color_labels, cut_into_pieces, find_unmarked
from evalmuse_hf.pages.playground.judging import PICTURE_NAMES, Judgement, Question, judge, read_question
from evalmuse_hf.pages.playground.map_reports import MapReport, find_map_scorer, make_map_report
from evalmuse_hf.pages.playground.mini_world import is_mini, unknown_words_note
from evalmuse_hf.pages.playground.proposals import Proposal, Proposer
from evalmuse_hf.pages.playground.result_html import (
    EMPTY,
    LEGEND,
    comparison_html,
    elements_html,
    note,
    overall_html,
    unmarked_html,
)
from evalmuse_hf.pages.playground.zero_gpu import borrow_gpu
from evalmuse_hf.pages.scorers import PageError, PageScorers


@dataclass(frozen=True, slots=True)
class Asked:
    """What was scored last, as it was sent: pictures stay files, so that a visitor costs no memory.

    Attributes:
        pictures: Uploads, as Gradio spells them.
        prompt: The prompt.
        elements: Its elements, one per line.
        labels: Of the scorers.
    """

    pictures: tuple[Any, ...] = ()
    prompt: str = ""
    elements: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chips:
    """A prompt with its elements marked.

    Attributes:
        label: Whose scores they are, and of which picture.
        pieces: Text and label, in order.
        colors: By label.
    """

    label: str
    pieces: tuple[tuple[str, str | None], ...]
    colors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """What stands in the part of the page that is for results.

    Attributes:
        overall: HTML: what went wrong, or the overall scores, and how two pictures differ.
        chips: One for each picture; none without scores.
        details: HTML beneath the chips: legend, elements without place, words that models do not know, a table.
        map_choices: Elements of which a map may be asked, by name and number; none without a scorer that has maps.
        asked: What the view is about.
    """

    overall: str = EMPTY
    chips: tuple[Chips, ...] = ()
    details: str = ""
    map_choices: tuple[tuple[str, str], ...] = ()
    asked: Asked = Asked()


class Playground:
    """Answers what a visitor does on the page.

    Args:
        scorers: Of the server.
        proposer: Proposes elements.
        limits: What a request may hold.
    """

    def __init__(self, scorers: PageScorers, proposer: Proposer, *, limits: PageLimits) -> None:
        self.scorers, self.proposer, self.limits = scorers, proposer, limits
        self._make_map: Callable[..., MapReport] = borrow_gpu(self._map, duration_s=limits.time_limit_s)

    def score(self, pictures: Sequence[Any], prompt: Any, elements: Any, labels: Any) -> Iterator[View]:
        """Score, one scorer after the other.

        Args:
            pictures: One or two uploads; absent ones are None.
            prompt: As it was typed.
            elements: One per line.
            labels: Of the scorers; none for the first.

        Yields:
            What to show after each scorer; or once, what is wrong.
        """
        chosen = tuple(labels or ())
        try:
            question = read_question(pictures, prompt, elements, chosen, scorers=self.scorers, limits=self.limits)
            given = tuple(picture for picture in pictures if picture is not None)
            asked = Asked(given, prompt, elements or "", question.labels)
            judgements: list[Judgement] = []
            for judgement in judge(question, self.scorers):
                judgements.append(judgement)
                yield self._show(question, judgements, asked)
        except PageError as error:
            yield View(overall=note(str(error), kind="error", word="Not scored."))

    def show_map(self, asked: Asked, element: Any, picture: Any) -> MapReport:
        """Show where the first scorer that has maps looked for an element.

        Args:
            asked: What was scored.
            element: Its number, as text.
            picture: Name of the picture.
        """
        try:
            question = read_question(
                asked.pictures, asked.prompt, asked.elements, asked.labels, scorers=self.scorers, limits=self.limits
            )
            index = int(element) if str(element).isdecimal() else -1
            which = PICTURE_NAMES.index(picture) if picture in PICTURE_NAMES else 0
            return self._make_map(question, index, which)
        except PageError as error:
            return MapReport(None, str(error))

    def _map(self, question: Question, index: int, picture: int) -> MapReport:
        return make_map_report(question, index, scorers=self.scorers, picture=picture)

    def _show(self, question: Question, judgements: Sequence[Judgement], asked: Asked) -> View:
        first = judgements[0]
        scored = first.scores[0].elements
        unknown = unknown_words_note(question.prompt) if any(is_mini(one.name) for one in judgements) else ""
        chips = tuple(
            self._chips(question, first, index) for index, score in enumerate(first.scores) if score.elements
        )
        has_maps = find_map_scorer(self.scorers, question.labels) is not None
        waiting = question.labels[len(judgements) :]
        details = (
            LEGEND if any(one.colors for one in chips) else "",
            unmarked_html(find_unmarked(question.prompt, scored)),
            note(unknown, kind="warning", word="Unknown words."),
            elements_html(judgements),
        )
        return View(
            overall=overall_html(judgements, waiting=waiting) + comparison_html(judgements),
            chips=chips,
            details="".join(details),
            map_choices=tuple(
                (_name(number, element.text, element.category), str(number))
                for number, element in enumerate(question.elements)
            )
            if has_maps
            else (),
            asked=asked,
        )

    def _chips(self, question: Question, judgement: Judgement, index: int) -> Chips:
        pieces = cut_into_pieces(question.prompt, judgement.scores[index].elements)
        of = f"Picture {PICTURE_NAMES[index]}: " if len(judgement.scores) > 1 else ""
        label = f"{of}elements in the prompt, as {judgement.label} scores them"
        return Chips(label, tuple((piece.text, piece.label) for piece in pieces), color_labels(pieces))


def follow_prompt(proposer: Proposer, prompt: Any, lines: Any, last: Proposal, *, again: bool = False) -> Proposal:
    """Propose elements as the prompt changes; what a person edited stays.

    Args:
        proposer: Proposes.
        prompt: As it is now.
        lines: The elements as they are now.
        last: What was proposed last.
        again: Propose anew, whoever wrote the lines.

    Returns:
        ``last`` itself if the lines stay; what cannot be split has a message and no lines.
    """
    try:
        return proposer.propose(prompt) if again else proposer.settle(prompt, lines or "", last)
    except PageError as error:
        return Proposal(last.prompt, "", str(error))


def _name(number: int, text: str, category: str | None) -> str:
    return f"{number + 1}. {text} ({category})" if category else f"{number + 1}. {text}"
