"""The whole way: a list of pictures, raters at their browsers, a disagreement, a data set, a trained model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import load_dataset

from evalmuse_hf.cli.main import main
from tests.annotations.browser.drawings import draw_cups, draw_woman_and_cat
from tests.annotations.browser.server_process import press, running_server, sign_in, wait_for_question

pytestmark = pytest.mark.browser

PROMPTS = {
    "A woman holding two red apples beside a striped cat": ["a woman (human)", "two red apples (counting)"],
    "Three blue cups on a wooden table": ["three blue cups (counting)", "wooden table (object)"],
}
DISPUTED = "Three blue cups on a wooden table"


def write_list(folder: Path) -> Path:
    """A list as `evalmuse make` ends with: two pictures of each of two prompts."""
    rows = []
    for place, (prompt, elements) in enumerate(PROMPTS.items()):
        for generator, draw in (("drawer-a", draw_woman_and_cat), ("drawer-b", draw_cups)):
            name = f"{generator}/{place}.png"
            (folder / generator).mkdir(exist_ok=True)
            draw().resize((128, 128)).save(folder / name)
            asked = {"prompt": prompt, "prompt_id": f"p{place}", "elements": elements}
            rows.append({"image": name, "generator": generator, **asked})
    path = folder / "pairs.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def run(capsys, *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def rate_all(page, overall: dict[str, str], *, yes: bool = True) -> list[str]:
    """Rate by keyboard until nothing is left; the prompts, as they came."""
    seen = []
    finished = page.get_by_role("heading", name="Nothing left for you")
    while True:
        page.locator("#questions:not([inert])").or_(finished).filter(visible=True).first.wait_for()
        if finished.is_visible():
            return seen
        prompt = page.locator("#prompt").inner_text()
        seen.append(prompt)
        press(page, overall[prompt], *("y" if yes else "n") * 2)
        with page.expect_response("**/annotation/api/rating/*") as answered:
            press(page, "Enter")
        assert answered.value.ok, answered.value.text()
        page.locator("#questions[inert]").or_(finished).first.wait_for(state="attached")


def visit(watched, address: str, name: str, token: str):
    """Sign in with the form of Gradio, and agree."""
    page = watched()
    page.goto(address)
    sign_in(page, name, token)
    page.get_by_role("checkbox", name="I have read").check()
    page.get_by_role("button", name="Accept and start").click()
    wait_for_question(page)
    return page


def test_raters_at_their_browsers_make_a_data_set_that_a_model_is_trained_on(tmp_path, watched, capsys):
    store, out = tmp_path / "store.db", tmp_path / "data"
    settings = ("--ratings-per-item", 2, "--reannotation-raters", 1)
    run(capsys, "annotate", "assign", store, "--pairs", write_list(tmp_path), "--round", "first", *settings)
    lines = run(capsys, "annotate", "raters", store, "--add", "ann", "ben", "cas").split("\n")
    tokens = dict(line.split("\t") for line in lines if "\t" in line)

    with running_server(store, tmp_path / "server.log") as address:
        ann = visit(watched, address, "ann", tokens["ann"])
        assert len(rate_all(ann, {**dict.fromkeys(PROMPTS, "4"), DISPUTED: "5"})) == 4
        ben = visit(watched, address, "ben", tokens["ben"])
        assert len(rate_all(ben, {**dict.fromkeys(PROMPTS, "3"), DISPUTED: "2"}, yes=False)) == 4
        # 5 and 2 lie three points apart, 4 and 3 one: the two disputed pictures go to somebody who saw neither.
        cas = visit(watched, address, "cas", tokens["cas"])
        assert rate_all(cas, dict.fromkeys(PROMPTS, "2")) == [DISPUTED, DISPUTED]
        ann.get_by_role("button", name="Look again").click()
        assert rate_all(ann, {}) == []

    run(capsys, "dataset", "build", store, out, "--num-proc", 1)
    rows = load_dataset(str(out), "pairs", split="train")
    given = sorted((row["prompt"], row["overall_ratings"], row["overall_score"]) for row in rows)
    other = next(prompt for prompt in PROMPTS if prompt != DISPUTED)
    assert given == [(other, [4, 3], 3.5)] * 2 + [(DISPUTED, [5, 2, 2], 3.0)] * 2
    assert {tuple(element["ratings"]) for row in rows for element in row["elements"]} == {(1, 0), (1, 0, 1)}

    model = tmp_path / "model"
    options = {"model_name_or_path": "mini", "dataset_name": out, "output_dir": model, "max_steps": 2, "use_cpu": True}
    command = [sys.executable, "-m", "evalmuse_hf.training", "--per_device_train_batch_size", "2"]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    assert (model / "model.safetensors").is_file()
