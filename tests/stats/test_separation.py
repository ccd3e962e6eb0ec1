import numpy as np
import pytest

from evalmuse_hf.stats import significance_letters


def separated(n, pairs):
    table = np.zeros((n, n), dtype=bool)
    for first, second in pairs:
        table[first, second] = table[second, first] = True
    return table


def random_tables():
    rng = np.random.default_rng(0)
    for _ in range(150):
        n = int(rng.integers(1, 9))
        upper = np.triu(rng.random((n, n)) < rng.random(), 1)
        yield upper | upper.T


def test_two_share_a_letter_if_and_only_if_they_are_not_separated():
    for table in random_tables():
        letters = significance_letters(separated=table)
        shares = [[bool({*one} & {*other}) for other in letters] for one in letters]
        assert (np.array(shares) == ~(table & ~np.eye(len(table), dtype=bool))).all()


def test_every_letter_is_needed():
    for table in random_tables():
        letters = significance_letters(separated=table)
        for name in {*"".join(letters)}:
            left = [{*own} - {name} for own in letters]
            assert any(
                name in letters[i] and name in letters[j] and not left[i] & left[j]
                for i in range(len(letters))
                for j in range(i + 1)
            )


def test_letters_of_means_in_order_run_down_the_table():
    # Four means; neighbours are not separated, others are
    assert significance_letters(separated=separated(4, [(0, 2), (0, 3), (1, 3)])) == ("a", "ab", "bc", "c")


def test_letters_need_not_be_neighbours():
    # Where errors differ, the first two of three may be separated and neither from the third
    assert significance_letters(separated=separated(3, [(0, 1)])) == ("a", "b", "ab")


@pytest.mark.parametrize("n, expected", [(0, ()), (1, ("a",)), (3, ("a", "a", "a"))])
def test_without_separation_all_share_one_letter(n, expected):
    assert significance_letters(separated=np.zeros((n, n), dtype=bool)) == expected


def test_more_groups_than_letters_are_numbered():
    letters = significance_letters(separated=~np.eye(54, dtype=bool))
    assert (letters[0], letters[25], letters[26], letters[51], letters[52]) == ("a", "z", "A", "Z", "(53)")


@pytest.mark.parametrize("table", [[[False, True], [False, False]], [[False, True]]], ids=["one-sided", "not square"])
def test_a_table_that_contradicts_itself_is_refused(table):
    with pytest.raises(ValueError, match="must be square and symmetric"):
        significance_letters(separated=table)
