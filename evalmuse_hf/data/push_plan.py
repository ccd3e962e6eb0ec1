"""What a push of a built data set would send, after its numbers were checked once more."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from evalmuse_hf.data.report import BUILD_FILE, FORMAT
from evalmuse_hf.data.workspace import CARD_FILE

_PAIRS = "pairs"
_REPO_ID = re.compile(r"[A-Za-z0-9](?:[\w.-]{,94}\w)?/[A-Za-z0-9](?:[\w.-]{,94}\w)?", re.ASCII)


class PublishingError(ValueError):
    """A folder that must not be published as it is, or a Hub that did not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file to upload.

    Attributes:
        path: Its place in the folder and in the repository, with ``/``.
        size: Bytes.
        rows: Rows by the footer of a Parquet file; None for the other files.
        sha256: Hash that the build noted, in hexadecimal; None where it noted none.
        content: What is sent, where that is not the file itself.
    """

    path: str
    size: int
    rows: int | None = None
    sha256: str | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlan:
    """What a push would send, and where to.

    Attributes:
        folder: The built data set.
        repo: Id of the data set repository, ``owner/name``.
        url: Its address.
        private: Whether nobody else shall see it.
        files: What is uploaded: the card, the record of the build, and the Parquet files that the record names.
        left_out: Other files and hidden folders of ``folder``, which stay where they are.
    """

    folder: Path
    repo: str
    url: str
    private: bool
    files: tuple[PlannedFile, ...]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    def with_card(self, card: str) -> "PushPlan":
        """The same plan with another card.

        Args:
            card: Text to send in place of the card in the folder.
        """
        content = card.encode("utf-8")
        files = (
            replace(file, size=len(content), content=content) if file.path == CARD_FILE else file
            for file in self.files
        )
        return replace(self, files=tuple(files))


def plan_push(folder: str | Path, repo: str, *, private: bool = False) -> PushPlan:
    """Check a built data set and list what a push would send; nothing is sent.

    The rows that the footers of the Parquet files count must be those of the card and of the record of the build.

    Args:
        folder: Result of `evalmuse_hf.data.build_dataset`.
        repo: Id of the repository, ``owner/name``.
        private: Whether nobody else shall see it.

    Raises:
        PublishingError: If ``repo`` is no such id, or the folder no complete build.
    """
    from huggingface_hub import constants

    folder = Path(folder).expanduser().absolute()
    _refuse_other_names(repo)
    build = _read_build(folder)
    try:
        files = _checked_files(folder, build, split_front_matter(folder / CARD_FILE)[0])
    except (AttributeError, KeyError, TypeError) as error:
        raise incomplete(
            folder, f"{CARD_FILE} or {BUILD_FILE} is not in the form that a build writes ({error!r})"
        ) from error
    return PushPlan(
        folder=folder,
        repo=repo,
        url=f"{constants.ENDPOINT}/datasets/{repo}",
        private=private,
        files=files,
        left_out=tuple(_others(folder, {file.path for file in files})),
    )


def split_front_matter(card: Path) -> tuple[dict[str, Any], str]:
    """Metadata at the top of a card, and the page below it.

    Args:
        card: Markdown file that begins with YAML between two lines ``---``.

    Raises:
        PublishingError: If there is no such file, or no such YAML in it.
    """
    import yaml

    if not card.is_file():
        raise incomplete(card.parent, f"{card.name} is missing")
    parts = card.read_text("utf-8").split("---\n", 2)
    try:
        metadata = yaml.safe_load(parts[1]) if len(parts) > 2 and not parts[0] else None
    except yaml.YAMLError:
        metadata = None
    if not isinstance(metadata, dict):
        raise incomplete(card.parent, f"{card.name} does not begin with YAML between two lines `---`")
    return metadata, parts[2]


def incomplete(folder: Path, reason: str) -> PublishingError:
    """The error for a folder that is not what a build leaves.

    Args:
        folder: The folder.
        reason: What is wrong with it, as a clause.
    """
    return PublishingError(
        f"{folder} is no complete build: {reason}. Build it with `evalmuse dataset build RAW {folder.name}`."
    )


def _refuse_other_names(repo: str) -> None:
    if not _REPO_ID.fullmatch(repo) or re.search(r"--|\.\.", repo):
        raise PublishingError(
            f"{repo!r} is no id of a repository; expected OWNER/NAME, such as 'me/evalmuse-40k', of letters, digits, "
            "single '-' and '.', and '_'."
        )


def _checked_files(folder: Path, build: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[PlannedFile, ...]:
    """Compare the record of the build, the card and the files with each other."""
    shards = {path: _checked_shard(folder, path, noted) for path, noted in sorted(build["files"].items())}
    rows = {
        config["config_name"]: _count_rows(folder, config, shards=shards, info=_info_of(metadata, config))
        for config in _configs_of(metadata)
    }
    for split, counts in build["splits"].items():
        _refuse_other_count(f"{BUILD_FILE}, split {split!r}", counts["pairs"], rows.get(_PAIRS, {}).get(split, 0))
    texts = [PlannedFile(path=name, size=_inside(folder, name).stat().st_size) for name in (CARD_FILE, BUILD_FILE)]
    return (*texts, *shards.values())


def _read_build(folder: Path) -> dict[str, Any]:
    try:
        build = json.loads((folder / BUILD_FILE).read_text("utf-8"))
    except FileNotFoundError:
        raise incomplete(folder, f"{BUILD_FILE} is missing") from None
    except ValueError as error:
        raise incomplete(folder, f"{BUILD_FILE} is not JSON ({error})") from error
    if not isinstance(build, dict) or build.get("format") != FORMAT:
        raise incomplete(folder, f"{BUILD_FILE} does not have format {FORMAT}")
    for key in ("files", "splits"):
        if not isinstance(build.get(key), dict) or not build[key]:
            raise incomplete(folder, f"{BUILD_FILE} names no {key}")
    return build


def _checked_shard(folder: Path, path: str, noted: Mapping[str, Any]) -> PlannedFile:
    """Compare one Parquet file with what the build noted of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = _inside(folder, path)
    size = file.stat().st_size
    if size != noted["bytes"]:
        raise incomplete(folder, f"{path} has {size} bytes, expected {noted['bytes']}")
    try:
        rows = pq.read_metadata(file).num_rows
    except pa.ArrowException as error:
        raise incomplete(folder, f"{path} is not readable as Parquet ({error})") from error
    _refuse_other_count(f"{BUILD_FILE}, file {path!r}", noted["rows"], rows)
    return PlannedFile(path=path, size=size, rows=rows, sha256=noted.get("sha256"))


def _inside(folder: Path, path: str) -> Path:
    """A file that is in the folder itself; links are refused, since what they show may not be meant for others."""
    file = folder / path
    if _leaves(path) or file.resolve() != folder.resolve() / path:
        raise incomplete(folder, f"{path!r} leads out of it")
    if not file.is_file():
        raise incomplete(folder, f"{path} is missing")
    return file


def _leaves(path: str) -> bool:
    """Whether a path or pattern is anything but a plain relative one."""
    return not path or "\\" in path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts


def _configs_of(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    configs = metadata.get("configs")
    if not isinstance(configs, list) or not configs:
        raise PublishingError(
            f"{CARD_FILE} names no `configs`, so `load_dataset` would guess; build the folder again."
        )
    return configs


def _info_of(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the card says of one config; a card with a single config holds it without a list."""
    infos = metadata.get("dataset_info") or []
    for info in infos if isinstance(infos, list) else [infos]:
        if info.get("config_name", "default") == config["config_name"]:
            return dict(info)
    raise PublishingError(
        f"{CARD_FILE} has no `dataset_info` for the config {config['config_name']!r}; build the folder again."
    )


def _count_rows(
    folder: Path, config: Mapping[str, Any], *, shards: Mapping[str, PlannedFile], info: Mapping[str, Any]
) -> dict[str, int]:
    """Rows of each split of one config by the footers, which must be the rows that the card promises."""
    name = config["config_name"]
    promised = {split["name"]: split["num_examples"] for split in info.get("splits", [])}
    rows = {}
    for source in config["data_files"]:
        patterns = [source["path"]] if isinstance(source["path"], str) else source["path"]
        found = {path for pattern in patterns for path in _matching(folder, pattern)}
        foreign = sorted(found - shards.keys())
        if foreign:
            raise PublishingError(
                f"{foreign[0]} matches the config {name!r} of {CARD_FILE} and is not of this build; delete it, or "
                "build the folder again."
            )
        rows[source["split"]] = sum(shards[path].rows or 0 for path in found)
    if rows.keys() != promised.keys():
        raise PublishingError(
            f"{CARD_FILE} names the splits {sorted(rows)} in `configs` and {sorted(promised)} in `dataset_info` of "
            f"{name!r}; build the folder again."
        )
    for split, number in rows.items():
        _refuse_other_count(f"{CARD_FILE}, config {name!r}, split {split!r}", promised[split], number)
    return rows


def _matching(folder: Path, pattern: str) -> list[str]:
    found = [] if _leaves(pattern) else [path.relative_to(folder).as_posix() for path in folder.glob(pattern)]
    if not found:
        raise PublishingError(f"No file of {folder} matches {pattern!r} of {CARD_FILE}; build the folder again.")
    return found


def _refuse_other_count(place: str, promised: object, found: int) -> None:
    if promised != found:
        raise PublishingError(
            f"{place} promises {promised} rows and the Parquet files hold {found}; build the folder again."
        )


def _others(folder: Path, planned: set[str]) -> Iterator[str]:
    """Files that a push does not send; a hidden folder counts as one."""
    for parent, folders, files in os.walk(folder):
        inside = Path(parent).relative_to(folder)
        hidden = sorted(name for name in folders if name.startswith("."))
        folders[:] = sorted(set(folders) - set(hidden))
        yield from (f"{(inside / name).as_posix()}/" for name in hidden)
        paths = ((inside / name).as_posix() for name in sorted(files))
        yield from (path for path in paths if path not in planned)
