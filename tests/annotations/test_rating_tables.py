import numpy as np
import pytest

from evalmuse_hf.annotations.aggregation import count_ratings
from evalmuse_hf.annotations.rating_tables import element_table, overall_table
from evalmuse_hf.stats import krippendorff_alpha
from tests.annotations.fabricated import item, rating

NAN = float("nan")


@pytest.fixture
def counted():
    one, two = item(1), item(2, keys=("dog (animal)", "a sign"), prompt_id="p1")
    again = {"round_id": 2, "round_kind": "reannotation"}
    rows = [
        rating(one, "bob", 2, (0, 1)),
        rating(one, "ann", 4, (1, 1)),
        rating(one, "cid", 3, (0, 0)),
        rating(one, "dan", 5, (1, 1), **again),
        rating(one, "eva", 5, (1, 1), **again),
        rating(one, "fay", 5, (1, 1), **again),
        rating(two, "ann", 1, (0, 0)),
        rating(two, "dan", 2, (0, 1)),
        rating(two, "cid", 1, (1, 0)),
    ]
    return count_ratings(rows, {1: one, 2: two}).items


def test_columns_are_people_and_first_ratings_alone_are_taken_by_default(counted):
    table = overall_table(counted)
    assert table.raters == ("ann", "bob", "cid", "dan")
    np.testing.assert_array_equal(table.values, [[4, 2, 3, NAN], [1, NAN, 1, 2]])
    assert (table.item_ids, table.prompt_ids) == ((1, 2), ("p1", "p1"))


def test_all_ratings_are_a_table_of_their_own(counted):
    table = overall_table(counted, first=None)
    np.testing.assert_array_equal(table.values, [[4, 2, 3, 5, 5, 5], [1, NAN, 1, 2, NAN, NAN]])


def test_elements_have_a_row_each_with_their_category(counted):
    table = element_table(counted)
    np.testing.assert_array_equal(table.values, [[1, 0, 0, NAN], [1, 1, 0, NAN], [0, NAN, 1, 0], [0, NAN, 0, 1]])
    assert table.categories == ("animal/human", "color", "animal/human", "none")
    assert table.item_ids == (1, 1, 2, 2)
    animals = table.of_category("animal/human")
    np.testing.assert_array_equal(animals.values, [[1, 0, 0, NAN], [0, NAN, 1, 0]])
    assert (animals.item_ids, animals.raters) == ((1, 2), table.raters)


def test_columns_of_anonymous_ratings_are_places():
    one = item()
    rows = [rating(one, None, 2), rating(one, "ann", 2), rating(one, "bob", 3)]
    table = overall_table(count_ratings(rows, {1: one}).items)
    assert table.raters is None
    np.testing.assert_array_equal(table.values, [[2, 2, 3]])


def test_no_items_make_an_empty_table_that_the_statistics_take():
    table = overall_table([])
    assert table.values.shape == (0, 0)
    assert krippendorff_alpha(table.values, level="ordinal").status == "no item has two ratings"
