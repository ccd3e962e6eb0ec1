"""Where in a picture FGA-BLIP2 looks for an element: gradient-weighted cross-attention of the Q-Former.

A token of the prompt reaches the picture only through the queries, so there is no attention from a word to a patch.
What there is: how much each query attends to each patch, and how much the element's score would rise with that.
Whether the product says anything about where the element is, is a question of its own:
`evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2`.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalmuse_hf.elements import PLACED_STATUSES, SpanStatus, official_token_positions
from evalmuse_hf.models.fga_blip2.attention_recording_fga_blip2 import AttentionRecord, recording_attention
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2Output
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import tensor_cores, tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.rows import PROMPT_ERROR, SCORE_ERROR, PairRow, read_rows, reading_ahead
from evalmuse_hf.schema import Element

FLAT = "flat"
"""Status of an element whose score no attention to any patch would raise; it has a score and no map."""

_NAN = float("nan")


class ElementMapError(ValueError):
    """A picture, prompt or model of which no map can be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ElementMap:
    """Where the model looks for one element.

    Attributes:
        text: The element's text, without category.
        category: One of `evalmuse_hf.schema.CATEGORIES` if it was given, else None.
        values: float32, shape ``(G, G)``, row by row from the top left; each patch's share of the map, at least 0,
            sum 1. None where there is no map, or where none was asked for.
        score: The element's score, as the scorer gives it; nan where that has none.
        status: That of `evalmuse_hf.models.scorer.ElementScore`; there is a map for ``"ok"``, ``"ambiguous"`` and
            ``"inexact"``, the elements with a score. `FLAT` has a score and no map.
    """

    text: str
    category: str | None
    values: NDArray[np.float32] | None
    score: float
    status: str


def element_maps(
    scorer: FGABlip2Scorer,
    *,
    image: Any,
    prompt: str,
    elements: Sequence[str | Element],
    only: Collection[int] | None = None,
) -> list[ElementMap]:
    """Map each element of a prompt: one pass of the Q-Former for all, and one backward through it for each.

    An element's map adds up, over the layers with cross-attention, their heads and their queries, the positive part
    of attention times the derivative of the element's log odds (the mean over its tokens and occurrences) with
    respect to that attention. It is the derivative of the log odds and not of the score, because that vanishes where
    the model is sure. The class token is left out.

    The scorer's weights, mode and gradients are left as they were. Not for two threads at once, nor while another
    thread scores with the same scorer.

    Args:
        scorer: Any FGA-BLIP2; the features that it remembers are used.
        image: Anything `evalmuse_hf.images.load_image` opens.
        prompt: Raw prompt.
        elements: Texts, released keys ``"text (category)"``, or `Element`.
        only: Numbers of the elements to map, from 0; the others get their score alone. None maps all.

    Returns:
        One result per element, in order.

    Raises:
        ElementMapError: If the picture cannot be read, the prompt cannot be scored, the elements are no texts, or the
            model's patches are no square.
    """
    (row,) = read_rows([image], [prompt], [elements], compat=scorer.compat)
    if row.result is None and (problem := scorer.processor.prompt_problem(prompt)):
        row.fail(PROMPT_ERROR, f"The prompt {problem}")
    with _evaluating(scorer):
        features = _encode(scorer, row)
        if not row.elements:
            return []
        with torch.inference_mode(False), torch.enable_grad():
            return _map_row(scorer, row, features.clone(), only=only)


@contextmanager
def _evaluating(scorer: FGABlip2Scorer) -> Iterator[None]:
    was_training = scorer.model.training
    changed = any(module.training for module in scorer.model.modules())  # asking is cheaper than setting
    if changed:
        scorer.model.eval()
    try:
        yield
    finally:
        if changed:
            scorer.model.train(was_training)
        if not scorer.remember:
            scorer.forget()


def _encode(scorer: FGABlip2Scorer, row: PairRow) -> Tensor:
    """Features of the picture, of shape ``(P, D_v)``, from memory if they are there."""
    with torch.inference_mode(), reading_ahead([row], scorer.preparation, wanted=scorer.wants):
        encoded = list(scorer.encoder.encode_groups([row], device=scorer.model.device))
    if row.result is not None:
        raise ElementMapError(row.result.message)
    return encoded[0][1]


def _map_row(
    scorer: FGABlip2Scorer, row: PairRow, features: Tensor, *, only: Collection[int] | None
) -> list[ElementMap]:
    side = _grid_side(features)
    official = scorer.compat == "official"
    located = scorer.processor.encode_located([row.prompt], [[] if official else [item.text for item in row.elements]])
    device = scorer.model.device
    with (
        recording_attention(scorer.model) as record,
        tensor_cores(allowed=tower_precision(scorer.model) != torch.float32),
    ):
        output: FGABlip2Output = scorer.model(
            input_ids=torch.tensor(located.input_ids, device=device),
            attention_mask=torch.tensor(located.attention_mask, device=device),
            image_embeds=features[None],
        )
        places = (
            [_official_place(scorer, located.input_ids[0], item.text) for item in row.elements]
            if official
            else [(location.status, location.occurrences) for location in located.locations[0]]
        )
        return [
            _map_element(
                item,
                *place,
                output=output,
                record=record,
                side=side if only is None or number in only else None,
            )
            for number, (item, place) in enumerate(zip(row.elements, places, strict=True))
        ]


def _map_element(
    element: Element,
    status: str,
    occurrences: Sequence[Sequence[int]],
    *,
    output: FGABlip2Output,
    record: AttentionRecord,
    side: int | None,
) -> ElementMap:
    """Score one element and, given the patches per side, map it."""
    if status not in PLACED_STATUSES:
        return ElementMap(element.text, element.category, None, _NAN, status)
    assert output.token_scores is not None  # a pass without labels always has them
    score = float(_mean(output.token_scores.detach()[0], occurrences))
    if not np.isfinite(score):
        return ElementMap(element.text, element.category, None, _NAN, SCORE_ERROR)
    if side is None:
        return ElementMap(element.text, element.category, None, score, status)
    (logits,) = record.logits
    odds = (logits[..., 1] - logits[..., 0]).float()[0, -output.token_scores.shape[1] :]  # (T,)
    gradients = torch.autograd.grad(_mean(odds, occurrences), record.shifts, retain_graph=True, materialize_grads=True)
    patches = combine_layers(record.attention, gradients)[1:]  # without [CLS]
    total = float(patches.sum())
    if not np.isfinite(total) or total <= 0:
        return ElementMap(element.text, element.category, None, score, FLAT)
    values = (patches / total).reshape(side, side).cpu().numpy().astype(np.float32)
    return ElementMap(element.text, element.category, values, score, status)


def combine_layers(attention: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Add up the positive part of attention times derivative over layers, heads and queries.

    Args:
        attention: Per layer, shape ``(1, H, Q, P)``.
        gradients: Per layer, the derivative with respect to it.

    Returns:
        float32, shape ``(P,)``.
    """
    products = [
        (one * other)[0].float().relu().sum(dim=(0, 1)) for one, other in zip(attention, gradients, strict=True)
    ]
    return torch.stack(products).sum(dim=0)


def _mean(values: Tensor, occurrences: Sequence[Sequence[int]]) -> Tensor:
    """Mean over the occurrences of an element of the mean over the tokens of each."""
    return torch.stack([values[list(columns)].mean() for columns in occurrences]).mean()


def _official_place(scorer: FGABlip2Scorer, ids: list[int], text: str) -> tuple[str, tuple[tuple[int, ...], ...]]:
    element_ids = scorer.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
    columns = official_token_positions(ids, element_ids)
    return (SpanStatus.OK, (columns,)) if columns else (SpanStatus.UNMATCHED, ())


def _grid_side(features: Tensor) -> int:
    """Patches per side of a square picture, one of whose states is that of the class token."""
    patches = len(features) - 1
    side = isqrt(max(patches, 0))
    if side == 0 or side * side != patches:
        raise ElementMapError(
            f"The vision tower gives {len(features)} states, expected one and a square number of patches; a map needs "
            "a model that sees square pictures."
        )
    return side
