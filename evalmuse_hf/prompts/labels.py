"""The paper's three labelled dimensions of a prompt, and what every labeller has in common.

The names are those of the figure that shows the 100,000 prompts before and after sampling; the fourth dimension there
is the cluster of an embedding (`evalmuse_hf.prompts.clusters`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

CATEGORY_LABELS = (
    *("Abstract", "Animals", "Artifacts", "Arts", "Food & Beverage", "Idiom", "Illustrations", "Indoor Scenes"),
    *("Outdoor Scenes", "People", "Produce & Plants", "Vehicles", "World Knowledge"),
)
"""What a prompt is about; any number of them."""

LOGIC_LABELS = ("Anti-reality", "Color", "None", "Number", "Perspective", "Position", "Writing")
"""What must be got right beyond the subject; any number of them, or None alone."""

STYLE_LABELS = ("Artist/works", "Design", "Genre", "Material", "None", "Photography")
"""How the picture shall look; any number of them, or None alone."""

NO_LABEL = "None"
"""The label of a prompt that has none of the others in a dimension."""

DIMENSIONS = {"category": CATEGORY_LABELS, "logic": LOGIC_LABELS, "style": STYLE_LABELS}
"""Columns that a labeller fills, and their labels."""


@dataclass(frozen=True, slots=True)
class PromptLabels:
    """Labels of one prompt.

    Attributes:
        category: Of `CATEGORY_LABELS`, in their order; empty where nothing fits.
        logic: Of `LOGIC_LABELS`, in their order.
        style: Of `STYLE_LABELS`, in their order.
        status: "ok", or "failed" where the labeller gave no usable answer; then there are no labels.
        message: What happened, in a sentence; empty where all is well.
    """

    category: tuple[str, ...]
    logic: tuple[str, ...]
    style: tuple[str, ...]
    status: str = "ok"
    message: str = ""


class Labeller(Protocol):
    """Labels prompts."""

    name: str
    """Which labeller this is, with its model where it has one: it is written beside its results."""

    def label(self, prompts: Sequence[str]) -> list[PromptLabels]:
        """Label each prompt, in order; a prompt that fails never takes others with it."""
        ...
