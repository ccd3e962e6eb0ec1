from pathlib import Path
from types import SimpleNamespace

import pytest

import evalmuse_hf
from evalmuse_hf.cli import module_cache
from evalmuse_hf.cli.module_cache import (
    find_scripts,
    install_modules,
    installed_versions,
    modules_folder,
    uninstall_modules,
)


def test_the_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("HF_MODULES_CACHE", "/a")
    assert modules_folder() == Path("/a")
    monkeypatch.delenv("HF_MODULES_CACHE")
    monkeypatch.setenv("HF_HOME", "/b")
    assert modules_folder() == Path("/b/modules")
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert modules_folder() == Path("/c/huggingface/modules")


def test_the_folder_is_that_of_evaluate():
    import evaluate

    assert modules_folder() == Path(evaluate.config.HF_MODULES_CACHE)


def test_installing_replaces_an_older_copy_and_uninstalling_leaves_what_is_not_ours(tmp_path, monkeypatch):
    names = install_modules(tmp_path)
    assert "fga_blip2" in names
    metrics = tmp_path / "evaluate_modules" / "metrics"
    outer = metrics / "evaluate-metric--fga_blip2"
    (old,) = [path for path in outer.iterdir() if path.is_dir()]
    assert len(old.name) == 64
    foreign = outer / ("f" * 64)
    foreign.mkdir()
    script = tmp_path / "fga_blip2.py"
    script.write_text("# newer\n")
    monkeypatch.setattr(module_cache, "find_scripts", lambda: {"fga_blip2": script})
    assert install_modules(tmp_path) == ["fga_blip2"]
    assert not old.exists()
    assert len(list(outer.glob("*/fga_blip2.py"))) == 1
    assert uninstall_modules(tmp_path) == ["fga_blip2"]
    assert foreign.is_dir()
    assert [path.name for path in metrics.iterdir()] == [outer.name]
    assert uninstall_modules(tmp_path) == []


def test_versions_are_read_from_what_was_written(tmp_path):
    assert installed_versions(tmp_path) == {}
    names = install_modules(tmp_path)
    assert installed_versions(tmp_path) == dict.fromkeys(names, evalmuse_hf.__version__)
    marker = next(tmp_path.rglob(f"evaluate-metric--fga_blip2/*/{module_cache.MARKER}"))
    marker.write_text("{")
    assert installed_versions(tmp_path)["fga_blip2"] == "unknown"


def test_scripts_are_found_where_a_wheel_put_them(tmp_path, monkeypatch):
    script = tmp_path / "share" / "evalmuse_hf" / "metrics" / "tifa" / "tifa.py"
    script.parent.mkdir(parents=True)
    script.touch()

    package = tmp_path / "site-packages" / "evalmuse_hf" / "__init__.py"
    monkeypatch.setattr(evalmuse_hf, "__file__", str(package))
    relative = script.relative_to(tmp_path)
    listed = [SimpleNamespace(stem=relative.stem, parent=relative.parent, locate=lambda: script)]
    monkeypatch.setattr(module_cache, "files", lambda name: listed)
    assert find_scripts() == {"tifa": script.resolve()}
    monkeypatch.setattr(module_cache, "files", lambda name: None)
    with pytest.raises(ValueError, match="lacks the scripts of the `evaluate` modules; install evalmuse_hf again"):
        find_scripts()
