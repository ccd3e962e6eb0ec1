import subprocess
import sys

import pytest

from evalmuse_hf.models import ElementScore, PairScore


def test_a_scored_pair_is_ok_and_has_nothing_to_say():
    result = PairScore(4.5, (ElementScore("two cats", "counting", 0.9, "ok"),))
    assert (result.status, result.message) == ("ok", None)


def test_records_cannot_be_changed():
    with pytest.raises(AttributeError):
        PairScore(4.5, ()).overall = 1.0  # type: ignore[misc]


def test_the_records_are_imported_without_torch():
    code = "import sys, evalmuse_hf.models; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
