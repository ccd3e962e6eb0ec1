"""The page of a module: its answers, its limits, and a real client that asks it."""

import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from evalmuse_hf.evaluation_modules import AccuracyModule, ScoringModule
from evalmuse_hf.pages import frame
from evalmuse_hf.pages.limits import LimitsError, PageLimits
from evalmuse_hf.pages.metric_page import build_page, compare, score_one

METRICS = Path(__file__).parents[2] / "metrics"
LIMITS = PageLimits(max_prompt_length=30, max_elements=2, max_element_length=10)


class Module(ScoringModule):
    """A module."""

    scorer_name = "fga_blip2"


class Accuracy(AccuracyModule):
    """Accuracy."""


@pytest.fixture
def ask(tmp_path):
    module = Module(cache_dir=str(tmp_path))

    def ask(picture, prompt="a red circle", elements="", model="mini", *, models=("", "mini")):
        return score_one(module, picture, prompt, elements, model, models=models, limits=LIMITS)

    return ask


def test_a_picture_is_scored_with_its_elements_by_name(ask):
    picture = Image.new("RGB", (20, 20), "red")
    result = ask(picture, elements="red\n\n circle ")
    assert result["status"] == "ok"
    assert list(result["elements"]) == ["red", "circle"]
    assert 1 <= result["score"] <= 5
    assert ask(picture, " ")["score"] is None


def test_a_visitor_cannot_make_the_page_load_a_model_or_open_a_file(ask, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.evaluation_modules.scoring_module.load_scorer", None)  # whoever calls it, breaks
    picture = Image.new("RGB", (20, 20), "red")
    for model in ("owner/model", "/none", "../..", "http://localhost:9/x", "mini "):
        problem = ask(picture, model=model, models=("", "other"))["problem"]
        assert problem.startswith("This page has no model")
        assert "name one of 'other'" in problem
        assert "EVALMUSE_MODELS" in problem
    for path in ("/etc/passwd", "http://localhost:9/x.png"):
        assert "is no uploaded file" in ask(path)["problem"]


@pytest.mark.parametrize(
    "values, expected",
    [
        ({"picture": None}, "There is no picture; upload one."),
        ({"prompt": "x" * 31}, "The prompt is longer than 30 characters."),
        ({"prompt": 7}, "The prompt must be a text."),
        ({"model": ["mini"]}, "The model must be a text."),
        ({"elements": "a\nb\nc"}, "There are 3 elements; 2 are allowed."),
        ({"elements": "x" * 11}, "An element is longer than 10 characters."),
    ],
)
def test_what_is_beyond_the_limits_is_a_sentence(ask, values, expected):
    assert ask(**{"picture": Image.new("RGB", (4, 4)), **values}) == {"problem": expected}


def test_a_model_that_breaks_is_a_sentence_without_its_words(ask, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("out of memory at /srv/secret")

    monkeypatch.setattr(Module, "_score", broken)
    problem = ask(Image.new("RGB", (4, 4)))["problem"]
    assert problem == "The module failed (RuntimeError); the log of the server has more."


def test_columns_of_numbers_are_compared(tmp_path):
    module = Accuracy(cache_dir=str(tmp_path))
    assert compare(module, "0.9\n0.1\n", "1\n1")["accuracy"] == 0.5
    assert "could not convert" in compare(module, "a", "1")["problem"]
    assert "got 1 predictions, 2 references" in compare(module, "1", "1\n0")["problem"]


@pytest.mark.parametrize("name, n_inputs", [("fga_blip2", 4), ("element_accuracy", 2)])
def test_the_page_has_an_input_for_everything(name, n_inputs):
    environ = {"EVALMUSE_MODELS": "mini, owner/model", "EVALMUSE_MAX_WAITING": "3"}
    app = build_page(str(METRICS / name), environ=environ)
    (event,) = [fn for fn in app.fns.values() if fn.api_name in ("score", "compare")]
    assert len(event.inputs) == n_inputs
    assert app.page_limits.max_waiting == app._queue.max_size == 3
    if name == "fga_blip2":
        assert [value for _, value in event.inputs[3].choices] == ["", "mini", "owner/model"]
        assert event.fn(None, "", "", "")["problem"] == "There is no picture; upload one."
    else:
        assert event.fn("1\n0", "1\n1")["accuracy"] == 0.5


def test_a_limit_that_makes_no_sense_is_said_at_the_start():
    with pytest.raises(LimitsError, match="EVALMUSE_MAX_PIXELS"):
        build_page(str(METRICS / "fga_blip2"), environ={"EVALMUSE_MAX_PIXELS": "many"})


@pytest.mark.slow
def test_a_client_gets_an_answer_from_a_space_whatever_the_name_of_its_folder(tmp_path, monkeypatch):
    from gradio_client import Client, handle_file

    shutil.copytree(METRICS / "fga_blip2", tmp_path / "app")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.chdir(tmp_path / "app")
    Image.new("RGB", (20, 20), "red").save(tmp_path / "red.png")
    page = build_page(".")
    address = frame.start_page(page, host="127.0.0.1")
    try:
        client = Client(address, analytics_enabled=False, verbose=False, httpx_kwargs={"timeout": 60})
        values = ("a red circle", "red\ncircle", "mini")
        answer = client.predict(handle_file(tmp_path / "red.png"), *values, api_name="/score")
        (tmp_path / "page.png").write_bytes(b"<!doctype html>")
        refused = client.predict(handle_file(tmp_path / "page.png"), *values, api_name="/score")
    finally:
        page.close(verbose=False)
    module = Module(cache_dir=str(tmp_path))
    expected = score_one(module, Image.new("RGB", (20, 20), "red"), *values, models=("", "mini"), limits=PageLimits())
    assert answer["status"] == "ok"
    assert answer["score"] == pytest.approx(expected["score"], abs=1e-5)
    assert answer["elements"] == pytest.approx(expected["elements"], abs=1e-5)
    assert "is a web page, not pixels" in refused["problem"]


def test_without_gradio_the_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    frame.prepare_gradio.cache_clear()
    try:
        with pytest.raises(ImportError, match="gradio"):
            build_page(str(METRICS / "fga_blip2"))
    finally:
        frame.prepare_gradio.cache_clear()
