import pytest

from evalmuse_hf.ranking.sentences import listed


@pytest.mark.parametrize(
    "names, expected",
    [
        ("", ""),
        ("A", "A"),
        ("AB", "A and B"),
        ("ABCDEFG", "A, B, C, D, E, F and G"),
        ("A" * 8, "A, A, A, A, A, A and 2 more"),
    ],
)
def test_names_are_listed_as_in_a_sentence(names, expected):
    assert listed(names) == expected
