"""The Space that answers programs starts what the library builds; tests/spaces/test_folders.py looks at its files."""

import runpy
from pathlib import Path

from evalmuse_hf.scoring import serving

SPACE = Path(__file__).parents[2] / "spaces" / "api"


def test_the_variables_of_the_space_choose_the_scorer(monkeypatch):
    calls = []
    monkeypatch.setattr("evalmuse_hf.load_scorer", lambda name, *, model: calls.append((name, model)) or "scorer")
    options = {}

    def replace(name):
        def replacement(given, **further):
            calls.append((name, given))
            options.update(further)
            return name

        monkeypatch.setattr(serving, name, replacement)

    for name in ("build_app", "start_app", "wait_for_end"):
        replace(name)
    monkeypatch.setenv("EVALMUSE_MODEL", "owner/model")
    runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert options["options"]["app_kwargs"]["middleware"], "no guard stands before the page"
    assert calls == [
        ("fga_blip2", "owner/model"),
        ("build_app", "scorer"),
        ("start_app", "build_app"),
        ("wait_for_end", "build_app"),
    ]
