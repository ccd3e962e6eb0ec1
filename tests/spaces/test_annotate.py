"""The folder of the annotation Space is thin, complete, and starts what the library builds."""

import configparser
import re
import runpy
from pathlib import Path

import yaml

from evalmuse_hf.annotations import serving

ROOT = Path(__file__).parents[2]
SPACE = ROOT / "spaces" / "annotate"


def test_the_folder_is_a_space_with_the_login_of_the_hub():
    _, front, _ = (SPACE / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert (card["sdk"], card["app_file"], card["license"]) == ("gradio", "app.py", "apache-2.0")
    assert card["hf_oauth"] is True
    assert len(card["short_description"]) <= 60
    assert f"gradio=={card['sdk_version']}\n" in (ROOT / "constraints.txt").read_text("utf-8")
    assert (SPACE / "requirements.txt").read_text("utf-8") == "evalmuse-hf[annotate]\n"


def test_every_file_of_the_space_is_in_the_wheel():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    listed = config["options.data_files"]["share/evalmuse_hf/spaces/annotate"].split()
    assert sorted(listed) == sorted(f"spaces/annotate/{path.name}" for path in SPACE.iterdir() if path.is_file())


def test_every_variable_of_the_readme_is_one_that_is_read_and_the_other_way_round():
    sources = (SPACE / "app.py").read_text("utf-8") + Path(serving.__file__).read_text("utf-8")
    written = set(re.findall(r"^\| `(EVALMUSE_ANNOTATE_\w+)`", (SPACE / "README.md").read_text("utf-8"), re.MULTILINE))
    assert written == set(re.findall(r"EVALMUSE_ANNOTATE_\w+", sources))


def test_the_variables_of_the_space_choose_store_and_options(monkeypatch):
    calls = []
    monkeypatch.setattr(serving, "serve", lambda place, options, *, on_ready: calls.append((place, options, on_ready)))
    monkeypatch.setenv("EVALMUSE_ANNOTATE_STORE", "/data/store.sqlite")
    monkeypatch.setenv("EVALMUSE_ANNOTATE_REPO", "me/ratings")
    runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    ((place, options, on_ready),) = calls
    assert (place, options.hub_backup, options.login, options.host) == (
        "/data/store.sqlite",
        "me/ratings",
        "hub",
        "0.0.0.0",
    )
    assert callable(on_ready)
