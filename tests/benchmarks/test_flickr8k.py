"""The command; what it trains is tested beside the study."""

import runpy
from pathlib import Path

import pytest
import yaml

from evalmuse_hf.meta_evaluation.studies.flickr8k import SECTIONS, check_recipe

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "flickr8k.py"))


@pytest.fixture
def recipe():
    return yaml.safe_load((ROOT / "recipes" / "flickr8k.yaml").read_text("utf-8"))


def test_without_the_data_it_says_so_and_succeeds(tmp_path, capsys):
    assert BENCHMARK["main"](["--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("Skipped: there is no Flickr8k.token.txt in")


def test_damaged_data_end_with_one_sentence(tmp_path, capsys):
    (tmp_path / "Flickr8k.token.txt").write_text("0.jpg#0\tA cat .\n", "utf-8")
    assert BENCHMARK["main"](["--data", str(tmp_path), "--quick"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("flickr8k: There are no pictures in")


def test_the_recipe_has_what_the_study_asks_for(recipe):
    check_recipe(recipe)
    assert sum(recipe["pairs"]["shares"].values()) == pytest.approx(1)


def test_a_quick_recipe_has_the_same_sections_and_few_steps(recipe):
    quick = BENCHMARK["shorten"](recipe)
    assert set(quick) == set(SECTIONS)
    assert quick["reading"]["max_steps"] == 4
    assert quick["pairs"]["size"] == 4 * recipe["fusion"]["per_device_train_batch_size"]
    check_recipe(quick)
