import pytest

from evalmuse_hf.scoring.model_folder import ScorerError, check_weights, first_line, read_model_type


@pytest.mark.parametrize(
    "text, kind", [('{"model_type": "clip"}', "clip"), ("{}", None), ("[]", None), ('{"model_type": 3}', "3")]
)
def test_the_type_is_read(text, kind, tmp_path):
    (tmp_path / "config.json").write_text(text)
    assert read_model_type(tmp_path, wanted="a model") == kind


def test_a_folder_without_a_model_is_one_sentence(tmp_path):
    with pytest.raises(ScorerError, match=r"has no config\.json, so it is no model folder; give a model\."):
        read_model_type(tmp_path, wanted="a model")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ScorerError, match="is not JSON"):
        read_model_type(tmp_path, wanted="a model")


def test_an_error_is_one_line_even_if_it_says_nothing():
    assert first_line(ValueError("\n one \n two")) == "one"
    assert first_line(KeyError()) == "KeyError"


def test_weights_that_only_code_could_read_are_named(tmp_path):
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(ScorerError, match=r"'owner/name' has no \*\.safetensors; weights in other files, such as"):
        check_weights(tmp_path, "owner/name")
    (tmp_path / "model-00001-of-00002.safetensors").touch()
    check_weights(tmp_path, "owner/name")
