import json
import sys

import pytest

from tests.packaging import newcomer
from tests.packaging.environments import Environment


@pytest.fixture
def environment(tmp_path):
    """An environment whose command is a script that says and ends as it is told."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "evalmuse"
    command.write_text(f"#!{sys.executable} -S\nimport sys\nprint(sys.argv[1])\nsys.exit(int(sys.argv[2]))\n")
    command.chmod(0o755)
    return Environment(tmp_path, tmp_path, tmp_path)


def test_a_command_that_says_and_ends_as_expected_has_no_problems(environment):
    assert newcomer.expect(environment, ["14 modules", "0"], said="^14") == []
    assert newcomer.expect(environment, ["install it", "2"], said="install", status=2) == []


@pytest.mark.parametrize("words", [["13 modules", "0"], ["14 modules", "1"], ["14 Traceback", "0"]])
def test_other_words_another_status_and_a_crash_are_problems(environment, words):
    (problem,) = newcomer.expect(environment, words, said="^14")
    assert problem.startswith(f"`evalmuse {' '.join(words)}` ended with status {words[1]}")


def test_modules_are_found_by_the_marker_that_the_command_leaves(tmp_path):
    assert newcomer.module_names(tmp_path) == set()
    folder = tmp_path / "evaluate_modules" / "metrics" / "evaluate-metric--tifa" / ("0" * 8)
    folder.mkdir(parents=True)
    (folder / "evalmuse_hf.json").write_text(json.dumps({"module": "tifa", "version": "0.1.0"}))
    assert newcomer.module_names(tmp_path) == {"tifa"}
