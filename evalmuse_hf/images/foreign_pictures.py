"""Finds pictures that were made elsewhere: in a folder by their names, or in a table by its columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.images.picture_folder import safe_name
from evalmuse_hf.images.picture_prompts import PicturePrompt

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".jp2", ".avif")
_NUMBERED = re.compile(r"(.+)_(\d{1,6})")
_WHOLE = re.compile(r"([0-9]{1,20})(?:\.0*)?")
_TOO_LONG = 2**64  # no generator takes a seed of more bits
_PATH_COLUMNS = ("image", "path", "image_path", "img_path", "file_name")
_LICENSE_COLUMNS = ("license", "generator_license")
_PARAMETERS = ("steps", "guidance", "scheduler", "dtype", "negative_prompt")


@dataclass(frozen=True, slots=True)
class ForeignPicture:
    """A picture that was found, or what is wrong with it.

    Attributes:
        place: How messages call it: its file, or its row of the table.
        path: The file; None where it must not be opened.
        prompt: Its prompt; None where it matches none.
        k: Which of the pictures of this prompt; None leaves that open.
        generator: Who made it; None where nothing says.
        seed: None where it is not known.
        model: Hub id or address of the generator.
        revision: Of its weights.
        license: Its terms.
        parameters: Whatever else is known of how it was made; None for nothing.
        reason: Why it cannot be taken, in a word; None if it may be.
        message: The same in a sentence.
    """

    place: str
    path: Path | None = None
    prompt: PicturePrompt | None = None
    k: int | None = None
    generator: str | None = None
    seed: int | None = None
    model: str | None = None
    revision: str | None = None
    license: str | None = None
    parameters: Mapping[str, Any] | None = None
    reason: str | None = None
    message: str = ""


class _PromptIndex:
    """Prompts by every name that a file may give them."""

    def __init__(self, prompts: Sequence[PicturePrompt]) -> None:
        self.texts: dict[str, list[PicturePrompt]] = {}
        self._names = {safe_name(prompt.prompt_id): prompt for prompt in prompts}
        self._names.update({prompt.prompt_id: prompt for prompt in prompts})
        numbers: dict[str, list[PicturePrompt]] = {}
        for prompt in prompts:
            self.texts.setdefault(prompt.text.strip(), []).append(prompt)
            if (number := _plain_number(prompt.prompt_id)) is not None:
                numbers.setdefault(number, []).append(prompt)
        self._numbers = {number: found[0] for number, found in numbers.items() if len(found) == 1}

    @property
    def advice(self) -> str:
        """How a file is to be called, with an example."""
        first = next(iter(self._names.values()), None)
        example = "" if first is None else f", such as {safe_name(first.prompt_id)}.png for {first.text[:60]!r}"
        return f"call it ID.png{example}, or give a table with image and prompt."

    def by_name(self, name: str) -> PicturePrompt | None:
        """Find a prompt by its id, as it is, as a file name, or as a number."""
        found, number = self._names.get(name), _plain_number(name)
        return self._numbers.get(number) if found is None and number is not None else found

    def by_stem(self, stem: str) -> tuple[PicturePrompt | None, int]:
        """Find a prompt by the name of a file: ``id`` or ``id_k``."""
        if (found := self.by_name(stem)) is not None:
            return found, 0
        match = _NUMBERED.fullmatch(stem)
        return (None, 0) if match is None else (self.by_name(match[1]), int(match[2]))


def _plain_number(name: str) -> str | None:
    """The digits of a number without the zeros before them, however many; None if it is no number."""
    return (name.lstrip("0") or "0") if name.isascii() and name.isdecimal() else None


def find_pictures(
    source: Path, prompts: Sequence[PicturePrompt], *, root: Path | None = None
) -> Iterator[ForeignPicture]:
    """Find pictures and match them with prompts.

    Args:
        source: A folder, in which a picture is called by the id of its prompt, with ``_k`` behind it for the k-th; or
            a table (JSON lines, CSV, TSV, Parquet) with a column ``image`` (or ``path``) and one of ``prompt_id`` and
            ``prompt``.
        prompts: What they may be pictures of.
        root: Folder where the paths of a table start, and which they must not leave; None takes that of the table.

    Returns:
        Every picture file or row, in order.

    Raises:
        ValueError: If there is no such folder or table, or it lacks a column.
    """
    from evalmuse_hf.prompts.tables import ENDINGS  # not at the top: see picture_prompts.py

    index = _PromptIndex(prompts)
    if source.is_dir():
        return _folder_pictures(source, index)
    if source.is_file() and source.suffix.lower() in ENDINGS:
        return _table_pictures(source, index, (root or source.parent).resolve())
    raise ValueError(f"There is no folder and no table ({', '.join(ENDINGS)}) at {source}.")


def _folder_pictures(folder: Path, index: _PromptIndex) -> Iterator[ForeignPicture]:
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") or path.suffix.lower() not in PICTURE_ENDINGS:
            continue
        if problem := _outside(path, root):
            yield ForeignPicture(name, reason="outside", message=f"{name} {problem}")
            continue
        if path.is_dir():
            continue
        prompt, k = index.by_stem(path.stem)
        generator = path.relative_to(folder).parts[0] if len(path.relative_to(folder).parts) > 1 else None
        if prompt is None:
            message = f"{name} bears the id of no prompt; {index.advice}"
            yield ForeignPicture(name, path, reason="unmatched", message=message)
        else:
            yield ForeignPicture(name, path, prompt, k, generator)


def _table_pictures(table: Path, index: _PromptIndex, root: Path) -> Iterator[ForeignPicture]:
    from evalmuse_hf.prompts.tables import read_rows

    for row in read_rows(table):
        yield _read_row(row.place, row.values, index, root)


def _read_row(place: str, values: Mapping[str, Any], index: _PromptIndex, root: Path) -> ForeignPicture:
    given = {name: value for name, value in values.items() if not _is_empty(value)}
    column = next((name for name in _PATH_COLUMNS if name in values), None)
    if column is None:
        raise ValueError(f"{place} has no column with a picture; call it {' or '.join(_PATH_COLUMNS)}.")
    if not {"prompt_id", "prompt"} & set(values):
        raise ValueError(f"{place} says nothing of a prompt; give a column prompt_id or prompt.")
    text = given.get(column)
    if not isinstance(text, str):
        return ForeignPicture(place, reason="missing", message=f"{place} names no picture.")
    path = root / text
    if problem := _outside(path, root):
        return ForeignPicture(place, reason="outside", message=f"{place}: {text} {problem}")
    prompt, message = _match_row(place, given, index)
    if prompt is None:
        return ForeignPicture(place, path, reason="unmatched", message=message)
    for name in ("k", "seed"):
        if name in given and _whole(given[name]) is None:
            message = f"{place} has the {name} {str(given[name])[:60]!r}, expected a whole number from 0 on."
            return ForeignPicture(place, path, prompt, reason="bad_number", message=message)
    parameters = {name: given[name] for name in _PARAMETERS if name in given}
    return ForeignPicture(
        place,
        path,
        prompt,
        _whole(given.get("k")),
        _text(given.get("generator")),
        _whole(given.get("seed")),
        _text(given.get("model")),
        _text(given.get("revision")),
        _text(next((given[name] for name in _LICENSE_COLUMNS if name in given), None)),
        parameters or None,
    )


def _match_row(place: str, given: Mapping[str, Any], index: _PromptIndex) -> tuple[PicturePrompt | None, str]:
    """Find the prompt of a row; where it gives id and text, both must be right."""
    text = given.get("prompt")
    if "prompt_id" in given:
        prompt = index.by_name(str(given["prompt_id"]))
        if prompt is None:
            return None, f"{place} has the prompt_id {given['prompt_id']!r}, which no prompt has."
        if isinstance(text, str) and text.strip() != prompt.text.strip():
            return None, f"{place} has another prompt than {prompt.prompt_id!r} ({text[:60]!r})."
        return prompt, ""
    found = index.texts.get(text.strip(), []) if isinstance(text, str) else []
    if len(found) == 1:
        return found[0], ""
    number = "no" if not found else "more than one"
    return None, f"{place} has a prompt that {number} row of the prompts has ({str(text)[:60]!r})."


def _outside(path: Path, root: Path) -> str | None:
    """What is wrong with a path that leads out of its folder, by dots, by a link or by beginning elsewhere."""
    try:
        inside = path.resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):  # a link that goes in circles, a zero in the name
        return "is no path that can be followed."
    return None if inside else "leads out of its folder; put the picture there."


def _is_empty(value: Any) -> bool:
    """Whether a cell says nothing; not a number (NaN) is how some tables write that."""
    return not value.strip() if isinstance(value, str) else value is None or value != value


def _whole(value: Any) -> int | None:
    """A whole number from 0 on, which may be written with a point; None if it is none, or too long."""
    if isinstance(value, float) and value.is_integer() and value < 2**53:
        value = int(value)
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value.strip())):
        value = int(match[1])
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_LONG else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
