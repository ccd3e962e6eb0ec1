"""What every text-to-image generator has in common: prompts and seeds in, pictures or a reason for none out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

UNREACHABLE = "unreachable"
"""Status of a picture whose generator did not answer; whether the fault lies with the prompt is seen by the others."""


class GeneratorError(ValueError):
    """A generator that cannot be used as it was asked for; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """What a generator made of one prompt.

    Attributes:
        picture: The picture; None where there is none.
        status: "ok", "nsfw" (the generator's own filter), "refused" (by a service), "failed" or `UNREACHABLE`.
        message: What happened, in a sentence; empty where there is nothing to say.
    """

    picture: Image.Image | None = None
    status: str = "ok"
    message: str = ""


@dataclass(frozen=True, slots=True)
class GeneratorDescription:
    """What is known of a generator; None where it is not.

    Attributes:
        model: Hub id, folder or address.
        revision: Commit of the weights; a generator on the Hub knows it only once it is loaded.
        license: Terms of the model, as it names them.
        parameters: Whatever changes its pictures: steps, guidance, size, dtype, scheduler.
        libraries: Versions of the packages that draw.
        size: Width and height that its pictures must have.
    """

    model: str | None = None
    revision: str | None = None
    license: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None


class PictureGenerator(Protocol):
    """Draws pictures for prompts."""

    name: str
    """How the manifest, and the folder of its pictures, call it."""

    batch_size: int
    """Pictures that it draws at once."""

    def describe(self) -> GeneratorDescription:
        """Say what it is; before it has drawn anything this loads no weights."""
        ...

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[DrawnPicture]:
        """Draw one picture for each prompt with the seed beside it; neighbours must not change a picture.

        Raises MemoryError if so many at once do not fit.
        """
        ...

    def close(self) -> None:
        """Give back memory; drawing again loads it again."""
        ...


def picture_seed(run_seed: int, generator: str, prompt_id: str, k: int) -> int:
    """Derive the seed of one picture; what else is drawn, in which order and by whom does not matter.

    Args:
        run_seed: Seed of the whole run.
        generator: Name of the generator.
        prompt_id: Identifier of the prompt.
        k: Which of the pictures of this prompt, from 0.

    Returns:
        A number of 31 bits, which every service takes.

    >>> picture_seed(0, "SDXL", "00012", 0), picture_seed(0, "SDXL", "00012", 1)
    (2079879569, 912905373)
    """
    text = json.dumps([run_seed, generator, prompt_id, k])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
