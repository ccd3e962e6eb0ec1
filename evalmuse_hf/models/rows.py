"""Rows on their way through a scorer: reading what was given, and failing one by one."""

import math
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from evalmuse_hf.elements import LONE_SURROGATE, PLACED_STATUSES, clean_prompt, text_problem
from evalmuse_hf.images import (
    DeferredPicture,
    ImageDecodingError,
    PictureReader,
    Preparation,
    PreparedPicture,
    read_picture,
)
from evalmuse_hf.images.reader import available_processors
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.schema import Element

IMAGE_ERROR = "image_error"
PROMPT_ERROR = "prompt_error"
ELEMENT_ERROR = "element_error"
SCORE_ERROR = "score_error"
TRUNCATED = "truncated"
UNSUPPORTED = "unsupported"

_NAN = float("nan")
_MAX_THREADS = 4
_READ_AHEAD = 32  # pictures


@dataclass(slots=True)
class PairRow:
    """One pair on its way through a scorer.

    Attributes:
        image: The picture as it was given, or what reads it ahead.
        image_key: What rows with the same picture share.
        prompt: The prompt as it was given.
        elements: Its elements, once they are read.
        result: Set once it is known.
    """

    image: Any
    image_key: object
    prompt: Any
    elements: tuple[Element, ...] = ()
    result: PairScore | None = None

    def fail(self, status: str, message: str) -> None:
        """Give the pair and its elements nan and a status.

        Args:
            status: Of the pair and of every element.
            message: One sentence that says what is wrong.
        """
        elements = tuple(ElementScore(item.text, item.category, _NAN, status) for item in self.elements)
        self.result = PairScore(_NAN, elements, status, message)

    def read_elements(self, texts: Any, *, compat: str | None = None) -> None:
        """Parse the elements; anything but texts or elements in a list, tuple or array makes the row fail.

        Args:
            texts: The elements as they were given; None for none.
            compat: ``"official"`` takes the last parentheses of a text for its category, whatever they hold.
        """
        if texts is None:
            return
        listed: list[Any] = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str) else [None]
        if not all(isinstance(text, str | Element) for text in listed):
            self.fail(ELEMENT_ERROR, f"The elements must be a list of strings, got {reprlib.repr(texts)}.")
            return
        self.elements = tuple(_read_element(text, compat=compat) for text in listed)
        halved = next((element.text for element in self.elements if LONE_SURROGATE.search(element.key)), None)
        if halved is not None:
            self.fail(ELEMENT_ERROR, f"Element {halved!r} holds half of a character; correct it, or leave it out.")

    def read_picture(self) -> PreparedPicture:
        """Read the picture, or take it from whoever has read it ahead."""
        return self.image.take() if isinstance(self.image, DeferredPicture) else read_picture(self.image)

    def open_image(self) -> Image.Image:
        """Open the picture.

        Raises:
            ImageDecodingError: If it cannot be read.
        """
        return self.read_picture().to_image()

    def take(self, overall: float, elements: Sequence[ElementScore]) -> None:
        """Accept what the model gave; a number that is none makes the row fail.

        Args:
            overall: Of the pair.
            elements: One per element; those with a status of `PLACED_STATUSES` must have a number.
        """
        numbers = [overall, *(item.score for item in elements if item.status in PLACED_STATUSES)]
        wrong = next((number for number in numbers if not math.isfinite(number)), None)
        if wrong is None:
            self.result = PairScore(overall, tuple(elements))
        else:
            self.fail(SCORE_ERROR, f"The model gave {wrong} instead of a score; check its weights and its precision.")

    def take_overall(self, overall: float, *, cut_at: int | None = None) -> None:
        """Accept the score of a model that does not score elements.

        Args:
            overall: Of the pair.
            cut_at: Tokens that the model reads, if the prompt was longer; None if it was read whole.
        """
        elements = tuple(ElementScore(item.text, item.category, _NAN, UNSUPPORTED) for item in self.elements)
        self.take(overall, elements)
        if cut_at is not None and self.result is not None and self.result.status == "ok":
            message = f"The prompt is longer than the {cut_at} tokens that the model reads, and is cut."
            self.result = PairScore(overall, elements, TRUNCATED, message)


def read_rows(
    images: Sequence[Any],
    prompts: Sequence[Any],
    elements: Sequence[Sequence[str | Element] | None] | None,
    *,
    compat: str | None = None,
) -> list[PairRow]:
    """Make rows of what a scorer was given.

    Args:
        images: Pictures.
        prompts: As many prompts.
        elements: As many lists of elements; None for none.
        compat: See `PairRow.read_elements`.

    Returns:
        One row per prompt; those whose elements cannot be read have failed.

    Raises:
        ValueError: If an input is no list, or they differ in length.
    """
    for name, given in (("images", images), ("prompts", prompts), ("elements", elements)):
        if isinstance(given, str | bytes | Path) or (given is not None and not hasattr(given, "__len__")):
            each = "a list of texts for each picture" if name == "elements" else "one for each pair"
            raise ValueError(
                f"`{name}` must be a list, {each}, got one {type(given).__name__}; put it into brackets: "
                f"{name}=[{'[...]' if name == 'elements' else '...'}]."
            )
    if len(images) != len(prompts) or (elements is not None and len(elements) != len(prompts)):
        n_elements = "no" if elements is None else str(len(elements))
        raise ValueError(
            "Expected as many pictures as prompts, and lists of elements for all or none, got "
            f"{len(images)} pictures, {len(prompts)} prompts and {n_elements} lists."
        )
    per_row = [None] * len(prompts) if elements is None else elements
    rows = []
    for image, prompt, texts in zip(images, prompts, per_row, strict=True):
        row = PairRow(image, _image_key(image), prompt)
        row.read_elements(texts, compat=compat)
        rows.append(row)
    return rows


def fail_bad_prompts(rows: Sequence[PairRow]) -> None:
    """Fail the rows whose prompt no model can score.

    Args:
        rows: Of `read_rows`.
    """
    for row in rows:
        if row.result is None and (problem := prompt_problem(row.prompt)):
            row.fail(PROMPT_ERROR, f"The prompt {problem}")


def group_by_picture(rows: Sequence[PairRow]) -> dict[object, list[PairRow]]:
    """Put the rows that have not failed together by their picture, in the order in which it first appears.

    Args:
        rows: Of `read_rows`.
    """
    groups: dict[object, list[PairRow]] = {}
    for row in rows:
        if row.result is None:
            groups.setdefault(row.image_key, []).append(row)
    return groups


def open_pictures(groups: Mapping[object, Sequence[PairRow]], keys: Sequence[object]) -> dict[object, Image.Image]:
    """Open pictures once each; the rows of one that cannot be read fail.

    Args:
        groups: Of `group_by_picture`.
        keys: The pictures to open.

    Returns:
        Those that could be opened, by their key, in the order of ``keys``.
    """
    opened: dict[object, Image.Image] = {}
    for key in keys:
        try:
            opened[key] = groups[key][0].open_image()
        except ImageDecodingError as error:
            for row in groups[key]:
                row.fail(IMAGE_ERROR, str(error))
    return opened


@contextmanager
def reading_ahead(
    rows: Sequence[PairRow],
    preparation: Preparation | None = None,
    *,
    wanted: Callable[[str], bool] = lambda content: True,
) -> Iterator[None]:
    """Have the pictures of rows read in threads, some way ahead of the network.

    Args:
        rows: Of `read_rows`. Pictures that somebody reads already stay with them.
        preparation: How pictures are resized.
        wanted: Whether the pixels of a content are needed; called in other threads.
    """
    groups = {
        key: group for key, group in group_by_picture(rows).items() if not isinstance(group[0].image, DeferredPicture)
    }
    workers = 0 if len(groups) == 1 else min(_MAX_THREADS, available_processors())
    with PictureReader(preparation, workers=workers, ahead=_READ_AHEAD, wanted=wanted) as reader:
        for key, group in groups.items():
            picture = reader.defer(group[0].image, key)
            for row in group:
                row.image = picture
        yield


def prompt_problem(prompt: Any) -> str | None:
    """Say why a prompt cannot be scored, whatever the model.

    Args:
        prompt: The prompt as it was given.

    Returns:
        None, or a sentence that lacks its subject (``"is empty ..."``).
    """
    if not isinstance(prompt, str):
        return f"must be a string, got {type(prompt).__name__}; leave the row out."
    return text_problem(clean_prompt(prompt))


def _image_key(image: Any) -> object:
    """What two rows share if they have the same picture: its path, its content, or the very same object."""
    if isinstance(image, DeferredPicture):
        return image.key
    key = ("mapping", image.get("path"), image.get("bytes")) if isinstance(image, Mapping) else image
    try:
        hash(key)
    except TypeError:
        return ("object", id(image))
    return key


def _read_element(text: str | Element, *, compat: str | None) -> Element:
    """Read an element; the official code takes the last parentheses for a category, whatever they hold."""
    if compat == "official" and isinstance(text, str):
        try:
            return Element.parse(text)
        except ValueError:
            return Element.from_text(text)
    return Element.read(text)
