import hashlib

from evalmuse_hf.models.model_files import hash_files, weights_sha256


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
