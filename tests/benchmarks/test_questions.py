import csv
import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "questions.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("questions_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["questions_benchmark"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["questions_benchmark"]


@pytest.fixture
def data(tmp_path):
    prompts = {
        "a red cat": ["red (color)", "cat (animal)"],
        "a blackboard with text 'Hope' on it": ["Hope (Other-writing&symbol)"],
        "0 dogs": ["0 (Counting)", "dogs (animal)"],
    }
    released = {text: {"prompt": text, "element_score": dict.fromkeys(keys)} for text, keys in prompts.items()}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "prompt_t2i.json").write_text(json.dumps(released), "utf-8")
    names = ("item_id", "text", "keywords", "proposition_id", "dependency", "category_broad", "category_detailed")
    rows = [
        ("x", "two red cats on a man's hat", "cats", "1", "0", "entity", "whole", "Are there cats?"),
        ("x", "two red cats on a man's hat", "cats, red", "2", "1", "attribute", "color", "Are the cats red?"),
        ("x", "two red cats on a man's hat", "cats, ==2", "3", "1", "other", "count", "Are there cats?"),
        ("x", "two red cats on a man's hat", "man's hat", "4", "0", "entity", "part", "Does the man have a hat?"),
        (
            "x",
            "two red cats on a man's hat",
            "cats, hat, on",
            "5",
            "1,4",
            "relation",
            "spatial",
            "Are the cats on it?",
        ),
    ]
    with (tmp_path / "dsg-1k-anns.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(*names, "question_natural_language"), *rows])
    return tmp_path


def lines_of(text):
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {row[0].strip(" *"): [cell.strip(" *") for cell in row[1:]] for row in rows}


def test_figures_by_hand(benchmark, data, capsys):
    assert benchmark.main(["--data", str(data)]) == 0
    found = lines_of(capsys.readouterr().out)
    assert found["EvalMuse, real"][:4] == ["1", "2", "100.0%", "100.0%"]
    # "0" and the blackboard's word have a question, the dogs that shall not be there have none: 2 of 3.
    assert found["EvalMuse, templates"][:4] == ["2", "3", "66.7%", "66.7%"]
    assert found["DSG-1k"][:4] == ["1", "5", "100.0%", "100.0%"]
    # Accepted are cats, red, hat and on; "Are there cats?" leaves out the number.
    assert found["entity, whole"][0] == "1"
    assert found["refused: leaves out a word of the element"] == ["1", "20.0%"]


def test_parents_by_hand(benchmark, data):
    prompts = benchmark.read_dsg(data / "dsg-1k-anns.csv")
    assert [element.text for element in prompts[0].elements] == ["cats", "red", "two", "hat", "on"]
    assert prompts[0].parents == [set(), {0}, {0}, set(), {0, 3}]
    found = lines_of(benchmark.parent_table(prompts))
    assert found["all"] == ["5", "100.0%", "3", "100.0%"]


def test_the_tables_go_between_the_marks_of_a_page(benchmark, data, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{benchmark.BEGIN}\nold\n{benchmark.END}\nafter\n", "utf-8")
    benchmark.main(["--data", str(data), "--write", str(page)])
    written = page.read_text("utf-8")
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert "| DSG-1k |" in written


def test_a_sample_is_printed_to_be_read(benchmark, data, capsys):
    benchmark.main(["--data", str(data), "--sample", "3"])
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_missing_data_is_one_sentence(benchmark, tmp_path, capsys):
    assert benchmark.main(["--data", str(tmp_path)]) == 2
    assert "There is no prompt_t2i.json and no dsg-1k-anns.csv below" in capsys.readouterr().out
