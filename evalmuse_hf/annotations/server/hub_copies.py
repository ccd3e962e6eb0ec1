"""What a data set on the Hub holds of a store: what it says of itself, and how it is brought back and checked."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, RemoteEntryNotFoundError, RepositoryNotFoundError

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import is_store
from evalmuse_hf.annotations.server.stored_copies import (
    FACTS,
    FORMAT,
    PICTURES,
    RATINGS,
    SNAPSHOT,
    LocalCopy,
    begins_with,
    file_sha256,
    last_rating,
)

try:  # huggingface_hub 2 is built on httpx2, earlier ones on httpx
    import httpx2 as httpx
except ImportError:
    import httpx  # type: ignore[no-redef]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCopy:
    """What a data set says of the copy that it holds.

    Attributes:
        commit: At which it was read.
        store_id: Of the store.
        sha256: Of the copy.
        last_rating_id: The newest rating in it.
        last_event_id: The newest line of its log.
        instance: The run of a server that sent it.
    """

    commit: str
    store_id: str
    sha256: str
    last_rating_id: int
    last_event_id: int
    instance: str


def read_remote(api: HfApi, repo: str) -> RemoteCopy | None:
    """What the data set says of its newest copy; None if it says nothing, or does not exist.

    Args:
        api: Client of the Hub.
        repo: The data set.

    Raises:
        StoreError: If what it says cannot be understood.
    """
    commit = _newest_commit(api, repo)
    return None if commit is None else _read_facts(api, repo, commit)


def continues(api: HfApi, repo: str, copy: LocalCopy, remote: RemoteCopy) -> bool:
    """Whether a copy has all the ratings of the one in the data set, in the same order, and nothing of its log less.

    Args:
        api: Client of the Hub.
        repo: The data set.
        copy: Of the store here.
        remote: What the data set says of its own.
    """
    if remote.last_rating_id > copy.last_rating_id or remote.last_event_id > copy.last_event_id:
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = api.hf_hub_download(repo, RATINGS, repo_type="dataset", revision=remote.commit, local_dir=folder)
        return begins_with(copy.folder / RATINGS, Path(path))


def restore_store(repo: str, place: Path) -> str | None:
    """Bring the newest copy of a store back from its data set, with the pictures that are there.

    Args:
        repo: The data set.
        place: Where the store is to be; nothing is there.

    Returns:
        SHA-256 of the copy; None if the data set, or a copy in it, does not exist.

    Raises:
        StoreError: If the Hub cannot be asked, or what it has is no store, or not the one that it says. A server that
            began with an empty store instead would be taken for one that has lost its ratings.
    """
    leftover = [path for ending in ("-wal", "-shm") if (path := place.with_name(f"{place.name}{ending}")).exists()]
    if leftover:
        raise StoreError(f"{leftover[0]} was left by a store that is gone; move it away before one is brought back.")
    if not place.absolute().parent.is_dir():
        raise StoreError(f"There is no folder {place.parent} for the store; make it first.")
    api = HfApi()
    with explained(repo), tempfile.TemporaryDirectory(dir=place.absolute().parent, prefix=".restoring-") as folder:
        commit = _newest_commit(api, repo)
        if commit is None:
            return None
        asked: dict[str, Any] = {"repo_type": "dataset", "revision": commit}
        try:
            found = Path(api.hf_hub_download(repo, SNAPSHOT, local_dir=folder, **asked))
        except (RemoteEntryNotFoundError, RepositoryNotFoundError):
            return None
        if not is_store(found):
            raise StoreError(f"{SNAPSHOT} of the data set {repo} is no annotation store.")
        digest = file_sha256(found)
        facts = _read_facts(api, repo, commit)
        if facts is not None and (facts.sha256, facts.last_rating_id) != (digest, last_rating(found)):
            raise StoreError(
                f"{SNAPSHOT} of the data set {repo} is not the one that its {FACTS} tells of; take an earlier commit "
                f"of both, or remove {FACTS} if you put the store there yourself."
            )
        target = str(place.absolute().parent)
        api.snapshot_download(repo, allow_patterns=f"{PICTURES}/**", local_dir=target, **asked)
        os.replace(found, place)
    return digest


def check_visibility(api: HfApi, repo: str, *, allow_public: bool) -> None:
    """Refuse a data set that everybody can read, unless that is meant.

    Args:
        api: Client of the Hub.
        repo: The data set; one that does not exist is made later, and made private.
        allow_public: Whether it is meant.

    Raises:
        StoreError: If it is public, and not meant to be.
    """
    try:
        private = api.repo_info(repo, repo_type="dataset").private
    except RepositoryNotFoundError:
        return
    if not private and not allow_public:
        raise StoreError(
            f"The data set {repo} is public, and a backup holds the names, answers and hashed tokens of raters; make "
            "it private, or allow a public one expressly."
        )


@contextmanager
def explained(repo: str) -> Iterator[None]:
    """Turn what the client of the Hub says into one sentence.

    Args:
        repo: The data set.
    """
    if constants.HF_HUB_OFFLINE:
        raise StoreError(f"HF_HUB_OFFLINE=1 forbids to reach the data set {repo}; unset it.")
    try:
        yield
    except httpx.TransportError as error:
        raise StoreError(
            f"{constants.ENDPOINT} cannot be reached ({_first_line(error)}); check the network, or serve without "
            "--hub-backup."
        ) from None
    except (HfHubHTTPError, OSError) as error:
        raise StoreError(
            f"The data set {repo} cannot be used at {constants.ENDPOINT} ({_first_line(error)}); a backup needs a "
            "token in HF_TOKEN that may read and write it."
        ) from None


def _first_line(error: Exception) -> str:
    return next(filter(None, str(error).splitlines()), type(error).__name__)


def _newest_commit(api: HfApi, repo: str) -> str | None:
    try:
        return api.repo_info(repo, repo_type="dataset").sha
    except RepositoryNotFoundError:
        return None


def _read_facts(api: HfApi, repo: str, commit: str) -> RemoteCopy | None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = api.hf_hub_download(repo, FACTS, repo_type="dataset", revision=commit, local_dir=folder)
        except (RemoteEntryNotFoundError, RepositoryNotFoundError):
            return None
        try:
            facts: Any = json.loads(Path(path).read_text("utf-8"))
            if facts["format"] != FORMAT:
                raise ValueError
            return RemoteCopy(
                commit=commit,
                store_id=str(facts["store_id"]),
                sha256=str(facts["sha256"]),
                last_rating_id=int(facts["last_rating_id"]),
                last_event_id=int(facts.get("last_event_id", 0)),
                instance=str(facts.get("instance", "")),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise StoreError(
                f"{FACTS} of the data set {repo} is none of this version; remove that file, or name another data set."
            ) from None
