"""The page on intervals and tests: its example runs, and it names what exists."""

import re
from pathlib import Path

from evalmuse_hf import stats
from evalmuse_hf.stats import ScorerDifference

PAGE = (Path(__file__).parents[2] / "docs" / "uncertainty.md").read_text("utf-8")


def test_the_example_of_the_page_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(compile(example, "docs/uncertainty.md", "exec"), names)
    assert names["half"] > 2


def test_the_functions_and_fields_that_the_page_names_exist():
    named = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
    functions = {name for name in named if name.endswith(("difference", "differences", "needed", "interval"))}
    fields = set(ScorerDifference.__dataclass_fields__) | {"detectable", "simultaneous_interval"}
    assert {"scorer_difference", "prompts_needed", "prompt_rater_interval"} <= functions
    assert functions - set(stats.__all__) - fields <= {"bca_interval"}
    assert {"p_value", "exchange_p_value", "williams_p_value", "steiger_p_value", "standard_error"} <= named & fields
