"""The loss of FGA-BLIP2: how far the scores of pairs, of words and of the element mask are from the raters'."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from evalmuse_hf.schema import ALIGNMENT_SCALE

LossNormalization = Literal["positions", "tokens"]
LossDistance = Literal["absolute", "log"]
NORMALIZATIONS: tuple[LossNormalization, ...] = ("positions", "tokens")
DISTANCES: tuple[LossDistance, ...] = ("absolute", "log")


class FGALoss(NamedTuple):
    """Terms of the fine-grained alignment loss; ``total`` is what is minimised.

    Attributes:
        total: Mean over the pairs of their weight times the sum of the three terms, a scalar tensor.
        overall: Mean overall term, without any weight, a scalar tensor.
        element: Mean element term, without any weight, a scalar tensor.
        mask: Mean mask term, without any weight, a scalar tensor; nan if the mask was not predicted.
    """

    total: Tensor
    overall: Tensor
    element: Tensor
    mask: Tensor


class PositionTargets(NamedTuple):
    """What each position of a batch of prompts is to learn.

    Attributes:
        token_target: Mean rating of the element that a token belongs to, shape ``(B, T)``, in [0, 1], zero elsewhere.
        token_mask: 1 on tokens of a rated element, else 0, shape ``(B, T)``.
    """

    token_target: Tensor
    token_mask: Tensor


def set_cls_target(
    *, token_target: Tensor, token_mask: Tensor, overall_target: Tensor, enabled: bool = True
) -> PositionTargets:
    """Say what the first position, ``[CLS]``, is to learn: the overall score as the official code does, or nothing.

    Args:
        token_target: Target of each token, shape ``(B, T)``, in [0, 1].
        token_mask: 1 on tokens of a rated element, shape ``(B, T)``.
        overall_target: Mean overall rating, shape ``(B,)``, on the 1-5 scale.
        enabled: True gives the position the overall score, mapped to [0, 1]; False takes it out of the targets.

    Returns:
        New tensors that differ from the given ones in column 0 only.
    """
    low, high = ALIGNMENT_SCALE
    token_target, token_mask = token_target.clone(), token_mask.clone()
    token_target[:, 0] = ((overall_target - low) / (high - low)).to(token_target) if enabled else 0
    token_mask[:, 0] = 1 if enabled else 0
    return PositionTargets(token_target, token_mask)


def fga_loss(
    overall_score: Tensor,
    token_scores: Tensor,
    mask_probs: Tensor | None,
    *,
    overall_target: Tensor,
    token_target: Tensor,
    token_mask: Tensor,
    weight: Tensor | None = None,
    attention_mask: Tensor | None = None,
    element_weight: float = 0.1,
    mask_weight: float = 0.1,
    normalization: LossNormalization = "positions",
    distance: LossDistance = "absolute",
) -> FGALoss:
    r"""Fine-grained alignment loss of FGA-BLIP2.

    .. math::
        \mathcal{L} = \frac{1}{B} \sum_b w_b \Big( |s - \hat{s}|
            + \frac{\lambda_e}{n} \sum_j d(m_j t_j, \hat{t}_j) + \frac{\lambda_m}{n} \sum_j d(p_j, m_j) \Big)_b

    With the defaults this is the released loss: absolute distances, divided by all ``T`` positions of the batch,
    padding included. Padding then changes the loss in two ways, through ``n`` and because the mask head is judged
    there too; ``normalization="tokens"`` leaves padding out, and the loss of a pair no longer depends on its batch.

    ``distance="log"`` is ours: the absolute distance of a probability hardly moves where the probability is nearly
    0 or 1, and a model that starts from random weights then stays at the base rate of the ratings. The overall term
    is an absolute distance in both cases. Cross-entropy with targets between 0 and 1 has a minimum above 0.

    Args:
        overall_score: Predicted alignment, shape ``(B,)``, on the 1-5 scale.
        token_scores: Probability that the picture shows what the token says, shape ``(B, T)``, in [0, 1].
        mask_probs: Probability that the token belongs to an element, shape ``(B, T)``, in [0, 1]; None only if
            ``mask_weight`` is 0.
        overall_target: Mean overall rating, shape ``(B,)``, on the 1-5 scale.
        token_target: Mean rating of the token's element, shape ``(B, T)``, in [0, 1], zero elsewhere.
        token_mask: 1 on tokens of a rated element, else 0, shape ``(B, T)``.
        weight: Weight of each pair, shape ``(B,)``, see `evalmuse_hf.training.weighting.variance_weights`; multiplies
            all three terms. None weighs every pair 1. The result is not divided by the sum of the weights.
        attention_mask: 1 on tokens, 0 on padding, shape ``(B, T)``; needed by ``normalization="tokens"`` only.
        element_weight: :math:`\lambda_e`.
        mask_weight: :math:`\lambda_m`.
        normalization: What :math:`n` counts: ``"positions"`` all ``T`` of them, ``"tokens"`` those of the prompt that
            are not padding.
        distance: :math:`d`: ``"absolute"`` difference, or ``"log"``: binary cross-entropy, of the tokens of elements
            only in the element term.

    Returns:
        The total and its three unweighted terms, each a scalar tensor.

    Raises:
        ValueError: If an option is unknown, a tensor is missing, or shapes do not fit.

    References:
        Han et al., *EvalMuse-40K*, 2024. https://huggingface.co/papers/2412.18150
    """
    _check_options(normalization, distance)
    _check_shapes("overall_score", overall_score, overall_target=overall_target, weight=weight)
    tokens = {"token_target": token_target, "token_mask": token_mask, "mask_probs": mask_probs}
    _check_shapes("token_scores", token_scores, **tokens, attention_mask=attention_mask)
    if mask_probs is None and mask_weight != 0:
        raise ValueError(
            f"`mask_probs` is missing though `mask_weight` is {mask_weight!r}; call the model with "
            "output_mask_probs=True, or give mask_weight=0."
        )
    counted = _counted_positions(token_scores, attention_mask, normalization)
    overall = (overall_score - overall_target).abs()
    if distance == "absolute":
        element = _mean((token_scores * token_mask - token_target).abs(), counted)
    else:
        element = _mean(_cross_entropy(token_scores, token_target) * token_mask, counted)
    bracket = overall + element_weight * element
    mask = torch.full_like(overall, torch.nan)
    if mask_probs is not None:
        gap = (mask_probs - token_mask).abs() if distance == "absolute" else _cross_entropy(mask_probs, token_mask)
        mask = _mean(gap, counted)
        bracket = bracket + mask_weight * mask
    total = bracket.mean() if weight is None else (weight * bracket).mean()
    return FGALoss(total, overall.detach().mean(), element.detach().mean(), mask.detach().mean())


def _counted_positions(token_scores: Tensor, attention_mask: Tensor | None, normalization: str) -> Tensor:
    """1 on positions that enter the means of a pair, shape ``(B, T)``."""
    if normalization == "positions":
        return torch.ones_like(token_scores)
    if attention_mask is None:
        raise ValueError("`attention_mask` is missing; normalization='tokens' needs it to tell tokens from padding.")
    return attention_mask.to(token_scores)


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """Mean over the counted positions of each pair, shape ``(B,)``."""
    return (values * counted).sum(dim=1) / counted.sum(dim=1)


def _cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy of each position in float32, which autocast would refuse to leave."""
    with torch.autocast(probabilities.device.type, enabled=False):
        return F.binary_cross_entropy(probabilities.float(), targets.float(), reduction="none")


def _check_options(normalization: str, distance: str) -> None:
    if normalization not in NORMALIZATIONS:
        raise ValueError(f"`normalization` must be one of {list(NORMALIZATIONS)}, got {normalization!r}.")
    if distance not in DISTANCES:
        raise ValueError(f"`distance` must be one of {list(DISTANCES)}, got {distance!r}.")


def _check_shapes(name: str, reference: Tensor, **others: Tensor | None) -> None:
    """Refuse what would broadcast in silence, such as targets of shape ``(B, 1)``."""
    for other, tensor in others.items():
        if tensor is not None and tensor.shape != reference.shape:
            raise ValueError(
                f"`{other}` must have the shape of `{name}`, {tuple(reference.shape)}, got {tuple(tensor.shape)}."
            )
