"""From what a visitor uploaded to rows that can be scored: a list, and pictures beside it or in an archive."""

import dataclasses
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from evalmuse_hf.data.table_advice import missing_columns, no_rows
from evalmuse_hf.data.tables import TableError, TableRow, is_nested_deeper, read_table
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.playground.batch_pictures import LIST_SUFFIXES, PICTURE_SUFFIXES, BatchPictures
from evalmuse_hf.pages.scorers import PageError
from evalmuse_hf.pages.uploads import UploadedFile, read_upload
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring.lists import REQUIRED_COLUMNS, ListRow, make_row

ACCEPTED = (*LIST_SUFFIXES, ".zip", *PICTURE_SUFFIXES)
"""Ends of the names of files that a batch is made of."""

_COLUMNS_NAMED = 20
_LONGEST_LINE = 32  # times the size of a row; what is longer is no row that somebody means
_MOST_LINES = 1_000  # for each row; texts with line ends have a few
_LEAVE_OUT = "leave out what the scores do not need"
_WANTED = "Upload a list (.csv or .jsonl) with the columns image and prompt, and the pictures, loose or in a .zip."


@dataclasses.dataclass(frozen=True, slots=True)
class BatchInputs:
    """What a batch scores.

    Attributes:
        rows: One per row of the list, in order; the `ListRow.problem` of one says why it cannot be scored.
        columns: Of the list, in order.
        pictures: What their column ``image`` names; to be closed.
        folder: Folder of the list in its archive; empty where it lies beside.
        notes: What the visitor should know of what was left out.
    """

    rows: tuple[ListRow, ...]
    columns: tuple[str, ...]
    pictures: BatchPictures
    folder: str = ""
    notes: tuple[str, ...] = ()


def read_inputs(files: Sequence[UploadedFile], *, limits: PageLimits) -> BatchInputs:
    """Sort uploaded files into list and pictures, and read the list; no picture is opened.

    Args:
        files: One list (``.csv``, ``.jsonl``, as `evalmuse_hf.scoring.lists.read_list` reads them), beside the
            pictures or in an archive with them.
        limits: What a batch may hold.

    Raises:
        PageError: If there is no list or more than one, it lacks a column or has too many rows or columns, a file is
            of another kind, or an archive is refused.
    """
    kinds: dict[str, list[UploadedFile]] = {"list": [], "archive": [], "picture": []}
    for file in files:
        suffix = PurePosixPath(file.name).suffix.lower()
        if suffix not in ACCEPTED:
            raise PageError(f"{file.name!r} is no list, archive or picture. {_WANTED}")
        kind = "list" if suffix in LIST_SUFFIXES else "archive" if suffix == ".zip" else "picture"
        kinds[kind].append(file)
    pictures = BatchPictures(kinds["picture"], kinds["archive"], limits=limits)
    try:
        return _read_list(kinds["list"], pictures, limits)
    except BaseException:
        pictures.close()
        raise


def _read_list(lists: Sequence[UploadedFile], pictures: BatchPictures, limits: PageLimits) -> BatchInputs:
    if len(lists) > 1:
        names = " and ".join(repr(file.name) for file in lists[:2])
        raise PageError(f"There are {len(lists)} lists, such as {names}; upload one.")
    if lists:
        name, folder, content = lists[0].name, "", read_upload(lists[0], limits=limits)
    else:
        path = _only_list(pictures)
        name, folder = PurePosixPath(path).name, str(PurePosixPath(path).parent)
        content = pictures.read(pictures.lists[path])
    found = _parse(content, name, limits)
    columns = tuple(dict.fromkeys(key for row in found for key in row.values))
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if not found:
        raise PageError(no_rows(name))
    if missing and columns:
        raise PageError(missing_columns(missing, columns[:_COLUMNS_NAMED], name=name))
    if not columns:
        raise PageError(f"No row of {name!r} can be read: {found[0].problem or 'it has no columns.'}")
    rows = tuple(_check_row(make_row(row, Path()), limits) for row in found)
    return BatchInputs(rows, columns, pictures, "" if folder == "." else folder, tuple(pictures.notes))


def _only_list(pictures: BatchPictures) -> str:
    """The list in the archives that is nearest to the top.

    Raises:
        PageError: If there is none, or there are several.
    """
    paths = sorted(pictures.lists, key=lambda path: (path.count("/"), path))
    if not paths:
        raise PageError(f"There is no list. {_WANTED}")
    if len(paths) > 1 and paths[0].count("/") == paths[1].count("/"):
        raise PageError(f"There are several lists, {paths[0][:80]!r} and {paths[1][:80]!r}; leave one.")
    return paths[0]


def _parse(content: bytes, name: str, limits: PageLimits) -> list[TableRow]:
    """Read a list, whose name goes into messages and nowhere else.

    Raises:
        PageError: If it cannot be read as a whole, or has too many rows or columns.
    """
    suffix = PurePosixPath(name).suffix.lower()
    _refuse_lines(content, name, limits)
    with tempfile.TemporaryDirectory(prefix="evalmuse-list-") as folder:
        path = Path(folder) / f"list{suffix}"
        path.write_bytes(content)
        try:
            rows = _take(read_table(path), name, limits)
        except TableError as error:
            raise PageError(str(error).replace(str(path), name).replace(path.name, name)) from None
    return [
        dataclasses.replace(
            row,
            place=row.place.replace(path.name, name),
            problem=row.problem and row.problem.replace(path.name, name),
        )
        for row in rows
    ]


def _refuse_lines(content: bytes, name: str, limits: PageLimits) -> None:
    """Refuse what costs much more time or memory than it has bytes, before it is parsed.

    Raises:
        PageError: If a line is far longer than a row may be, or there are far more lines than rows.
    """
    longest, most = _LONGEST_LINE * limits.max_batch_row_bytes, _MOST_LINES * limits.max_batch_rows
    pieces = (content[start : start + longest] for start in range(0, len(content) - longest, longest))
    if any(b"\n" not in piece and b"\r" not in piece for piece in pieces):
        raise PageError(f"A row of {name} has more than {spell_bytes(longest)}; {_LEAVE_OUT}.")
    if content.count(b"\n") + content.count(b"\r") > most:
        raise PageError(f"{name!r} has more than {most:,} lines; leave out those that are empty.")


def _take(rows: Iterable[TableRow], name: str, limits: PageLimits) -> list[TableRow]:
    """Take the rows of a list, and stop as soon as it has too much; of a row that is too large nothing is kept.

    Raises:
        PageError: If it has too many rows or columns.
    """
    taken: list[TableRow] = []
    columns: set[str] = set()
    for row in rows:
        if len(taken) == limits.max_batch_rows:
            raise PageError(
                f"{name!r} has more than {limits.max_batch_rows:,} rows; send fewer at once, or score them on a "
                "machine of your own with `evalmuse score`."
            )
        if problem := _find_excess(row, limits):
            row = TableRow(row.number, row.place, problem=problem)
        columns.update(row.values)
        if len(columns) > limits.max_batch_columns:
            raise PageError(f"{name!r} has more than {limits.max_batch_columns} columns; {_LEAVE_OUT}.")
        if sum(map(len, columns)) > limits.max_batch_row_bytes:  # each row of the result has all of them
            raise PageError(f"The names of the columns of {name!r} are too long; shorten them.")
        taken.append(row)
    return taken


def _find_excess(row: TableRow, limits: PageLimits) -> str | None:
    """Why nothing of a row is kept; None if nothing speaks against it."""
    if is_nested_deeper(row.values):
        return make_row(row, Path()).problem
    size = len(json.dumps(row.values, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > limits.max_batch_row_bytes:
        return f"{row.place} has more than {spell_bytes(limits.max_batch_row_bytes)}; {_LEAVE_OUT}."
    return None


def _check_row(row: ListRow, limits: PageLimits) -> ListRow:
    """Give a row that is too long its problem."""
    if row.problem is not None:
        return row
    elements = row.elements or ()
    texts = [element.text if isinstance(element, Element) else element for element in elements]
    problem = None
    if not isinstance(row.values.get("image"), str):
        problem = f"`image` of {row.place} must be the name of a picture file."
    elif len(row.prompt) > limits.max_prompt_length:
        problem = f"The prompt of {row.place} is longer than {limits.max_prompt_length:,} characters."
    elif len(elements) > limits.max_elements:
        problem = f"{row.place} has {len(elements)} elements; {limits.max_elements} are allowed."
    elif any(len(text) > limits.max_element_length for text in texts):
        problem = f"An element of {row.place} is longer than {limits.max_element_length} characters."
    return row if problem is None else dataclasses.replace(row, problem=problem)
