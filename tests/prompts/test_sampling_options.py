import pytest

from evalmuse_hf.prompts import SamplingOptions


@pytest.mark.parametrize(
    "options, message",
    [
        ({"deviation": "l2"}, r"`deviation` is 'l2', expected l1 or max"),
        ({"time_limit": 0}, r"`time_limit` is 0 and `free_patterns` is 400, expected both above 0"),
        ({"free_patterns": 0}, r"`free_patterns` is 0"),
    ],
    ids=["deviation", "time", "patterns"],
)
def test_what_cannot_be_is_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        SamplingOptions(**options)
