"""Both clients of the page on serving are run as they stand, but for the port."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from evalmuse_hf import load_scorer
from evalmuse_hf.scoring.serving import MAX_ELEMENTS, MAX_PROMPT_LENGTH, build_app, start_app

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (.+?) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def scorer():
    return load_scorer("fga_blip2", model="mini", device="cpu")


@pytest.fixture(scope="module")
def port(scorer):
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        number = attempt.getsockname()[1]
    app = build_app(scorer)
    start_app(app, host="127.0.0.1", port=number)
    yield number
    app.close(verbose=False)


@pytest.fixture
def expected(tmp_path, monkeypatch, scorer):
    Image.new("RGB", (50, 40), "red").save(tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    return scorer.score(images=["cat.png"], prompts=["a red circle"], elements=[["red", "circle"]])[0]


@pytest.mark.slow
def test_the_client_in_python_prints_the_scores(port, expected):
    program = EXAMPLES["client"].replace("7860", str(port))
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *_, overall, red, _ = child.stdout.splitlines()
    assert overall.split()[1] == "ok"
    assert float(overall.split()[0]) == pytest.approx(expected.overall, abs=1e-5)
    assert float(red.split()[1]) == pytest.approx(expected.elements[0].score, abs=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_client_in_the_shell_prints_the_answer(port, expected):
    script = EXAMPLES["curl"].replace("7860", str(port))
    child = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    event, data = child.stdout.split("\n", 1)
    assert event == "event: complete"
    (answer,) = json.loads(data.removeprefix("data: "))
    assert answer["overall_score"] == pytest.approx(expected.overall, abs=1e-5)
    assert [element["text"] for element in answer["elements"]] == ["red", "circle"]


def test_the_limits_of_the_page_are_those_of_the_code():
    assert f"at most {MAX_PROMPT_LENGTH:,} characters" in PAGE
    assert f"at most {MAX_ELEMENTS} |" in PAGE
