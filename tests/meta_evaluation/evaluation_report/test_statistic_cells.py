from evalmuse_hf.meta_evaluation.evaluation_report.statistic_cells import find, interval, status, value, with_interval

KNOWN = {"value": 0.12345, "low": 0.1, "high": 0.2, "status": "ok"}
UNKNOWN = {"value": None, "low": None, "high": None, "status": "constant predictions"}


def test_a_known_statistic_is_spelled_with_its_interval():
    assert (value(KNOWN), interval(KNOWN), with_interval(KNOWN)) == (0.12345, "0.100 to 0.200", "0.123 [0.100, 0.200]")
    assert status(KNOWN) is None


def test_an_unknown_statistic_says_why_and_shows_no_number():
    assert (value(UNKNOWN), interval(UNKNOWN), with_interval(UNKNOWN)) == (None, None, None)
    assert status(UNKNOWN) == "constant predictions"


def test_without_interval_the_number_stands_alone():
    assert with_interval({**KNOWN, "low": None, "high": None}) == "0.123"


def test_what_a_record_lacks_is_a_statistic_without_value():
    record = {"overall": {"srcc": KNOWN}}
    assert find(record, "overall", "srcc") is KNOWN
    for path in (("ceilings", "overall", "srcc"), ("overall", "krcc"), ("overall", "srcc", "value", "deeper")):
        assert value(find(record, *path)) is None
    assert status(find(record, "absent")) == "not computed"
