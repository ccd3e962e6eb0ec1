"""EvalMuse-40K as a `datasets` builder that reads the raw official release."""

import logging
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets

from evalmuse_hf.data.build import BuildOptions, plan_tasks
from evalmuse_hf.data.errors import ReleaseError
from evalmuse_hf.data.features import CONFIGS, config_features
from evalmuse_hf.data.finishing import RANKING_SPLIT, ranking_rows
from evalmuse_hf.data.groups import check_group
from evalmuse_hf.data.raw_release import RawRelease, open_release
from evalmuse_hf.data.report import RecordProblem, count_reasons
from evalmuse_hf.data.scan import RANKING_FILE, SplitScan, scan_splits, split_sources
from evalmuse_hf.data.shards import ShardTask

logger = logging.getLogger(__name__)

_N_LOGGED_PROBLEMS = 5

DESCRIPTION = (
    "Pictures by text-to-image models, rated by people for how well they show what the prompt asked for: overall from "
    "1 to 5, and yes or no for every element of the prompt."
)
HOMEPAGE = "https://huggingface.co/papers/2412.18150"
VERSION = datasets.Version("1.0.0")


class EvalMuse40K(datasets.GeneratorBasedBuilder):  # type: ignore[misc]  # datasets has no types
    """Builds a configuration from a raw official release, without writing Parquet first.

    ``pairs`` (default), ``prompts``, ``ratings`` and ``ranking_prompts`` have the rows that `build_dataset` writes:
    pictures are decoded once for each of the first three, because a picture that cannot be decoded drops its record
    everywhere. ``download_and_prepare(num_proc=...)`` and ``as_streaming_dataset`` work; the cache is found again as
    long as neither the JSON files nor the pictures change.

    Args:
        *arguments: As for `datasets.GeneratorBasedBuilder`.
        data_dir: Folder or archive of the raw release; see `evalmuse_hf.data.raw_release.open_release`.
        strict: Raise `ReleaseError` on the first bad record or picture, instead of leaving it out.
        dev: Share of the training prompts that form ``dev``; see `evalmuse_hf.data.build.BuildOptions`.
        seed: Chooses them.
        **options: As for `datasets.GeneratorBasedBuilder`, such as ``config_name="pairs"`` and ``cache_dir``.

    Attributes:
        problems: What was dropped from each split; filled when the split is generated in this process, empty when
            the cache had it.

    Raises:
        ReleaseError: If ``data_dir`` is no raw release.
    """

    VERSION = VERSION
    BUILDER_CONFIGS = [  # noqa: RUF012
        datasets.BuilderConfig(name=name, version=VERSION, description=DESCRIPTION) for name in CONFIGS
    ]
    DEFAULT_CONFIG_NAME = CONFIGS[0]
    DEFAULT_WRITER_BATCH_SIZE = 100  # pictures are large

    def __init__(
        self,
        *arguments: Any,
        data_dir: str | Path | None = None,
        strict: bool = False,
        dev: float | None = None,
        seed: int = 0,
        **options: Any,
    ) -> None:
        if data_dir is None:
            raise ReleaseError("`data_dir` is missing; give the folder or the archive of the raw release.")
        self._options = BuildOptions(strict=strict, dev=dev, seed=seed)
        self._release = self._open(Path(data_dir).expanduser().resolve())
        if strict and self._release.member_problems:
            raise ReleaseError(f"{self._release.member_problems[0]}; mend it, or build without `strict`.")
        self.problems: dict[str, tuple[RecordProblem, ...]] = {}
        options.setdefault("hash", f"{self._release.fingerprint()[:16]}-{dev}-{seed}-{strict}")
        options.setdefault("dataset_name", "evalmuse-40k")
        super().__init__(*arguments, data_dir=str(data_dir), **options)

    def _open(self, raw: Path) -> RawRelease:
        scratch = Path(tempfile.mkdtemp(prefix="evalmuse-"))
        weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)
        return open_release(raw, scratch=scratch)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description=DESCRIPTION, features=config_features(self.config.name), homepage=HOMEPAGE
        )

    def _split_generators(self, dl_manager: datasets.DownloadManager) -> list[datasets.SplitGenerator]:
        if self.config.name == "ranking_prompts":
            path = self._release.files.get(RANKING_FILE)
            if path is None:
                raise ReleaseError(f"{self._release.name!r} has no {RANKING_FILE}, which holds the ranking prompts.")
            return [datasets.SplitGenerator(name=RANKING_SPLIT, gen_kwargs={"ranking": str(path)})]
        scans = scan_splits(split_sources(self._release), strict=self._options.strict)
        tasks = plan_tasks(scans, self._options)
        self.problems = {split: scan.problems for split, scan in scans.items()}
        _refuse_empty(scans, tasks, name=self._release.name)
        by_split: dict[str, list[ShardTask]] = {}
        for task in tasks:
            if self.config.name != "ratings" or scans["test" if task.split == "test" else "train"].n_rated:
                by_split.setdefault(task.split, []).append(task)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"tasks": members, "n_tasks": len(members)})
            for split, members in by_split.items()
        ]

    def _generate_examples(
        self, tasks: Sequence[ShardTask] = (), n_tasks: int = 0, ranking: str | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        if ranking is not None:
            rows, problems_there = ranking_rows(Path(ranking))
            if problems_there and self._options.strict:
                raise ReleaseError(f"{problems_there[0]}; correct it, or build without `strict` to leave it out.")
            if problems_there:
                logger.warning("Ranking prompts: dropped %s.", count_reasons(problems_there))
            yield from ((row["prompt_id"], row) for row in rows)
            return
        problems: list[RecordProblem] = []
        n_kept = 0
        for task in tasks:
            for place, group in enumerate(task.groups):
                checked = check_group(task.source, group, strict=task.strict)
                problems += checked.problems
                n_kept += len(checked.pairs)
                for number, row in enumerate(checked.rows(self.config.name)):
                    yield f"{task.index}-{place}-{number}", row
        self._note(tasks, problems)
        if not n_kept and len(tasks) == n_tasks:
            raise ReleaseError(
                f"Nothing is left of split {tasks[0].split!r} of {self._release.name!r}: "
                f"{count_reasons(problems)}; replace these pictures."
            )

    def _note(self, tasks: Sequence[ShardTask], problems: list[RecordProblem]) -> None:
        """Keep what was dropped from a split, and say so."""
        split = tasks[0].split
        dropped = self.problems[split] = (*self.problems.get(split, ()), *problems)
        if dropped:
            first = "; ".join(map(str, dropped[:_N_LOGGED_PROBLEMS]))
            logger.warning("Split %s: dropped %s. First of them: %s", split, count_reasons(dropped), first)


def _refuse_empty(scans: dict[str, SplitScan], tasks: Sequence[ShardTask], *, name: str) -> None:
    for split, scan in scans.items():
        if not any(task.split == split for task in tasks):
            raise ReleaseError(
                f"Nothing is left of split {split!r} of {name!r}: all {scan.n_records} records were dropped "
                f"({count_reasons(scan.problems)}); check that the pictures lie in its folder 'images'."
            )
