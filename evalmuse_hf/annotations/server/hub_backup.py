"""The store of a Space, whose disk is lost when it restarts, in a private data set on the Hub.

Three files are sent in one commit: a consistent copy of the store, ``ratings.jsonl`` for people, to which lines are
only added, and ``backup.json``, which says of which store and how new they are. The secret of the sessions stays here.

A copy there is only ever replaced by one that continues it. If another server has written in between, nothing of it is
replaced: what is here goes to a branch of its own, and no more items are given out.
"""

import json
import logging
import secrets
import tempfile
from pathlib import Path

from huggingface_hub import CommitInfo, CommitOperationAdd, CommitScheduler, HfApi
from huggingface_hub.errors import HfHubHTTPError

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.server.backup_state import BackupFacts, BackupState
from evalmuse_hf.annotations.server.hub_copies import (
    RemoteCopy,
    check_visibility,
    continues,
    explained,
    read_remote,
)
from evalmuse_hf.annotations.server.stored_copies import FACTS, RATINGS, SNAPSHOT, LocalCopy, write_copy
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.events import log_event
from evalmuse_hf.annotations.store.sessions import store_id

logger = logging.getLogger(__name__)

_LAST_S = 60.0  # for the last commit, when the server ends
_TRIES = 3  # when the data set changes between a look and a commit
_OVERTAKEN = (409, 412)


class StoreBackup(CommitScheduler):
    """Sends a store to a data set every few minutes, if something changed, and once more at the end.

    Attributes:
        state: How the backup is.
    """

    def __init__(
        self,
        store: Store,
        repo: str,
        *,
        every_minutes: float,
        allow_public: bool = False,
        came_from: str | None = None,
    ) -> None:
        self.state = BackupState(BackupFacts(repo=repo))
        self._store = store
        self._id = store_id(store)  # is made by the first call, and belongs into every copy
        self._instance = secrets.token_hex(8)
        self._known = came_from  # SHA-256 of the copy in the data set that the store here continues
        self._sent: str | None = None
        api = HfApi()
        with explained(repo):
            check_visibility(api, repo, allow_public=allow_public)
            self._folder = tempfile.TemporaryDirectory(prefix="evalmuse-backup-")
            try:
                self._check_at_start(api, repo)
                super().__init__(
                    repo_id=repo,
                    repo_type="dataset",
                    folder_path=self._folder.name,
                    every=every_minutes,
                    private=not allow_public or None,
                    hf_api=api,
                )
            except BaseException:
                self._folder.cleanup()
                raise

    def push_to_hub(self) -> CommitInfo | None:
        """Send what changed since the last time; a failure is kept for the organiser, and logged in the store.

        Returns:
            The commit; None if nothing changed.
        """
        at = self._store.clock()
        try:
            commit = self._push()
        except Exception as error:  # of the network, of the Hub, or of the disk
            self._note_failure(error)
            raise
        self.state.succeeded(at)
        return commit

    def finish(self) -> None:
        """Send what is left, and stop; a failure is logged, for the server ends all the same."""
        try:
            self.trigger().result(timeout=_LAST_S)
        except TimeoutError:
            # What is still being sent reads its files, which go when the process ends.
            logger.error("The last ratings are not in the data set %s after %g s.", self.repo_id, _LAST_S)
            self.stop()
            return
        except Exception as error:  # of the network, or of the Hub
            logger.error("The last ratings did not reach the data set %s (%s), only the store.", self.repo_id, error)
        self.stop()
        self._folder.cleanup()

    def _check_at_start(self, api: HfApi, repo: str) -> None:
        """Refuse to begin with a store that does not continue the copy in the data set."""
        remote = read_remote(api, repo)
        if remote is None or (self._known is not None and remote.sha256 == self._known):
            return
        if remote.store_id != self._id:
            raise StoreError(
                f"The data set {repo} is the backup of another store; name another one, or remove {FACTS} from it."
            )
        if not continues(api, repo, write_copy(self._store, Path(self._folder.name)), remote):
            raise StoreError(
                f"The data set {repo} holds more ratings than the store here, or other ones; move the store away, so "
                "that the one there is brought back."
            )
        self._known = remote.sha256

    def _push(self) -> CommitInfo | None:
        copy = write_copy(self._store, Path(self._folder.name))
        if copy.sha256 == self._sent:
            return None
        commit = self._commit_aside(copy) if self.state.facts.diverged else self._commit(copy)
        self._sent = copy.sha256
        return commit

    def _commit(self, copy: LocalCopy) -> CommitInfo:
        """Replace the copy in the data set by ours, if it is the one that ours continues."""
        for _ in range(_TRIES):
            remote = read_remote(self.api, self.repo_id)
            # Ours: a commit arrived whose answer did not.
            if remote is not None and remote.sha256 != self._known and remote.instance != self._instance:
                return self._diverge(copy, remote)
            try:
                parent = self.api.repo_info(self.repo_id, repo_type="dataset").sha if remote is None else remote.commit
                commit = self._send(copy, parent=parent)
            except HfHubHTTPError as error:
                if error.response is None or error.response.status_code not in _OVERTAKEN:
                    raise
                continue  # somebody was faster: who, is seen at the next look
            self._known = copy.sha256
            return commit
        raise StoreError(
            f"The data set {self.repo_id} changed {_TRIES} times while a backup was sent; it is tried again."
        )

    def _diverge(self, copy: LocalCopy, remote: RemoteCopy) -> CommitInfo:
        why = (
            f"Another server has written to {self.repo_id} (up to rating {remote.last_rating_id}); this one gives out "
            f"no more items, and saves its answers in the branch {self._branch} there. Stop one of the two."
        )
        self.state.stop(why)
        logger.error("%s", why)
        self._log("backup_diverged", {"data_set": self.repo_id, "branch": self._branch})
        return self._commit_aside(copy)

    def _commit_aside(self, copy: LocalCopy) -> CommitInfo:
        self.api.create_branch(self.repo_id, branch=self._branch, repo_type="dataset", exist_ok=True)
        return self._send(copy, revision=self._branch)

    @property
    def _branch(self) -> str:
        return f"diverged-{self._instance}"

    def _send(self, copy: LocalCopy, *, parent: str | None = None, revision: str | None = None) -> CommitInfo:
        facts = {**copy.facts(), "store_id": self._id, "instance": self._instance, "written_at": self._store.clock()}
        facts_file = Path(self._folder.name) / FACTS
        facts_file.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        return self.api.create_commit(
            repo_id=self.repo_id,
            repo_type="dataset",
            operations=[
                CommitOperationAdd(path_in_repo=name, path_or_fileobj=Path(self._folder.name) / name)
                for name in (SNAPSHOT, RATINGS, FACTS)
            ],
            commit_message=f"Ratings up to number {copy.last_rating_id}",
            parent_commit=parent,
            revision=revision,
        )

    def _note_failure(self, error: Exception) -> None:
        sentence = next(filter(None, str(error).splitlines()), type(error).__name__)
        if self.state.failed(sentence):
            self._log("backup_failed", {"data_set": self.repo_id, "why": sentence})

    def _log(self, kind: str, payload: dict[str, str]) -> None:
        try:
            with self._store.begin() as connection:
                log_event(connection, at=self._store.clock(), actor="system", kind=kind, payload=payload)
        except StoreError as error:
            logger.error("The log of the store cannot be written: %s", error)
