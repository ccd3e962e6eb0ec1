import csv
import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import Trainer

from evalmuse_hf import load_scorer
from evalmuse_hf.cli.main import main as evalmuse
from evalmuse_hf.mini import write_release
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.training.__main__ import main
from evalmuse_hf.training.fine_tuning import describe
from evalmuse_hf.training.starting_model import load_for_training

STAND_IN = runpy.run_path(str(Path(__file__).parents[1] / "hub" / "stand_in.py"))
QUIET = ("--use_cpu", "True", "--disable_tqdm", "True")
STEPS = ("--save_strategy", "steps", "--save_steps", "2", "--max_steps", "4", "--per_device_train_batch_size", "4")
NO_CHECKPOINTS = ("--validation_share", "0", "--save_strategy", "no", "--max_steps", "2")


@pytest.fixture
def damaged_folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "damaged")


@pytest.fixture
def train(tiny_folder, tiny_data, tmp_path, capsys):
    """Train the tiny model by a command line; return the folder, the figures or the status, and what was said."""

    def run(*words, out="out", model=tiny_folder, data=tiny_data):
        start = ["--model_name_or_path", str(model), "--dataset_name", str(data), "--output_dir", str(tmp_path / out)]
        status = main([*start, "--learning_rate", "3e-3", *QUIET, *words])
        said = capsys.readouterr()
        return tmp_path / out, json.loads(said.out) if status == 0 else status, said.err

    return run


@pytest.fixture(scope="module")
def own_list(tmp_path_factory):
    """A CSV of 50 own pictures, five of each prompt."""
    folder = tmp_path_factory.mktemp("own")
    write_release(folder / "raw", train_prompts=10, test_prompts=1, images_per_prompt=5, seed=3)
    records = json.loads((folder / "raw" / "train_list.json").read_text("utf-8"))
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "prompt", "ratings", "elements"])
        for record in records:
            ratings = ";".join(map(str, record["total_score"]))
            path = f"raw/images/{record['img_path']}"
            writer.writerow([path, record["prompt"], ratings, json.dumps(record["element_score"])])
    assert len(records) == 50
    return folder / "ratings.csv"


def weights_in(folder):
    return load_file(folder / "model.safetensors")


def test_one_line_trains_measures_and_writes_a_model(train, tiny_folder):
    words = ("--variance_weighting", "reliability", "--validation_split", "test", "--save_strategy", "no")
    folder, printed, _ = train(
        *words, "--max_steps", "12", "--per_device_train_batch_size", "12", "--logging_steps", "1"
    )
    assert printed["train_samples_per_second"] > 0
    assert {"eval_loss", "eval_srcc", "eval_krcc", "eval_plcc", "eval_srcc_within_prompt"} <= set(printed)
    assert {"eval_element_accuracy", "eval_element_accuracy_balanced"} <= set(printed)
    assert 1 < printed["effective_sample_size"] <= 12
    history = json.loads((folder / "trainer_state.json").read_text("utf-8"))["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert losses[-1] < 0.7 * losses[0]  # 12 steps on 12 pairs of which the ratings have noise
    model, processor = load_for_training(str(folder))
    start, _ = load_for_training(str(tiny_folder))
    assert not torch.equal(model.query_tokens, start.query_tokens)
    assert processor(images=torch.zeros(8, 8, 3).byte().numpy(), prompts="a red cat", return_tensors="pt")
    results = json.loads((folder / "all_results.json").read_text("utf-8"))
    assert results["eval_srcc"] == printed["eval_srcc"]
    card = (folder / "README.md").read_text("utf-8")
    assert f"| SRCC with the mean rating | {printed['eval_srcc']:.3f} [" in card


@pytest.mark.slow
def test_the_packaged_model_learns_from_fifty_own_pictures(train, own_list, caplog):
    folder, printed, _ = train(data=own_list, model="mini")
    assert "2 of 10 prompts (10 pairs) are held out to measure on" in caplog.text
    state = json.loads((folder / "trainer_state.json").read_text("utf-8"))
    scores = [entry["eval_srcc"] for entry in state["log_history"] if "eval_srcc" in entry]
    assert (len(scores), state["best_metric"]) == (3, max(scores))
    assert printed["eval_srcc"] == pytest.approx(max(scores), abs=1e-6)  # the best checkpoint is what is left
    best = Path(state["best_model_checkpoint"])
    torch.testing.assert_close(weights_in(folder), weights_in(best), rtol=0, atol=0)
    pair = own_list.parent / "raw" / "images"
    picture = next(path for path in pair.rglob("*") if path.is_file())
    (score,) = load_scorer("fga_blip2", model=str(folder)).score(images=[picture], prompts=["a red cat"])
    assert 1 <= score.overall <= 5


def test_a_killed_run_goes_on_to_the_very_same_weights(train):
    words = (*STEPS, "--variance_weighting", "var", "--augmentation", "official")
    whole, figures, _ = train(*words)
    killed = shutil.copytree(whole, whole.parent / "killed")
    shutil.rmtree(killed / "checkpoint-4")
    for name in ("model.safetensors", "README.md", "all_results.json"):
        (killed / name).unlink()
    resumed, again, _ = train(*words, "--resume_from_checkpoint", "True", out="killed")
    torch.testing.assert_close(weights_in(resumed), weights_in(whole), rtol=0, atol=0)
    assert again["eval_loss"] == figures["eval_loss"]


def test_a_folder_of_another_run_is_neither_resumed_nor_mixed(train):
    train(*STEPS)
    _, status, said = train(*STEPS)
    assert (status, "holds checkpoints of an earlier run" in said) == (2, True)
    _, status, said = train(*STEPS, "--resume_from_checkpoint", "True", "--element_weight", "0.2")
    assert (status, "element_weight was 0.1, is 0.2" in said) == (2, True)
    _, status, said = train(*STEPS, "--resume_from_checkpoint", "True", "--train_split", "train[:9]")
    assert (status, "other training pairs" in said) == (2, True)


def test_full_memory_halves_the_batch_and_gives_the_same_weights(train, monkeypatch, caplog):
    words = ("--validation_share", "0", "--save_strategy", "no", "--num_train_epochs", "1")
    expected, _, _ = train(
        *words, "--per_device_train_batch_size", "2", "--gradient_accumulation_steps", "4", out="small"
    )
    forward = FGABlip2ForAlignment.forward

    def full(model, *arguments, **inputs):
        if model.training and len(inputs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return forward(model, *arguments, **inputs)

    monkeypatch.setattr(FGABlip2ForAlignment, "forward", full)
    folder, _, _ = train(*words, "--per_device_train_batch_size", "8")
    assert [record.getMessage().partition(";")[0] for record in caplog.records if "memory" in record.message] == [
        "Out of memory with 8 pairs at a time",
        "Out of memory with 4 pairs at a time",
    ]
    torch.testing.assert_close(weights_in(folder), weights_in(expected), rtol=0, atol=0)


def test_adapters_are_trained_and_saved_alone(train, tiny_folder):
    folder, printed, _ = train("--lora_rank", "2", "--max_steps", "3")
    assert {path.name for path in folder.glob("*.safetensors")} == {"adapter_model.safetensors"}
    merged, _ = load_for_training(str(folder))
    start, _ = load_for_training(str(tiny_folder))
    query = "qformer.encoder.layer.0.attention.attention.query.weight"
    assert not torch.equal(merged.get_parameter(query), start.get_parameter(query))
    assert torch.equal(merged.query_tokens, start.query_tokens)
    assert "library_name: peft" in (folder / "README.md").read_text("utf-8")
    assert printed["eval_srcc"] is None or -1 <= printed["eval_srcc"] <= 1


def test_kept_features_give_the_same_training(train, tmp_path):
    words = ("--max_steps", "3", "--variance_weighting", "var")
    plain, figures, _ = train(*words, out="plain")
    kept, again, _ = train(*words, "--feature_cache", str(tmp_path / "features"), out="kept")
    assert any((tmp_path / "features").iterdir())
    torch.testing.assert_close(weights_in(kept), weights_in(plain), rtol=0, atol=1e-6)
    assert again["eval_loss"] == pytest.approx(figures["eval_loss"], abs=1e-5)


def test_without_rated_elements_only_the_overall_score_is_trained(train, own_list, tiny_folder, caplog):
    bare = own_list.parent / "bare.csv"
    with own_list.open(encoding="utf-8", newline="") as source, bare.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(row[:3] for row in csv.reader(source))
    folder, printed, _ = train("--max_steps", "2", data=bare)
    assert "No pair has rated elements, so only the overall score is trained" in caplog.text
    assert "element_accuracy is undefined" in caplog.text
    assert printed["eval_element_accuracy"] is None
    assert json.loads((folder / "eval_results.json").read_text("utf-8"))["eval_element_accuracy"] is None
    head = "mask_head.layers.0.weight"
    assert torch.equal(weights_in(folder)[head], weights_in(tiny_folder)[head])


def test_pairs_without_rated_elements_and_lonely_pictures_are_counted(train, own_list, caplog):
    with own_list.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    some = own_list.parent / "some.csv"
    with some.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], [*rows[1][:3], ""], *rows[2:7]])
    train(*NO_CHECKPOINTS, "--variance_weighting", "var", data=some)
    assert (
        "1 of 6 pairs have no rated elements; the mask term takes their words for parts of no element" in caplog.text
    )
    assert "1 of 6 pairs are the only one of their prompt, which has no variance" in caplog.text


def test_ratings_off_their_scale_are_left_out_and_named(train, own_list, caplog):
    wrong = own_list.parent / "wrong.csv"
    wrong.write_text(own_list.read_text("utf-8").replace(",5;", ",9;"), "utf-8")
    train(*NO_CHECKPOINTS, data=wrong)
    assert "kept 49 of 50 records" in caplog.text
    assert "expected whole numbers from 1 to 5, one per rater, got [9, 5, 4]" in caplog.text


def test_curves_are_written_for_tensorboard(train):
    pytest.importorskip("tensorboard")
    folder, _, _ = train(*NO_CHECKPOINTS, "--report_to", "tensorboard")
    assert list(folder.rglob("events.out.tfevents.*"))


@pytest.mark.parametrize(
    "words, message",
    [
        (("--fp16", "True"), "`fp16` needs a GPU; on a CPU give --bf16 True"),
        (
            ("--feature_cache", "x", "--freeze_vision", "False"),
            "`feature_cache` holds what a frozen vision tower says",
        ),
        (("--feature_cache", "x", "--lora_rank", "2", "--lora_vision", "True"), "this run trains the tower"),
        (("--push_to_hub", "True"), "HF_HUB_OFFLINE=1 forbids to push"),
        (("--validation_split", "train"), "are in the training split too"),
        (("--train_split", "dev"), "has no split 'dev'; it has train and test"),
    ],
    ids=["fp16", "trained tower", "adapted tower", "offline", "shared prompts", "no split"],
)
def test_what_cannot_work_is_said_at_once(train, words, message):
    _, status, said = train(*words)
    assert (status, message in said, "Traceback" in said) == (2, True, False)


@pytest.fixture
def online(monkeypatch):
    """A client that would try: the network of the tests refuses it."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


def test_a_push_without_token_is_refused_at_once(train, online):
    _, status, said = train("--push_to_hub", "True")
    assert (status, "No token for" in said, "Traceback" in said) == (2, True, False)


def test_what_the_hub_refuses_is_one_sentence(train, online, monkeypatch):
    def refuse(*arguments, **options):
        raise ConnectionError("no route\nto host")

    words = (*NO_CHECKPOINTS, "--push_to_hub", "True", "--hub_token", "hf_test")
    monkeypatch.setattr(Trainer, "init_hf_repo", refuse)
    _, status, said = train(*words)
    assert (status, "The Hub does not take the model: no route to host" in said) == (2, True)
    monkeypatch.setattr(Trainer, "init_hf_repo", lambda trainer, **options: None)
    monkeypatch.setattr(Trainer, "push_to_hub", refuse)
    folder, status, said = train(*words)
    assert (status, f"The model is in {folder}, but the Hub does not take it: no route to host" in said) == (2, True)
    assert (folder / "model.safetensors").is_file()


def test_an_interruption_says_how_to_go_on(monkeypatch, capsys, tmp_path):
    def interrupt(run):
        raise KeyboardInterrupt

    monkeypatch.setattr("evalmuse_hf.training.__main__.fine_tune", interrupt)
    words = ["--model_name_or_path", "mini", "--dataset_name", "data", "--output_dir", str(tmp_path)]
    assert main(words) == 130
    assert "interrupted; --resume_from_checkpoint True goes on" in capsys.readouterr().err


def test_a_logger_that_is_missing_is_said(train, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    _, status, said = train("--report_to", "tensorboard")
    assert status == 2
    assert "--report_to tensorboard needs `tensorboard`: pip install 'evalmuse-hf[tensorboard]'" in said


def test_a_single_prompt_is_trained_on_without_measuring(train, own_list):
    one = own_list.parent / "one.csv"
    one.write_text("".join(own_list.read_text("utf-8").splitlines(keepends=True)[:6]), "utf-8")
    folder, printed, _ = train("--num_train_epochs", "1", data=one)
    assert "eval_srcc" not in printed
    assert "Nothing was measured" in (folder / "README.md").read_text("utf-8")


@pytest.fixture
def hub():
    with STAND_IN["HubStandIn"]() as server:
        yield server


def test_a_model_is_pushed_with_its_card(train, tmp_path, hub):
    words = ["--max_steps", "2", "--push_to_hub", "True", "--hub_model_id", "me/tiny", "--hub_private_repo", "True"]
    with hub.here():
        _, figures, said = train(*words)
    assert isinstance(figures, dict), said
    repository = hub.repositories["models", "me/tiny"]
    assert (repository.private, repository.n_commits) == (True, 1)
    assert {"README.md", "config.json", "model.safetensors", "processor_config.json"} <= set(repository.files)
    assert not any(name.startswith("checkpoint-") for name in repository.files)
    card = repository.files["README.md"].decode()
    assert yaml.safe_load(card.split("---\n")[1])["model-index"][0]["name"] == "me/tiny"
    assert f"| {figures['eval_srcc']:.3f} [" in card
    assert str(tmp_path) not in card


def test_a_model_that_is_not_there_is_refused(tiny_data, tmp_path, capsys):
    words = ["--model_name_or_path", "nowhere", "--dataset_name", str(tiny_data), "--output_dir", str(tmp_path)]
    assert main(words) == 2
    assert "There is no model folder at 'nowhere'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [main, lambda words: evalmuse(["train", *words])], ids=["module", "evalmuse"])
@pytest.mark.parametrize(
    "model, message",
    [
        ("without_config", "has no config.json; give one"),
        ("without_weights", "cannot be loaded"),
        ("without_processor", "cannot be loaded"),
        ("owner/name", "cannot be had from the Hub"),
    ],
)
def test_a_model_that_cannot_be_read_is_one_sentence_and_status_two(
    command, model, message, damaged_folder, tiny_data, tmp_path, monkeypatch, capsys
):
    lacking = {"without_config": "config.json", "without_weights": "model.*", "without_processor": "*token*"}
    for path in damaged_folder.glob(lacking.get(model, "nothing")):
        path.unlink()
    monkeypatch.chdir(tmp_path)
    name = str(damaged_folder) if model in lacking else model
    words = ["--model_name_or_path", name, "--dataset_name", str(tiny_data), "--output_dir", str(tmp_path / "out")]
    capsys.readouterr()
    assert command(words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_an_output_that_cannot_be_written_is_named(tiny_folder, tiny_data, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    words = ["--model_name_or_path", str(tiny_folder), "--dataset_name", str(tiny_data), "--max_steps", "1"]
    words += ["--output_dir", str(tmp_path / "file" / "out"), "--use_cpu", "True"]
    assert main(words) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_figures_fit_for_json():
    assert describe({"srcc": float("nan"), "loss": 0.12345678}) == {"srcc": None, "loss": 0.123457}
