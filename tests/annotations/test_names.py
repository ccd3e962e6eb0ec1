import pytest

from evalmuse_hf.annotations.names import is_visible_name


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\u200bb",
        "a\u202eb",
        "a\u00a0b",
        "a\u2028b",
        "a\ud800",
        " a",
        "a ",
        "",
        "abcdefghijk",
    ],
)
def test_what_hides_or_breaks_a_line_is_no_name(name):
    assert not is_visible_name(name, longest=10)


@pytest.mark.parametrize("name", ["Anna", "Zoë B.", "王小明", "o'hara-2", "a@b.org", "abcdefghij", "👩"])
def test_what_people_are_called_is_a_name(name):
    assert is_visible_name(name, longest=10)
