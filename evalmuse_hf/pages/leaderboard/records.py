"""Everything that a leaderboard shows: rankings and scorers from finished records, and what was left out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from evalmuse_hf.pages.leaderboard.rank_records import RankEntry, published_entry, read_rank_record
from evalmuse_hf.pages.leaderboard.record_files import LeftOut, RecordFiles, download_records, read_folder
from evalmuse_hf.pages.leaderboard.scorer_records import (
    join_groups,
    published_groups,
    read_evaluate_record,
    read_study_record,
)
from evalmuse_hf.pages.leaderboard.scorer_results import ScorerGroup
from evalmuse_hf.pages.leaderboard.untrusted_record import RecordError, Value, parse_record

logger = logging.getLogger(__name__)

EXAMPLES = Path(__file__).with_name("examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRecords:
    """What a leaderboard shows.

    Attributes:
        source: Where the records are from, in words for visitors; names no folder of the server.
        rankings: Of generators; the published one is the last.
        scorers: Scorers by data set; those with published numbers are the last.
        left_out: Files that are not shown, each with a sentence.
        contents: The files behind what is shown, as they were read.
        read_at: When.
        examples: Whether these are the records that the package carries.
    """

    source: str
    rankings: tuple[RankEntry, ...]
    scorers: tuple[ScorerGroup, ...]
    left_out: tuple[LeftOut, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    examples: bool = False


def read_records(source: str | Path | None = None) -> LeaderboardRecords:
    """Read finished records of `evalmuse rank`, `evaluate` and `study metrics`.

    Args:
        source: A folder, or a data set ``OWNER/NAME`` of the Hub; None or empty for the simulated examples that the
            package carries.

    Returns:
        What can be shown, and what is left out with the reason.

    Raises:
        evalmuse_hf.pages.leaderboard.record_files.SourceError: If there is no such folder or data set.
    """
    if source is None or not str(source):
        return collect_records(read_folder(EXAMPLES), source="examples that the package carries", examples=True)
    folder = Path(source)
    if folder.is_dir() or isinstance(source, Path):
        return collect_records(read_folder(folder), source="a folder of the server")
    return collect_records(download_records(source), source=f"the data set {source} of the Hub")


def collect_records(files: RecordFiles, *, source: str, examples: bool = False) -> LeaderboardRecords:
    """Sort files into rankings, scorers, and what is left out.

    Args:
        files: Of anybody.
        source: Where they are from, in words.
        examples: Whether these are the records that the package carries.
    """
    rankings: list[RankEntry] = []
    groups: list[ScorerGroup] = []
    left_out = list(files.left_out)
    for key, content in files.contents.items():
        try:
            found = _read(parse_record(content), key)
        except RecordError as error:
            left_out.append(LeftOut(key, str(error)))
            continue
        if isinstance(found, RankEntry):
            rankings.append(found)
        else:
            groups += found
    shown = {entry.label.key for entry in rankings} | {
        result.label.key for group in groups for result in group.results
    }
    logger.info("%d records are shown, %d files left out.", len(shown), len(left_out))
    return LeaderboardRecords(
        source=source,
        rankings=(*rankings, published_entry()),
        scorers=(*join_groups(groups), *published_groups()),
        left_out=tuple(left_out),
        contents={key: content for key, content in files.contents.items() if key in shown},
        examples=examples,
    )


def _read(record: Value, key: str) -> RankEntry | tuple[ScorerGroup, ...]:
    """Tell by its keys what a record is."""
    if record.get("generators").is_given:
        return read_rank_record(record, key)
    if record.get("overall").is_given and record.get("coverage").is_given:
        return (read_evaluate_record(record, key),)
    if record.get("scorers").is_given and record.get("datasets").is_given:
        return read_study_record(record, key)
    raise RecordError("It is no record of `evalmuse rank`, `evaluate` or `study metrics`.")
