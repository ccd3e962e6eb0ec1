"""What a build read, what it kept, and what it dropped and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Why one record of the release did not become a pair.

    Attributes:
        file: The file that holds the record, such as ``"train_list.json"``.
        row: Place of the record in that file, from 0.
        field: The field as it is spelled there; ``"record"`` for the record as a whole.
        reason: One word for counting, such as ``"bad_total_score"``, ``"duplicate_img_path"``, ``"prompt_in_test"``,
            ``"missing_picture"`` or ``"undecodable_picture"``.
        message: What was expected and what came.
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
        n_rated: Kept pairs that have overall ratings.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """Result of `build_dataset`: the folder, and the counts of each split.

    >>> BuildReport(out=Path("evalmuse-40k"), splits={}).dropped
    {}
    """

    out: Path
    splits: Mapping[str, SplitReport]

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


def count_reasons(problems: tuple[RecordProblem, ...]) -> dict[str, int]:
    """Number of problems by reason, most frequent first.

    >>> count_reasons((RecordProblem("test.json", 3, "prompt", "bad_prompt", "expected text, got null"),))
    {'bad_prompt': 1}
    """
    return dict(Counter(problem.reason for problem in problems).most_common())
