"""A built data set on its way to the Hub: listed, sent file by file, and made visible in one commit."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalmuse_hf import __version__
from evalmuse_hf.data.card_health import with_health
from evalmuse_hf.data.features import FOLDERS
from evalmuse_hf.data.health import check_dataset
from evalmuse_hf.data.push_plan import PlannedFile, PublishingError, PushPlan, incomplete, plan_push
from evalmuse_hf.data.workspace import CARD_FILE

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

logger = logging.getLogger(__name__)

_RESUME = "What has arrived stays there; the same command goes on from it."
_BAD_REQUEST, _NOT_LOGGED_IN, _FORBIDDEN, _NOT_FOUND, _CHANGED = 400, 401, 403, 404, 412


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """Result of `push_dataset`.

    Attributes:
        plan: What was, or would be, sent.
        commit: Address of the commit that holds it; None after a dry run.
        removed: Files of an earlier push that the commit took away.
    """

    plan: PushPlan
    commit: str | None = None
    removed: tuple[str, ...] = ()


def push_dataset(
    folder: str | Path, repo: str, *, private: bool = False, dry_run: bool = False, progress: bool = False
) -> PushReport:
    """Publish a built data set as a repository of the Hub.

    The files arrive one after the other and become visible together, in one commit: an interruption leaves the
    repository as it was. The same call goes on where it stopped, because the Hub
    knows a file that it holds by its hash. The card that is sent has the numbers of `check_dataset` in it.

    Args:
        folder: Result of `evalmuse_hf.data.build_dataset`.
        repo: Id of the repository, ``owner/name``; made if there is none.
        private: Show it to its owner only. An existing public repository is refused.
        dry_run: Check and list, and send nothing: neither a token nor a network is needed.
        progress: Show a bar on stderr while the health of the data set is looked at.

    Raises:
        PublishingError: If the folder is no complete build or its numbers disagree, or if the Hub cannot be reached or
            refuses.
    """
    plan = plan_push(folder, repo, private=private)
    if not dry_run:
        _refuse_without_access(plan)
    health = check_dataset(plan.folder, progress=progress)
    plan = plan.with_card(with_health((plan.folder / CARD_FILE).read_text("utf-8"), health.as_json()))
    return PushReport(plan=plan) if dry_run else _send(plan)


def _refuse_without_access(plan: PushPlan) -> None:
    from huggingface_hub import constants, get_token

    if constants.HF_HUB_OFFLINE:
        raise PublishingError(
            f"HF_HUB_OFFLINE=1 forbids to reach {constants.ENDPOINT}; unset it, or see what would be sent to "
            f"{plan.repo} with --dry-run."
        )
    if get_token() is None:
        raise PublishingError(
            f"No token for {constants.ENDPOINT}: log in with `hf auth login`, or set HF_TOKEN to one that may write "
            f"to {plan.repo}."
        )


def _send(plan: PushPlan) -> PushReport:
    """Upload what the Hub does not hold yet, then make all of it visible in one commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, DatasetCard, HfApi

    api = HfApi(library_name="evalmuse_hf", library_version=__version__)
    with _one_sentence(plan):
        api.create_repo(plan.repo, repo_type="dataset", private=plan.private or None, exist_ok=True)
        public = not api.dataset_info(plan.repo).private
    if plan.private and public:
        raise PublishingError(
            f"{plan.url} exists and is public; make it private in its settings, or push without --private."
        )
    additions = [
        CommitOperationAdd(file.path, plan.folder / file.path if file.content is None else file.content)
        for file in plan.files
    ]
    with _one_sentence(plan):
        for file in plan.files:
            if file.path == CARD_FILE:  # sooner than after hours of uploading
                DatasetCard((file.content or b"").decode("utf-8")).validate()
    for file, addition in zip(plan.files, additions, strict=True):
        _upload(api, plan, file, addition)
    with _one_sentence(plan, advice=_RESUME):
        before = api.dataset_info(plan.repo)
        removed = _left_by_earlier(plan, [sibling.rfilename for sibling in before.siblings or []])
        commit = api.create_commit(
            plan.repo,
            [*additions, *(CommitOperationDelete(path, is_folder=False) for path in removed)],
            commit_message=f"Upload a data set built by evalmuse_hf {__version__}",
            repo_type="dataset",
            parent_commit=before.sha,
        )
    return PushReport(plan=plan, commit=str(commit.commit_url), removed=removed)


def _upload(api: "HfApi", plan: PushPlan, file: PlannedFile, addition: "CommitOperationAdd") -> None:
    """Send one file, unless it travels inside the commit or the Hub holds it."""
    if file.sha256 is not None and addition.upload_info.sha256.hex() != file.sha256:
        raise incomplete(plan.folder, f"the content of {file.path} is not that of the build")
    with _one_sentence(plan, advice=_RESUME):
        api.preupload_lfs_files(plan.repo, [addition], repo_type="dataset", free_memory=False)
    logger.info("%s is at %s.", file.path, plan.repo)


def _left_by_earlier(plan: PushPlan, present: list[str]) -> tuple[str, ...]:
    """Shards in the repository that the patterns of the new card would still match."""
    planned = {file.path for file in plan.files}
    folders = {*FOLDERS.values(), *(path.partition("/")[0] for path in planned)}
    return tuple(
        path
        for path in sorted(present)
        if path.endswith(".parquet") and path not in planned and path.partition("/")[0] in folders
    )


@contextmanager
def _one_sentence(plan: PushPlan, *, advice: str = "") -> Iterator[None]:
    """Turn whatever the Hub's client raises into one sentence."""
    try:
        yield
    except Exception as error:  # of several HTTP libraries, wrapped or not; a bug keeps its traceback as the cause
        raise PublishingError(f"{_spell_refusal(error, plan)} {advice}".rstrip()) from error


def _spell_refusal(error: BaseException, plan: PushPlan) -> str:
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError

    root = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
    owner = plan.repo.partition("/")[0]
    if not isinstance(root, HfHubHTTPError):
        if isinstance(root, ValueError):  # what the Hub found wrong with the card, for one
            return f"{constants.ENDPOINT} does not take {plan.repo}: {_one_line(root)}."
        return f"{constants.ENDPOINT} cannot be reached ({_one_line(root)}); check the connection."
    status = root.response.status_code
    sentences = {
        _BAD_REQUEST: f"{constants.ENDPOINT} does not take {plan.repo}: {_one_line(root)}.",
        _NOT_LOGGED_IN: f"{constants.ENDPOINT} does not accept the token; log in again with `hf auth login`.",
        _FORBIDDEN: f"The token may not write to {plan.repo}; use one with write permission for {owner!r}, or another "
        "owner.",
        _NOT_FOUND: f"{constants.ENDPOINT} has no user or organisation {owner!r} that this token may write to.",
        _CHANGED: f"{plan.repo} was changed by someone else during the upload; run the same command again.",
    }
    return sentences.get(status, f"{constants.ENDPOINT} answered {status} ({_one_line(root)}); try again later.")


def _one_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
