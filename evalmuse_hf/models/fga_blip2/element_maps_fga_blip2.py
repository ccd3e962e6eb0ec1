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

MAP_FORM = 1
"""Raised when the values of a map change; what was measured of another form counts for nothing."""

FLAT = "flat"
"""Status of an element whose score no attention to any patch would raise; it has a score and no map."""

_NAN = float("nan")


class ElementMapError(ValueError):
    """A picture, prompt or model of which no map can be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ElementPlace:
    """Where one element is in what the model reads.

    Attributes:
        status: As of `ElementMap`.
        occurrences: For each occurrence, the columns of its tokens; empty unless the status is one of
            `evalmuse_hf.elements.PLACED_STATUSES`.
    """

    status: str
    occurrences: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class PlacedPrompts:
    """Prompts as the model reads them, and where their elements are in them.

    Attributes:
        input_ids: Shape ``(B, T)``, on the device of the model.
        attention_mask: 1 for a token, 0 for padding, of that shape.
        places: For each prompt the place of each of its elements.
    """

    input_ids: Tensor
    attention_mask: Tensor
    places: Sequence[Sequence[ElementPlace]]


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
    rows = read_rows([image], [prompt], [elements], compat=scorer.compat)
    with evaluating(scorer):
        (features,) = encode_rows(scorer, rows)
        if not scorer.remember:
            scorer.forget()
        if not rows[0].elements:
            return []
        with torch.inference_mode(False), torch.enable_grad():
            return _map_row(scorer, rows[0], features.clone(), only=only)


@contextmanager
def evaluating(scorer: FGABlip2Scorer) -> Iterator[None]:
    """Set a model to evaluation meanwhile; afterwards every module has the mode that it had.

    Args:
        scorer: Whose model.
    """
    training = [module for module in scorer.model.modules() if module.training]
    if training:  # asking is cheaper than setting
        scorer.model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def encode_rows(scorer: FGABlip2Scorer, rows: Sequence[PairRow]) -> list[Tensor]:
    """Encode the pictures of rows, each of shape ``(P, D_v)``, from memory where they are there.

    Args:
        scorer: Whose tower; it remembers the features.
        rows: Of `read_rows`.

    Raises:
        ElementMapError: If a picture cannot be read, a prompt cannot be scored, or elements are no texts.
    """
    for row in rows:
        if row.result is None and (problem := scorer.processor.prompt_problem(row.prompt)):
            row.fail(PROMPT_ERROR, f"The prompt {problem}")
    features: dict[int, Tensor] = {}
    with torch.inference_mode(), reading_ahead(rows, scorer.preparation, wanted=scorer.wants):
        for group, encoded in scorer.encoder.encode_groups(rows, device=scorer.model.device):
            features |= {id(row): encoded for row in group}
    failed = next((row.result for row in rows if row.result is not None), None)
    if failed is not None:
        raise ElementMapError(failed.message)
    return [features[id(row)] for row in rows]


def _map_row(
    scorer: FGABlip2Scorer, row: PairRow, features: Tensor, *, only: Collection[int] | None
) -> list[ElementMap]:
    side = grid_side(features)
    prompts = locate_elements(scorer, [row])
    with (
        recording_attention(scorer.model) as record,
        tensor_cores(allowed=tower_precision(scorer.model) != torch.float32),
    ):
        output: FGABlip2Output = scorer.model(
            input_ids=prompts.input_ids,
            attention_mask=prompts.attention_mask,
            image_embeds=features[None],
        )
        return [
            _map_element(
                item,
                place,
                output=output,
                record=record,
                side=side if only is None or number in only else None,
            )
            for number, (item, place) in enumerate(zip(row.elements, prompts.places[0], strict=True))
        ]


def _map_element(
    element: Element,
    place: ElementPlace,
    *,
    output: FGABlip2Output,
    record: AttentionRecord,
    side: int | None,
) -> ElementMap:
    """Score one element and, given the patches per side, map it."""
    if place.status not in PLACED_STATUSES:
        return ElementMap(element.text, element.category, None, _NAN, place.status)
    assert output.token_scores is not None  # a pass without labels always has them
    score = float(occurrence_mean(output.token_scores.detach()[0], place.occurrences))
    if side is None or not np.isfinite(score):
        return finish_map(element, place, score=score, patches=None)
    odds = token_log_odds(record, output)[0]
    target = occurrence_mean(odds, place.occurrences)
    gradients = torch.autograd.grad(target, record.shifts, retain_graph=True, materialize_grads=True)
    patches = combine_layers(record.attention, gradients)[0, 1:].reshape(side, side)  # without [CLS]
    return finish_map(element, place, score=score, patches=patches)


def finish_map(element: Element, place: ElementPlace, *, score: float, patches: Tensor | None) -> ElementMap:
    """Make the map of an element that has a place in the prompt.

    Args:
        element: The element.
        place: Where it is in the prompt.
        score: Its score.
        patches: Sums of its products, shape ``(G, G)``; None if no map is wanted.
    """
    if not np.isfinite(score):
        return ElementMap(element.text, element.category, None, _NAN, SCORE_ERROR)
    if patches is None:
        return ElementMap(element.text, element.category, None, score, place.status)
    total = float(patches.sum())
    if not np.isfinite(total) or total <= 0:
        return ElementMap(element.text, element.category, None, score, FLAT)
    values = (patches / total).cpu().numpy().astype(np.float32)
    return ElementMap(element.text, element.category, values, score, place.status)


def token_log_odds(record: AttentionRecord, output: FGABlip2Output) -> Tensor:
    """Log odds of each token, shape ``(B, T)``.

    Args:
        record: Of one pass.
        output: What that pass returned.
    """
    (logits,) = record.logits
    assert output.token_scores is not None  # a pass without labels always has them
    return (logits[..., 1] - logits[..., 0]).float()[:, -output.token_scores.shape[1] :]


def combine_layers(attention: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Add up the positive part of attention times derivative over layers, heads and queries.

    Args:
        attention: Per layer, shape ``(B, H, Q, P)``.
        gradients: Per layer, the derivative with respect to it.

    Returns:
        float32, shape ``(B, P)``.
    """
    products = [(one * other).float().relu().sum(dim=(1, 2)) for one, other in zip(attention, gradients, strict=True)]
    return torch.stack(products).sum(dim=0)


def occurrence_mean(values: Tensor, occurrences: Sequence[Sequence[int]]) -> Tensor:
    """Mean over the occurrences of an element of the mean over the tokens of each.

    Args:
        values: Of the tokens, shape ``(T,)``.
        occurrences: Columns of the tokens of each.
    """
    return torch.stack([values[list(columns)].mean() for columns in occurrences]).mean()


def locate_elements(scorer: FGABlip2Scorer, rows: Sequence[PairRow]) -> PlacedPrompts:
    """Find the tokens of the elements of rows, as the scorer finds them.

    Args:
        scorer: Whose processor and compatibility.
        rows: Of `read_rows`.
    """
    official = scorer.compat == "official"
    texts = [[] if official else [item.text for item in row.elements] for row in rows]
    located = scorer.processor.encode_located([row.prompt for row in rows], texts)
    if official:
        places = [
            [_official_place(scorer, ids, item.text) for item in row.elements]
            for row, ids in zip(rows, located.input_ids, strict=True)
        ]
    else:
        places = [[ElementPlace(one.status, one.occurrences) for one in found] for found in located.locations]
    device = scorer.model.device
    return PlacedPrompts(
        torch.tensor(located.input_ids, device=device), torch.tensor(located.attention_mask, device=device), places
    )


def _official_place(scorer: FGABlip2Scorer, ids: list[int], text: str) -> ElementPlace:
    element_ids = scorer.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
    columns = official_token_positions(ids, element_ids)
    return ElementPlace(SpanStatus.OK, (columns,)) if columns else ElementPlace(SpanStatus.UNMATCHED, ())


def grid_side(features: Tensor) -> int:
    """Patches per side of a square picture, one of whose states is that of the class token.

    Args:
        features: Of the picture, shape ``(P, D_v)``.

    Raises:
        ElementMapError: If the others are no square.
    """
    patches = len(features) - 1
    side = isqrt(max(patches, 0))
    if side == 0 or side * side != patches:
        raise ElementMapError(
            f"The vision tower gives {len(features)} states, expected one and a square number of patches; a map needs "
            "a model that sees square pictures."
        )
    return side
