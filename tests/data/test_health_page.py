import json

import pytest

from evalmuse_hf.data.health import HealthReport, check_dataset
from evalmuse_hf.data.health_page import category_table, generator_tables, health_document
from evalmuse_hf.reports import document_text, render_document

HOSTILE = "<b>bold</b>"


@pytest.fixture
def means(tmp_path) -> HealthReport:
    path = tmp_path / "means.jsonl"
    rows = [("A", "1", 4.0), ("B", "1", 3.0), ("A", "2000", 2.0), (HOSTILE, "2000", 1.0)]
    lines = [
        {
            **{"img_path": f"{model}/{prompt}.png", "prompt_id": prompt, "model": model, "total_score_mean": score},
            "element_score_mean": {"cat (animal)": 0.5, "red (Color) ": 1.0},
        }
        for model, prompt, score in rows
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return check_dataset(path, n_resamples=10)


@pytest.fixture
def record(means):
    """What a report of a release with defects has beside the numbers."""
    problem = {
        "file": "train_list.json",
        "row": 3,
        "field": "total_score",
        "reason": "bad_total_score",
        "message": "7",
    }
    stages = [{"stage": "records", "in": 5, "out": 4, "dropped": {"bad_total_score": 1}}]
    record = json.loads(json.dumps(means.as_json()))
    record["build"] = {"stages": stages, "dropped": {"bad_total_score": 1}, "problems": [problem], "status": "ok"}
    record["files"]["problems"] = ["data/train-00001-of-00002.parquet is missing"]
    record["leakage"].update(prompts=2, ids_of_two_prompts=1, first=[HOSTILE])
    record["duplicates"].update(contents=1, pictures=2, across_parts=1, first=[["A/1.png", "A/2.png"]], status="ok")
    record["pictures"].update(decoded=3, undecodable=1, changed=0, problems=["Cannot read picture 'x'"], status="ok")
    record["elements"].update(
        n=3, statuses={"unmatched": 1, "ok": 2}, problems=[{"status": "unmatched", "element": "e", "prompt": "p"}]
    )
    record["ratings"]["overall"].update(values={"1": 2, "5": 3}, off_scale=4)
    record["first_three"].update(
        n=2, annotated_twice={"n": 4, "differ": 3, "share": 0.75, "status": "ok"}, status="ok"
    )
    return record


def test_what_a_reader_must_know_comes_first(record):
    warnings = " ".join(health_document(record).warnings)
    for part in ("not whole: data/train-00001", "2 prompts stand in", "1 values of prompt_id", "1 picture files"):
        assert part in warnings
    assert "1 cannot be decoded" in warnings
    assert "4 lists of ratings" in warnings


def test_a_sound_data_set_has_no_warnings(means):
    assert health_document(means.record).warnings == ()


def test_the_page_shows_every_part_and_escapes_every_name(record):
    page = render_document(health_document(record))
    assert HOSTILE not in page
    assert "&lt;b&gt;bold" in page
    for part in ("bad_total_score", "A/1.png, A/2.png", "Spellings of the categories", "3 differ by two or more"):
        assert part in page
    assert "A place in a list of ratings is not a person" in page
    assert page.count("<svg") >= 5


def test_what_is_not_known_is_a_dash_with_its_reason(means):
    text = document_text(health_document(means.record))
    assert "Not known: published means have no build." in text
    assert "overall, ordinal                           0  –" in text


def test_real_and_synthetic_prompts_stand_apart(means):
    tables = {table.title: table for table in generator_tables(means.record)}
    real = tables["Mean overall rating by generator, real prompts"]
    assert [(line[0], line[2], line[4]) for line in real.rows] == [
        ("A", 4.0, pytest.approx(4.0)),
        ("B", 3.0, pytest.approx(3.0)),
    ]
    assert len(tables["Mean overall rating by generator, synthetic prompts"].rows) == 2
    assert tables["Mean element rating by generator and category (0 to 1)"].header == (
        "generator",
        "color",
        "animal/human",
    )


def test_one_kind_of_prompts_is_shown_once(record):
    for entry in record["generator_scores"].values():
        entry["real"], entry["synthetic"] = entry["all"], {**entry["all"], "n": 0}
    assert len(list(generator_tables(record))) == 2


def test_generators_that_cannot_be_adjusted_say_why(record):
    for entry in record["generator_scores"].values():
        entry["all"].update(adjusted=None, adjusted_status="some levels share no blocks with the others")
    table = next(generator_tables(record))
    assert "Not adjusted: some levels share no blocks" in table.note
    plain = [line[2] for line in table.rows]
    assert plain == sorted(plain, reverse=True)


def test_categories_can_stand_beside_published_means(means):
    table = category_table(means.record, references={"color": 0.5}, against="paper")
    assert table.header[-1] == "paper"
    assert [line[-1] for line in table.rows] == ["0.50", None]
    assert table.bars.references == (0.5, None)
