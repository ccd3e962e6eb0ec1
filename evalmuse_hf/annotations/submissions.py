"""What a page sends: untrusted JSON, read into a `Submission` or refused with the field that is wrong."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.records import (
    STRUCTURE_LABELS,
    Box,
    ElementAnswer,
    StructuralProblem,
    Submission,
)

MAX_COMMENT = 2_000
MAX_PROBLEMS = 50
MAX_REASON = 500
MAX_CLIENT = 100
MAX_DRAFT = 100_000
"""Longest comment, reason and name of a client in characters; most structural problems; longest draft as JSON."""

MAX_DURATION_S = 86_400.0

_SUBMISSION_ID = re.compile(r"[A-Za-z0-9-]{8,100}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores no NUL, and no encoding has half a character
_OVERALL = range(1, 6)
_SIDES = ("left", "top", "right", "bottom")
_SHOWN = 40  # characters, or bits of a whole number, that a message repeats
_DRAFT_FIELDS = ("overall", "elements", "prompt_meaningless", "split_wrong", "problems", "comment")


def parse_submission(payload: Any, *, element_ids: Sequence[int]) -> Submission:
    """Read a complete answer.

    What the payload holds besides the fields of an answer is not looked at: who rates what is known from elsewhere.

    Args:
        payload: The parsed JSON, of any kind.
        element_ids: The elements of the prompt, in order; each needs an answer, and no other may have one.

    Raises:
        AnnotationError: If a field is missing or wrong; the message names it.
    """
    answer = _mapping(payload, "the answer")
    return Submission(
        submission_id=_submission_id(answer.get("submission_id")),
        overall=_overall(answer.get("overall")),
        elements=_elements(answer.get("elements"), element_ids),
        prompt_meaningless=_flag(answer.get("prompt_meaningless", False), "prompt_meaningless"),
        split_wrong=_flag(answer.get("split_wrong", False), "split_wrong"),
        problems=_problems(answer.get("problems", ())),
        comment=_text(answer.get("comment", ""), "comment", MAX_COMMENT),
        duration_s=_duration(answer.get("duration_s")),
        client=_text(answer.get("client", ""), "client", None)[:MAX_CLIENT],
    )


def parse_draft(payload: Any, *, element_ids: Sequence[int]) -> dict[str, Any]:
    """Read an answer that is not finished: any field may be missing or null, and what is there is on its scale.

    Args:
        payload: The parsed JSON, of any kind.
        element_ids: The elements of the prompt.

    Returns:
        The fields of an answer, as they came.

    Raises:
        AnnotationError: If a field is wrong, or the whole is too long.
    """
    draft = _mapping(payload, "the draft")
    kept = {name: draft[name] for name in _DRAFT_FIELDS if draft.get(name) is not None}
    for name, check in (
        ("overall", _overall),
        ("prompt_meaningless", lambda value: _flag(value, "prompt_meaningless")),
        ("split_wrong", lambda value: _flag(value, "split_wrong")),
        ("problems", _problems),
        ("comment", lambda value: _text(value, "comment", MAX_COMMENT)),
        ("elements", lambda value: _draft_elements(value, element_ids)),
    ):
        if name in kept:
            check(kept[name])
    try:
        length = len(json.dumps(kept, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        raise _wrong("the draft", "a JSON object", "something that cannot be stored") from None
    if length > MAX_DRAFT:
        raise AnnotationError(
            f"The draft has {length:,} characters, at most {MAX_DRAFT:,} are kept; shorten the comment.",
            status="bad_answer",
        )
    return kept


def parse_reason(text: Any) -> str:
    """Read why an item is skipped.

    Args:
        text: What was sent.

    Raises:
        AnnotationError: If it is no text, empty or too long.
    """
    reason = _text(text, "reason", MAX_REASON).strip()
    if not reason:
        raise AnnotationError("Say in a few words why you skip the item; `reason` is empty.", status="bad_answer")
    return reason


def _wrong(field: str, expected: str, got: str) -> AnnotationError:
    return AnnotationError(f"`{field}` must be {expected}, got {got}.", status="bad_answer")


def _shown(value: Any) -> str:
    """A value in a message: short, whatever was sent."""
    if value is None:
        return "null"
    short = isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= _SHOWN)
    if short or (isinstance(value, str) and len(value) <= _SHOWN):
        return repr(value)
    return f"a value of type {type(value).__name__} that is not shown"


def _mapping(value: Any, field: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(field, "a JSON object", _shown(value))
    return value


def _submission_id(value: Any) -> str:
    if not isinstance(value, str) or _SUBMISSION_ID.fullmatch(value) is None:
        raise _wrong("submission_id", "8 to 100 letters, digits or hyphens", _shown(value))
    return value


def _overall(value: Any) -> int:
    if type(value) is not int or value not in _OVERALL:
        raise _wrong("overall", "a whole number from 1 to 5", _shown(value))
    return int(value)


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, "true or false", _shown(value))
    return value


def _text(value: Any, field: str, most: int | None) -> str:
    if not isinstance(value, str):
        raise _wrong(field, "a text", _shown(value))
    if most is not None and len(value) > most:
        raise _wrong(field, f"at most {most:,} characters long", f"{len(value):,}")
    if found := _UNSTORABLE.search(value):
        raise _wrong(field, "a text of whole characters", f"the code point {ord(found[0]):#06x}")
    return value


def _duration(value: Any) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and math.isnan(value)):
        raise _wrong("duration_s", "a number of seconds or null", _shown(value))
    return float(min(max(value, 0), MAX_DURATION_S))


def _elements(value: Any, element_ids: Sequence[int]) -> tuple[ElementAnswer, ...]:
    answers = _mapping(value, "elements")
    _check_names(answers, element_ids)
    missing = [element_id for element_id in element_ids if str(element_id) not in answers]
    if missing:
        raise AnnotationError(
            f"`elements` lacks {len(missing)} of {len(element_ids)} answers, the first for element {missing[0]}; "
            "say yes or no to every element, also where you are not sure.",
            status="bad_answer",
        )
    return tuple(_element(answers[str(element_id)], element_id) for element_id in element_ids)


def _check_names(answers: Mapping[Any, Any], element_ids: Sequence[int]) -> None:
    unknown = [name for name in answers if name not in {str(element_id) for element_id in element_ids}]
    if unknown:
        raise AnnotationError(
            f"`elements` answers {len(unknown)} that the prompt does not have, the first is {_shown(unknown[0])}; "
            "load the item again.",
            status="bad_answer",
        )


def _element(value: Any, element_id: int) -> ElementAnswer:
    field = f"elements.{element_id}"
    answer = _mapping(value, field)
    says = answer.get("value")
    if type(says) is not int or says not in (0, 1):
        raise _wrong(f"{field}.value", "1 for yes or 0 for no", _shown(says))
    return ElementAnswer(element_id=element_id, value=says, sure=_flag(answer.get("sure", True), f"{field}.sure"))


def _draft_elements(value: Any, element_ids: Sequence[int]) -> None:
    answers = _mapping(value, "elements")
    _check_names(answers, element_ids)
    for name, answer in answers.items():
        fields = _mapping(answer, f"elements.{name}")
        if fields.get("value") is not None:
            _element(answer, int(name))
        else:
            _flag(fields.get("sure", True), f"elements.{name}.sure")


def _problems(value: Any) -> tuple[StructuralProblem, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _wrong("problems", "a list", _shown(value))
    if len(value) > MAX_PROBLEMS:
        raise _wrong("problems", f"at most {MAX_PROBLEMS} long", str(len(value)))
    return tuple(_problem(problem, f"problems[{place}]") for place, problem in enumerate(value))


def _problem(value: Any, field: str) -> StructuralProblem:
    problem = _mapping(value, field)
    label = problem.get("label")
    if not isinstance(label, str) or label not in STRUCTURE_LABELS:
        raise _wrong(f"{field}.label", f"one of {', '.join(STRUCTURE_LABELS)}", _shown(label))
    sides = problem.get("box")
    return StructuralProblem(label=label, box=None if sides is None else _box(sides, f"{field}.box"))


def _box(value: Any, field: str) -> Box:
    expected = "[left, top, right, bottom] in shares of the picture, each from 0 to 1"
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != len(_SIDES):
        raise _wrong(field, expected, _shown(value))
    for name, side in zip(_SIDES, value, strict=True):
        # A comparison with nan is false, and one with a huge whole number does not overflow as `float` would.
        if isinstance(side, bool) or not isinstance(side, int | float) or not 0 <= side <= 1:
            raise _wrong(f"{field} {name}", "from 0 to 1", _shown(side))
    left, top, right, bottom = (float(side) for side in value)
    if left >= right or top >= bottom:
        raise _wrong(field, f"{expected}, with left below right and top below bottom", f"{list(value)}")
    return Box(left=left, top=top, right=right, bottom=bottom)
