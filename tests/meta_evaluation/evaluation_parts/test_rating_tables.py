import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_parts.rating_tables import (
    AgainRule,
    RatingTable,
    element_ratings,
    find_rule,
    overall_ratings,
)


def table(lists):
    width = max(map(len, lists))
    values = np.array([[*one, *[np.nan] * (width - len(one))] for one in lists], dtype=float)
    return RatingTable(values=values, prompts=tuple("abcdefgh"[: len(lists)]))


def test_anonymous_lists_are_places(rows, judged):
    ratings = overall_ratings(judged.pairs, {})
    assert ratings.values.shape == (len(rows), 3)
    assert ratings.values[7].tolist() == rows[7]["overall_ratings"]
    assert not ratings.identified


def test_named_raters_are_columns(rows, judged):
    names = {row["image_path"]: ("x", "y", "z") if place % 2 else ("z", "w", "x") for place, row in enumerate(rows)}
    ratings = overall_ratings(judged.pairs, names)
    first, second = rows[0]["overall_ratings"], rows[1]["overall_ratings"]
    # Columns in order of first appearance: z, w, x, y.
    assert ratings.values[0].tolist()[:3] == first
    assert ratings.values[1, [2, 3, 0]].tolist() == second
    assert np.isnan(ratings.values[0, 3])
    assert ratings.identified


def test_data_that_has_only_means_has_no_tables(rows, scores):
    bare = [
        {**row, "overall_ratings": None, "elements": [{**one, "ratings": None} for one in row["elements"]]}
        for row in rows
    ]
    pairs = judge(scores, bare).pairs
    assert overall_ratings(pairs, {}) is None
    assert element_ratings(pairs.rows, pairs.prompts) is None


def test_elements_keep_prompt_and_category(rows, judged):
    ratings = element_ratings(judged.pairs.rows, judged.pairs.prompts)
    assert ratings.values[1].tolist() == rows[0]["elements"][1]["ratings"]
    assert (ratings.prompts[9], ratings.categories[:2]) == ("1", ("color", "animal/human"))


@pytest.mark.parametrize(
    "lists, expected",
    [
        ([[1, 2, 3], [2, 2, 2]], AgainRule(first=3)),
        ([[1, 3, 1, 2, 2, 2], [4, 4, 5]], AgainRule(first=3, again_at=2.0)),
        ([[1, 2, 1, 2, 2, 2], [1, 5, 5]], AgainRule()),
        ([[1, 2, 1, 2], [1, 5, 5]], AgainRule()),
    ],
    ids=["all three times", "six where they lie far apart", "six for no visible reason", "three and four"],
)
def test_the_rule_of_rating_again_is_read_off(lists, expected):
    assert find_rule(table(lists)) == expected


def test_only_whole_numbers_suit_the_models():
    assert table([[1, 2], [3]]).whole
    assert not table([[1, 2.5], [3]]).whole
