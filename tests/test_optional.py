import pytest

from evalmuse_hf.optional import require


def test_an_installed_module_is_returned():
    assert require("json.decoder", purpose="This test", extra="dev").__name__ == "json.decoder"


def test_a_missing_module_is_named_with_the_extra_that_brings_it():
    message = r"^The playground needs `gradio_not_here\.themes`: pip install 'evalmuse-hf\[spaces\]'$"
    with pytest.raises(ImportError, match=message):
        require("gradio_not_here.themes", purpose="The playground", extra="spaces")


def test_a_broken_install_is_not_mistaken_for_a_missing_one(tmp_path, monkeypatch):
    (tmp_path / "broken_package_of_this_test.py").write_text("import a_dependency_that_is_gone\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_dependency_that_is_gone"):
        require("broken_package_of_this_test", purpose="This test", extra="dev")
