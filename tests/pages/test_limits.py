"""Limits of a page, as defaults, as given, and as an operator sets them."""

import dataclasses
import math
from pathlib import Path

import pytest

from evalmuse_hf.pages.limits import LimitsError, PageLimits, spell_bytes


def test_limits_are_read_from_variables_and_the_rest_keeps_its_default():
    given = {
        "EVALMUSE_MAX_FILE_SIZE": " 1.5MB ",
        "EVALMUSE_MAX_BATCH_ROWS": "1_000",
        "EVALMUSE_TIME_LIMIT_S": "2.5",
        "EVALMUSE_MAX_UPLOAD_BYTES": "10gb",
        "EVALMUSE_MAX_BATCH_ROW_BYTES": "1kb",
        "EVALMUSE_MAX_PIXELS": "",
        "EVALMUSE_MAX_SOMETHING": "what nobody knows is not ours",
    }
    limits = PageLimits.from_environment(given)
    expected = PageLimits(
        max_file_size=1_572_864,
        max_batch_rows=1_000,
        time_limit_s=2.5,
        max_upload_bytes=10 * 1024**3,
        max_batch_row_bytes=1_024,
    )
    assert limits == expected


@pytest.mark.parametrize(
    "variable, text",
    [
        ("EVALMUSE_MAX_FILE_SIZE", "large"),
        ("EVALMUSE_MAX_FILE_SIZE", "-5"),
        ("EVALMUSE_MAX_FILE_SIZE", "0mb"),
        ("EVALMUSE_MAX_FILE_SIZE", "1.0000001kb"),
        ("EVALMUSE_MAX_BATCH_ROWS", "5mb"),
        ("EVALMUSE_MAX_BATCH_ROWS", "0"),
        ("EVALMUSE_MAX_BATCH_ROWS", "1.5"),
        ("EVALMUSE_MAX_BATCH_ROWS", "_"),
        ("EVALMUSE_MAX_BATCH_ROWS", "9" * 5_000),
        ("EVALMUSE_TIME_LIMIT_S", "inf"),
        ("EVALMUSE_TIME_LIMIT_S", "nan"),
        ("EVALMUSE_TIME_LIMIT_S", "0.5"),
    ],
)
def test_a_bad_variable_is_one_sentence_that_names_it(variable, text):
    with pytest.raises(LimitsError, match=variable) as caught:
        PageLimits.from_environment({variable: text})
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [0, -1, True, "5", 2.0, math.inf, None])
def test_a_limit_that_is_no_whole_number_from_one_is_refused(value):
    with pytest.raises(LimitsError, match="`max_elements` must be a whole number from 1"):
        PageLimits(max_elements=value)


def test_every_limit_is_documented():
    documented = PageLimits.__doc__ or ""
    assert all(f"        {field.name}: " in documented for field in dataclasses.fields(PageLimits))


def test_bytes_are_spelled_for_people():
    assert [spell_bytes(count) for count in (1, 1_024, 1_536, 3 * 1024**3)] == ["1 bytes", "1 KB", "1.5 KB", "3 GB"]


def test_the_documentation_has_every_limit_with_its_default():
    page = (Path(__file__).parents[2] / "docs" / "batch_page.md").read_text("utf-8")
    for field in dataclasses.fields(PageLimits):
        default = str(field.default).removesuffix(".0")
        assert f"| `EVALMUSE_{field.name.upper()}` | {default} |" in page
