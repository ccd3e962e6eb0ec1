"""The folder of the Space is thin, complete, and starts what the library builds."""

import configparser
import runpy
from pathlib import Path

import yaml

from evalmuse_hf.scoring import serving

ROOT = Path(__file__).parents[2]
SPACE = ROOT / "spaces" / "api"


def test_the_folder_is_a_space_that_runs_on_the_gradio_of_the_tests():
    _, front, _ = (SPACE / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert (card["sdk"], card["app_file"], card["license"]) == ("gradio", "app.py", "apache-2.0")
    assert f"gradio=={card['sdk_version']}\n" in (ROOT / "constraints.txt").read_text("utf-8")
    assert (SPACE / "requirements.txt").read_text("utf-8") == "evalmuse-hf[spaces]\n"


def test_every_file_of_the_space_is_in_the_wheel():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    listed = config["options.data_files"]["share/evalmuse_hf/spaces/api"].split()
    assert sorted(listed) == sorted(f"spaces/api/{path.name}" for path in SPACE.iterdir() if path.is_file())


def test_the_variables_of_the_space_choose_the_scorer(monkeypatch):
    calls = []
    monkeypatch.setattr("evalmuse_hf.load_scorer", lambda name, *, model: calls.append((name, model)) or "scorer")
    for name in ("build_app", "start_app", "wait_for_end"):
        monkeypatch.setattr(serving, name, lambda given, name=name: calls.append((name, given)) or name)
    monkeypatch.setenv("EVALMUSE_MODEL", "owner/model")
    runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert calls == [
        ("fga_blip2", "owner/model"),
        ("build_app", "scorer"),
        ("start_app", "build_app"),
        ("wait_for_end", "build_app"),
    ]
