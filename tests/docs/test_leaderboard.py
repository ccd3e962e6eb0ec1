"""The page on the leaderboard: its program runs, and its pictures are there and small."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "leaderboard.md").read_text("utf-8")
LARGEST_PICTURE = 100_000


def test_the_program_on_the_page_runs():
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(program, "leaderboard.md", "exec"), {})


def test_every_picture_is_there_and_small():
    names = re.findall(r"!\[[^]]+\]\(([^)]+)\)", PAGE)
    assert len(names) == 5
    assert max((DOCS / name).stat().st_size for name in names) < LARGEST_PICTURE
