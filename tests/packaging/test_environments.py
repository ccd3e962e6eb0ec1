import subprocess

import pytest

from tests.packaging import environments
from tests.packaging.environments import Environment


def test_folders_with_the_same_requirements_share_an_environment(tmp_path):
    texts = {"a": "x\ny>=1\n", "b": "y>=1  # why\n\nx", "c": "x\n"}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(text)
    groups = environments.group_requirements(tmp_path.glob("*/requirements.txt"))
    assert {key: [folder.name for folder in folders] for key, folders in groups.items()} == {
        ("x", "y>=1"): ["a", "b"],
        ("x",): ["c"],
    }


def test_uv_is_told_where_pip_looks():
    said = "global.extra-index-url='file:///a file:///b'\n:env:.find-links='/w'\nglobal.timeout='9'\n"
    assert environments.uv_options(said) == [
        *("--extra-index-url", "file:///a", "--extra-index-url", "file:///b", "--find-links", "/w"),
        *("--index-strategy", "unsafe-best-match"),
    ]
    assert environments.uv_options("") == []


def test_a_program_in_it_sees_an_empty_home_no_network_and_nothing_of_this_process(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALMUSE_HOME", "/mine")
    environment = Environment(tmp_path / "environment", tmp_path, tmp_path / "guard")
    variables = environment.process_variables(GRADIO_SERVER_PORT="1")
    assert "EVALMUSE_HOME" not in variables
    assert (variables["HOME"], variables["PYTHONPATH"]) == (str(tmp_path), str(tmp_path / "guard"))
    assert variables["PATH"].startswith(str(tmp_path / "environment" / "bin"))
    assert (variables["HF_HUB_OFFLINE"], variables["GRADIO_SERVER_PORT"]) == ("1", "1")


@pytest.mark.parametrize("has_uv", [True, False])
def test_both_tools_are_told_the_environment_and_the_constraints(tmp_path, monkeypatch, has_uv):
    asked = []
    monkeypatch.setattr(environments, "find_uv", lambda: tmp_path / "uv" if has_uv else None)
    monkeypatch.setattr(environments, "read_pip_config", lambda: "")
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: asked.append(command) or subprocess.CompletedProcess(command, 0, "", ""),
    )
    environment = Environment(tmp_path / "environment", tmp_path, tmp_path)
    environments.install(environment, ["a", "b"], tmp_path / "constraints.txt")
    ((tool, *words),) = asked
    assert tool.endswith("uv") == has_uv
    assert words[-4:] == ["-c", str(tmp_path / "constraints.txt"), "a", "b"]
    assert words[words.index("--python") + 1] == str(environment.python)


def test_an_installation_that_fails_says_what_and_why(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "no such package")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="a b cannot be installed:\nno such package"):
        environments.install(Environment(tmp_path, tmp_path, tmp_path), ["a", "b"], tmp_path / "c")
