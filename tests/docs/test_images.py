"""The page on pictures says what the code does."""

import re
from dataclasses import fields
from pathlib import Path

from evalmuse_hf.images.generator_configs import GeneratorConfig, config_table, load_configs
from evalmuse_hf.images.manifest import MANIFEST_COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "images.md").read_text("utf-8")


def test_the_table_of_configurations_is_that_of_the_package():
    shown = re.search(r"<!-- configurations -->\n(.*?)\n<!-- end", PAGE, re.DOTALL)[1]
    assert shown == config_table(load_configs())


def test_every_column_of_the_manifest_and_no_other_is_explained():
    table = PAGE.split("| column | meaning |")[1].split("\n\n")[0]
    explained = [name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(explained) == sorted(MANIFEST_COLUMNS)


def test_every_setting_is_named():
    text = PAGE.split("Settings are ")[1].split(";")[0]
    assert re.findall(r"`(\w+)`", text) == [column.name for column in fields(GeneratorConfig) if column.name != "name"]


def test_the_example_of_settings_is_one(tmp_path):
    (tmp_path / "own.yaml").write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    configs = load_configs(tmp_path / "own.yaml")
    assert (configs["SDXL"].steps, configs["ours"].dtype, configs["served"].kind) == (30, "bfloat16", "endpoint")


def test_the_example_in_python_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], names)
    assert names["summary"].counts == {"Illustrator_XL": {"ok": 4}}
