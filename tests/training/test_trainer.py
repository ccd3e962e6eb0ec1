from collections import Counter

import pytest
import torch

from evalmuse_hf.training.losses import fga_loss, set_cls_target
from evalmuse_hf.training.trainer import keep_pairs, pad_positions

SAME_STEP = {"rtol": 0.0, "atol": 1e-6}  # float32 sums in another order; a step is about 1e-3
OPTIMIZERS = {
    "sgd": {"optim": "sgd", "learning_rate": 0.05},
    # A larger epsilon: a key's bias has no gradient but rounding, which Adam would blow up to a whole step.
    "adamw": {"optim": "adamw_torch", "learning_rate": 1e-3, "adam_epsilon": 1e-4},
}


def weights_after(trainer):
    trainer.train()
    return {name: parameter.detach().clone() for name, parameter in trainer.model.named_parameters()}


@pytest.mark.parametrize("distance", ["absolute", "log"])
def test_two_pairs_are_learned_in_thirty_steps(make_trainer, make_rows, losses, distance):
    options = {"max_steps": 30, "learning_rate": 3e-3, "loss_distance": distance, "element_weight": 1.0}
    trainer = make_trainer(make_rows(2), per_device_train_batch_size=2, loss_normalization="tokens", **options)
    trainer.train()
    assert losses(trainer)[-1] < 0.5 * losses(trainer)[0]


def test_the_released_loss_learns_too(make_trainer, make_rows, losses):
    trainer = make_trainer(make_rows(2), per_device_train_batch_size=2, max_steps=30, learning_rate=3e-3)
    trainer.train()
    assert losses(trainer)[-1] < 0.5 * losses(trainer)[0]


@pytest.mark.parametrize("optimizer, normalization", [("sgd", "positions"), ("adamw", "tokens")])
def test_every_way_to_cut_a_batch_gives_the_same_step(make_trainer, make_rows, optimizer, normalization):
    """Prompts of 5 to 11 tokens: padding depends on the cut. 3 x 2 leaves a micro-batch of one."""
    rows, results = make_rows(4), {}
    options = {**OPTIMIZERS[optimizer], "loss_normalization": normalization, "max_steps": 1, "max_grad_norm": 0.0}
    options["lr_scheduler_type"] = "constant"
    for size, steps in ((4, 1), (2, 2), (1, 4), (3, 2)):
        cut = {"per_device_train_batch_size": size, "gradient_accumulation_steps": steps}
        results[size, steps] = weights_after(make_trainer(rows, **options, **cut))
    start = dict(make_trainer(rows, **options).model.named_parameters())
    whole = results.pop((4, 1))
    assert max((whole[name] - start[name]).abs().max().item() for name in whole) > 1e-4
    for result in results.values():
        torch.testing.assert_close(result, whole, **SAME_STEP)


def test_a_short_last_group_of_an_epoch_counts_its_pairs_alike(make_trainer, make_rows, losses):
    rows, results, logged = make_rows(6), {}, {}
    options = {**OPTIMIZERS["sgd"], "num_train_epochs": 1, "max_grad_norm": 0.0}
    for size, steps in ((4, 1), (2, 2), (1, 4)):
        trainer = make_trainer(rows, per_device_train_batch_size=size, gradient_accumulation_steps=steps, **options)
        results[size] = weights_after(trainer)
        logged[size] = losses(trainer)
        assert trainer.state.global_step == 2
    for size in (2, 1):
        torch.testing.assert_close(results[size], results[4], **SAME_STEP)
        assert logged[size] == pytest.approx(logged[4], abs=1e-4)  # Trainer rounds what it logs


def test_a_short_micro_batch_is_not_worth_a_long_one(make_trainer, make_rows):
    """What the plain mean of micro-batches would do: the step of 3 + 1 pairs is that of 4, and not of 3 and 1."""
    rows = make_rows(4)
    options = {**OPTIMIZERS["sgd"], "max_steps": 1, "max_grad_norm": 0.0, "per_device_train_batch_size": 3}
    right = weights_after(make_trainer(rows, gradient_accumulation_steps=2, **options))
    trainer = make_trainer(rows, gradient_accumulation_steps=2, **options)
    compute_loss = trainer.compute_loss
    trainer.compute_loss = lambda model, inputs, **given: compute_loss(model, inputs)
    wrong = weights_after(trainer)
    assert max((right[name] - wrong[name]).abs().max().item() for name in right) > 1e-4


def test_the_evaluation_loss_is_the_loss_of_the_pairs(make_trainer, make_rows):
    rows = make_rows(6)
    trainer = make_trainer(rows, per_device_eval_batch_size=4, loss_normalization="tokens")
    batch = trainer.data_collator(rows)
    with torch.no_grad():
        inputs = {name: batch[name] for name in ("pixel_values", "input_ids", "attention_mask")}
        out = trainer.model.eval()(**inputs, output_mask_probs=True)
    targets = {name: batch[name] for name in ("overall_target", "token_target", "token_mask")}
    expected = fga_loss(
        out.overall_score,
        out.token_scores,
        out.mask_probs,
        overall_target=batch["overall_target"],
        **set_cls_target(**targets)._asdict(),
        weight=batch["weight"],
        attention_mask=batch["attention_mask"],
        normalization="tokens",
    )
    assert trainer.evaluate()["eval_loss"] == pytest.approx(expected.total.item(), abs=1e-5)
    prediction = trainer.predict(rows)
    overall, tokens = prediction.predictions
    assert overall == pytest.approx(out.overall_score.numpy(), abs=1e-5)
    assert tokens.shape == (6, 11)
    assert prediction.label_ids[0].tolist() == batch["overall_target"].tolist()


def test_pairs_without_ratings_can_be_predicted(make_trainer, make_rows):
    trainer = make_trainer(make_rows(2))
    batch = trainer.data_collator(make_rows(2))
    del batch["overall_target"]
    loss, (overall, tokens), targets = trainer.prediction_step(trainer.model, batch, prediction_loss_only=False)
    assert (loss, targets) == (None, None)
    assert (overall.shape, tokens.shape) == ((2,), (2, 7))


def test_the_frozen_tower_keeps_its_weights_and_its_last_norm_does_not(make_trainer, make_rows):
    trainer = make_trainer(make_rows(4), max_steps=2, learning_rate=0.01)
    before = {name: parameter.detach().clone() for name, parameter in trainer.model.vision_model.named_parameters()}
    trainer.train()
    after = dict(trainer.model.vision_model.named_parameters())
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"post_layernorm.weight", "post_layernorm.bias"}


@pytest.mark.parametrize("mask_weight", [0.1, 0.0])
@pytest.mark.parametrize("freeze_vision", [True, False])
def test_every_trainable_parameter_gets_a_gradient(make_trainer, make_rows, freeze_vision, mask_weight):
    """DDP waits for ever, or refuses, if one does not."""
    trainer = make_trainer(make_rows(2), freeze_vision=freeze_vision, mask_weight=mask_weight, element_weight=0.0)
    batch = trainer.data_collator(make_rows(2))
    trainer.compute_loss(trainer.model, batch).backward()
    parameters = {name: parameter for name, parameter in trainer.model.named_parameters() if parameter.requires_grad}
    assert [name for name, parameter in parameters.items() if parameter.grad is None] == []
    assert any(name.startswith("mask_head") for name in parameters) == (mask_weight > 0)


def test_a_resumed_run_ends_where_an_uninterrupted_one_ends(make_trainer, make_rows, tmp_path):
    options = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "learning_rate": 1e-3}
    rows = make_rows(6)
    whole = weights_after(make_trainer(rows, per_device_train_batch_size=2, **options))
    resumed = make_trainer(rows, per_device_train_batch_size=2, **options)
    resumed.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-2"))
    assert resumed.state.global_step == 4
    torch.testing.assert_close(dict(resumed.model.named_parameters()), whole, rtol=0, atol=0)


def test_a_run_that_asks_for_variance_weights_does_not_go_without(make_trainer, make_rows):
    trainer = make_trainer(make_rows(2), variance_weighting="var")
    batch = trainer.data_collator(make_rows(2))
    del batch["weight"]
    with pytest.raises(ValueError, match="`variance_weighting` is 'var', but the batch has no `weight`"):
        trainer.compute_loss(trainer.model, batch)


def test_a_prompt_beyond_the_fixed_positions_is_refused(make_rows):
    batch = {name: torch.zeros(1, 5) for name in ("input_ids", "attention_mask", "token_target", "token_mask")}
    with pytest.raises(ValueError, match="`input_ids` has 5 positions but `n_positions` is 4"):
        pad_positions(batch, n_positions=4, pad_token_id=0)


def test_padding_has_the_id_of_padding_and_zero_elsewhere():
    batch = {name: torch.ones(1, 2) for name in ("input_ids", "attention_mask", "token_target", "token_mask")}
    padded = pad_positions({**batch, "weight": torch.ones(1)}, n_positions=4, pad_token_id=7)
    assert padded["input_ids"].tolist() == [[1, 1, 7, 7]]
    assert padded["attention_mask"].tolist() == padded["token_mask"].tolist() == [[1, 1, 0, 0]]
    assert padded["weight"].tolist() == [1]


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_gradient_checkpointing_computes_twice_and_gives_the_same_step(make_trainer, make_rows):
    results, calls = [], []
    for checkpointing in (False, True):
        options = {**OPTIMIZERS["sgd"], "max_steps": 1, "freeze_vision": False}
        trainer = make_trainer(
            make_rows(2), per_device_train_batch_size=2, gradient_checkpointing=checkpointing, **options
        )
        counts = Counter()
        qformer, tower = trainer.model.qformer.encoder.layer[0], trainer.model.vision_model.encoder.layers[0]
        qformer.attention.register_forward_hook(lambda *_, counts=counts: counts.update(["qformer"]))
        tower.self_attn.register_forward_hook(lambda *_, counts=counts: counts.update(["tower"]))
        results.append(weights_after(trainer))
        calls.append(counts)
    # The Q-Former reads the pair, and the prompt alone for the mask.
    assert calls == [{"qformer": 2, "tower": 1}, {"qformer": 4, "tower": 2}]
    torch.testing.assert_close(results[1], results[0], **SAME_STEP)


def test_bf16_learns(make_trainer, make_rows, losses):
    options = {"max_steps": 30, "learning_rate": 3e-3, "element_weight": 1.0, "loss_normalization": "tokens"}
    trainer = make_trainer(make_rows(2), per_device_train_batch_size=2, bf16=True, **options)
    trainer.train()
    assert losses(trainer)[-1] < 0.5 * losses(trainer)[0]
    assert {parameter.dtype for parameter in trainer.model.parameters()} == {torch.float32}


def test_pairs_that_fill_up_a_batch_are_left_out():
    batch = {"overall_target": torch.tensor([1.0, 2.0, 3.0]), "weight": torch.ones(3), "input_ids": torch.ones(3, 4)}
    kept = keep_pairs(batch, 2)
    assert kept["overall_target"].tolist() == [1, 2]
    assert (kept["weight"].tolist(), kept["input_ids"].shape) == ([1, 1], (2, 4))
    nothing = keep_pairs(batch, 0)
    assert (nothing["overall_target"].tolist(), nothing["weight"].tolist()) == ([1], [0])


def test_a_card_that_a_run_wrote_is_kept(make_trainer, make_rows, tmp_path):
    trainer = make_trainer(make_rows(2))
    trainer.create_model_card()
    drafted = (tmp_path / "out" / "README.md").read_text("utf-8")
    (tmp_path / "out" / "README.md").write_text("# ours", "utf-8")
    trainer.create_model_card()
    assert (tmp_path / "out" / "README.md").read_text("utf-8") == "# ours" != drafted
