"""The page on rankings: its programs run, and it names every key and every option."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from evalmuse_hf.cli.main import build_parser
from evalmuse_hf.ranking import compare_with_published, rank_generators

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "ranking.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("## The record") :]


def documented(line: str) -> set[str]:
    """Names in code, as in ``generators[].low``, without the path before them."""
    return {name.rpartition(".")[2].removesuffix("[]") for name in re.findall(r"`([a-z_.\[\]]+)`", line)}


@pytest.fixture(scope="module")
def ranking():
    rows = [
        {
            "image": f"{name}/{prompt}.png",
            "generator": name,
            "prompt_id": str(prompt),
            "overall_score": mean + (prompt * 7 + len(name)) % 11 / 5,
            "elements": [{"text": "red", "category": "color", "score": prompt % 3 / 2}],
        }
        for name, mean in (("SDXL", 2.0), ("New", 2.1))
        for prompt in range(12)
    ]
    human = [{"image": row["image"], "rating": row["overall_score"]} for row in rows]
    return rank_generators(rows, n_resamples=20, human=human)


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_the_programs_of_the_page_work(program):
    exec(program, {})


def test_every_command_of_the_page_is_understood():
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    ranks = [shlex.split(line, comments=True)[1:] for line in commands if line.startswith("evalmuse rank")]
    assert len(ranks) == 5
    for words in ranks:
        assert build_parser().parse_args(words).command == "rank"


def test_every_key_of_the_record_is_on_the_page(ranking):
    record = {**ranking.record(), "published": compare_with_published(ranking).record(), "provenance": {}}
    assert ranking.rows[0].preference is not None
    assert ranking.rows[0].corrected is not None
    rows = [line for line in SECTION.splitlines() if line.startswith("| `")]
    assert set().union(*(documented(row.split("|")[1]) for row in rows)) >= set(record) | set(record["generators"][0])
    for key, value in (
        ("preference", record["generators"][0]["preference"]),
        ("corrected", record["generators"][0]["corrected"]),
        ("differences", record["differences"][0]),
        ("categories", record["generators"][0]["categories"]["color"]),
        ("published", {name: None for name in ("source", "agreement", "generators")}),
    ):
        (row,) = (row for row in rows if key in documented(row.split("|")[1]))
        assert documented(row.split("|")[2]) >= set(value), key


def test_every_choice_of_balance_is_on_the_page(ranking):
    from evalmuse_hf.cli.rank import BALANCES
    from evalmuse_hf.ranking.leaderboard import BALANCES as KNOWN

    assert BALANCES == KNOWN
    assert all(f"| `{balance}`" in PAGE for balance in BALANCES)
    assert replace(ranking, balance="adjusted").record()["balance"] == "adjusted"


def test_the_pictures_of_the_page_are_there_and_small():
    names = re.findall(r"!\[[^\]]{20,}\]\((images/[^)]+)\)", PAGE)
    assert len(names) == 2
    assert all((DOCS / name).stat().st_size < 100_000 for name in names)
