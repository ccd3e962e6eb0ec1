"""The health report of a data set: what the build dropped, what is in the files, and what the ratings are like."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from evalmuse_hf.data import health_facts as facts
from evalmuse_hf.data import health_statistics as statistics
from evalmuse_hf.data.features import FOLDERS
from evalmuse_hf.data.published_subset import SOURCE, read_published_subset
from evalmuse_hf.data.report import BUILD_FILE
from evalmuse_hf.images import ImageDecodingError, content_hash, load_image

FORMAT = 1
"""Raised when a key of `HealthReport.as_json` changes its meaning or goes away."""

_SHARD = re.compile(r"(?P<part>(?P<split>.+?)(?:-fold\d+)?)-(?P<place>\d{5})-of-(?P<total>\d{5})\.parquet")
_SPLITS = ("train", "dev", "test")  # in this order, others after them
_PROGRESS_DELAY_S = 2.0  # a shorter reading shows no bar
_ROWS = 1000  # read at once
_PICTURES = 32  # likewise with the column of pictures

_VOTES = pa.list_(pa.int64())
_ELEMENT = pa.struct(
    [
        ("text", pa.string()),
        ("category", pa.string()),
        ("raw_category", pa.string()),
        ("ratings", _VOTES),
        ("score", pa.float64()),
    ]
)
_TEXTS = ("image_path", "prompt_id", "prompt", "source", "generator", "content_hash")
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("overall_ratings", _VOTES),
        ("overall_score", pa.float64()),
        ("elements", pa.list_(_ELEMENT)),
    ]
)
_NO_BUILD = f"the folder has no {BUILD_FILE}"

Record = dict[str, Any]
Advance = Callable[[int], object]  # told how many more rows were read


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What `check_dataset` found.

    Attributes:
        record: Everything, see `as_json`.
    """

    record: Mapping[str, Any]

    def as_json(self) -> Record:
        """The report as an object that JSON can hold.

        A statistic is an object with ``value`` (null where it is undefined), ``low`` and ``high`` (its 95 % interval
        over whole prompts; null without one), ``n`` and ``status`` (``"ok"``, or why there is no value).

        Returns:
            ``format``; ``data`` (``name, kind``: ``"built"`` or ``"published means"``); ``build`` (``stages``: each
            ``stage, in, out, dropped``; ``dropped``: reason -> records; ``problems``: the first of them; ``status``);
            ``files`` (``n, rows, bytes, problems``); ``splits`` (see `count_parts`); ``pictures`` (``decoded,
            undecodable, changed, problems, status``); ``duplicates`` (see `find_duplicates`); ``leakage`` (see
            `find_leaks`); ``elements`` (see `find_elements`); ``categories`` (see `count_spellings`); ``ratings``
            (see `rating_distribution`); ``first_three`` (see `first_three_ranges`); ``agreement`` (see
            `rater_agreement`); ``element_overall_srcc``; ``category_scores`` and ``generator_scores`` (see the
            functions of those names).
        """
        return dict(self.record)

    def as_text(self) -> str:
        """The report as plain text for a terminal."""
        from evalmuse_hf.data.health_page import health_document
        from evalmuse_hf.reports import document_text

        return document_text(health_document(self.record))

    def write_page(self, path: str | Path) -> None:
        """Write the report as one HTML file with plots that needs nothing beside it.

        Args:
            path: The file; its folder is made.
        """
        from evalmuse_hf.data.health_page import health_document
        from evalmuse_hf.reports import write_document

        write_document(health_document(self.record), path)


def check_dataset(
    folder: str | Path,
    *,
    pictures: bool = False,
    n_resamples: int = statistics.N_RESAMPLES,
    seed: int = 0,
    progress: bool = False,
) -> HealthReport:
    """Look over a data set; its pictures are not read unless that is asked for.

    Args:
        folder: A folder that `evalmuse_hf.data.build_dataset` wrote, or the JSON lines file of published means; see
            `evalmuse_hf.data.published_subset`.
        pictures: Decode every picture again and compare its content hash.
        n_resamples: Of the intervals; 0 for none.
        seed: Of the intervals.
        progress: Show a bar on stderr while rows are read.

    Raises:
        ValueError: If there is no such data set, or a file of it cannot be read.
    """
    path = Path(folder).expanduser()
    sheet = facts.FactSheet()
    if path.is_file():
        for row in read_published_subset(path):
            sheet.add(row, part="train")
        if not sheet.pairs:
            raise ValueError(f"{str(folder)!r} holds no rows; give the JSON lines file of published means.")
        data = {"name": SOURCE, "kind": "published means"}
        build: Record = {"stages": None, "dropped": None, "problems": [], "status": "published means have no build"}
        files = {"n": 1, "rows": len(sheet.pairs), "bytes": path.stat().st_size, "problems": []}
        seen = _unseen_pictures("published means come without pictures")
    else:
        shards = _find_shards(path)
        data = {"name": path.resolve().name, "kind": "built"}
        plan = _read_build(path)
        build, files = _describe_build(plan), _check_files(path, shards, plan)
        with tqdm(total=files["rows"], unit="row", delay=_PROGRESS_DELAY_S, disable=not progress) as bar:
            seen = _read_shards(shards, sheet, pictures=pictures, advance=bar.update)
    return HealthReport(
        {
            "format": FORMAT,
            "data": data,
            "build": build,
            "files": files,
            **_measure(sheet, seen, n_resamples=n_resamples, seed=seed),
        }
    )


def _measure(sheet: facts.FactSheet, pictures: Record, *, n_resamples: int, seed: int) -> Record:
    pairs = sheet.pairs
    return {
        "splits": facts.count_parts(pairs),
        "pictures": pictures,
        "duplicates": facts.find_duplicates(pairs),
        "leakage": facts.find_leaks(pairs),
        "elements": facts.find_elements(sheet.asked),
        "categories": facts.count_spellings(pairs),
        "ratings": statistics.rating_distribution(pairs),
        "first_three": statistics.first_three_ranges(pairs),
        "agreement": statistics.rater_agreement(pairs, n_resamples=n_resamples, seed=seed),
        "element_overall_srcc": statistics.element_overall_srcc(pairs, n_resamples=n_resamples, seed=seed),
        "category_scores": statistics.category_scores(pairs),
        "generator_scores": statistics.generator_scores(pairs, n_resamples=n_resamples, seed=seed),
    }


def _find_shards(folder: Path) -> dict[Path, str]:
    """Files of the pairs, each with its split (and fold)."""
    data = folder / FOLDERS["pairs"]
    matches = [(path, match) for path in sorted(data.glob("*.parquet")) if (match := _SHARD.fullmatch(path.name))]
    matches.sort(key=lambda found: _SPLITS.index(split) if (split := found[1]["split"]) in _SPLITS else len(_SPLITS))
    shards = {path: match["part"] for path, match in matches}
    if not shards:
        raise ValueError(
            f"{str(folder)!r} is not a built data set: it has no files like {FOLDERS['pairs']}/"
            "train-00000-of-00001.parquet; make it with `evalmuse dataset build RAW OUT`."
        )
    return shards


def _read_build(folder: Path) -> Record | None:
    """What the build says of itself; None where it says nothing."""
    path = folder / BUILD_FILE
    if not path.is_file():
        return None
    try:
        plan = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON ({error}); build the data set again.") from error
    tables = [plan.get(key) for key in ("splits", "files")] if isinstance(plan, dict) else [None]
    entries = [entry for table in tables if isinstance(table, dict) for entry in table.values()]
    if not all(isinstance(value, dict) for value in (*tables, *entries)):
        raise ValueError(f"{path} lacks what a build writes there; build the data set again.")
    return dict(plan)


def _describe_build(plan: Record | None) -> Record:
    if plan is None:
        return {"stages": None, "dropped": None, "problems": [], "status": _NO_BUILD}
    dropped: Counter[str] = Counter()
    problems: list[Any] = []
    for part in (*plan["splits"].values(), plan.get("members") or {}, plan.get("ranking_prompts") or {}):
        dropped.update(part.get("dropped") or {})
        problems += part.get("problems") or []
    return {
        "stages": plan.get("stages") or [],
        "dropped": dict(dropped.most_common()),
        "problems": problems[: facts.N_LISTED],
        "status": "ok",
    }


def _check_files(folder: Path, shards: Mapping[Path, str], plan: Record | None) -> Record:
    """Compare the files with their names and with what the build wrote down."""
    problems = [
        f"{FOLDERS['pairs']}/{path.name} is missing"
        for path in sorted({path.with_name(name) for path in shards for name in _siblings(path)} - {*shards})
    ]
    rows = {path: _n_rows(path) for path in shards}
    for name, expected in (plan["files"] if plan else {}).items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != expected.get("bytes") or rows.get(path, expected.get("rows")) != expected.get(
            "rows"
        ):
            problems.append(f"{name} is not the file that the build wrote: its size or its number of rows differs")
    return {
        "n": len(shards),
        "rows": sum(rows.values()),
        "bytes": sum(path.stat().st_size for path in shards),
        "problems": list(dict.fromkeys(problems)),
    }


def _siblings(path: Path) -> Iterator[str]:
    match = _SHARD.fullmatch(path.name)
    if match:
        yield from (f"{match['part']}-{place:05d}-of-{match['total']}.parquet" for place in range(int(match["total"])))


def _n_rows(path: Path) -> int:
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} is not a readable Parquet file ({error}); build the data set again.") from error
    missing = [name for name in (*_COLUMNS.names, "image") if name not in file.schema_arrow.names]
    if missing:
        file.close()
        raise ValueError(f"{path} has no column {missing[0]!r}; expected the columns of the `pairs` configuration.")
    return file


def _read_shards(shards: Mapping[Path, str], sheet: facts.FactSheet, *, pictures: bool, advance: Advance) -> Record:
    """Read every row; returns what was seen of the pictures."""
    columns = [*_COLUMNS.names, *(["image"] if pictures else [])]
    seen = {"decoded": 0, "undecodable": 0, "changed": 0, "problems": [], "status": "ok"}
    for path, part in shards.items():
        with _opened(path) as file:
            for batch in _batches(file, path, columns, _PICTURES if pictures else _ROWS):
                for row in batch.select(_COLUMNS.names).to_pylist():
                    sheet.add(row, part=part)
                if pictures:
                    images = batch.column("image").to_pylist()
                    for name, hash_, image in zip(*_names_and_hashes(batch), images, strict=True):
                        _look_at(name, hash_, image, seen)
                advance(batch.num_rows)
    return seen if pictures else _unseen_pictures("pictures were not decoded again; ask for it with --pictures")


def _batches(file: pq.ParquetFile, path: Path, columns: list[str], size: int) -> Iterator[pa.Table]:
    """Rows with columns of the expected types."""
    try:
        for batch in file.iter_batches(batch_size=size, columns=columns, use_threads=False):
            table = pa.Table.from_batches([batch])
            wanted = [_COLUMNS.field(name) if name in _COLUMNS.names else table.schema.field(name) for name in columns]
            yield table.select(columns).cast(pa.schema(wanted))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{path} does not hold the columns of the `pairs` configuration as they should be ({error}); build the "
            "data set again."
        ) from error


def _names_and_hashes(table: pa.Table) -> tuple[list[str | None], list[str | None]]:
    return table.column("image_path").to_pylist(), table.column("content_hash").to_pylist()


def _look_at(name: str | None, expected: str | None, image: Mapping[str, Any] | None, seen: Record) -> None:
    """Decode one picture and note what is wrong with it."""
    label = name or "without a path"
    content = image.get("bytes") if image else None
    problem = None
    try:
        load_image(content or b"", name=label)
        seen["decoded"] += 1
    except ImageDecodingError as error:
        seen["undecodable"] += 1
        problem = str(error)
    if expected is not None and content_hash(content or b"") != expected:
        seen["changed"] += 1
        problem = problem or f"The picture {label!r} is not the one whose content hash is in its row."
    if problem and len(seen["problems"]) < facts.N_LISTED:
        seen["problems"].append(problem)


def _unseen_pictures(reason: str) -> Record:
    return {"decoded": None, "undecodable": None, "changed": None, "problems": [], "status": reason}
