"""The benchmark of the splitters on a few prompts of our own."""

import csv
import hashlib
import json
import runpy
from pathlib import Path

import pytest

from evalmuse_hf.schema import Element

ROOT = Path(__file__).parents[2]
BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "splitting.py"))
PAGE = ROOT / "docs" / "elements.md"

REAL = {
    "a red kettle": ["red (color)", "kettle (object)"],
    "two owls, watercolor": ["two (counting)", "owls (animal)", "watercolor (attribute)"],
    "a nurse reading": ["nurse (human)", "reading (activity)"],
    "a wooden spoon": ["wooden (material)", "spoon (object)"],
}
TEMPLATES = {
    "a blackboard with text 'Tea' on it ,bold font": ["Tea (Other-writing&symbol)", "bold font (attribute)"],
    "1 owl and 2 kettle": ["1 (Counting)", "owl (animal)", "2 (Counting)", "kettle (object-other)"],
    "A spoon in a kitchen, foggy": ["Spoon (object-other)", "Kitchen (location)", "Foggy (Other-weather)"],
}
DSG = [
    ("two dogs on a wooden boat", "dogs", "entity", "whole"),
    ("two dogs on a wooden boat", "dogs, ==2", "other", "count"),
    ("two dogs on a wooden boat", "boat", "entity", "whole"),
    ("two dogs on a wooden boat", "boat, wood", "attribute", "material"),
    ("two dogs on a wooden boat", "dogs, boat, on", "relation", "spatial"),
    ("two dogs on a wooden boat", "dogs, boat, beside", "relation", "spatial"),
    ("a man's red hat", "man's hat", "entity", "part"),
    ("a man's red hat", "man's hat, red", "attribute", "color"),
]


@pytest.fixture
def data(tmp_path):
    prompts = {
        prompt: {"prompt": prompt, "element_score": dict.fromkeys(keys)} for prompt, keys in (REAL | TEMPLATES).items()
    }
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "prompt_t2i.json").write_text(json.dumps(prompts))
    with (tmp_path / "dsg-1k-anns.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "keywords", "category_broad", "category_detailed"])
        writer.writerows(DSG)
    return tmp_path


def test_the_tables_are_printed_and_written_between_the_marks(data, tmp_path, capsys):
    pytest.importorskip("spacy")
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{BENCHMARK['BEGIN']}\nold\n{BENCHMARK['END']}\n\nAfter.\n")
    assert BENCHMARK["main"](["--data", str(data), "--write", str(page), "--resamples", "20"]) == 0
    printed = capsys.readouterr().out.strip()
    text = page.read_text()
    assert text == f"Before.\n\n{BENCHMARK['BEGIN']}\n\n{printed}\n\n{BENCHMARK['END']}\n\nAfter.\n"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines() if line.startswith("|")]
    table = {tuple(row[:3]): row for row in rows if row[0].startswith(("EvalMuse", "DSG")) and len(row) == 11}
    assert len(table) == 4 * 2 * 2
    halves = {
        half: [prompt for prompt in REAL | TEMPLATES if is_odd(prompt) == (half == "held out")] for half in HALVES
    }
    for half, own in halves.items():
        assert table["EvalMuse, all", half, "spacy"][9] == str(len(own))
        named = sum(len((REAL | TEMPLATES)[prompt]) for prompt in own)
        assert table["EvalMuse, all", half, "spacy"][10] == str(named)
    counts = {row[0]: row[1:] for row in rows if len(row) == 3}
    assert counts["spatial"] == ["2", "1"]  # "beside" stands nowhere
    assert counts["entity"] == ["3", "0"]


HALVES = ("held out", "development")


def is_odd(prompt):
    return int(hashlib.sha256(prompt.encode()).hexdigest()[:2], 16) % 2 == 1


def test_the_held_out_half_is_left_alone_on_request(data, capsys):
    assert BENCHMARK["main"](["--data", str(data), "--development", "--resamples", "0"]) == 0
    assert "held out" not in capsys.readouterr().out


def test_absent_data_is_one_sentence(tmp_path, capsys):
    assert BENCHMARK["main"](["--data", str(tmp_path)]) == 2
    printed = capsys.readouterr().out
    assert printed.startswith("There is no prompt_t2i.json and no dsg-1k-anns.csv below")
    assert len(printed.splitlines()) == 1


def test_real_prompts_stand_before_those_from_templates(data):
    real, templates = BENCHMARK["read_evalmuse"](data / "one" / "prompt_t2i.json")
    assert real.prompts == list(REAL)
    assert templates.prompts == list(TEMPLATES)
    assert templates.elements[2][2] == ("Foggy", "other")


def test_propositions_become_spans_of_their_prompt(data):
    gold = BENCHMARK["read_dsg"](data / "dsg-1k-anns.csv")
    spans = dict(zip(gold.prompts, gold.elements, strict=True))
    assert spans["two dogs on a wooden boat"] == [
        ("dogs", "entity"),
        ("two", "counting"),
        ("boat", "entity"),
        ("wooden", "material"),
        ("on", "spatial"),
    ]
    assert spans["a man's red hat"] == [("hat", "entity"), ("red", "color")]
    assert gold.without_span == {"spatial": 1}


@pytest.mark.parametrize(
    "keyword, stretch",
    [
        ("sit", "sitting"),
        ("carry", "carries"),
        ("fall through the sky", "falling through the dark sky"),
        ("==3", "three"),
        ("cat", None),
        ("sky fall", None),
        ("", None),
    ],
)
def test_a_keyword_is_the_shortest_stretch_with_its_content_words(keyword, stretch):
    prompt = "three men sitting, one carries a category, falling through the dark sky, a sky"
    assert BENCHMARK["stretch_of"](prompt, keyword) == stretch


def test_our_categories_are_made_as_coarse_as_those_of_dsg():
    label = BENCHMARK["dsg_label"]
    assert [label(Element("x", name)) for name in ("food", "location", "color", "other")] == [
        *("entity", "entity", "color", "attribute")
    ]
    assert label(Element("x", "other", "other-writing&symbol")) == "writing"


def test_the_page_was_written_by_this_benchmark():
    text = PAGE.read_text("utf-8")
    tables = text.partition(BENCHMARK["BEGIN"])[2].partition(BENCHMARK["END"])[0]
    for name in ("EvalMuse, real | held out | spacy", "EvalMuse, templates | held out | rules", "DSG-1k | held out"):
        assert f"| {name}" in tables
    assert "python benchmarks/splitting.py --data" in text
