"""Records of an annotation campaign that its parts exchange; nothing here needs a database or a server.

Polarity is said once, here: `RatingRow.split_wrong` is true where the rater thinks that **the split may be wrong** (a
released ``split_confidence`` of 1), and `ElementAnswer.sure` is false where the rater was **not** sure (a released
``attribute_confidence`` of 0 for the pair).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evalmuse_hf.annotations.round_settings import RoundSettings as RoundSettings
from evalmuse_hf.schema import Prompt

RoundKind = Literal["pilot", "formal", "reannotation", "consistency"]
ROUND_KINDS: tuple[RoundKind, ...] = ("pilot", "formal", "reannotation", "consistency")

Standing = Literal["counted", "revised", "returned"]
"""What has become of a rating: it counts, its rater replaced it by a later one, or an inspection returned it."""

Verdict = Literal["accepted", "returned"]
"""What an inspection says of a rating."""

STRUCTURE_LABELS = ("human-face", "human-hand", "human-limb", "human", "animal", "object")
"""Structural problems that a rater can tick, as the export spells them; ``human`` is any other one of a person."""

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where in the picture a structural problem is, in shares of its width and height.

    Attributes:
        left: From the left, in [0, 1).
        top: From the top, in [0, 1).
        right: Likewise, above ``left``.
        bottom: Likewise, above ``top``.
    """

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralProblem:
    """A fault of what is drawn, whatever the prompt asked for.

    Attributes:
        label: One of `STRUCTURE_LABELS`.
        box: Where; None if the rater did not say. Several boxes of one label are several problems.
    """

    label: str
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementAnswer:
    """Is this element in the picture?

    Attributes:
        element_id: The element, as the store numbers it.
        value: 1 for yes, 0 for no; whoever is not sure still says one of them.
        sure: False if the rater was not sure.
    """

    element_id: int
    value: int
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a rater says about one item, complete and within its scales (see `submissions.parse_submission`).

    Attributes:
        submission_id: Made by the page, once per answer: a repeated request with the same one is the same answer.
        overall: 1 to 5.
        elements: An answer for every element of the prompt.
        prompt_meaningless: The prompt has no subject or is too abstract to judge.
        split_wrong: The split of the prompt into elements may be wrong.
        problems: Structural problems.
        comment: Free text; empty for none.
        duration_s: Seconds that the rater spent on the item, as the page measured them; None if unknown.
        client: What sent it, such as ``"page/1 phone"``.
    """

    submission_id: str
    overall: int
    elements: tuple[ElementAnswer, ...]
    prompt_meaningless: bool = False
    split_wrong: bool = False
    problems: tuple[StructuralProblem, ...] = ()
    comment: str = ""
    duration_s: float | None = None
    client: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """A picture with its prompt.

    Attributes:
        item_id: As the store numbers it.
        image_path: Below the folder of pictures, with forward slashes.
        prompt: With its elements, in order.
        element_ids: The number of each element of the prompt.
        questions: The question about each element; empty texts where there is none.
        generator: The text-to-image model.
        generator_license: Terms of its pictures; None where unknown.
    """

    item_id: int
    image_path: str
    prompt: Prompt
    element_ids: tuple[int, ...]
    questions: tuple[str, ...]
    generator: str
    generator_license: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    """One line of the log of ratings.

    Attributes:
        rating_id: Grows with time.
        assignment_id: Item, round and rater; several revisions share one.
        revision: 0, and one more each time that the rater corrects the answer.
        round_id: The round.
        round_kind: Its kind.
        item_id: The item.
        rater: Name of the rater; None if ratings are anonymous.
        rated_at: Seconds since 1970, UTC.
        duration_s: Seconds that the rater spent; None if unknown.
        client: What sent it.
        guideline_version: The instructions that the rater had agreed to.
        overall: 1 to 5.
        elements: Answers, in the order of the prompt's elements.
        prompt_meaningless: See `Submission`.
        split_wrong: See `Submission`.
        problems: See `Submission`.
        comment: See `Submission`.
        standing: Whether it counts.
        verdict: Of the last inspection that looked at this line; None if none did. A correction is a line of its own.
        gold: The item was a gold one in this round: its answer is known, and it measures the rater, not the picture.
    """

    rating_id: int
    assignment_id: int
    revision: int
    round_id: int
    round_kind: RoundKind
    item_id: int
    rater: str | None
    rated_at: float
    overall: int
    elements: tuple[ElementAnswer, ...]
    duration_s: float | None = None
    client: str = ""
    guideline_version: str = ""
    prompt_meaningless: bool = False
    split_wrong: bool = False
    problems: tuple[StructuralProblem, ...] = ()
    comment: str = ""
    standing: Standing = "counted"
    verdict: Verdict | None = None
    gold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldAnswer:
    """What is known to be right about an item.

    Attributes:
        overall: 1 to 5, may lie between whole ratings; None if only elements are known.
        elements: 1 or 0 per element of the prompt, in order; None where it is not known.
    """

    overall: float | None = None
    elements: tuple[int | None, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The answer as the store keeps it."""
        return {"overall": self.overall, "elements": list(self.elements)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "GoldAnswer":
        """Read what `as_json` wrote.

        Args:
            values: The answer by name.
        """
        return cls(overall=values.get("overall"), elements=tuple(values.get("elements") or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a rater is shown: never another rater's answer, and never whether the item is a gold one.

    Attributes:
        assignment_id: To answer with.
        round_id: The round.
        round_name: What raters call it: where it rates items of another round again, that one.
        item: Picture and prompt.
        expires_at: When the lease ends, seconds since 1970; None for an answered item that is looked at again.
        draft: What the rater had filled in when the page was last saved; None for a fresh one.
        draft_revision: To save the next draft with.
        revision: 0 for a first answer, n for the n-th correction of an answer that was given.
        done: Items of the rounds of this name that this rater has answered.
        left: Items of the rounds of this name that are still open to this rater, at most.
        returned_reason: Of an answer that an inspection returned, to be given again: why; else empty.
    """

    assignment_id: int
    round_id: int
    round_name: str
    item: StoredItem
    expires_at: float | None
    draft: Mapping[str, Any] | None = None
    draft_revision: int = 0
    revision: int = 0
    done: int = 0
    left: int = 0
    returned_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The answer to a submission: it is on disk.

    Attributes:
        rating_id: Its number in the log.
        repeated: The same submission had been stored before; nothing was added.
        reannotation: The ratings of the item now differ so much that it was sent to further raters.
    """

    rating_id: int
    repeated: bool = False
    reannotation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """A round as the store has it.

    Attributes:
        round_id: Its number.
        name: Its name, unique.
        kind: What it is for.
        settings: What it asks of raters.
        is_open: Whether items are given out.
        parent_id: The round whose items it rates again; None for none.
        guideline_version: The instructions that apply.
        created_at: Seconds since 1970.
    """

    round_id: int
    name: str
    kind: RoundKind
    settings: RoundSettings
    is_open: bool
    parent_id: int | None
    guideline_version: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterRow:
    """A rater as the store has it.

    Attributes:
        rater_id: Number.
        name: The name to log in with; of a Hub user, that on the Hub.
        login: ``"token"`` or ``"hub"``.
        is_organiser: May see the progress of all.
        is_active: May log in.
        consented_to: Version of the instructions last agreed to; None for none.
        qualified: True after a passed pilot, False after a failed one, None without a decision.
    """

    rater_id: int
    name: str
    login: Literal["token", "hub"] = "token"
    is_organiser: bool = False
    is_active: bool = True
    consented_to: str | None = None
    qualified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidelines:
    """What raters are told, and what they agree to.

    Attributes:
        version: Its name, unique.
        instructions: Markdown.
        consent: Markdown.
        created_at: Seconds since 1970.
    """

    version: str
    instructions: str
    consent: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log of what was done.

    Attributes:
        event_id: Grows with time.
        at: Seconds since 1970.
        actor: Who: a rater's name, ``"organiser"`` for the command line, or ``"system"``.
        kind: What, such as ``"round_opened"``.
        subject: On what, such as ``"round 3"``.
        payload: The facts.
    """

    event_id: int
    at: float
    actor: str
    kind: str
    subject: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
