import re
import runpy
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from evalmuse_hf.data.push_plan import plan_push, split_front_matter
from evalmuse_hf.mini import write_release
from evalmuse_hf.stats import CITATION

BUILDER = Path(__file__).parents[2] / "dataset_builder"
TIMEOUT = 600  # seconds; a child of a busy machine


def build(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, BUILDER / "build.py", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("builder")
    write_release(folder / "raw", train_prompts=4, test_prompts=2, images_per_prompt=2, seed=0)
    done = build(folder / "raw", folder / "evalmuse-40k")
    assert done.returncode == 0, done.stderr
    assert "Built " in done.stderr
    return folder / "evalmuse-40k"


def test_the_built_folder_loads_and_may_be_pushed(built):
    pairs = datasets.load_dataset(str(built))
    assert sum(pairs.num_rows.values()) == 12
    assert pairs["test"][0]["image"].size[0] > 0
    assert datasets.load_dataset(str(built), "prompts", split="test").num_rows == 2
    assert plan_push(built, "me/evalmuse-40k").left_out == ()


def test_the_card_is_the_template_with_every_number_filled_in(built):
    metadata, page = split_front_matter(built / "README.md")
    template, _ = split_front_matter(BUILDER / "README.md")
    assert {key: metadata[key] for key in template} == template
    assert [config["config_name"] for config in metadata["configs"]][:2] == ["pairs", "prompts"]
    assert "12 pictures of 6\nprompts" in page
    assert "## Counts" in page
    assert CITATION in page
    assert not re.search(r"\{\{.*\}\}", page)


def test_a_mistake_is_one_sentence_and_status_2(tmp_path):
    done = build(tmp_path / "absent", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith("build.py: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_driver_is_thin_and_does_not_bear_the_name_of_its_folder():
    lines = (BUILDER / "build.py").read_text("utf-8").splitlines()
    assert len(lines) <= 60
    imported = {line.split()[1].partition(".")[0] for line in lines if re.match(r"(import|from) ", line)}
    assert imported <= {"evalmuse_hf", *sys.stdlib_module_names}
    assert not (BUILDER / f"{BUILDER.name}.py").exists()
    assert runpy.run_path(str(BUILDER / "build.py"))["TEMPLATE"].is_file()
