"""What is given to `evalmuse annotate assign`: lists that can be read, and rules as their options call them."""

import re
from collections.abc import Iterable
from pathlib import Path


def check_lists(paths: Iterable[Path]) -> None:
    """Refuse what is no table that can be read; of each, the first row is read.

    Args:
        paths: Tables with a row per picture.

    Raises:
        ValueError: If one of them is none.
    """
    from evalmuse_hf.prompts.tables import ENDINGS, read_rows

    for path in paths:
        if path.is_dir():
            raise ValueError(f"{path} is a folder; give the list itself, such as {path / 'pairs.jsonl'}.")
        if not path.is_file():
            raise ValueError(f"There is no file {path}; give the path of the list.")
        if path.suffix.lower() == ".json":
            raise ValueError(
                f"{path} is no list with a row per picture; give one that ends in {', '.join(ENDINGS)} and has the "
                "columns image and prompt."
            )
        next(read_rows(path), None)


def spell_options(message: str) -> str:
    """A message on the settings of a round, with the names of options in place of those of fields.

    Args:
        message: What `evalmuse_hf.annotations.records.RoundSettings` says.

    >>> spell_options("`range_threshold` must be 1 to 4, or None for never, got 7.")
    "--range-threshold must be 1 to 4, or 'off', got 7."
    """
    spelled = re.sub(r"`(\w+)`", lambda found: f"--{found[1].replace('_', '-')}", message)
    spelled = re.sub(r"None for (never|no limit)", "'off'", spelled)
    return spelled.replace("--max-gold-overall-error", "--max-gold-error")
