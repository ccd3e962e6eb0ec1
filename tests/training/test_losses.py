import json
import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from evalmuse_hf.training.losses import fga_loss, set_cls_target

# Two pairs of three positions, of which the second pair uses two. By hand, with |m t - target| per position:
#   overall  |2 - 3| = 1        |5 - 4.5| = .5
#   element  0, .3, 0           0, .5, 0
#   mask     .1, .2, .4         .2, .5, .3
PREDICTED = {
    "overall_score": torch.tensor([2.0, 5.0]),
    "token_scores": torch.tensor([[0.9, 0.7, 0.2], [0.3, 0.5, 0.0]]),
    "mask_probs": torch.tensor([[0.1, 0.8, 0.4], [0.2, 0.5, 0.3]]),
}
TARGETS = {
    "overall_target": torch.tensor([3.0, 4.5]),
    "token_target": torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]),
    "token_mask": torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]),
}
ATTENTION_MASK = torch.tensor([[1, 1, 1], [1, 1, 0]])


def compute(**options):
    return fga_loss(**{**PREDICTED, **TARGETS, **options})


def test_the_released_loss_is_reproduced(golden):
    folder = golden / "fga_blip2_tiny"
    batch = json.loads((folder / "training_batch.json").read_text("utf-8"))
    cases = json.loads((folder / "cases.json").read_text("utf-8"))
    cases = [cases[index] for index in batch["case_indices"]]

    def pad(values: list[float]) -> Tensor:
        return F.pad(torch.tensor(values), (0, 32 - len(values)))

    loss = fga_loss(
        torch.tensor([case["overall_padded32"] for case in cases]),
        torch.stack([pad(case["token_scores"]) for case in cases]),
        torch.tensor(batch["mask_prediction"]),
        overall_target=torch.tensor(batch["score"]),
        token_target=torch.tensor(batch["token_score"]),
        token_mask=torch.tensor(batch["mask"]),
    )
    assert loss.total.item() == pytest.approx(batch["reference_loss"], abs=1e-5)  # float32


def test_the_three_terms_are_means_over_all_positions_by_default():
    loss = compute()
    assert loss.overall.item() == pytest.approx(0.75)
    assert loss.element.item() == pytest.approx((0.3 / 3 + 0.5 / 3) / 2)
    assert loss.mask.item() == pytest.approx((0.7 / 3 + 1.0 / 3) / 2)
    assert loss.total.item() == pytest.approx(0.75 + 0.1 * 0.8 / 6 + 0.1 * 1.7 / 6)


def test_means_over_tokens_leave_padding_out():
    loss = compute(normalization="tokens", attention_mask=ATTENTION_MASK)
    assert loss.element.item() == pytest.approx((0.3 / 3 + 0.5 / 2) / 2)
    assert loss.mask.item() == pytest.approx((0.7 / 3 + 0.7 / 2) / 2)


def test_more_padding_never_changes_a_mean_over_tokens():
    padded = {
        name: F.pad(tensor, (0, 4), value=0.25 if name == "mask_probs" else 0)  # the mask head speaks at padding too
        for name, tensor in {**PREDICTED, **TARGETS, "attention_mask": ATTENTION_MASK}.items()
        if tensor.ndim > 1
    }
    short = compute(normalization="tokens", attention_mask=ATTENTION_MASK)
    torch.testing.assert_close(compute(normalization="tokens", **padded).total, short.total)
    assert compute(**padded).total != compute().total


def test_a_weight_multiplies_the_whole_bracket_and_is_not_divided_out():
    first = 1.0 + 0.1 * 0.3 / 3 + 0.1 * 0.7 / 3
    second = 0.5 + 0.1 * 0.5 / 3 + 0.1 * 1.0 / 3
    loss = compute(weight=torch.tensor([2.0, 0.5]))
    assert loss.total.item() == pytest.approx((2 * first + 0.5 * second) / 2)
    assert loss.overall == compute().overall


def test_the_log_distance_is_a_cross_entropy_and_judges_element_tokens_only():
    loss = compute(distance="log")
    assert loss.overall.item() == pytest.approx(0.75)
    assert loss.element.item() == pytest.approx((-math.log(0.7) - math.log(0.5)) / 3 / 2)
    first = -math.log(0.9) - math.log(0.8) - math.log(0.6)
    second = -math.log(0.8) - math.log(0.5) - math.log(0.7)
    assert loss.mask.item() == pytest.approx((first + second) / 3 / 2)


def test_the_log_distance_still_pulls_at_a_saturated_probability():
    gradients = {}
    for distance in ("absolute", "log"):
        logit = torch.full((1, 1), -15.0, requires_grad=True)
        one = torch.ones(1, 1)
        target = {"overall_target": torch.ones(1), "token_target": one, "token_mask": one}
        score = torch.ones(1)
        options = {"mask_weight": 0, "element_weight": 1, "distance": distance}
        fga_loss(score, logit.sigmoid(), None, **target, **options).total.backward()
        gradients[distance] = abs(logit.grad.item())
    assert gradients["absolute"] < 1e-6
    assert gradients["log"] == pytest.approx(1.0, abs=1e-3)


def test_the_log_distance_works_under_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = compute(distance="log", token_scores=PREDICTED["token_scores"].bfloat16())
    assert loss.total.item() == pytest.approx(compute(distance="log").total.item(), abs=1e-2)  # bfloat16 has 8 bits


def test_without_a_mask_weight_the_mask_need_not_be_predicted():
    loss = compute(mask_probs=None, mask_weight=0)
    assert loss.mask.isnan()
    assert loss.total.item() == pytest.approx(0.75 + 0.1 * 0.8 / 6)


def test_the_first_position_learns_the_overall_score_or_nothing():
    targets = {**TARGETS, "token_target": torch.full((2, 3), 0.5), "token_mask": torch.ones(2, 3)}
    learned = set_cls_target(**targets)
    assert learned.token_target.tolist() == [[0.5, 0.5, 0.5], [0.875, 0.5, 0.5]]  # (3 - 1) / 4 and (4.5 - 1) / 4
    assert learned.token_mask.tolist() == [[1, 1, 1], [1, 1, 1]]
    silent = set_cls_target(**targets, enabled=False)
    assert silent.token_target.tolist() == [[0, 0.5, 0.5]] * 2
    assert silent.token_mask.tolist() == [[0, 1, 1]] * 2
    assert targets["token_mask"][:, 0].tolist() == [1, 1]  # the given tensors are left alone


@pytest.mark.parametrize(
    "options, message",
    [
        ({"normalization": "words"}, r"`normalization` must be one of \['positions', 'tokens'\], got 'words'"),
        ({"distance": "squared"}, r"`distance` must be one of \['absolute', 'log'\], got 'squared'"),
        ({"normalization": "tokens"}, "`attention_mask` is missing"),
        ({"mask_probs": None}, "`mask_probs` is missing though `mask_weight` is 0.1"),
        ({"overall_target": torch.ones(2, 1)}, r"`overall_target` must have the shape of `overall_score`, \(2,\)"),
        ({"weight": torch.ones(1)}, r"`weight` must have the shape of `overall_score`, \(2,\), got \(1,\)"),
        ({"token_mask": torch.ones(2, 4)}, r"`token_mask` must have the shape of `token_scores`, \(2, 3\)"),
    ],
    ids=["normalization", "distance", "no attention mask", "no mask", "a column", "one weight", "other length"],
)
def test_what_cannot_be_meant_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        compute(**options)
