"""The page on rewards: its programs run."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "reward.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["gradient", "function"])
def test_the_programs_of_the_page_work(name):
    (program,) = re.findall(rf"<!-- example: {name} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    exec(program, {})
