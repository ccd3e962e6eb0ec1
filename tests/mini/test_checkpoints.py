"""The packaged checkpoints."""

import pytest

from evalmuse_hf.mini import find_checkpoint


@pytest.mark.parametrize("name", ["mini", "fga-blip2-mini"])
def test_the_packaged_checkpoint_is_found_under_both_names(name):
    folder = find_checkpoint(name)
    assert folder is not None
    assert (folder / "model.safetensors").stat().st_size <= 8_000_000
    assert (folder / "README.md").is_file()


def test_the_model_that_answers_questions_is_found_beside_it():
    folder = find_checkpoint("mini", family="vqa")
    assert folder is not None
    assert folder == find_checkpoint("pn-vqa-mini", family="vqa")
    assert (folder / "model.safetensors").stat().st_size <= 7_000_000
    assert (folder / "README.md").is_file()


def test_other_names_are_not_packaged():
    assert find_checkpoint("somebody/else") is None
