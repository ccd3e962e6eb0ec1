"""Elements as people see and edit them: one per line, proposed from the prompt until somebody changes them."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from evalmuse_hf.elements.splitter import SplitPrompt, Splitter
from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.mini_world import find_unknown_words, is_mini
from evalmuse_hf.pages.scorers import PageError
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.serving import read_elements

logger = logging.getLogger(__name__)

_SOURCES = {"spacy": "by spaCy's grammar", "rules": "from a fixed list of words"}
_JSON_SIGNS = 6  # that JSON may need for one, as in \u00e9


@dataclass(frozen=True, slots=True)
class Proposal:
    """Elements that were proposed for a prompt.

    Attributes:
        prompt: The prompt.
        lines: The elements, one per line, as ``text (category)``.
        message: What there is to say, in a sentence; empty where all is well.
    """

    prompt: str = ""
    lines: str = ""
    message: str = ""


class PageSplitter:
    """Splits each prompt by what knows it best; for several threads at once.

    Args:
        best: Splits any English prompt, if that can be had here.
        drawn: Splits prompts of the drawn world, exactly; None where no scorer of the page is of that world.
    """

    def __init__(self, best: Splitter, drawn: Splitter | None) -> None:
        self.name = best.name if drawn is None else f"{drawn.name} for the drawn world, else {best.name}"
        self._best, self._drawn = best, drawn
        self._lock = threading.Lock()

    def find(self, prompt: str) -> Splitter:
        """The splitter for a prompt: that of the drawn world where it knows every word.

        Args:
            prompt: As it was typed.
        """
        return self._drawn if self._drawn is not None and not find_unknown_words(prompt) else self._best

    def split(self, prompts: Sequence[str]) -> list[SplitPrompt]:
        """Split each prompt, in order; see `Splitter.split`.

        Args:
            prompts: As they were typed.
        """
        with self._lock:
            return [self.find(prompt).split([prompt])[0] for prompt in prompts]


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes the elements of prompts.

    Attributes:
        splitter: Splits prompts.
        limits: How much a prompt may hold.
    """

    splitter: PageSplitter
    limits: PageLimits

    def propose(self, prompt: str) -> Proposal:
        """Propose the elements of a prompt.

        Args:
            prompt: As it was typed.

        Raises:
            PageError: If the prompt is too long.
        """
        check_prompt(prompt, limits=self.limits)
        if not prompt.strip():
            return Proposal(prompt)
        splitter = self.splitter.find(prompt)
        (split,) = self.splitter.split([prompt])
        elements = split.elements[: self.limits.max_elements]
        message = split.message
        if len(elements) < len(split.elements):
            message = f"Only the first {len(elements)} of {len(split.elements)} elements are kept."
        elif not elements:
            message = f"{message or 'No elements were found.'} Type them yourself, one per line."
        else:
            source = _SOURCES.get(splitter.name.partition(":")[0], f"by {splitter.name}")
            message = f"Proposed {source}. {message}".strip()
        return Proposal(prompt, "\n".join(map(spell_element, elements)), message)

    def settle(self, prompt: str, lines: str, last: Proposal) -> Proposal:
        """Decide which elements stand beside a prompt: what a person edited stays, a proposal follows the prompt.

        Args:
            prompt: As it is now.
            lines: The elements as they are now.
            last: What was proposed last; lines that differ from its lines are a person's.

        Returns:
            What to show. Where the lines are a person's, they stay and the last proposal is returned as it was.

        Raises:
            PageError: As in `propose`.
        """
        if is_edited(lines, last) or prompt == last.prompt:
            check_prompt(prompt, limits=self.limits)
            return last
        return self.propose(prompt)


def load_proposer(names: Sequence[str], *, limits: PageLimits) -> Proposer:
    """Load the splitters of a page: by grammar if spaCy and its model are installed, else by word lists.

    Args:
        names: Of the scorers.
        limits: How much a prompt may hold.
    """
    rules = load_splitter("rules")
    try:
        best = load_splitter("spacy")
    except ImportError:
        logger.info("spaCy or its model is not installed, so elements are proposed by word lists of the drawn world.")
        best = rules
    return Proposer(PageSplitter(best, rules if any(map(is_mini, names)) else None), limits)


def is_edited(lines: str, last: Proposal) -> bool:
    """Whether the elements are a person's.

    Args:
        lines: As they are now; none at all is nobody's.
        last: What was proposed last.

    >>> is_edited("cat", Proposal("a cat", "cat")), is_edited("a cat", Proposal("a cat", "cat"))
    (False, True)
    """
    return bool(lines.strip()) and lines.strip() != last.lines.strip()


def check_prompt(prompt: str, *, limits: PageLimits) -> None:
    """Refuse what is no prompt of modest length.

    Args:
        prompt: As it was typed.
        limits: What it may have.

    Raises:
        PageError: If it is no text, or too long.
    """
    if not isinstance(prompt, str):
        raise PageError("The prompt must be a text.")
    if len(prompt) > limits.max_prompt_length:
        raise PageError(
            f"The prompt has {len(prompt):,} characters; {limits.max_prompt_length:,} are allowed, so shorten it."
        )


def read_page_elements(given: str | Sequence[str] | None, *, limits: PageLimits) -> tuple[Element, ...]:
    """Read the elements of a request.

    Args:
        given: One per line, as ``text`` or ``text (category)``; or a list of such texts; None for none.
        limits: How many there may be, and how long.

    Raises:
        PageError: If they are anything else, too many, or too long; what is far too long is not even parsed.

    >>> read_page_elements("red (color)", limits=PageLimits())[0].category
    'color'
    """
    longest = limits.max_elements * (_JSON_SIGNS * limits.max_element_length + len('", "'))
    if isinstance(given, str) and len(given) > longest:
        raise PageError(
            f"The elements have {len(given):,} characters together; {limits.max_elements} elements of "
            f"{limits.max_element_length} characters are allowed."
        )
    try:
        texts = [text for text in read_elements(given) if text.strip()]
    except ValueError as error:
        raise PageError(str(error)) from None
    if len(texts) > limits.max_elements:
        raise PageError(f"There are {len(texts)} elements; {limits.max_elements} are allowed, so leave some out.")
    for text in texts:
        if len(text) > limits.max_element_length:
            raise PageError(
                f"The element that begins with {text[:40]!r} has {len(text):,} characters; "
                f"{limits.max_element_length:,} are allowed, so shorten it."
            )
    return tuple(Element.read(text) for text in texts)


def spell_element(element: Element) -> str:
    """Spell an element as it is shown and read.

    Args:
        element: The element.

    >>> spell_element(Element("red", "color"))
    'red (color)'
    """
    return f"{element.text} ({element.category})" if element.category else element.text
