"""Answers come in: checked, written once, and on disk before they are acknowledged."""

from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError
from evalmuse_hf.annotations.records import Acknowledgement, RatingRow, Submission
from evalmuse_hf.annotations.store.access import RoundAccess, round_access
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.leases import EXPIRED, REFUSED, SKIPPED, SUBMITTED, end_assignment
from evalmuse_hf.annotations.store.owned import count_ratings, element_ids_of, own_assignment, refuse_ended
from evalmuse_hf.annotations.store.qualifying import decide_pilot
from evalmuse_hf.annotations.store.range_rule import apply_range_rule
from evalmuse_hf.annotations.store.rating_log import rating_rows, read_ratings
from evalmuse_hf.annotations.store.tables import element_ratings, ratings, structural_problems
from evalmuse_hf.annotations.store.takeover import take_again
from evalmuse_hf.annotations.store.transactions import lock_rater, lock_round_items, write

__all__ = ["read_ratings", "revise", "submit"]

# Statements that every request runs are made once: putting one together takes longer than running it.
_KNOWN = sa.select(ratings.c.rating_id).where(ratings.c.submission_id == sa.bindparam("submission_id"))
_NEW = sa.insert(ratings).returning(ratings.c.rating_id)
_NEW_ELEMENTS = sa.insert(element_ratings)
_NEW_PROBLEMS = sa.insert(structural_problems)


def submit(store: Store, rater_id: int, assignment_id: int, submission: Submission) -> Acknowledgement:
    """Store the answer to an item that was given to the rater, or returned by an inspection.

    The same submission a second time changes nothing and is acknowledged again. An answer that comes after the lease
    ran out is taken if the item still needs it.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.
        submission: The answer.

    Returns:
        The acknowledgement; by then the answer is on disk.

    Raises:
        NotAllowedError: If the item is not the rater's.
        AnnotationError: If the answer is not about the elements of the prompt.
        ConflictError: If the item was answered, skipped or given to others, or the submission was used for another
            answer.
    """
    return write(store, lambda connection: _store(connection, store, rater_id, assignment_id, submission, None))


def revise(
    store: Store, rater_id: int, assignment_id: int, submission: Submission, *, revision: int
) -> Acknowledgement:
    """Correct an answer: the new one counts, the old one stays in the log. Possible while the round is open.

    Args:
        store: The store.
        rater_id: The rater.
        assignment_id: The assignment.
        submission: The answer as it should be.
        revision: `Task.revision` of what was corrected; so that two tabs do not correct each other unseen.

    Returns:
        The acknowledgement.

    Raises:
        NotAllowedError: As in `submit`.
        AnnotationError: As in `submit`.
        ConflictError: As in `submit`; also if the round was closed, or it was corrected elsewhere since.
    """
    return write(store, lambda connection: _store(connection, store, rater_id, assignment_id, submission, revision))


def _store(
    connection: sa.Connection,
    store: Store,
    rater_id: int,
    assignment_id: int,
    submission: Submission,
    revision: int | None,
) -> Acknowledgement:
    rater = lock_rater(connection, rater_id)
    held = own_assignment(connection, rater_id, assignment_id)
    round_item = lock_round_items(connection, [held.round_item_id])[held.round_item_id]
    repeated = _find_repeated(connection, assignment_id, submission)
    if repeated is not None:
        return Acknowledgement(rating_id=repeated, repeated=True)
    row = own_assignment(connection, rater_id, assignment_id)
    access = round_access(connection, rater_id, row.round_id)
    n_before = count_ratings(connection, assignment_id)
    _check_state(row.state, access, revision=revision, n_before=n_before)
    _check_elements(submission, element_ids_of(connection, row.item_id))
    if row.state == EXPIRED:
        take_again(connection, access, round_item, rater_id)
    now = store.clock()
    version = access.agreed_version or access.guideline_version
    facts = {"assignment_id": assignment_id, "revision": n_before, "rated_at": now, "guideline_version": version}
    rating_id = _insert(connection, submission, facts)
    end_assignment(connection, assignment_id, state=SUBMITTED, at=now)
    if round_item.is_gold:
        decide_pilot(connection, access, rater_id, rater.name, now=now)
    reannotation = apply_range_rule(connection, store, row.round_item_id)
    return Acknowledgement(rating_id=rating_id, reannotation=reannotation)


def _check_state(state: str, access: RoundAccess, *, revision: int | None, n_before: int) -> None:
    if revision is None or state in (SKIPPED, REFUSED):
        refuse_ended(state)
        return
    if revision != n_before:
        raise ConflictError(
            "This answer was corrected in another tab or window since; load the item again.", status="other_tab"
        )
    if state == SUBMITTED and not access.is_open:
        raise ConflictError(
            f"The round {access.name!r} was closed, so its answers stay as they are.", status="closed_round"
        )


def _check_elements(submission: Submission, element_ids: list[int]) -> None:
    answered = [answer.element_id for answer in submission.elements]
    if sorted(answered) != sorted(element_ids):
        raise AnnotationError(
            f"The answer is about {len(answered)} elements that are not the {len(element_ids)} of the prompt; "
            "load the item again.",
            status="bad_answer",
        )


def _find_repeated(connection: sa.Connection, assignment_id: int, submission: Submission) -> int | None:
    """The rating that the same submission has made before; a submission number is good for one answer only."""
    known = connection.execute(_KNOWN, {"submission_id": submission.submission_id}).scalar()
    if known is None:
        return None
    rows = rating_rows(connection, ratings.c.rating_id == known)
    if rows[0].assignment_id != assignment_id or _content(rows[0]) != _content(submission):
        raise ConflictError(
            "This submission number was used for another answer; load the item again and send it anew.",
            status="replayed",
        )
    return rows[0].rating_id


def _content(answer: RatingRow | Submission) -> tuple[Any, ...]:
    """What a rater says; not how long it took or what sent it, which may differ when a request is repeated."""
    said = sorted(answer.elements, key=lambda element: element.element_id)
    flags = (answer.prompt_meaningless, answer.split_wrong)
    return answer.overall, said, flags, answer.problems, answer.comment


def _insert(connection: sa.Connection, submission: Submission, facts: dict[str, Any]) -> int:
    row = {
        **facts,
        "submission_id": submission.submission_id,
        "duration_s": submission.duration_s,
        "client": submission.client,
        "overall": submission.overall,
        "prompt_meaningless": submission.prompt_meaningless,
        "split_wrong": submission.split_wrong,
        "comment": submission.comment,
    }
    rating_id: int = connection.execute(_NEW, row).scalar_one()
    said = [
        {"rating_id": rating_id, "element_id": answer.element_id, "value": answer.value, "sure": answer.sure}
        for answer in submission.elements
    ]
    if said:
        connection.execute(_NEW_ELEMENTS, said)
    problems = [
        {
            "rating_id": rating_id,
            "label": problem.label,
            **{side: getattr(problem.box, side, None) for side in ("left", "top", "right", "bottom")},
        }
        for problem in submission.problems
    ]
    if problems:
        connection.execute(_NEW_PROBLEMS, problems)
    return rating_id
