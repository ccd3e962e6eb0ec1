"""The pages of TIFA160 and DSG, from small made-up ratings in their forms."""

import csv
import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "published_correlations.py"))
PAGES = ROOT / "docs" / "rated_data"
GENERATORS = {"mini-dalle": "mini_dalle", "sd2dot1": "stable_diffusion_v2_1", "sd1dot1": "stable_diffusion_v1_1"}
FIELDS = {
    **{"BLEU": "bleu", "ROUGE": "rouge", "METEOR": "meteor", "SPICE": "spice", "CLIPScore": "clipscore_vitb32"},
    **{"TIFA-ViLT": "tifa_vilt", "TIFA-OFA": "tifa_ofa-large", "TIFA-GIT": "tifa_git-large"},
    **{"TIFA-BLIP-2": "tifa_blip2-flant5xl", "TIFA-mPLUG": "tifa_mplug-large"},
}
N_PROMPTS = 16


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Both data sets: ratings that follow a truth, and scores that follow it the closer, the later they are named."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    records, ratings, answers = {}, [], []
    for prompt in range(N_PROMPTS):
        for short, generator in GENERATORS.items():
            truth = float(rng.uniform(1, 5))
            first, second = (int(np.clip(round(truth + rng.normal(0, 0.5)), 1, 5)) for _ in range(2))
            records[f"p{prompt}_{generator}"] = {
                **{"text_id": f"p{prompt}", "image_path": f"p{prompt}_{generator}.jpg", "text": f"prompt {prompt}"},
                **{"human_scores": [first, second], "human_avg": (first + second) / 2},
                **{field: truth + rng.normal(0, 3 / (place + 1)) for place, field in enumerate(FIELDS.values())},
            }
            shared = {"dsg_prompt_split": "tifa160", "t2i_model": short, "item_id": f"tifa160_{prompt}"}
            ratings += [
                {**shared, "source_id": f"p{prompt}", "worker_id": worker, "question": "?", "answer": rating}
                for worker, rating in (("1", first), ("2", second), ("3", round(truth)))
            ]
            if prompt:  # nobody was asked about the first prompt
                answers += [
                    {**shared, "question": "?", "question_id": number, "dependency_id": number - 1,
                     "answer": "yes" if truth > number + 1 else "no"}
                    for number in (1, 2, 3)
                ]  # fmt: skip
    (folder / "tifa160").mkdir()
    (folder / "tifa160" / "human_annotations_with_scores.json").write_text(json.dumps(records))
    (folder / "dsg").mkdir()
    write_csv(folder / "dsg" / "tifa160-likert-anns.csv", ratings)
    write_csv(folder / "dsg" / "mplug_dsg.csv", answers)
    return folder


def page_of(data, monkeypatch, capsys, *options):
    monkeypatch.setattr(sys, "argv", ["published_correlations.py", "--data", str(data), "--quick", *options])
    assert BENCHMARK["main"]() == 0
    return capsys.readouterr().out


def test_the_page_of_tifa_says_where_figures_differ_and_which_differences_are_real(data, monkeypatch, capsys):
    page = page_of(data, monkeypatch, capsys)
    assert re.search(r"^\| BLEU \| 18.8 \| .* \| NOT \|$", page, re.MULTILINE)
    assert "of the 45 differences in tau-b are more than chance" in page
    assert f"rest on the same {3 * N_PROMPTS} pictures" in page
    assert re.search(r"^\| TIFA-mPLUG \| – \|", page, re.MULTILINE)
    best_first = re.search(r"^\| TIFA-mPLUG \|.*\| BLEU \|", page, re.MULTILINE)
    assert best_first is None  # rows of the matrix hold numbers, not names
    assert re.search(r"^\| TIFA-mPLUG \|(?: [^|]+ \|)+ \+[\d.]+\* \|$", page, re.MULTILINE)


def test_the_page_of_dsg_keeps_pictures_without_questions_apart(data, monkeypatch, capsys):
    page = page_of(data, monkeypatch, capsys, "--page", "dsg")
    assert re.search(rf"^\| DSG-mPLUG \| 0.463 / 0.380 \| .* \| NO \| {3 * (N_PROMPTS - 1)} \|", page, re.MULTILINE)
    assert f"rest on the same {3 * (N_PROMPTS - 1)} pictures" in page
    assert "| TIFA-ViLT |" in page


def test_without_the_files_the_page_is_skipped_with_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["published_correlations.py", "--data", str(tmp_path)])
    assert BENCHMARK["main"]() == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Skipped: there is no folder")


def test_every_shipped_scorer_has_published_figures():
    assert {*BENCHMARK["PUBLISHED_TIFA"]} == {*FIELDS}


@pytest.mark.parametrize("name", ["tifa160", "dsg"])
def test_the_committed_page_is_laid_out_as_the_command_does_now(data, monkeypatch, capsys, name):
    """The ratings do not travel with the package: the page's numbers cannot be checked here, its form can."""
    page = page_of(data, monkeypatch, capsys, "--page", name)
    committed = (PAGES / f"{name}.md").read_text("utf-8")
    assert BENCHMARK["COMMAND"] in committed
    headings = re.compile(r"^(?:#+ .*|\*\*.*\*\*)$", re.MULTILINE)
    assert headings.findall(page) == headings.findall(committed)


@pytest.mark.parametrize("name", ["tifa160", "dsg"])
def test_the_committed_page_reproduces_every_published_figure(name):
    committed = (PAGES / f"{name}.md").read_text("utf-8")
    published = BENCHMARK["PUBLISHED_TIFA" if name == "tifa160" else "PUBLISHED_DSG"]
    verdict = {"tifa160": r"both \|$", "dsg": r"\| yes \|"}[name]
    found = [scorer for scorer in published if re.search(rf"^\| {re.escape(scorer)} \|.*{verdict}", committed, re.M)]
    assert found == [scorer for scorer in published if "PaLI" not in scorer]
