import hashlib

from evalmuse_hf.models.model_files import hash_files, preprocessing_sha256, weights_sha256


def test_weights_are_hashed_in_the_order_of_their_names(tmp_path):
    (tmp_path / "model-2.safetensors").write_bytes(b"second")
    (tmp_path / "model-1.safetensors").write_bytes(b"first")
    (tmp_path / "old.bin").write_bytes(b"not read where there are safetensors")
    assert weights_sha256(tmp_path) == hashlib.sha256(b"firstsecond").hexdigest()
    assert (
        hash_files(tmp_path, ("*.nothing", "*.bin")) == hashlib.sha256((tmp_path / "old.bin").read_bytes()).hexdigest()
    )


def test_without_files_there_is_no_hash(tmp_path):
    assert weights_sha256(tmp_path) is None
    assert weights_sha256("") is None
    assert weights_sha256(tmp_path / "nowhere") is None


def test_settings_have_a_digest_of_their_own(tmp_path):
    assert preprocessing_sha256(tmp_path) is None
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert preprocessing_sha256(tmp_path) is None
    (tmp_path / "processor_config.json").write_text("{}")
    before = preprocessing_sha256(tmp_path)
    (tmp_path / "processor_config.json").write_text("{ }")
    assert preprocessing_sha256(tmp_path) not in (None, before)
