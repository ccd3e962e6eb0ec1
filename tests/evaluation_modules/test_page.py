import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from evalmuse_hf.evaluation_modules import AccuracyModule, ScoringModule
from evalmuse_hf.evaluation_modules.page import build_page, compare, score_one

METRICS = Path(__file__).parents[2] / "metrics"


class Module(ScoringModule):
    """A module."""

    scorer_name = "fga_blip2"


class Accuracy(AccuracyModule):
    """Accuracy."""


def test_a_picture_is_scored_with_its_elements_by_name(tmp_path):
    module = Module(cache_dir=str(tmp_path))
    picture = Image.new("RGB", (20, 20), "red")
    result = score_one(module, picture, "a red circle", "red\n\n circle ", "mini")
    assert result["status"] == "ok"
    assert list(result["elements"]) == ["red", "circle"]
    assert 1 <= result["score"] <= 5
    assert "choose one" in score_one(module, None, "a", "", "mini")["problem"]
    assert "/none" in score_one(module, picture, "a", "", "/none")["problem"]
    assert score_one(module, picture, " ", "", "mini")["score"] is None


def test_columns_of_numbers_are_compared(tmp_path):
    module = Accuracy(cache_dir=str(tmp_path))
    assert compare(module, "0.9\n0.1\n", "1\n1")["accuracy"] == 0.5
    assert "could not convert" in compare(module, "a", "1")["problem"]
    assert "got 1 predictions, 2 references" in compare(module, "1", "1\n0")["problem"]


@pytest.mark.parametrize("name, n_inputs", [("fga_blip2", 4), ("element_accuracy", 2)])
def test_the_page_has_an_input_for_everything(name, n_inputs, monkeypatch):
    made = {}

    def interface(function, inputs, output, **texts):
        made.update(function=function, inputs=inputs, texts=texts)

    part = lambda **options: options  # noqa: E731
    gradio = SimpleNamespace(Interface=interface, Textbox=part, Image=part, JSON=part)
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    build_page(str(METRICS / name))
    assert len(made["inputs"]) == n_inputs
    assert made["texts"]["description"]
    values = ["1\n0", "1\n1"] if n_inputs == 2 else [None, "", "", ""]
    assert set(made["function"](*values)) & {"accuracy", "problem"}


@pytest.mark.slow
def test_a_client_gets_an_answer_from_a_space_whatever_the_name_of_its_folder(tmp_path, monkeypatch):
    from gradio_client import Client, handle_file

    shutil.copytree(METRICS / "fga_blip2", tmp_path / "app")
    monkeypatch.chdir(tmp_path / "app")
    Image.new("RGB", (20, 20), "red").save(tmp_path / "red.png")
    page = build_page(".")
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, share=False)
    try:
        client = Client(address, analytics_enabled=False, verbose=False)
        values = ("a red circle", "red\ncircle", "mini")
        answer = client.predict(handle_file(tmp_path / "red.png"), *values, api_name="/score")
    finally:
        page.close(verbose=False)
    expected = score_one(Module(cache_dir=str(tmp_path)), tmp_path / "red.png", *values)
    assert answer["status"] == "ok"
    assert answer["score"] == pytest.approx(expected["score"], abs=1e-5)
    assert answer["elements"] == pytest.approx(expected["elements"], abs=1e-5)


def test_without_gradio_the_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match="gradio"):
        build_page(str(METRICS / "fga_blip2"))
