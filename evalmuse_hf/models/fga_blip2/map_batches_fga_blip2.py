"""Maps of the elements of many pictures at once: the values of `element_maps`, in fewer and larger passes."""

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor

from evalmuse_hf.elements import PLACED_STATUSES
from evalmuse_hf.models.fga_blip2.attention_recording_fga_blip2 import recording_attention
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import (
    ElementMap,
    PlacedPrompts,
    combine_layers,
    encode_rows,
    evaluating,
    finish_map,
    grid_side,
    locate_elements,
    occurrence_mean,
    token_log_odds,
)
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2Output
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import tensor_cores, tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.rows import PairRow, read_rows
from evalmuse_hf.schema import Element

MAPS_PER_PASS = 64

Job = tuple[int, int]
"""Number of a pair, and of one of its elements."""


def map_pairs(
    scorer: FGABlip2Scorer,
    *,
    images: Sequence[Any],
    prompts: Sequence[str],
    elements: Sequence[Sequence[str | Element]],
    only: Sequence[Collection[int]],
) -> list[dict[int, ElementMap]]:
    """Map elements of pairs: each is a row of a batch, so that one backward pass serves as many as the batch has.

    Unlike `element_maps` this leaves the features of the pictures in the scorer's memory; `FGABlip2Scorer.forget`
    takes them away.

    Args:
        scorer: As for `element_maps`.
        images: As there, one for each pair.
        prompts: As many raw prompts.
        elements: As many lists of elements.
        only: For each pair, the numbers of the elements to map, from 0.

    Returns:
        For each pair, the maps that `element_maps` gives up to rounding, by number of the element.

    Raises:
        ElementMapError: As for `element_maps`, of the first pair of which no map can be made.
    """
    rows = read_rows(images, prompts, elements, compat=scorer.compat)
    maps: list[dict[int, ElementMap]] = [{} for _ in rows]
    wanted = [(number, index) for number, indices in enumerate(only) for index in sorted(indices)]
    if not wanted:
        return maps
    with evaluating(scorer):
        features = encode_rows(scorer, rows)
        placed = locate_elements(scorer, rows)
        jobs: list[Job] = []
        for number, index in wanted:
            element, place = rows[number].elements[index], placed.places[number][index]
            if place.status in PLACED_STATUSES:
                jobs.append((number, index))
            else:
                maps[number][index] = ElementMap(element.text, element.category, None, float("nan"), place.status)
        with torch.inference_mode(False), torch.enable_grad():
            for start in range(0, len(jobs), MAPS_PER_PASS):
                batch = jobs[start : start + MAPS_PER_PASS]
                for (number, index), one in zip(batch, _map_batch(scorer, rows, features, placed, batch), strict=True):
                    maps[number][index] = one
    return maps


def _map_batch(
    scorer: FGABlip2Scorer,
    rows: Sequence[PairRow],
    features: Sequence[Tensor],
    placed: PlacedPrompts,
    jobs: Sequence[Job],
) -> list[ElementMap]:
    """Map elements in one pass and one backward pass: a row's log odds do not depend on the others' attention."""
    pictures = sorted({number for number, _ in jobs})
    image_index = torch.tensor([pictures.index(number) for number, _ in jobs], device=scorer.model.device)
    of_rows = [number for number, _ in jobs]
    side = grid_side(features[of_rows[0]])
    places = [placed.places[number][index] for number, index in jobs]
    with (
        recording_attention(scorer.model) as record,
        tensor_cores(allowed=tower_precision(scorer.model) != torch.float32),
    ):
        output: FGABlip2Output = scorer.model(
            input_ids=placed.input_ids[of_rows],
            attention_mask=placed.attention_mask[of_rows],
            image_embeds=torch.stack([features[number] for number in pictures]).clone(),
            image_index=image_index,
        )
        odds = token_log_odds(record, output)
        target = torch.stack(
            [occurrence_mean(one, place.occurrences) for one, place in zip(odds, places, strict=True)]
        ).sum()
        gradients = torch.autograd.grad(target, record.shifts, materialize_grads=True)
    patches = combine_layers(record.attention, gradients)[:, 1:].reshape(len(jobs), side, side)  # without [CLS]
    assert output.token_scores is not None  # a pass without labels always has them
    scores = output.token_scores.detach()
    return [
        finish_map(
            rows[number].elements[index],
            place,
            score=float(occurrence_mean(token_scores, place.occurrences)),
            patches=values,
        )
        for (number, index), place, token_scores, values in zip(jobs, places, scores, patches, strict=True)
    ]
