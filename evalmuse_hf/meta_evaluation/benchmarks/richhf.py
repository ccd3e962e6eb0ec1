"""RichHF-18K: pictures of Pick-a-Pic with scores of alignment, plausibility, aesthetics and overall quality."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from evalmuse_hf.data.identity import prompt_identity
from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    named,
    one_row_per_picture,
    rated_row,
    rating_on,
    require_columns,
    table_rows,
)
from evalmuse_hf.meta_evaluation.benchmarks.tf_examples import read_tf_examples
from evalmuse_hf.meta_evaluation.rated_data import UNKNOWN_GENERATOR, DataFacts, RatedData, Row

SUFFIX = ".tfrecord"
SCALE = (0.0, 1.0)
SPLITS = ("train", "dev", "test")
RATINGS = ("misalignment", "artifact", "aesthetics", "overall")
PROMPT_COLUMNS = ("prompt", "caption")

FACTS = DataFacts(
    name="richhf",
    title="RichHF-18K",
    source="Liang et al., Rich Human Feedback, CVPR 2024, https://github.com/google-research-datasets/richhf-18k",
    rating_scale=SCALE,
    aggregation="mean of the ratings of three people, put on 0 to 1, as published; single ratings are not published",
    notes=(
        "`misalignment_score` is a score of alignment in spite of its name: higher is better, as for the others.",
        "The release holds no prompts and no generators; the prompts come from Pick-a-Pic, by the file name.",
        "The pictures are from Pick-a-Pic, on whose preferences PickScore was trained.",
    ),
    in_domain=("pick_score",),
)


def recognises(columns: Collection[str]) -> bool:
    """Whether a table is of this data set.

    Args:
        columns: Its columns; some copies spell them ``Misalignment score`` and the like.

    >>> recognises(["Filename", "Misalignment score", "Overall score"])
    True
    """
    return {"filename", "misalignment_score"} <= {_spelled(column) for column in columns}


def read_richhf(
    path: Path, *, split: str = "test", rating: str = "misalignment", prompts: str | Path | None = None
) -> RatedData:
    """Read the scores.

    Args:
        path: ``test.tfrecord`` and the like, the folder with it, or a table (CSV, JSON lines, Parquet) with
            ``filename``, the scores, and ``prompt`` or ``caption``.
        split: ``"train"``, ``"dev"`` or ``"test"``: which file of a folder, and which rows of a table whose file
            names begin with the split.
        rating: Which of the scores: one of `RATINGS`.
        prompts: Table with ``filename`` and ``prompt`` or ``caption``, where the scores come without prompts.

    Returns:
        Rows by the file name. A picture whose prompt is not known is a prompt of its own, and counted in the notes.

    Raises:
        ValueError: If a file or column is missing, a score is off its scale, a picture comes twice, only a part of
            the file names begin with a split, two pictures of different prompts have the same name, or no prompt is
            known.
    """
    for name, value, choices in (("rating", rating, RATINGS), ("split", split, SPLITS)):
        if value not in choices:
            raise ValueError(f"`{name}` is {value!r}, expected one of {', '.join(choices)}.")
    file = path / f"{split}{SUFFIX}" if path.is_dir() else path
    column = f"{rating}_score"
    records = _of_split(_records(file, ("filename", column)), split, where=file.name)
    unsaid = file.stem != split and not any(map(_split_of, records))
    split_note = (
        (f"No file name says its split, so all {len(records):,} rows are taken as {split}.",) if unsaid else ()
    )
    texts = _texts(records, where=file.name)
    if prompts is not None:
        listed = [record for record in _records(Path(prompts), ("filename",)) if _split_of(record) in (split, None)]
        texts = {**texts, **_texts(listed, where=Path(prompts).name)}
    if not texts:
        raise ValueError(
            f"{file.name} holds no prompts, and pictures of one prompt are drawn together; join the prompts of "
            "Pick-a-Pic by file name, and give them as a column `prompt` or as prompts=FILE."
        )
    rows = one_row_per_picture((_row(record, column, texts, file.name) for record in records), where=file.name)
    lost = [str(row["image_path"]) for row in rows if row["prompt"] is None]
    without = (f"{len(lost):,} of {len(rows):,} pictures have no known prompt: {named(lost)}.",) if lost else ()
    return RatedData(facts=replace(FACTS, notes=(*FACTS.notes, *split_note, *without)), rows=rows)


def _records(file: Path, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Records of either form, with the columns spelled as in the release."""
    if file.suffix == SUFFIX:
        if not file.is_file():
            raise ValueError(
                f"There is no file {str(file)!r}; give a file of the release, or a table with its scores."
            )
        given: Sequence[Mapping[str, Any]] = list(read_tf_examples(file))
    else:
        given = table_rows(file)
    records = [{_spelled(column): value for column, value in record.items()} for record in given]
    require_columns([*dict.fromkeys(column for record in records for column in record)], wanted, where=file.name)
    return records


def _spelled(column: str) -> str:
    return column.strip().lower().replace(" ", "_")


def _split_of(record: Mapping[str, Any]) -> str | None:
    """The split that a file name begins with."""
    parts = PurePosixPath(str(record["filename"])).parts
    return parts[0] if len(parts) > 1 and parts[0] in SPLITS else None


def _of_split(records: list[dict[str, Any]], split: str, *, where: str) -> list[dict[str, Any]]:
    """Records of a split; all of them where no file name says a split."""
    splits = [_split_of(record) for record in records]
    if any(splits) and not all(splits):
        stray = records[splits.index(None)]["filename"]
        raise ValueError(
            f"{where} has picture {str(stray)!r}, whose file name begins with none of {', '.join(SPLITS)}, as others "
            "do; put its split before it, or remove it."
        )
    return [record for record, own in zip(records, splits, strict=True) if own in (split, None)]


def _texts(records: Sequence[Mapping[str, Any]], *, where: str) -> dict[str, str]:
    """Prompt of each picture, by the end of its file name."""
    texts: dict[str, str] = {}
    for record in records:
        prompt = next((record[name] for name in PROMPT_COLUMNS if record.get(name)), None)
        if prompt is not None:
            name = PurePosixPath(str(record["filename"])).name
            if texts.setdefault(name, str(prompt)) != str(prompt):
                raise ValueError(
                    f"{where} has two pictures {name!r} of different prompts, {texts[name]!r} and {str(prompt)!r}; "
                    "prompts are joined by that name, so it must be told apart."
                )
    return texts


def _row(record: Mapping[str, Any], column: str, texts: Mapping[str, str], where: str) -> Row:
    path = str(record["filename"])
    prompt = texts.get(PurePosixPath(path).name)
    return rated_row(
        image_path=path,
        prompt_id=prompt_identity(prompt) if prompt else path,
        prompt=prompt,
        generator=str(record.get("generator") or UNKNOWN_GENERATOR),
        overall_score=rating_on(record[column], SCALE, f"{where}: `{column}` of picture {path!r}"),
    )
