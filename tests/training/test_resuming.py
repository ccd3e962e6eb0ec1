import json

import pytest

from evalmuse_hf.training.options import parse_options
from evalmuse_hf.training.resuming import RUN_FILE, find_start, fingerprint_run, refuse_other_run, write_fingerprint
from evalmuse_hf.training.run_data import load_run_data


@pytest.fixture
def make_fingerprint(tiny_data, make_model, tmp_path):
    def make(*words, split="train"):
        required = ["--model_name_or_path", "mini", "--dataset_name", str(tiny_data), "--use_cpu", "True"]
        run = parse_options([*required, "--output_dir", str(tmp_path / "out"), "--train_split", split, *words])
        return fingerprint_run(run, load_run_data(run.data, seed=0), make_model())

    return make


def make_checkpoint(folder, step):
    (folder / f"checkpoint-{step}").mkdir(parents=True)
    (folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")


def test_how_a_step_is_cut_and_where_it_is_written_are_no_other_run(make_fingerprint):
    fingerprint = make_fingerprint()
    cut = ("--per_device_train_batch_size", "2", "--gradient_accumulation_steps", "4")
    assert make_fingerprint(*cut, "--logging_steps", "5", "--save_total_limit", "1") == fingerprint


@pytest.mark.parametrize(
    "words, message",
    [
        (("--learning_rate", "2e-5"), "learning_rate was 1e-05, is 2e-05"),
        (("--variance_weighting", "var"), "variance_weighting was 'none', is 'var'"),
        (("--gradient_accumulation_steps", "2"), "pairs_per_step was 8, is 16"),
        (("--lora_rank", "4"), "lora_rank was 0, is 4"),
        (("--augmentation", "official"), "augmentation was 'none', is 'official'"),
    ],
    ids=["rate", "weights", "step", "adapters", "augmentation"],
)
def test_another_option_is_named(make_fingerprint, tmp_path, words, message):
    write_fingerprint(tmp_path, make_fingerprint())
    with pytest.raises(ValueError, match=f"belong to another run .*{message}.*go on with its data and options"):
        refuse_other_run(tmp_path / RUN_FILE, make_fingerprint(*words))


def test_other_data_and_another_architecture_are_named(make_fingerprint, tmp_path):
    write_fingerprint(tmp_path, make_fingerprint())
    with pytest.raises(ValueError, match="other training pairs; other validation pairs"):
        refuse_other_run(tmp_path / RUN_FILE, make_fingerprint(split="train[:6]"))
    with pytest.raises(ValueError, match=r"another run \(other architecture\)"):
        refuse_other_run(tmp_path / RUN_FILE, {**make_fingerprint(), "architecture": "other"})


def test_the_last_complete_checkpoint_is_where_a_run_goes_on(make_fingerprint, tmp_path):
    fingerprint = make_fingerprint()
    write_fingerprint(tmp_path, fingerprint)
    for step in (9, 10):
        make_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-11").mkdir()  # killed while it was written
    assert find_start(tmp_path, fingerprint, resume="True") == tmp_path / "checkpoint-10"
    chosen = str(tmp_path / "checkpoint-9")
    assert str(find_start(tmp_path, fingerprint, resume=chosen)) == chosen
    with pytest.raises(ValueError, match=r"checkpoint-11 is no complete checkpoint \(it lacks trainer_state\.json\)"):
        find_start(tmp_path, fingerprint, resume=str(tmp_path / "checkpoint-11"))


def test_a_fresh_start_does_not_mix_with_an_earlier_run(tmp_path):
    assert find_start(tmp_path, {}, resume=None) is None
    make_checkpoint(tmp_path, 1)
    with pytest.raises(ValueError, match="holds checkpoints of an earlier run; go on from them"):
        find_start(tmp_path, {}, resume="False")


@pytest.mark.parametrize("text", [None, "[", json.dumps({"format": 0})], ids=["absent", "damaged", "other format"])
def test_a_folder_that_does_not_say_what_it_is_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(ValueError, match=r"has no run\.json that says which run"):
        refuse_other_run(tmp_path / RUN_FILE, {})


def test_a_folder_without_checkpoint_cannot_be_resumed(tmp_path):
    with pytest.raises(ValueError, match=r"There is no checkpoint in .* to go on from"):
        find_start(tmp_path, {}, resume="true")
