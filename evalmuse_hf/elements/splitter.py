"""What every splitter has in common: prompts in, their elements out, and a status where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evalmuse_hf.schema import Element


@dataclass(frozen=True, slots=True)
class SplitPrompt:
    """A prompt and the elements that a splitter found in it.

    Attributes:
        prompt: The prompt, as it was given.
        elements: Its elements, in the order of the splitter; each text stands in the prompt.
        status: "ok", "no_elements" where nothing was found, or "failed" where the splitter gave no usable answer.
        message: What happened, in a sentence; empty where all is well.
    """

    prompt: str
    elements: tuple[Element, ...]
    status: str = "ok"
    message: str = ""


class Splitter(Protocol):
    """Splits prompts into elements."""

    name: str
    """Which splitter this is, with its model where it has one: it is written beside its results."""

    def split(self, prompts: Sequence[str]) -> list[SplitPrompt]:
        """Split each prompt, in order; a prompt that fails never takes others with it."""
        ...
