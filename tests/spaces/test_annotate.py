"""The Space for raters starts what the library builds; tests/spaces/test_folders.py looks at its files."""

import re
import runpy
from pathlib import Path

import yaml

from evalmuse_hf.annotations import serving

SPACE = Path(__file__).parents[2] / "spaces" / "annotate"


def test_the_hub_lets_raters_sign_in():
    _, front, _ = (SPACE / "README.md").read_text("utf-8").split("---\n", 2)
    assert yaml.safe_load(front)["hf_oauth"] is True


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
