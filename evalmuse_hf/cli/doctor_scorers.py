"""What `evalmuse doctor` says of each scorer: whether it can run here, and what to type if not."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.scoring.encoder_loading import HUB_IDS, RELEASED_FILES
from evalmuse_hf.scoring.foreign import foreign_names
from evalmuse_hf.scoring.loading import (
    CHAT_MODEL_ID,
    CHAT_MODEL_SIZE,
    OFFICIAL_FILE,
    OFFICIAL_ID,
    OFFICIAL_SIZE,
    QUESTION_SCORERS,
    SCORERS,
    cache_folder,
)

Status = Literal["ready", "cached", "download", "no_room", "offline", "convert", "foreign"]

JUDGES = ("level_judge", "vie_score")
"""Scorers of this package that come by an entry point and ask a chat model."""

_GB = 10**9
_SIZE = re.compile(r"([\d.]+) GB")
_HUB_NAME = re.compile(r"Hub id (\S+)")


@dataclass(frozen=True, slots=True)
class ScorerState:
    """Whether a scorer can run here with its default model.

    Attributes:
        name: Of the scorer.
        has_mini: Whether a packaged model for drawings is there.
        model: Default model; empty for a scorer of another package.
        size_bytes: Of its weights, and so about the memory that they take in the precision they are saved in.
        status: What is to be done before the first score.
        how: What to type, or to know.
    """

    name: str
    has_mini: bool
    model: str
    size_bytes: int | None
    status: Status
    how: str


def scorer_states(hub_cache: Path, *, free_bytes: int | None, is_offline: bool) -> Iterator[ScorerState]:
    """Look for the default model of each scorer.

    Args:
        hub_cache: Cache folder of the Hub.
        free_bytes: What its disk has left; None if that is not known.
        is_offline: Whether the Hub may not be asked.

    Yields:
        One result per scorer, those of other packages last.
    """
    for name in (*SCORERS, *foreign_names()):
        if name in RELEASED_FILES:
            yield _released(name)
        elif name == "fga_blip2":
            fetched = _has_file(hub_cache, OFFICIAL_ID, OFFICIAL_FILE)
            needed = _bytes_of(OFFICIAL_SIZE)
            room = free_bytes is None or needed is None or free_bytes >= 2 * needed  # what is fetched, and converted
            status = _status(_is_converted(), fetched, is_offline=is_offline, has_room=room)
            yield ScorerState(name, _has_mini(name), OFFICIAL_ID, needed, status, _how_official(status, needed))
        elif name in SCORERS or name in JUDGES:
            model, size = HUB_IDS.get(name, (CHAT_MODEL_ID, CHAT_MODEL_SIZE))
            needed, there = _bytes_of(size), has_model(hub_cache, model)
            room = free_bytes is None or needed is None or free_bytes >= needed
            status = _status(there, there, is_offline=is_offline, has_room=room)
            yield ScorerState(name, _has_mini(name), model, needed, status, _how(status, model, needed))
        else:
            yield ScorerState(name, False, "", None, "foreign", "of another package; what it needs is said there")


def has_model(hub_cache: Path, hub_id: str) -> bool:
    """Whether all weights of a model are in the cache of the Hub.

    Args:
        hub_cache: The cache.
        hub_id: Of the model.
    """
    return any(_is_whole(snapshot) for snapshot in _snapshots(hub_cache, hub_id))


def _is_whole(snapshot: Path) -> bool:
    if not (snapshot / "config.json").is_file():
        return False
    index = snapshot / "model.safetensors.index.json"
    if not index.is_file():
        return any(path.is_file() for path in snapshot.glob("*.safetensors"))
    try:
        names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(names) and all((snapshot / str(name)).is_file() for name in names)


def _has_file(hub_cache: Path, hub_id: str, name: str) -> bool:
    return any((snapshot / name).is_file() for snapshot in _snapshots(hub_cache, hub_id))


def _snapshots(hub_cache: Path, hub_id: str) -> list[Path]:
    try:
        return [*(hub_cache / f"models--{hub_id.replace('/', '--')}" / "snapshots").iterdir()]
    except OSError:
        return []


def _is_converted() -> bool:
    try:
        return (cache_folder() / OFFICIAL_ID.replace("/", "--") / "config.json").is_file()
    except (OSError, RuntimeError):
        return False


def _has_mini(name: str) -> bool:
    asks = name in QUESTION_SCORERS or name in JUDGES
    return (asks or name == "fga_blip2") and find_checkpoint("mini", family="vqa" if asks else "fga_blip2") is not None


def _bytes_of(size: str) -> int | None:
    found = _SIZE.search(size)
    return None if found is None else int(float(found[1]) * _GB)


def _status(is_there: bool, is_fetched: bool, *, is_offline: bool, has_room: bool) -> Status:
    if is_there:
        return "ready"
    if is_fetched:
        return "cached"
    if is_offline:
        return "offline"
    return "download" if has_room else "no_room"


def _how(status: Status, model: str, size: int | None) -> str:
    what = f"{model}{_in_words(size)}"
    return {
        "ready": f"{model} is in the cache",
        "download": f"the first use fetches {what} from the Hub",
        "no_room": f"the first use fetches {what} from the Hub, too much for this disk; set HF_HOME to another",
        "offline": f"`hf download {model} --local-dir FOLDER`{_in_words(size)} where the Hub can be reached, then "
        "`--model FOLDER` here",
    }[status]


def _how_official(status: Status, size: int | None) -> str:
    if status == "cached":
        return f"{OFFICIAL_ID} is in the cache and is converted on first use"
    if status == "offline":
        return (
            f"`hf download {OFFICIAL_ID} {OFFICIAL_FILE} --local-dir .`{_in_words(size)} where the Hub can be reached,"
            f" then `evalmuse convert {OFFICIAL_FILE} OUT` and `--model OUT` here"
        )
    twice = ", and as much disk again for the conversion" if status == "download" else ""
    return f"{_how(status, OFFICIAL_ID, size)}{twice}"


def _in_words(size: int | None) -> str:
    return "" if size is None else f" ({size / _GB:.1f} GB)"


def _released(name: str) -> ScorerState:
    files, where, _ = RELEASED_FILES[name]
    found = _HUB_NAME.search(where)
    hub_id, file = found[1] if found else "", files.split(" or ")[-1]
    how = f"`hf download {hub_id} {file} --local-dir .`, `evalmuse convert --scorer {name} {file} OUT`, `--model OUT`"
    return ScorerState(name, False, hub_id, _bytes_of(where), "convert", how)
