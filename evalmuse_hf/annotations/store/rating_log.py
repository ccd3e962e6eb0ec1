"""Reading the log of ratings: every line that was ever acknowledged, and what has become of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.records import Box, ElementAnswer, RatingRow, Standing, StructuralProblem
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import (
    assignments,
    element_ratings,
    elements,
    inspected_ratings,
    inspections,
    raters,
    ratings,
    round_items,
    structural_problems,
)

RETURNED_VERDICT = "returned"
ACCEPTED_VERDICT = "accepted"


def read_ratings(
    store: Store,
    *,
    standings: Sequence[Standing] = ("counted",),
    rounds: Iterable[int] | None = None,
    gold: bool | None = False,
) -> list[RatingRow]:
    """Read the log of ratings in the order in which they came.

    Args:
        store: The store.
        standings: Which lines: those that count, were replaced by their rater, or were returned by an inspection.
        rounds: Only of these rounds; None for all.
        gold: False leaves answers to gold items out, True reads nothing else, None reads both.
    """
    conditions: list[sa.ColumnElement[bool]] = []
    if rounds is not None:
        conditions.append(assignments.c.round_id.in_(list(rounds)))
    if gold is not None:
        conditions.append(round_items.c.is_gold == (sa.true() if gold else sa.false()))
    with store.read() as connection:
        rows = rating_rows(connection, *conditions)
    return [row for row in rows if row.standing in standings]


def rating_rows(connection: sa.Connection, *conditions: "sa.ColumnElement[bool]") -> list[RatingRow]:
    """Lines of the log that meet all conditions, in their order.

    Args:
        connection: A transaction.
        *conditions: On `ratings`, `assignments` and `round_items`.
    """
    said = _element_answers(connection, conditions)
    problems = _problems(connection, conditions)
    query = _joined(
        (
            ratings,
            *(assignments.c.round_id, assignments.c.state, tables.rounds.c.kind),
            *(round_items.c.item_id, round_items.c.is_gold, raters.c.name.label("rater")),
            _is_replaced().label("is_replaced"),
            last_verdict().label("verdict"),
        ),
        conditions,
    )
    query = query.join(raters, raters.c.rater_id == assignments.c.rater_id)
    query = query.join(tables.rounds, tables.rounds.c.round_id == assignments.c.round_id)
    return [
        RatingRow(
            rating_id=row.rating_id,
            assignment_id=row.assignment_id,
            revision=row.revision,
            round_id=row.round_id,
            round_kind=row.kind,
            item_id=row.item_id,
            rater=row.rater,
            rated_at=row.rated_at,
            overall=row.overall,
            elements=tuple(said[row.rating_id]),
            duration_s=row.duration_s,
            client=row.client,
            guideline_version=row.guideline_version,
            prompt_meaningless=row.prompt_meaningless,
            split_wrong=row.split_wrong,
            problems=tuple(problems[row.rating_id]),
            comment=row.comment,
            standing=_standing(row),
            verdict=row.verdict,
            gold=row.is_gold,
        )
        for row in connection.execute(query.order_by(ratings.c.rating_id))
    ]


def last_answer(connection: sa.Connection, assignment_id: int) -> dict[str, Any] | None:
    """The last answer to an assignment in the form in which a page sends it; None if there is none.

    Args:
        connection: A transaction.
        assignment_id: The assignment.
    """
    rows = rating_rows(connection, ratings.c.assignment_id == assignment_id)
    if not rows:
        return None
    row = rows[-1]
    return {
        "overall": row.overall,
        "elements": {str(answer.element_id): {"value": answer.value, "sure": answer.sure} for answer in row.elements},
        "prompt_meaningless": row.prompt_meaningless,
        "split_wrong": row.split_wrong,
        "problems": [
            {
                "label": problem.label,
                "box": problem.box and [problem.box.left, problem.box.top, problem.box.right, problem.box.bottom],
            }
            for problem in row.problems
        ],
        "comment": row.comment,
    }


def return_reason(connection: sa.Connection, assignment_id: int) -> str:
    """Why an inspection returned the last answer to an assignment; empty if none did.

    Args:
        connection: A transaction.
        assignment_id: The assignment.
    """
    query = (
        sa.select(inspections.c.verdict, inspections.c.reason)
        .join(inspected_ratings, inspected_ratings.c.inspection_id == inspections.c.inspection_id)
        .join(ratings, ratings.c.rating_id == inspected_ratings.c.rating_id)
        .where(ratings.c.assignment_id == assignment_id)
        .order_by(inspections.c.inspection_id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return str(row.reason) if row is not None and row.verdict == RETURNED_VERDICT else ""


def last_verdict() -> "sa.ScalarSelect[str]":
    """What the last inspection said of a line of `ratings`; null if there was none."""
    query = (
        sa.select(inspections.c.verdict)
        .join(inspected_ratings, inspected_ratings.c.inspection_id == inspections.c.inspection_id)
        .where(inspected_ratings.c.rating_id == ratings.c.rating_id)
    )
    return query.order_by(inspections.c.inspection_id.desc()).limit(1).correlate(ratings).scalar_subquery()


def _is_replaced() -> "sa.Exists":
    later = ratings.alias("later")
    return sa.exists().where(later.c.assignment_id == ratings.c.assignment_id, later.c.revision > ratings.c.revision)


def _standing(row: "sa.Row[Any]") -> Standing:
    if row.verdict == RETURNED_VERDICT:
        return "returned"
    return "revised" if row.is_replaced else "counted"


def _joined(columns: Iterable[Any], conditions: "Iterable[sa.ColumnElement[bool]]") -> "sa.Select[Any]":
    return (
        sa.select(*columns)
        .select_from(ratings)
        .join(assignments, assignments.c.assignment_id == ratings.c.assignment_id)
        .join(round_items, round_items.c.round_item_id == assignments.c.round_item_id)
        .where(*conditions)
    )


def _element_answers(
    connection: sa.Connection, conditions: "Iterable[sa.ColumnElement[bool]]"
) -> dict[int, list[ElementAnswer]]:
    query = _joined((element_ratings,), conditions)
    query = query.join(element_ratings, element_ratings.c.rating_id == ratings.c.rating_id)
    query = query.join(elements, elements.c.element_id == element_ratings.c.element_id)
    found: dict[int, list[ElementAnswer]] = defaultdict(list)
    for row in connection.execute(query.order_by(ratings.c.rating_id, elements.c.position)):
        found[row.rating_id].append(ElementAnswer(element_id=row.element_id, value=row.value, sure=row.sure))
    return found


def _problems(
    connection: sa.Connection, conditions: "Iterable[sa.ColumnElement[bool]]"
) -> dict[int, list[StructuralProblem]]:
    query = _joined((structural_problems,), conditions)
    query = query.join(structural_problems, structural_problems.c.rating_id == ratings.c.rating_id)
    found: dict[int, list[StructuralProblem]] = defaultdict(list)
    for row in connection.execute(query.order_by(structural_problems.c.problem_id)):
        box = None if row.left is None else Box(left=row.left, top=row.top, right=row.right, bottom=row.bottom)
        found[row.rating_id].append(StructuralProblem(label=row.label, box=box))
    return found
