"""Items and ratings written down by hand, for tests that need no store."""

from collections.abc import Sequence
from typing import Any

from evalmuse_hf.annotations.records import ElementAnswer, RatingRow, StoredItem, StructuralProblem
from evalmuse_hf.schema import Element, Prompt

_NEXT = iter(range(1, 10**9))


def item(
    item_id: int = 1, *, keys: Sequence[str] = ("cat (animal)", "red (Color) "), text: str | None = None, **fields: Any
) -> StoredItem:
    """A picture of prompt ``p<item_id>`` unless `prompt_id` is given."""
    prompt_id = fields.pop("prompt_id", f"p{item_id}")
    number = int(prompt_id[1:])
    fields = {"generator": "SDXL", "image_path": f"images/SDXL/{item_id}.png", **fields}
    return StoredItem(
        item_id=item_id,
        prompt=Prompt(
            prompt_id, text or f"a red cat, number {number}", elements=tuple(Element.read(key) for key in keys)
        ),
        element_ids=tuple(100 * number + place for place in range(len(keys))),
        questions=("",) * len(keys),
        **fields,
    )


def rating(
    of: StoredItem,
    rater: str | None,
    overall: int,
    values: Sequence[int] | None = None,
    *,
    unsure: Sequence[int] = (),
    problems: Sequence[str] = (),
    **fields: Any,
) -> RatingRow:
    """A formal rating; each call is 100 seconds later."""
    number = next(_NEXT)
    values = (1,) * len(of.element_ids) if values is None else values
    return RatingRow(
        **{
            "rating_id": number,
            "assignment_id": number,
            "revision": 0,
            "round_id": 1,
            "round_kind": "formal",
            "rated_at": 100.0 * number,
            **fields,
        },
        item_id=of.item_id,
        rater=rater,
        overall=overall,
        elements=tuple(
            ElementAnswer(element_id=element_id, value=value, sure=place not in unsure)
            for place, (element_id, value) in enumerate(zip(of.element_ids, values, strict=True))
        ),
        problems=tuple(StructuralProblem(label=label) for label in problems),
    )
