"""The page of records names what the program writes."""

import pytest
from record_pages import RECORDS, ROOT, record_keys

from evalmuse_hf.cli.main import build_parser


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.command)
def test_every_command_exists_and_its_module_spells_a_record(record):
    words = record.command.split()[1:]
    parser = build_parser()
    for word in words[:-1]:
        (choices,) = [
            action.choices for action in parser._actions if action.dest == "command" or action.nargs == "A..."
        ]
        parser = choices[word]
    assert words[-1] in parser._option_string_actions
    assert len(record_keys(ROOT / "evalmuse_hf" / record.source)) > 3


def test_the_keys_are_those_of_the_record_and_of_no_other_dictionary(tmp_path):
    (tmp_path / "module.py").write_text(
        'a = {"x": 1}\nb = {"format": 1, "rows": {"format": 2}, **a, "out": 3}', "utf-8"
    )
    assert record_keys(tmp_path / "module.py") == ["format", "rows", "out"]


def test_a_module_without_a_record_is_named(tmp_path):
    (tmp_path / "module.py").write_text('facts = {"other": 1}', "utf-8")
    with pytest.raises(ValueError, match=r"module\.py spells no record"):
        record_keys(tmp_path / "module.py")
