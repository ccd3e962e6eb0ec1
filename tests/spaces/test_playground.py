"""The playground's Space starts what the library builds; tests/spaces/test_folders.py looks at its files."""

import dataclasses
import re
import runpy
from pathlib import Path

from evalmuse_hf.pages import frame, loading
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.scoring import serving

SPACE = Path(__file__).parents[2] / "spaces" / "playground"


def test_the_variables_of_the_space_choose_scorers_and_limits(monkeypatch):
    from evalmuse_hf.pages.playground import page

    calls = []
    monkeypatch.setattr(loading, "load_page_scorers", lambda names: calls.append(names) or "scorers")
    monkeypatch.setattr(page, "build_playground", lambda scorers, *, limits: calls.append((scorers, limits)) or "app")
    monkeypatch.setattr(frame, "start_page", lambda app: calls.append(("start", app)))
    monkeypatch.setattr(serving, "wait_for_end", lambda app: calls.append(("wait", app)))
    monkeypatch.setenv("EVALMUSE_SCORERS", "fga_blip2 clip_score:owner/model")
    monkeypatch.setenv("EVALMUSE_MAX_ELEMENTS", "8")
    runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert calls == [
        ("fga_blip2", "clip_score:owner/model"),
        ("scorers", PageLimits(max_elements=8)),
        ("start", "app"),
        ("wait", "app"),
    ]


def test_the_card_lists_every_variable_with_its_default():
    rows = re.findall(r"^\| `EVALMUSE_(\w+)` \| `([^`]+)` \|", (SPACE / "README.md").read_text("utf-8"), re.MULTILINE)
    written = dict(rows)
    assert written.pop("SCORERS").split() == list(loading.DEFAULT_SCORERS)
    assert set(written) == {field.name.upper() for field in dataclasses.fields(PageLimits)}
    for name, text in written.items():
        value = getattr(PageLimits(), name.lower())
        spelled = spell_bytes(int(value)).replace(" ", "").lower()
        assert text in (spelled, f"{value:g}", str(value)), name
