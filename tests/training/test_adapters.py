import json

import pytest
import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import load_base
from evalmuse_hf.training import FGATrainer
from evalmuse_hf.training.adapters import AdapterArguments, add_adapters, load_with_adapter, merge, save_adapter

SAME_SCORE = {"rtol": 0.0, "atol": 1e-6}  # merging rounds the weights anew, in float32 on a scale up to 5
WHOLE = {"itm_head", "mask_head", "vision_model.post_layernorm"}


@pytest.fixture
def base(make_model, tmp_path):
    make_model().save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def adapt(base):
    """Load the base and add adapters; with ``moved`` they differ from their start, where they change no score."""

    def adapt(*, moved=False, **options):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            model = add_adapters(load_base(base), AdapterArguments(**{"lora_rank": 2, "lora_alpha": 4, **options}))
            for parameter in model.parameters():
                if moved and parameter.requires_grad:
                    parameter.data += 0.05 * torch.randn_like(parameter)
        return model.eval()

    return adapt


@pytest.fixture
def scores(make_rows):
    """Everything that a model says about four pairs."""
    rows = make_rows(4)
    pixel_values = torch.stack([row["pixel_values"] for row in rows])
    input_ids = torch.stack([row["input_ids"][:5] for row in rows])

    @torch.no_grad()
    def scores(model):
        output = model.eval()(pixel_values=pixel_values, input_ids=input_ids, output_mask_probs=True)
        return output.overall_score, output.token_scores, output.mask_probs

    return scores


@pytest.fixture
def make_adapted_trainer(tmp_path, adapt, make_trainer):
    """A trainer of the base with adapters; options are those of `FGATrainingArguments`."""

    def make(rows, *, adapters=None, **options):
        plain = make_trainer(rows, **options)
        model = adapt(**(adapters or {}))
        return FGATrainer(
            model=model, args=plain.args, train_dataset=rows, eval_dataset=rows, data_collator=plain.data_collator
        )

    return make


def trained(model):
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_new_adapters_change_no_score(adapt, base, scores):
    torch.testing.assert_close(scores(adapt(lora_vision=True)), scores(load_base(base)), rtol=0, atol=0)


def test_adapters_stand_beside_attention_and_the_small_modules_are_trained_whole(adapt):
    names = {name.removeprefix("base_model.model.") for name in trained(adapt())}
    adapted = {name.split(".lora_")[0] for name in names if ".lora_" in name}
    attention = [f"attention.{name}" for name in ("query", "key", "value")]
    assert adapted == {
        f"qformer.encoder.layer.{layer}.{kind}.{name}"
        for layer in (0, 1)
        for kind in ("attention", "crossattention")
        for name in (*attention, "output.dense")
    }
    assert {name.split(".modules_to_save")[0] for name in names if ".lora_" not in name} == WHOLE


def test_the_number_of_trained_weights_is_that_of_the_formula(adapt):
    """Rank 2 on a width of 32: 2 layers x 8 attention layers x 2 x (32 + 32), then heads and layer norm."""
    heads = (32 * 2 + 2) + (32 * 16 + 16 + 16 * 1 + 1) + (32 + 32)
    assert sum(parameter.numel() for parameter in trained(adapt()).values()) == 2 * 8 * 128 + heads
    tower = 2 * (2 * (32 + 96) + 2 * (32 + 32))  # 2 layers: queries, keys and values in one, and the output
    assert sum(parameter.numel() for parameter in trained(adapt(lora_vision=True)).values()) == 2048 + heads + tower


def test_merging_adds_the_scaled_product(adapt, base):
    model = adapt(moved=True)
    name = "qformer.encoder.layer.1.crossattention.attention.key"
    layer = model.get_submodule(f"base_model.model.{name}")
    expected = load_base(base).get_submodule(name).weight + 4 / 2 * (
        layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    )
    torch.testing.assert_close(merge(model).get_submodule(name).weight, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("lora_vision", [False, True], ids=["Q-Former", "both"])
def test_adapters_saved_alone_merged_and_reloaded_give_equal_scores(adapt, scores, tmp_path, base, lora_vision):
    model = adapt(moved=True, lora_vision=lora_vision)
    expected = scores(model)
    start = scores(load_base(base))
    assert (expected[0] - start[0]).abs().max() > 1e-3
    save_adapter(model, tmp_path / "adapter")
    assert {path.name for path in (tmp_path / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    alone = load_with_adapter(tmp_path / "adapter")
    merged = merge(model)
    merged.save_pretrained(tmp_path / "merged")
    reloaded = load_base(tmp_path / "merged")
    for other in (alone, merged, reloaded):
        assert type(other) is FGABlip2ForAlignment
        torch.testing.assert_close(scores(other), expected, **SAME_SCORE)
        assert all(parameter.requires_grad for parameter in other.parameters())
        assert not [name for name in other.state_dict() if "lora" in name]


def test_peft_itself_reads_the_folder(adapt, scores, tmp_path, base):
    from peft import PeftModel

    model = adapt(moved=True)
    save_adapter(model, tmp_path / "adapter")
    foreign = PeftModel.from_pretrained(load_base(base), str(tmp_path / "adapter"))
    torch.testing.assert_close(scores(foreign), scores(model), **SAME_SCORE)


def test_adapters_are_put_on_adapters(adapt, scores, tmp_path):
    save_adapter(adapt(moved=True), tmp_path / "first")
    second = add_adapters(load_with_adapter(tmp_path / "first"), AdapterArguments(lora_rank=1))
    save_adapter(second, tmp_path / "second")
    written = json.loads((tmp_path / "second" / "adapter_config.json").read_text("utf-8"))
    assert written["base_model_name_or_path"] == str(tmp_path / "first")
    torch.testing.assert_close(scores(load_with_adapter(tmp_path / "second")), scores(second), **SAME_SCORE)


def test_the_packaged_model_is_named_as_everywhere_and_is_scored_with_by_folder(tmp_path, scores):
    from evalmuse_hf.mini import find_checkpoint, write_release
    from evalmuse_hf.scoring import load_scorer

    folder = find_checkpoint("mini")
    model = add_adapters(load_base(folder), AdapterArguments(lora_rank=4))
    with torch.no_grad():
        model.get_submodule("base_model.model.itm_head").modules_to_save["default"].bias += torch.tensor([0.0, 0.5])
    save_adapter(model, tmp_path / "adapter", processor=FGABlip2Processor.from_pretrained(folder))
    written = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text("utf-8"))
    assert written["base_model_name_or_path"] == "mini"
    write_release(tmp_path / "raw", train_prompts=1, test_prompts=1, images_per_prompt=2, seed=0)
    pictures = sorted((tmp_path / "raw" / "images").rglob("*.png"))[:2]
    pairs = {"images": pictures, "prompts": ["a red ball", "two dogs"]}
    before, after = (load_scorer("fga_blip2", model=name).score(**pairs) for name in ("mini", tmp_path / "adapter"))
    assert [pair.status for pair in after] == ["ok", "ok"]
    assert all(new.overall > old.overall for old, new in zip(before, after, strict=True))
    merge(model).save_pretrained(tmp_path / "merged")
    FGABlip2Processor.from_pretrained(folder).save_pretrained(tmp_path / "merged")
    merged = load_scorer("fga_blip2", model=tmp_path / "merged").score(**pairs)
    assert [pair.overall for pair in merged] == pytest.approx([pair.overall for pair in after], abs=1e-6)


def test_the_trainer_learns_with_adapters_and_leaves_the_rest_alone(make_adapted_trainer, make_rows, losses):
    options = {"max_steps": 30, "learning_rate": 1e-2, "loss_normalization": "tokens"}
    trainer = make_adapted_trainer(make_rows(2), per_device_train_batch_size=2, **options)
    before = {name: parameter.detach().clone() for name, parameter in trainer.model.named_parameters()}
    trainer.train()
    assert losses(trainer)[-1] < 0.5 * losses(trainer)[0]
    after = dict(trainer.model.named_parameters())
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert all(".lora_" in name or ".modules_to_save." in name for name in changed)
    assert {name for name in before if ".lora_B." in name and ".key." not in name} <= changed


@pytest.mark.parametrize("lora_vision", [False, True], ids=["Q-Former", "both"])
@pytest.mark.parametrize("mask_weight", [0.1, 0.0])
def test_every_weight_that_is_trained_gets_a_gradient(make_adapted_trainer, make_rows, lora_vision, mask_weight):
    """DDP waits for ever, or refuses, if one does not."""
    adapters = {"lora_vision": lora_vision, "moved": True}  # at the start, A has none because B is zero
    trainer = make_adapted_trainer(make_rows(2), adapters=adapters, mask_weight=mask_weight)
    trainer.compute_loss(trainer.model, trainer.data_collator(make_rows(2))).backward()
    parameters = trained(trainer.model)
    assert [name for name, parameter in parameters.items() if parameter.grad is None] == []
    assert any(".lora_" in name and "vision_model" in name for name in parameters) == lora_vision
    assert any("mask_head" in name for name in parameters) == (mask_weight > 0)


def test_a_run_saves_adapters_only_and_resumes_to_the_bit(make_adapted_trainer, make_rows, tmp_path):
    options = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "learning_rate": 1e-2}
    rows = make_rows(6)
    whole = make_adapted_trainer(rows, per_device_train_batch_size=2, **options)
    whole.train()
    checkpoint = tmp_path / "out" / "checkpoint-2"
    written = {path.name for path in checkpoint.iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors"} <= written
    assert not written & {"model.safetensors", "config.json", "README.md"}
    resumed = make_adapted_trainer(rows, per_device_train_batch_size=2, **options)
    resumed.train(resume_from_checkpoint=str(checkpoint))
    assert resumed.state.global_step == 4
    torch.testing.assert_close(trained(resumed.model), trained(whole.model), rtol=0, atol=0)


def test_the_best_checkpoint_is_put_back_and_read_again(make_adapted_trainer, make_rows, tmp_path, scores):
    options = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "eval_strategy": "steps", "eval_steps": 2}
    options |= {"load_best_model_at_end": True, "metric_for_best_model": "loss", "learning_rate": 1e-2}
    trainer = make_adapted_trainer(make_rows(4), **options)
    trainer.train()
    trainer.save_model()
    best = trainer.state.best_model_checkpoint
    expected = scores(trainer.model)
    for folder in (tmp_path / "out", best):
        torch.testing.assert_close(scores(load_with_adapter(folder)), expected, **SAME_SCORE)


def test_gradient_checkpointing_reads_layers_twice_and_learns_the_same(make_adapted_trainer, make_rows):
    results, passes = [], []
    for gradient_checkpointing in (False, True):
        options = {"max_steps": 2, "learning_rate": 0.05, "optim": "sgd", "mask_weight": 0.0}
        trainer = make_adapted_trainer(make_rows(2), gradient_checkpointing=gradient_checkpointing, **options)
        calls = []
        layer = trainer.model.get_submodule("base_model.model.qformer.encoder.layer.0.attention")
        layer.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        trainer.train()
        passes.append(len(calls))
        results.append({name: parameter.detach().clone() for name, parameter in trained(trainer.model).items()})
    assert passes == [2, 4]
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lora_rank": -1}, r"`lora_rank` must be 0 \(no adapters\) or more, got -1"),
        ({"lora_alpha": 0}, "`lora_alpha` must be at least 1, got 0"),
        ({"lora_dropout": 1.0}, "`lora_dropout` must be at least 0 and below 1, got 1.0"),
        ({"lora_vision": True}, "`lora_vision` needs adapters; give `lora_rank` too"),
    ],
    ids=["rank", "alpha", "dropout", "vision alone"],
)
def test_options_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        AdapterArguments(**options)


def test_a_model_is_not_adapted_twice_and_not_by_rank_zero(adapt, make_model):
    with pytest.raises(ValueError, match="`lora_rank` must be at least 1 to add adapters, got 0"):
        add_adapters(make_model(), AdapterArguments())
    with pytest.raises(ValueError, match="The model carries adapters already"):
        add_adapters(adapt().base_model.model, AdapterArguments(lora_rank=2))


def test_the_recipe_names_options_that_exist(request):
    from evalmuse_hf.training.options import parse_options

    recipe = request.config.rootpath / "recipes" / "fga_blip2_lora.yaml"
    run = parse_options([str(recipe), "--dataset_name", "data", "--output_dir", "out"])
    assert (run.adapters.lora_rank, run.adapters.lora_alpha, run.adapters.lora_vision) == (8, 16, False)
    assert (run.training.learning_rate, run.training.max_grad_norm) == (5e-4, 1.0)
