import hashlib
import shutil

import pytest
import torch

from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision
from evalmuse_hf.models.model_files import preprocessing_sha256
from evalmuse_hf.models.vqa.methods import PositiveNegative
from evalmuse_hf.scoring import list_from_records, load_scorer, provenance_of, score_list, weights_sha256


def test_scores_say_what_produced_them(scorer, pictures, model_folder):
    rows = list_from_records([{"image": "0.png", "prompt": "a cat"}], folder=pictures)
    record = score_list(scorer, rows).provenance
    digest = hashlib.sha256((model_folder / "model.safetensors").read_bytes()).hexdigest()
    assert record["scorer"] == "fga_blip2:tiny"
    assert record["model"] == "tiny"
    assert record["weights_sha256"] == digest
    assert record["dtype"] == "float32"
    assert record["device"] == "cpu"
    assert record["compat"] is None
    assert len(record["preprocessing_sha256"]) == 64
    assert set(record["libraries"]) >= {"torch", "transformers"}


def test_a_scorer_without_a_network_is_described_by_its_name():
    class Constant:
        name = "constant"

        def score(self, **_):
            return []

    assert provenance_of(Constant())["scorer"] == "constant"
    assert "device" not in provenance_of(Constant())


def test_a_folder_without_weights_has_no_hash(tmp_path):
    assert weights_sha256(tmp_path) is None
    assert weights_sha256("") is None


@pytest.mark.parametrize("name", ["processor_config.json", "tokenizer.json"])
def test_the_hash_of_the_preprocessing_changes_with_its_files_and_not_with_the_weights(model_folder, tmp_path, name):
    folder = tmp_path / "copy"
    shutil.copytree(model_folder, folder)
    known = preprocessing_sha256(model_folder)
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert preprocessing_sha256(folder) == known
    (folder / name).write_text((folder / name).read_text() + " ")
    assert preprocessing_sha256(folder) != known
    assert preprocessing_sha256(tmp_path) is None


def test_the_precision_is_that_of_the_tower(model_folder):
    scorer = load_scorer("fga_blip2", model=model_folder, device="cpu", dtype="bfloat16")
    assert provenance_of(scorer)["dtype"] == "bfloat16"
    assert next(scorer.model.qformer.parameters()).dtype == torch.float32
    set_tower_precision(scorer.model, torch.float32)
    assert provenance_of(scorer)["dtype"] == "float32"


def test_the_wording_of_questions_is_told():
    class Asking:
        name, method = "asking", PositiveNegative()

    method = provenance_of(Asking())["method"]
    assert method["name"] == "PositiveNegative"
    assert "{question}" in method["templates"]["positive"]
