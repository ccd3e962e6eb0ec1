"""The ranking that the authors of EvalMuse-40K published: theirs, to stand beside ours and never among it."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evalmuse_hf.ranking.records import FORMAT, Ranking
from evalmuse_hf.stats import krcc

_FILE = Path(__file__).parent / "published_ranking.json"
_FEWEST_FOR_AGREEMENT = 3


@dataclass(frozen=True, slots=True)
class PublishedGenerator:
    """One line of the published ranking.

    Attributes:
        generator: As the paper prints it.
        aliases: Other names of the same model, such as that of its folder in the release.
        rank: By the normalised mean, which is printed with more digits.
        mean: Overall score, 1 to 5, two digits.
        normalised: ``(mean - 1) / 4``, four digits.
        skills: Mean element score by category, in [0, 1].
    """

    generator: str
    aliases: tuple[str, ...]
    rank: int
    mean: float
    normalised: float
    skills: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PublishedRanking:
    """The published ranking.

    Attributes:
        source: Where it was printed.
        address: Where to find it.
        method: How it was made, in words.
        rows: The generators, best first.
    """

    source: str
    address: str
    method: str
    rows: tuple[PublishedGenerator, ...]

    def record(self) -> dict[str, Any]:
        """The published ranking for JSON: ``format``, where it is from, and ``generators`` with its rows."""
        return {
            "format": FORMAT,
            "source": self.source,
            "address": self.address,
            "method": self.method,
            "generators": [asdict(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMatch:
    """A generator of a ranking that the published ranking knows.

    Attributes:
        generator: Its name in the ranking.
        published: Its line of the published ranking.
        rank: Its rank in the ranking among the generators that both have.
        published_rank: Its published rank among the same.
    """

    generator: str
    published: PublishedGenerator
    rank: int
    published_rank: int


@dataclass(frozen=True, slots=True)
class PublishedComparison:
    """A ranking beside the published one.

    Attributes:
        matches: The generators that both have, in the order of the ranking; ranks count among these alone.
        agreement: Kendall's tau-b of the means; None for fewer than three generators, or where it is not defined.
        source: Of the published ranking.
    """

    matches: tuple[PublishedMatch, ...]
    agreement: float | None
    source: str

    def record(self) -> dict[str, Any]:
        """The comparison for JSON."""
        return {
            "source": self.source,
            "agreement": self.agreement,
            "generators": [
                {
                    "generator": match.generator,
                    "published_name": match.published.generator,
                    "rank_among_shared": match.rank,
                    "published_rank_among_shared": match.published_rank,
                    "published_rank": match.published.rank,
                    "published_mean": match.published.mean,
                    "published_normalised": match.published.normalised,
                    "published_skills": dict(match.published.skills),
                }
                for match in self.matches
            ],
        }


@cache
def read_published_ranking() -> PublishedRanking:
    """Read the ranking that this package carries.

    >>> ranking = read_published_ranking()
    >>> (len(ranking.rows), ranking.rows[0].generator, ranking.rows[0].mean)
    (22, 'Dreamina v2.0Pro', 3.74)

    References:
        Han et al., *EvalMuse-40K*, 2024, Table 10. https://huggingface.co/papers/2412.18150
    """
    record = json.loads(_FILE.read_text("utf-8"))
    ordered = sorted(record["generators"], key=lambda line: -line["normalised"])
    rows = tuple(
        PublishedGenerator(
            generator=line["generator"],
            aliases=tuple(line["aliases"]),
            rank=place,
            mean=line["overall"],
            normalised=line["normalised"],
            skills=line["skills"],
        )
        for place, line in enumerate(ordered, start=1)
    )
    return PublishedRanking(record["source"], record["address"], record["method"], rows)


def find_published(generator: str) -> PublishedGenerator | None:
    """Find a generator in the published ranking by its name or another name of the same model.

    Args:
        generator: Its name; case, spaces and punctuation do not matter.

    >>> find_published("lcm-pixart").generator, find_published("SD_v2.1").generator, find_published("my own")
    ('PixArt-δ', 'SD v2.1', None)
    """
    return _by_key().get(generator_key(generator))


def generator_key(name: str) -> str:
    """Reduce a name to its letters and digits, so that spellings of one model meet.

    Args:
        name: Such as the name of a folder.

    >>> generator_key("PixArt-Σ") == generator_key("pixart_sigma")
    True
    """
    characters = unicodedata.normalize("NFKC", name).casefold()
    return "".join(_latin(character) for character in characters if character.isalnum())


def compare_with_published(ranking: Ranking) -> PublishedComparison | None:
    """Set a ranking beside the published one.

    Args:
        ranking: Ours.

    Returns:
        The comparison; None if no generator is known.
    """
    found = [(row, published) for row in ranking.rows if (published := find_published(row.generator)) is not None]
    if not found:
        return None
    ours = [row.mean for row, _ in found]
    theirs = [published.normalised for _, published in found]
    matches = tuple(
        PublishedMatch(
            generator=row.generator,
            published=published,
            rank=1 + sum(other.rank < row.rank for other, _ in found),
            published_rank=1 + sum(other > published.normalised for other in theirs),
        )
        for row, published in found
    )
    agreement = None
    if len(found) >= _FEWEST_FOR_AGREEMENT:
        result = krcc(predictions=ours, references=theirs)
        agreement = result.statistic if result.status == "ok" else None
    return PublishedComparison(matches, agreement, read_published_ranking().source)


def _latin(character: str) -> str:
    """The name of a Greek letter; anything else stays."""
    called = unicodedata.name(character, "")
    return called.split()[-1].lower() if called.startswith("GREEK SMALL LETTER") else character


@cache
def _by_key() -> dict[str, PublishedGenerator]:
    return {
        generator_key(name): row for row in read_published_ranking().rows for name in (row.generator, *row.aliases)
    }
