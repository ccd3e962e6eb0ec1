"""The scripts and cards of the `evaluate` modules."""

import doctest
import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import evaluate
import pytest
import torch
import yaml
from PIL import Image
from transformers import CLIPImageProcessorPil, CLIPModel

from evalmuse_hf.cli.module_cache import find_scripts, install_modules, modules_folder
from evalmuse_hf.models.encoders.convert_hps_v2 import build_config, load_tokenizer
from evalmuse_hf.scoring.loading import ENCODER_SCORERS, SCORERS

METRICS = Path(__file__).parents[2] / "metrics"
NAMES = sorted(path.name for path in METRICS.iterdir() if path.is_dir())
JUDGES = ["alignment_correlation", "element_accuracy"]
SECOND_PROCESS = """
import sys

import evaluate

cache, script, picture, prompt, *elements = sys.argv[1:]
module = evaluate.load(script, num_process=2, process_id=1, experiment_id="two", cache_dir=cache)
module.add(images=picture, prompts=prompt, **({"elements": elements} if elements else {}))
assert module.compute(model="mini") is None
"""


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    """A tiny random CLIP that knows letters only."""
    import gzip

    folder = tmp_path_factory.mktemp("clip")
    (folder / "merges.gz").write_bytes(gzip.compress(b"#version\na t</w>\n"))
    tokenizer = load_tokenizer(folder / "merges.gz", max_length=32)
    sizes = {
        "embed_dim": 8,
        "vision": {"image_size": 28, "layers": 1, "width": 16, "head_width": 8, "patch_size": 14},
        "text": {"context_length": 32, "vocab_size": len(tokenizer), "width": 16, "heads": 2, "layers": 1},
    }
    config = build_config(sizes)
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    for name, value in ids.items():
        setattr(config.text_config, name, value)
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size=28).save_pretrained(folder)
    return folder


@pytest.fixture
def model_folder(request, clip_folder):
    """A tiny random model for the scorer of the test."""
    own = {"blip2_itm": "blip2_folder", "image_reward": "image_reward_folder"}
    name = own.get(request.node.callspec.params["name"])
    return clip_folder if name is None else request.getfixturevalue(name)


@pytest.fixture
def installed(tmp_path, monkeypatch, model_folder):
    """A folder with a picture and a model, from which bare names work."""
    install_modules(modules_folder())
    Image.new("RGB", (32, 32), "red").save(tmp_path / "square.png")
    (tmp_path / "FOLDER").symlink_to(model_folder)
    monkeypatch.chdir(tmp_path)


def test_every_scorer_has_a_module():
    assert sorted([*SCORERS, *JUDGES]) == NAMES
    assert sorted(find_scripts()) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("installed")
def test_the_examples_run_under_the_bare_name(name):
    spec = importlib.util.spec_from_file_location(f"checked_{name}", METRICS / name / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests, f"{name} has no example"
    problems = []
    for test in tests:
        runner = doctest.DocTestRunner(optionflags=flags)
        runner.run(test, out=problems.append)
    assert not problems, "".join(problems)


@pytest.mark.parametrize("name", ENCODER_SCORERS)
@pytest.mark.usefixtures("installed")
def test_encoders_ignore_elements_and_combine(name):
    both = evaluate.combine([str(METRICS / "clip_score"), str(METRICS / name)], force_prefix=True)
    result = both.compute(images=["square.png"], prompts=["a"], elements=[["a"]], model="FOLDER")
    values = [value for key, value in result.items() if key.endswith("element_scores")]
    assert values
    assert all(math.isnan(value[0][0]) for value in values)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_a_space(name):
    _, front, text = (METRICS / name / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert (card["sdk"], card["app_file"], card["license"]) == ("gradio", "app.py", "apache-2.0")
    assert len(card["description"]) > 30
    for heading in ("Inputs", "Outputs", "Values from", "Limitations", "Citation"):
        assert f"\n## {heading}" in text, f"{name}'s card lacks {heading}."
    assert (METRICS / name / "requirements.txt").read_text() == "evalmuse-hf[spaces]\n"
    compile((METRICS / name / "app.py").read_text("utf-8"), "app.py", "exec")


@pytest.mark.slow
def test_two_processes_give_one_result(tmp_path):
    name, elements = "fga_blip2", [["red"], ["two", "squares"]]
    pictures = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, color in zip(pictures, ("red", "blue"), strict=True):
        Image.new("RGB", (40, 30), color).save(path)
    prompts = ["a red circle", "two blue squares"]
    script = str(METRICS / name)
    optional = {"elements": elements}
    whole = evaluate.load(script, cache_dir=str(tmp_path / "whole"))
    expected = whole.compute(images=[str(path) for path in pictures], prompts=prompts, **optional, model="mini")
    given = [str(tmp_path / "shared"), script, str(pictures[1]), prompts[1], *elements[1]]
    with subprocess.Popen([sys.executable, "-c", SECOND_PROCESS, *given]) as other:
        try:
            options = {"num_process": 2, "process_id": 0, "experiment_id": "two", "cache_dir": given[0]}
            first = evaluate.load(script, **options)
            first.add(
                images=str(pictures[0]), prompts=prompts[0], **{key: value[0] for key, value in optional.items()}
            )
            result = first.compute(model="mini")
            assert result["scores"] == pytest.approx(expected["scores"], abs=1e-6)
            for ours, theirs in zip(result["element_scores"], expected["element_scores"], strict=True):
                assert ours == pytest.approx(theirs, abs=1e-6)
            assert other.wait(timeout=60) == 0
        finally:
            other.kill()
