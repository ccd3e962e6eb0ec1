import ast
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image

from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.export_fga_blip2 import export_model, flatten
from evalmuse_hf.scoring import load_scorer

PROMPTS = ["a red circle", "two blue squares; and a small green star!"]
ABSENT = """
import json
import sys


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "evalmuse_hf":
            raise ImportError("evalmuse_hf is not installed here")


sys.meta_path.insert(0, Refuse())
import torch
from transformers import AutoConfig, AutoModel, AutoProcessor

folder, *pictures = sys.argv[1:]
prompts = json.loads(sys.stdin.read())
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
assert AutoConfig.from_pretrained(folder, trust_remote_code=True).model_type == "fga_blip2"
with torch.inference_mode():
    output = model(**processor(images=pictures, prompts=prompts, return_tensors="pt"))
located = processor.locate(prompts, [["circle"], ["star"]])
columns = [[list(location.positions) for location in row] for row in located]
assert not any(name.split(".")[0] == "evalmuse_hf" for name in sys.modules)
print(json.dumps([output.overall_score.tolist(), output.token_scores.tolist(), columns]))
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "exported"
    names = export_model(find_checkpoint("mini", family="fga_blip2"), out)
    return out, names


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / "a.png", folder / "b.png"]
    for path, seed in zip(paths, (0, 1), strict=True):
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(path)
    return [str(path) for path in paths]


def test_the_folder_scores_where_the_package_is_absent(exported, pictures, tmp_path):
    out, _ = exported
    environment = {**os.environ, "HF_MODULES_CACHE": str(tmp_path / "modules")}
    child = subprocess.run(
        [sys.executable, "-c", ABSENT, str(out), *pictures],
        input=json.dumps(PROMPTS),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    overall, tokens, columns = json.loads(child.stdout.splitlines()[-1])
    folder = find_checkpoint("mini", family="fga_blip2")
    processor = FGABlip2Processor.from_pretrained(folder)
    model = FGABlip2ForAlignment.from_pretrained(folder).eval()
    with torch.inference_mode():
        expected = model(**processor(images=pictures, prompts=PROMPTS, return_tensors="pt"))
    assert overall == pytest.approx(expected.overall_score.tolist(), abs=1e-6)
    np.testing.assert_allclose(tokens, expected.token_scores, atol=1e-6)
    here = processor.locate(PROMPTS, [["circle"], ["star"]])
    assert columns == [[list(location.positions) for location in row] for row in here]
    assert all(columns)


def test_our_own_loader_opens_it_and_runs_none_of_its_code(exported, pictures, tmp_path):
    out, names = exported
    for name in names:
        (out / name).rename(out / f"{name}.away")
    try:
        scores = load_scorer("fga_blip2", model=out, device="cpu").score(images=pictures, prompts=PROMPTS)
    finally:
        for name in names:
            (out / f"{name}.away").rename(out / name)
    expected = load_scorer("fga_blip2", model="mini", device="cpu").score(images=pictures, prompts=PROMPTS)
    assert [score.overall for score in scores] == pytest.approx([score.overall for score in expected], abs=1e-6)


def test_the_code_imports_only_itself_and_libraries(exported):
    out, names = exported
    assert names == sorted(path.name for path in out.glob("*.py"))
    assert {"cleaning.py", "spans.py", "decoding.py", "modeling_fga_blip2.py"} <= set(names)
    libraries = set()
    for name in names:
        for node in ast.walk(ast.parse((out / name).read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert f"{node.module}.py" in names
            elif isinstance(node, ast.ImportFrom):
                libraries.add(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                libraries |= {alias.name.split(".")[0] for alias in node.names}
    assert libraries - set(sys.stdlib_module_names) == {"torch", "transformers", "huggingface_hub", "numpy", "PIL"}
    assert "ALIGNMENT_SCALE = (1.0, 5.0)" in (out / "modeling_fga_blip2.py").read_text("utf-8")


def test_the_card_shows_how_to_load(exported):
    card = ModelCard.load(exported[0] / "README.md")
    expected = {"library_name": "transformers", "license": "apache-2.0", "language": "en"}
    expected["pipeline_tag"] = "image-text-to-text"
    assert card.data.to_dict().items() >= expected.items()
    assert "# exported\n" in card.text


def test_the_licence_and_the_origin_are_those_of_the_exported_model(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(find_checkpoint("mini"), source)
    (source / "README.md").write_text("---\nlicense: cc-by-4.0\nbase_model: owner/name\n---\n# mine\n", "utf-8")
    export_model(source, tmp_path / "out")
    data = ModelCard.load(tmp_path / "out" / "README.md").data
    assert (data.license, data.base_model) == ("cc-by-4.0", "owner/name")
    (source / "README.md").write_text("---\n: [broken\n---\n", "utf-8")
    export_model(source, tmp_path / "out")
    assert ModelCard.load(tmp_path / "out" / "README.md").data.license == "other"


def test_a_folder_is_not_exported_into_itself(exported, tmp_path):
    with pytest.raises(ValueError, match="is a file or the model itself"):
        export_model(exported[0], exported[0])
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is a file or the model itself"):
        export_model(exported[0], tmp_path / "file")


def test_modules_of_one_name_cannot_be_flattened():
    with pytest.raises(ValueError, match=r"would both become loading\.py"):
        flatten(["evalmuse_hf.data.loading", "evalmuse_hf.scoring.loading"])


def test_an_import_inside_a_function_cannot_be_rewritten():
    with pytest.raises(ValueError, match="imports evalmuse_hf inside a function or by its name"):
        flatten(["evalmuse_hf.cli.convert"])
