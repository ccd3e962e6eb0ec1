"""Rankings of generators: records of `evalmuse rank`, and the published one."""

import math
from dataclasses import dataclass

from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel, read_label
from evalmuse_hf.pages.leaderboard.untrusted_record import RecordError, Value
from evalmuse_hf.ranking.published import read_published_ranking
from evalmuse_hf.ranking.records import (
    FORMAT,
    CategoryMean,
    CorrectedMean,
    Difference,
    GeneratorRank,
    Preference,
    Ranking,
)

MAX_GENERATORS = 1_000
MAX_SKILLS = 50
MAX_DIFFERENCES = 50_000
PUBLISHED_KEY = "published ranking"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankEntry:
    """A ranking of the leaderboard.

    Attributes:
        label: How it is called and where it is from.
        ranking: As it was recorded.
    """

    label: RecordLabel
    ranking: Ranking


def read_rank_record(record: Value, key: str) -> RankEntry:
    """Read a record of `evalmuse rank`.

    Args:
        record: All of it.
        key: Path of its file below the folder of records.

    Raises:
        RecordError: If it is of another format or does not hold what a ranking has.
    """
    if record.get("format").count() != FORMAT:
        raise RecordError(
            f"It is a ranking of format {record.get('format').count()}; this page reads format {FORMAT}."
        )
    if record.get("method").is_given and not record.get("n_prompts").is_given:
        raise RecordError("It is the published ranking, which this page shows anyway.")
    listed = record.get("generators").items(MAX_GENERATORS)
    if not listed:
        raise RecordError("It ranks no generator.")
    rows = tuple(_read_row(row) for row in listed)
    names = {row.generator for row in rows}
    if len(names) < len(rows):
        raise RecordError("It names a generator twice.")
    differences = record.get("differences")
    pairs = tuple(_read_pair(pair) for pair in differences.items(MAX_DIFFERENCES)) if differences.is_given else ()
    if any(pair.first not in names or pair.second not in names for pair in pairs):
        raise RecordError("Its `differences` name a generator that it does not rank.")
    balance = record.get("balance")
    ranking = Ranking(
        rows=rows,
        n_prompts=record.get("n_prompts").count(),
        n_shared_prompts=record.get("n_shared_prompts").count(),
        balance=balance.text() if balance.is_given else "shared",
        differences=pairs,
        agreement=record.get("agreement").number_or_none(),
        notes=record.get("notes").sentences(),
        methods=record.get("methods").sentences(),
    )
    return RankEntry(label=read_label(record, key), ranking=ranking)


def published_entry() -> RankEntry:
    """The ranking that the authors of EvalMuse-40K published; its rows have neither intervals nor counts."""
    published = read_published_ranking()
    rows = tuple(
        GeneratorRank(
            rank=row.rank,
            generator=row.generator,
            mean=row.mean,
            low=None,
            high=None,
            normalised=row.normalised,
            n=0,
            n_prompts=0,
            n_unscored=0,
            n_missing_prompts=0,
            categories={skill: CategoryMean(mean, 0) for skill, mean in row.skills.items()},
        )
        for row in published.rows
    )
    label = RecordLabel(
        key=PUBLISHED_KEY,
        title="Ranking of the authors of EvalMuse-40K",
        description=f"{published.source}. {published.method} {published.address}",
        published=True,
    )
    return RankEntry(label=label, ranking=Ranking(rows=rows, n_prompts=0, n_shared_prompts=0))


def _read_row(row: Value) -> GeneratorRank:
    low, high = _read_interval(row)
    preference, corrected, letters = row.get("preference"), row.get("corrected"), row.get("letters")
    categories = row.get("categories")
    return GeneratorRank(
        rank=row.get("rank").count(),
        generator=row.get("generator").text(),
        mean=_or_nan(row.get("mean")),
        low=low,
        high=high,
        normalised=_or_nan(row.get("normalised")),
        n=row.get("n").count(),
        n_prompts=row.get("n_prompts").count(),
        n_unscored=row.get("n_unscored").count(),
        n_missing_prompts=row.get("n_missing_prompts").count(),
        categories=(
            {name: _read_skill(skill) for name, skill in categories.entries(MAX_SKILLS).items()}
            if categories.is_given
            else {}
        ),
        letters=letters.text() if letters.is_given and letters.content != "" else "",
        preference=_read_preference(preference) if preference.is_given else None,
        corrected=_read_corrected(corrected) if corrected.is_given else None,
    )


def _read_skill(skill: Value) -> CategoryMean:
    low, high = _read_interval(skill)
    return CategoryMean(_or_nan(skill.get("mean")), skill.get("n").count(), low, high, skill.get("n_prompts").count())


def _read_preference(value: Value) -> Preference:
    low, high = _read_interval(value)
    return Preference(
        strength=_or_nan(value.get("strength")),
        low=low,
        high=high,
        rank=value.get("rank").count(),
        win_rate=_or_nan(value.get("win_rate")),
        n=value.get("n").count(),
    )


def _read_corrected(value: Value) -> CorrectedMean:
    (low, high), (human_low, human_high) = _read_interval(value), _read_interval(value, "human_low", "human_high")
    return CorrectedMean(
        mean=_or_nan(value.get("mean")),
        low=low,
        high=high,
        rank=value.get("rank").count(),
        bias=_or_nan(value.get("bias")),
        weight=_or_nan(value.get("weight")),
        n_rated=value.get("n_rated").count(),
        n_rated_prompts=value.get("n_rated_prompts").count(),
        human_mean=_or_nan(value.get("human_mean")),
        human_low=human_low,
        human_high=human_high,
    )


def _read_pair(pair: Value) -> Difference:
    low, high = _read_interval(pair)
    needed = pair.get("n_prompts_needed")
    return Difference(
        first=pair.get("first").text(),
        second=pair.get("second").text(),
        difference=_or_nan(pair.get("difference")),
        low=low,
        high=high,
        p_value=_or_nan(pair.get("p_value")),
        adjusted_p_value=_or_nan(pair.get("adjusted_p_value")),
        n_prompts=pair.get("n_prompts").count(),
        n_prompts_needed=needed.count() if needed.is_given else None,
        neighbours=pair.get("neighbours").flag(),
    )


def _read_interval(value: Value, low: str = "low", high: str = "high") -> tuple[float | None, float | None]:
    ends = value.get(low).number_or_none(), value.get(high).number_or_none()
    if (ends[0] is None) != (ends[1] is None) or (ends[0] is not None and ends[1] is not None and ends[0] > ends[1]):
        raise RecordError(f"The interval of its `{value.place}` has no low end below a high one.")
    return ends


def _or_nan(value: Value) -> float:
    number = value.number_or_none()
    return math.nan if number is None else number
