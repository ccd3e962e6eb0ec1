"""What the page shows after each step, and the steps themselves; knows nothing of components."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.chips import color_labels, cut_into_pieces, find_unmarked
from evalmuse_hf.pages.playground.judging import PICTURE_NAMES, Judgement, Question, judge, read_question
from evalmuse_hf.pages.playground.map_reports import MapReport, find_map_scorer, make_map_report
from evalmuse_hf.pages.playground.mini_world import is_mini, unknown_words_note
from evalmuse_hf.pages.playground.proposals import Proposal, Proposer, spell_element
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
from evalmuse_hf.pages.uploads import shown_name

_MAX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What was scored last. It is kept for an hour, so pictures stay files, and only what was checked is in it.

    Attributes:
        pictures: Uploads, as Gradio spells them, without anything that is not needed.
        prompt: The prompt.
        elements: Its elements, as ``text (category)``.
        labels: Of the scorers.
    """

    pictures: tuple[Any, ...] = ()
    prompt: str = ""
    elements: tuple[str, ...] = ()
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
            pictures: One upload, or two of which both must be there; absent ones are None.
            prompt: As it was typed.
            elements: One per line; None for none.
            labels: Of the scorers, or one label; none for the first.

        Yields:
            What to show after each scorer; or once, what is wrong.
        """
        try:
            if not isinstance(elements, str | None):
                raise PageError("The elements must be a text, one per line.")
            question = read_question(pictures, prompt, elements, labels, scorers=self.scorers, limits=self.limits)
            kept = tuple(_keep_picture(picture) for picture in pictures)
            asked = Asked(kept, prompt, tuple(map(spell_element, question.elements)), question.labels)
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
                asked.pictures or (None,),
                asked.prompt,
                list(asked.elements),
                asked.labels,
                scorers=self.scorers,
                limits=self.limits,
            )
            index = int(element) if str(element).isdecimal() and len(str(element)) < _MAX_DIGITS else -1
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
        begin = f"Picture {PICTURE_NAMES[index]}: elements" if len(judgement.scores) > 1 else "Elements"
        label = f"{begin} in the prompt, as {judgement.label} scores them"
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
        ``last`` itself if the lines stay, or are no text, which whoever scores them says; what cannot be split has a
        message and no lines.
    """
    if not isinstance(lines, str | None):
        return last
    try:
        return proposer.propose(prompt) if again else proposer.settle(prompt, lines or "", last)
    except PageError as error:
        return Proposal(last.prompt, "", str(error))


def _keep_picture(picture: Any) -> Any:
    """What of an upload is needed to find it again, and to call it by its name."""
    if not isinstance(picture, Mapping):
        return picture
    name = shown_name(str(picture.get("orig_name") or picture["path"]))
    return {"path": picture["path"], "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _name(number: int, text: str, category: str | None) -> str:
    return f"{number + 1}. {text} ({category})" if category else f"{number + 1}. {text}"
