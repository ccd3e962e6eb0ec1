"""One door to the data sets of human ratings, whoever published them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalmuse_hf.data.json_records import iterate_records
from evalmuse_hf.data.tables import READERS, read_table
from evalmuse_hf.meta_evaluation.benchmarks import agiqa, dsg, genai_bench, own_csv, richhf, tifa160
from evalmuse_hf.meta_evaluation.benchmarks.evalmuse import read_evalmuse, read_evalmuse_means
from evalmuse_hf.meta_evaluation.rated_data import RatedData

KINDS = ("evalmuse", "evalmuse_means", "tifa160", "genai_bench", "richhf", "dsg", "agiqa3k", "csv")
"""Kinds of data sets, see ``docs/rated_data``."""

_WITHOUT_SPLITS: dict[str, Callable[..., RatedData]] = {
    "evalmuse_means": read_evalmuse_means,
    "tifa160": tifa160.read_tifa160,
    "genai_bench": genai_bench.read_genai_bench,
    "dsg": dsg.read_dsg,
    "agiqa3k": agiqa.read_agiqa,
}
_WITH_SPLITS: dict[str, Callable[..., RatedData]] = {"richhf": richhf.read_richhf, "csv": own_csv.read_own_csv}
_FILES = {
    tifa160.FILE: "tifa160",
    genai_bench.FILE: "genai_bench",
    dsg.RATINGS_FILE: "dsg",
    **{f"{split}{richhf.SUFFIX}": "richhf" for split in richhf.SPLITS},
}
"""Files by whose name a folder, or they themselves, are recognised."""


def open_rated_data(path: str | Path, kind: str | None = None, split: str = "test", **options: Any) -> RatedData:
    """Open a data set of human ratings; pictures are never looked at.

    Args:
        path: File or folder as it was published, see ``docs/rated_data``; of ``"evalmuse"`` whatever
            `evalmuse_hf.data.load_pairs` takes.
        kind: One of `KINDS`; None recognises it by content, where that is safe.
        split: Split with the ratings, of data sets that have splits.
        **options: Of the kind's reader, such as ``scale`` and ``score_columns`` of ``"csv"``.

    Returns:
        The ratings, with the scores that came with them.

    Raises:
        ValueError: If the kind is unknown or not recognised, or its reader refuses the file or an option.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"There is no kind of data set {kind!r}; choose one of {', '.join(KINDS)}.")
    chosen = kind or recognise_kind(path)
    try:
        if chosen == "evalmuse":
            return read_evalmuse(path, split, **options)
        if chosen in _WITH_SPLITS:
            return _WITH_SPLITS[chosen](_existing(path, chosen), split=split, **options)
        return _WITHOUT_SPLITS[chosen](_existing(path, chosen), **options)
    except TypeError as error:
        if "keyword argument" not in str(error):
            raise
        raise ValueError(f"Data sets of kind {chosen!r} do not take that option: {error}.") from error


def recognise_kind(path: str | Path) -> str:
    """Kind of a data set.

    A folder goes by the names of the files in it, a file by its name or by the columns or fields of its first record.
    What is a folder and nothing else, or no path at all, is left to `evalmuse_hf.data.load_pairs`.

    Args:
        path: File, folder, or id of a Hub data set.

    Raises:
        ValueError: If nothing tells.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        found = sorted({kind for name, kind in _FILES.items() if _has(place, name)})
        if len(found) > 1:
            raise ValueError(
                f"{str(path)!r} holds data sets of the kinds {' and '.join(found)}; name the one you mean."
            )
        if found:
            return found[0]
        return "agiqa3k" if _of_table(place / agiqa.FILE) == "agiqa3k" else "evalmuse"
    if not place.is_file():
        return "evalmuse"  # a Hub id, or a sentence from load_pairs
    if place.name in _FILES:
        return _FILES[place.name]
    kind = _of_table(place) if place.suffix.lower() in READERS else _of_json(place)
    if kind is None:
        raise ValueError(
            f"Cannot tell what {str(path)!r} is; name its kind, one of {', '.join(KINDS)}. Ratings of your own "
            "(csv) need a column image_path, image or id, a column prompt or prompt_id, and one of ratings, such as "
            "overall_ratings."
        )
    return kind


def _existing(path: str | Path, kind: str) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise ValueError(f"There is nothing at {str(path)!r}; give the file or folder of the {kind} data set.")
    return place


def _has(folder: Path, name: str) -> bool:
    folders = dsg.FOLDERS if name == dsg.RATINGS_FILE else (".",)
    return any((folder / below / name).is_file() for below in folders)


def _of_table(file: Path) -> str | None:
    """Kind by the columns of the first row."""
    try:
        columns = {*next((row.values for row in read_table(file) if row.problem is None), {})}
    except ValueError:
        return None
    for kind, wanted in (
        ("evalmuse_means", {"img_path", "total_score_mean"}),
        ("agiqa3k", {*agiqa.COLUMNS}),
        ("dsg", {"t2i_model", "source_id", "worker_id"}),
    ):
        if wanted <= columns:
            return kind
    if richhf.recognises(columns):
        return "richhf"
    keyed = columns & {*own_csv.KEY_COLUMNS}
    rated = columns & {*own_csv.LIST_COLUMNS, *own_csv.MEAN_COLUMNS}
    return "csv" if keyed and rated and columns & {"prompt", "prompt_id"} else None


def _of_json(file: Path) -> str | None:
    """Kind by the fields of the first record."""
    try:
        first = next(iterate_records(file), None)
    except ValueError:
        return None
    if first is None or not isinstance(first.record, dict):
        return None
    fields = {*first.record}
    if {"text_id", "human_scores"} <= fields:
        return "tifa160"
    return "genai_bench" if {"prompt", "models"} <= fields else None
