"""What to do about a table that is not what it should be, as the end of a sentence."""

from collections.abc import Sequence
from pathlib import Path

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Ends of names of pictures."""

SAVE_AS_UTF8 = "save it as UTF-8 (in a spreadsheet: CSV UTF-8)"

_SHEETS = (".xlsx", ".xls", ".ods", ".numbers")
_ALIKE = {
    "image": ("file", "path", "image_path", "img_path", "file_name", "filename", "picture", "img"),
    "prompt": ("caption", "text", "description", "prompts"),
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def unknown_kind(path: Path, kinds: str) -> str:
    """Say that a file is no list, and what to do instead where its name tells.

    Args:
        path: The file, by whose name it is judged.
        kinds: The kinds that are read, in words.

    Returns:
        A sentence.

    >>> unknown_kind(Path("cat.png"), ".csv")
    'cat.png is a picture and no list; score it with --image cat.png --prompt TEXT, or name it in a list.'
    """
    end = path.suffix.lower()
    if end in PICTURES:
        return f"{path} is a picture and no list; score it with --image {path} --prompt TEXT, or name it in a list."
    if end in _SHEETS:
        return f"{path} is a spreadsheet; save it as CSV UTF-8, with commas between the columns, and give that."
    if end == ".json":
        return f"{path} is one JSON document; write one object a line, and name the file .jsonl."
    return f"Cannot tell what {path} is; name a list {kinds}."


def missing_columns(missing: Sequence[str], found: Sequence[str], *, name: object) -> str:
    """Say which columns a table lacks.

    Args:
        missing: The columns.
        found: Those that it has.
        name: How messages call the table.

    Returns:
        A sentence.

    >>> missing_columns(["prompt"], ["image", "text"], name="a.csv")
    "Column 'prompt' is missing from a.csv, which has image, text; 'text' looks like 'prompt': rename it, or add one."
    """
    subject = f"Column {missing[0]!r} is" if len(missing) == 1 else f"Columns {' and '.join(map(repr, missing))} are"
    what = f"{subject} missing from {name}, which has {', '.join(found)}"
    if any(name.lower().endswith(PICTURES) for name in found):
        return f"{what}; its first line must name the columns, such as image,prompt."
    if len(found) == 1:
        for separator, word in _SEPARATORS.items():
            if separator in found[0]:
                return f"{what}; it seems to have {word} between its columns: save it with commas."
    alike = {column: _find_alike(column, found) for column in missing}
    guesses = [f"{other!r} looks like {column!r}" for column, other in alike.items() if other is not None]
    if guesses:
        all_but_these = "them" if len(guesses) == len(missing) else "it, and add the rest"
        return f"{what}; {' and '.join(guesses)}: rename {'it, or add one' if len(missing) == 1 else all_but_these}."
    return f"{what}; rename or add {'it' if len(missing) == 1 else 'them'}."


def _find_alike(column: str, found: Sequence[str]) -> str | None:
    """The column that probably holds what another one should."""
    names = {name.strip().lower(): name for name in found}
    return next((names[name] for name in (column, *_ALIKE.get(column, ())) if name in names), None)


def no_rows(name: object) -> str:
    """Say that a table is empty.

    Args:
        name: How messages call it.

    Returns:
        A sentence.
    """
    return (
        f"There are no rows in {name}; give at least one picture with its prompt, in a CSV below a first line "
        "`image,prompt`."
    )
