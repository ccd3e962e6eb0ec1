"""Examples that are there before anybody uploads anything: drawings whose prompts are partly true."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.scene import Scene, Thing


@dataclass(frozen=True, slots=True)
class Example:
    """A drawing and what it was meant to show.

    Attributes:
        name: In a few words, what is right and wrong.
        prompt: The prompt.
        scene: What the drawing shows.
    """

    name: str
    prompt: str
    scene: Scene


_RABBIT_PROMPT = "a purple rabbit running in a forest, snow"

EXAMPLES: tuple[Example, ...] = (
    Example(
        "all there",
        _RABBIT_PROMPT,
        Scene(
            (Thing("rabbit", "purple", y=0.6, radius=0.24, activity="running"),),
            place="forest",
            weather="snow",
            seed=11,
        ),
    ),
    Example(
        "a turtle",
        _RABBIT_PROMPT,
        Scene(
            (Thing("turtle", "purple", y=0.6, radius=0.24, activity="running"),),
            place="forest",
            weather="snow",
            seed=11,
        ),
    ),
    Example(
        "no bird",
        "a cat jumping and a bird singing in the city, snow",
        Scene(
            (Thing("cat", "yellow", y=0.6, radius=0.22, activity="jumping"),), place="city", weather="snow", seed=11
        ),
    ),
    Example(
        "NO, not GO",
        "a green heart-shaped sign with the text 'GO' on it",
        Scene((Thing("sign", "green", radius=0.32, shape="heart-shaped", word="NO"),), seed=11),
    ),
    Example(
        "swapped",
        "a red cat left of a green house",
        Scene((Thing("cat", "green", x=0.27, radius=0.2), Thing("house", "red", x=0.73, radius=0.2)), seed=3),
    ),
)


def draw_examples(folder: Path, examples: Sequence[Example] = EXAMPLES) -> list[Path]:
    """Draw the examples as PNG files.

    Args:
        folder: Where they go; it exists.
        examples: What to draw.

    Returns:
        One file per example, in order; the same examples always give the same files.
    """
    paths = []
    for number, example in enumerate(examples, start=1):
        path = folder / f"example-{number}.png"
        draw(example.scene).image.save(path)
        paths.append(path)
    return paths
