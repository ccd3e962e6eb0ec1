"""The pictures of one prompt: opened, decoded and hashed once, before any of its rows is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.picture_store import PictureError
from evalmuse_hf.data.records import RecordError
from evalmuse_hf.data.report import RecordProblem
from evalmuse_hf.data.rows import Row, pair_row, prompt_rows, rating_rows, score_variance
from evalmuse_hf.data.sources import LocatedPair, PromptGroup, SplitSource
from evalmuse_hf.images import ImageDecodingError, check_image, content_hash
from evalmuse_hf.schema import Pair

_HELD_BYTES = 64_000_000  # of one prompt's pictures stay in memory; those of a longer one are read a second time


class _Checked(NamedTuple):
    located: LocatedPair
    content_hash: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class CheckedGroup:
    """The pairs of one prompt whose pictures can be decoded.

    Attributes:
        source: Where they come from.
        checked: The pairs with what is known of their pictures.
        problems: One entry for each of the others.
    """

    source: SplitSource
    checked: tuple[_Checked, ...]
    problems: tuple[RecordProblem, ...]

    @property
    def pairs(self) -> list[Pair]:
        """The pairs."""
        return [entry.located.pair for entry in self.checked]

    def pair_rows(self) -> Iterator[Row]:
        """Rows of ``pairs``."""
        variance = score_variance(self.pairs)
        for entry in self.checked:
            image = entry.content if entry.content is not None else self.source.pictures.read(entry.located.picture)
            yield pair_row(entry.located.pair, image=image, content_hash=entry.content_hash, prompt_variance=variance)

    def rows(self, config: str) -> Iterator[Row]:
        """Rows of a configuration.

        Args:
            config: ``"pairs"``, ``"prompts"`` or ``"ratings"``.
        """
        if config == "pairs":
            yield from self.pair_rows()
        elif config == "prompts":
            yield from prompt_rows(self.pairs, prompt_variance=score_variance(self.pairs))
        else:
            for pair in self.pairs:
                yield from rating_rows(pair)


def check_group(source: SplitSource, group: PromptGroup, *, strict: bool = False) -> CheckedGroup:
    """Open the pictures of one prompt.

    Args:
        source: Where its records are.
        group: Which they are.
        strict: Raise on the first picture that cannot be used, instead of leaving its record out.

    Raises:
        ReleaseError: With ``strict``, for the first problem; without it if a record is no longer what it was.
    """
    checked, problems = [], []
    held = group.n_bytes <= _HELD_BYTES
    for places in group.places:
        try:
            located = source.read(places)
        except RecordError as error:
            raise ReleaseError(
                f"{source.file}, record {places.record.row}, has changed while it was read ({error}); build again."
            ) from error
        try:
            content = source.pictures.read(located.picture)
            check_image(content, name=located.pair.image_path)
        except (PictureError, ImageDecodingError) as error:
            reason = error.reason if isinstance(error, PictureError) else "undecodable_picture"
            problem = RecordProblem(located.file, located.row, "img_path", reason, str(error))
            if strict:
                message = f"{problem}; replace the picture, or build without `strict` to leave it out."
                raise ReleaseError(message) from error
            problems.append(problem)
            continue
        checked.append(_Checked(located, content_hash(content), content if held else None))
    return CheckedGroup(source, tuple(checked), tuple(problems))
