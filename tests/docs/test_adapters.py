"""The Python example of the page on adapters is run as it stands."""

import re
from pathlib import Path

from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import load_model

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")


def test_the_example_writes_adapters_and_a_merged_model(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/adapters.md", "exec"), {})
    assert (tmp_path / "adapter" / "adapter_config.json").is_file()
    load_model(tmp_path / "merged")
