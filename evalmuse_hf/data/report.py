"""What a build read, what it kept, and what it dropped and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__

FORMAT = 1  # raised when a key of `BuildReport.as_json` changes its meaning or goes away
BUILD_FILE = "build.json"
"""What a build knows of itself, beside its card."""

STAGES = ("archive members", "records", "prompts and splits", "pictures")
"""Where a record or a picture can be dropped, in this order."""

_STAGE_OF = {
    **dict.fromkeys(("duplicate_img_path", "prompt_in_test", "prompt_id_conflict", "not_in_test"), STAGES[2]),
    **dict.fromkeys(("missing_picture", "undecodable_picture", "picture_too_large", "link", "unsafe_path"), STAGES[3]),
}
_N_LISTED = 1000  # problems of each kind that a report spells out


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Why one record of the release did not become a pair.

    Attributes:
        file: The file that holds the record, such as ``"train_list.json"``.
        row: Place of the record in that file, from 0.
        field: The field as it is spelled there; ``"record"`` for the record as a whole.
        reason: One word for counting, such as ``"bad_total_score"``, ``"duplicate_img_path"``, ``"prompt_in_test"``,
            ``"missing_picture"`` or ``"undecodable_picture"``.
        message: What was expected and what came. It names no folder of this machine, since it ends in the card.
    """

    file: str
    row: int
    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, record {self.row}, `{self.field}`: {self.message}"


@dataclass(frozen=True, slots=True)
class ElementProblem:
    """An element that is not in its prompt exactly once for every time that it is asked for.

    Attributes:
        element: Its text.
        prompt: The raw prompt.
        status: What it is instead, one of `evalmuse_hf.elements.SpanStatus`.
    """

    element: str
    prompt: str
    status: str

    def __str__(self) -> str:
        return f"{self.status}: {self.element!r} in {self.prompt[:80]!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReport:
    """Counts of one split.

    Attributes:
        n_records: Records in the released files.
        n_pairs: Pairs that were kept.
        n_rated: Kept pairs that have an overall score.
        n_prompts: Different prompts of the kept pairs.
        problems: One entry for each record that was dropped.
        n_elements: Elements of the kept pairs, those of each prompt once.
        element_problems: One entry for each of them that is ambiguous, inexact, cut off or not in its prompt; first
            those that were not placed.
    """

    n_records: int
    n_pairs: int
    n_rated: int
    n_prompts: int
    problems: tuple[RecordProblem, ...] = ()
    n_elements: int = 0
    element_problems: tuple[ElementProblem, ...] = ()

    @property
    def dropped(self) -> dict[str, int]:
        """Number of dropped records by reason, most frequent first."""
        return count_reasons(self.problems)

    @property
    def element_statuses(self) -> dict[str, int]:
        """Number of the elements in ``element_problems`` by status, most frequent first."""
        return dict(Counter(problem.status for problem in self.element_problems).most_common())

    def as_json(self) -> dict[str, Any]:
        """The counts, and the first 1,000 problems of each kind."""
        return {
            "records": self.n_records,
            "pairs": self.n_pairs,
            "rated": self.n_rated,
            "prompts": self.n_prompts,
            "dropped": self.dropped,
            "problems": [asdict(problem) for problem in self.problems[:_N_LISTED]],
            "elements": self.n_elements,
            "element_statuses": self.element_statuses,
            "element_problems": [asdict(problem) for problem in self.element_problems[:_N_LISTED]],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """Result of `build_dataset`: the folder, and the counts of each split.

    Attributes:
        out: The folder.
        splits: Counts of each split, in order. What was dropped from the official training records counts under
            ``train`` also where a ``dev`` split was taken from them.
        raw: Name of what it was built from.
        options: How.
        n_members: Members of the archive of pictures; 0 for a folder.
        member_problems: One entry for each member that was left out.
        n_ranking_prompts: Rows of the configuration ``ranking_prompts``.
        ranking_problems: One entry for each prompt that was left out there.
        files: Rows, bytes and SHA-256 of each Parquet file, by its path below ``out``.

    >>> BuildReport(out=Path("evalmuse-40k"), splits={}).dropped
    {}
    """

    out: Path
    splits: Mapping[str, SplitReport]
    raw: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    n_members: int = 0
    member_problems: tuple[RecordProblem, ...] = ()
    n_ranking_prompts: int = 0
    ranking_problems: tuple[RecordProblem, ...] = ()
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def n_records(self) -> int:
        """Records in the released files."""
        return sum(split.n_records for split in self.splits.values())

    @property
    def n_pairs(self) -> int:
        """Pairs that were kept."""
        return sum(split.n_pairs for split in self.splits.values())

    @property
    def problems(self) -> tuple[RecordProblem, ...]:
        """One entry for each record that was dropped, split after split."""
        return tuple(problem for split in self.splits.values() for problem in split.problems)

    @property
    def dropped(self) -> dict[str, int]:
        """Number of dropped records by reason, most frequent first."""
        return count_reasons(self.problems)

    @property
    def stages(self) -> list[dict[str, Any]]:
        """What went into each of `STAGES`, what came out, and what was dropped there, by reason."""
        stages = [_stage(STAGES[0], self.n_members, self.member_problems)] if self.n_members else []
        n_left = self.n_records
        for name in STAGES[1:]:
            problems = [problem for problem in self.problems if stage_of(problem.reason) == name]
            stages.append(_stage(name, n_left, problems))
            n_left -= len(problems)
        return stages

    def as_json(self) -> dict[str, Any]:
        """Contents of ``build.json``; ``format`` is raised when a key changes its meaning or goes away.

        Lists of problems stop at 1,000; their counts do not.
        """
        return {
            "format": FORMAT,
            "package_version": __version__,
            "raw": self.raw,
            "options": dict(self.options),
            "stages": self.stages,
            "splits": {name: split.as_json() for name, split in self.splits.items()},
            "ranking_prompts": {
                "prompts": self.n_ranking_prompts,
                "dropped": count_reasons(self.ranking_problems),
                "problems": [asdict(problem) for problem in self.ranking_problems[:_N_LISTED]],
            },
            "members": {
                "dropped": count_reasons(self.member_problems),
                "problems": [asdict(problem) for problem in self.member_problems[:_N_LISTED]],
            },
            "files": {name: dict(facts) for name, facts in self.files.items()},
        }


def stage_of(reason: str) -> str:
    """The one of `STAGES` at which a record is dropped for a reason.

    >>> stage_of("prompt_in_test"), stage_of("bad_total_score")
    ('prompts and splits', 'records')
    """
    return _STAGE_OF.get(reason, STAGES[1])


def _stage(name: str, n_in: int, problems: Iterable[RecordProblem]) -> dict[str, Any]:
    dropped = count_reasons(problems)
    return {"stage": name, "in": n_in, "out": n_in - sum(dropped.values()), "dropped": dropped}


def count_reasons(problems: Iterable[RecordProblem]) -> dict[str, int]:
    """Number of problems by reason, most frequent first.

    >>> count_reasons((RecordProblem("test.json", 3, "prompt", "bad_prompt", "expected text, got null"),))
    {'bad_prompt': 1}
    """
    return dict(Counter(problem.reason for problem in problems).most_common())
