import hashlib

from evalmuse_hf.scoring import list_from_records, provenance_of, score_list, weights_sha256


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
