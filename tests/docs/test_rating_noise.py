"""The page on the raters' noise: its program runs."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "rating_noise.md").read_text("utf-8")


def test_the_program_of_the_page_works():
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(program, {})
