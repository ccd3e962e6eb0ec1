"""EvalMuse-40K as a `datasets` builder that reads the raw official release."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
from datasets.utils import tqdm

from evalmuse_hf.data.pictures import check_pictures
from evalmuse_hf.data.release import (
    IMAGES_FOLDER,
    ReleasedSplit,
    ReleaseError,
    prompt_identity,
    read_release,
    release_fingerprint,
    released_splits,
)
from evalmuse_hf.data.report import RecordProblem, SplitReport
from evalmuse_hf.data.rows import pair_row, prompt_variances
from evalmuse_hf.schema import pair_features

logger = logging.getLogger(__name__)

_N_LOGGED_PROBLEMS = 5

DESCRIPTION = (
    "Pictures by text-to-image models, rated by people for how well they show what the prompt asked for: overall from "
    "1 to 5, and yes or no for every element of the prompt."
)
HOMEPAGE = "https://huggingface.co/papers/2412.18150"


class EvalMuse40K(datasets.GeneratorBasedBuilder):  # type: ignore[misc]  # datasets has no types
    """Builds the ``pairs`` configuration from a raw official release.

    The cache is found again as long as neither the JSON files nor the pictures change.

    Args:
        *arguments: As for `datasets.GeneratorBasedBuilder`.
        data_dir: Folder of the raw release, with ``images/``, ``train_list.json`` and ``test.json``.
        strict: Raise `ReleaseError` on the first bad record or picture, instead of leaving it out.
        **options: As for `datasets.GeneratorBasedBuilder`, such as ``config_name="pairs"`` and ``cache_dir``.

    Attributes:
        reports: Counts of each split; filled when the split is generated, empty when the cache had it.

    Raises:
        ReleaseError: If ``data_dir`` is no raw release.
    """

    VERSION = datasets.Version("1.0.0")
    BUILDER_CONFIGS = [datasets.BuilderConfig(name="pairs", version=VERSION, description=DESCRIPTION)]  # noqa: RUF012
    DEFAULT_CONFIG_NAME = "pairs"
    DEFAULT_WRITER_BATCH_SIZE = 100  # pictures are large

    def __init__(
        self, *arguments: Any, data_dir: str | Path | None = None, strict: bool = False, **options: Any
    ) -> None:
        if data_dir is None:
            raise ReleaseError("`data_dir` is missing; give the folder of the raw release.")
        self._raw = Path(data_dir).expanduser().resolve()
        self._strict = strict
        self._splits = released_splits(self._raw)
        self.reports: dict[str, SplitReport] = {}
        options.setdefault("hash", release_fingerprint(self._raw))
        options.setdefault("dataset_name", "evalmuse-40k")
        super().__init__(*arguments, data_dir=str(self._raw), **options)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(description=DESCRIPTION, features=pair_features(), homepage=HOMEPAGE)

    def _split_generators(self, dl_manager: datasets.DownloadManager) -> list[datasets.SplitGenerator]:
        return [datasets.SplitGenerator(name=split, gen_kwargs={"split": split}) for split in self._splits]

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        released = read_release(self._raw, split=split, strict=self._strict)
        images = self._raw / IMAGES_FOLDER
        checked = check_pictures(
            images,
            [pair.image_path for pair in released.pairs],
            progress=lambda results: tqdm(
                results, total=len(released.pairs), desc=f"Checking {split} pictures", leave=False
            ),
        )
        problems = {
            place: RecordProblem(*released.sources[place], "img_path", picture.reason, picture.message or "")
            for place, picture in enumerate(checked)
            if picture.reason is not None
        }
        if self._strict and problems:
            raise ReleaseError(f"{next(iter(problems.values()))}; replace it, or build without `strict`.")
        hashes = [picture.content_hash for picture in checked if picture.content_hash is not None]
        kept = released.without(problems)
        self._record(kept)
        variances = prompt_variances(kept.pairs)
        for row, (pair, content_hash) in enumerate(zip(kept.pairs, hashes, strict=True)):
            yield (
                row,
                pair_row(
                    pair,
                    image=(images / pair.image_path).read_bytes(),
                    content_hash=content_hash,
                    prompt_variance=variances[prompt_identity(pair.prompt.text)],
                ),
            )

    def _record(self, kept: ReleasedSplit) -> None:
        """Keep the counts of a split, and say what was dropped."""
        report = self.reports[kept.name] = kept.report()
        if report.problems:
            logger.warning(
                "Split %s: kept %d of %d records; dropped: %s. First of them: %s",
                kept.name,
                report.n_pairs,
                report.n_records,
                report.dropped,
                "; ".join(map(str, report.problems[:_N_LOGGED_PROBLEMS])),
            )
        if not kept.pairs:
            raise ReleaseError(
                f"Nothing is left of split {kept.name!r} of {str(self._raw)!r}: all {report.n_records} records were "
                f"dropped ({report.dropped}); check that the pictures lie in its folder {IMAGES_FOLDER!r}."
            )
