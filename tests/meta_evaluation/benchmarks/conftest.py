"""Small data sets of our own in the forms in which others publish theirs."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

TIFA_SCORES = {
    **{"bleu": 0.1, "rouge": 0.2, "meteor": 0.3, "spice": 0.4, "clipscore_vitb32": 30.5, "tifa_vilt": 0.5},
    **{"tifa_ofa-large": 0.25, "tifa_git-large": 0.75, "tifa_blip2-flant5xl": 1.0, "tifa_mplug-large": 0.0},
}
GENERATORS = ("mini_dalle", "stable_diffusion_v2_1")
SHORT = {"mini_dalle": "mini-dalle", "stable_diffusion_v2_1": "sd2dot1"}

WriteCsv = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


@pytest.fixture
def write_csv() -> WriteCsv:
    """Writes a table; the columns are those of all rows."""

    def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
        rows = list(rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture
def tifa_records() -> dict[str, dict[str, Any]]:
    """Two prompts by two generators."""
    records = {}
    for prompt, text in (("drawn_1", "a red kite over a lake"), ("drawn_2", "two owls")):
        for generator in GENERATORS:
            first = 5 if generator == GENERATORS[0] else 2
            records[f"{prompt}_{generator}"] = {
                **{"text_id": prompt, "image_path": f"{prompt}_{generator}.jpg", "text": text},
                **{"human_scores": [first, 4], "human_avg": (first + 4) / 2, **TIFA_SCORES},
            }
    return records


@pytest.fixture
def write_tifa(tmp_path: Path) -> Callable[[Mapping[str, Any]], Path]:
    """Writes records of TIFA160 as they are published."""

    def write(records: Mapping[str, Any]) -> Path:
        path = tmp_path / "human_annotations_with_scores.json"
        path.write_text(json.dumps(records), "utf-8")
        return path

    return write


@pytest.fixture
def dsg_ratings() -> list[dict[str, str]]:
    """Ratings of four pictures by two people, one of whom skipped a picture."""
    return [
        {
            **{"dsg_prompt_split": "tifa160", "t2i_model": SHORT[generator], "item_id": item, "source_id": source},
            **{"worker_id": rater, "question": "How well does it fit?", "answer": rating},
        }
        for item, source in (("tifa160_0", "drawn_1"), ("tifa160_1", "drawn_2"))
        for generator in GENERATORS
        for rater, rating in (("71", "5"), ("72", "2"))
        if (item, generator, rater) != ("tifa160_1", GENERATORS[1], "72")
    ]


@pytest.fixture
def dsg_answers() -> list[dict[str, str]]:
    """Three questions in a chain on each picture of one prompt; the answers differ by generator."""
    answers = {GENERATORS[0]: ("yes", "yes", "no"), GENERATORS[1]: ("no", "Yes 100000", "yes")}
    return [
        {
            **{"dsg_prompt_split": "tifa160", "qg_model": "dsg", "t2i_model": SHORT[generator]},
            **{"item_id": "tifa160_0", "question": "Is it?", "question_id": str(number)},
            **{"dependency_id": str(number - 1), "answer": answer},
        }
        for generator in GENERATORS
        for number, answer in enumerate(answers[generator], start=1)
    ]


@pytest.fixture
def dsg_folder(tmp_path: Path, write_csv: WriteCsv, dsg_ratings: Any, dsg_answers: Any) -> Path:
    """A folder with ratings, prompts and the answers of one program."""
    write_csv(tmp_path / "tifa160-likert-anns.csv", dsg_ratings)
    write_csv(tmp_path / "mplug_dsg.csv", dsg_answers)
    write_csv(
        tmp_path / "tifa160-dev-anns.csv",
        [{"item_id": "drawn_1", "text": "a red kite over a lake", "proposition_id": number} for number in (1, 2)],
    )
    return tmp_path


@pytest.fixture
def genai_records() -> dict[str, dict[str, Any]]:
    """One prompt by two generators."""
    models = {"DALLE_3": [5, 4, 5], "SDXL_Base": [1, 2, 3]}
    return {"00007": {"id": "7", "prompt": "no owls in the tree", "models": models}}


@pytest.fixture
def agiqa_rows() -> list[dict[str, Any]]:
    """Pictures of one prompt, and of one whose number is not there."""
    names = {"sd1.5_lowstep_000.jpg": 2.5, "DALLE2_normal_000.jpg": 4.25}
    return [
        {
            **{"name": name, "prompt": "a kite, anime style", "adj1": "", "adj2": "", "style": "anime style"},
            **{"mos_quality": 1.5, "std_quality": 0.5, "mos_align": score, "std_align": 0.4},
        }
        for name, score in names.items()
    ]
