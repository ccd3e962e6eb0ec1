import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_ratings import FURTHER, NEW, OLD, StudyItem, StudyRating, make_log

ITEMS = [
    StudyItem(key="a", prompt_id="p", categories=("color", None)),
    StudyItem(key="b", prompt_id="q"),
    StudyItem(key="c", prompt_id="p", categories=("object",)),
]
RATINGS = [
    StudyRating(item="a", phase=OLD, overall=2, elements=(1, 0), rater="x"),
    StudyRating(item="a", phase=OLD, overall=4, elements=(0, None), rater="y"),
    StudyRating(item="a", phase=NEW, overall=5, elements=(1, 1), rater="z"),
    StudyRating(item="a", phase=FURTHER, overall=1, elements=(0, 0)),
    StudyRating(item="c", phase=OLD, overall=None, elements=(1,), rater="x"),
    StudyRating(item="gone", phase=OLD, overall=3),
]


def test_means_are_those_of_one_round_and_nan_without_ratings():
    log = make_log(ITEMS, RATINGS)
    assert log.overall_means(OLD) == pytest.approx([3, np.nan, np.nan], nan_ok=True)
    assert log.overall_means(NEW) == pytest.approx([5, np.nan, np.nan], nan_ok=True)
    assert log.overall_means(FURTHER)[0] == 1
    assert log.yes_shares(OLD) == pytest.approx([0.5, 0, 1])
    assert log.yes_shares(NEW) == pytest.approx([1, 1, np.nan], nan_ok=True)


def test_numbers_follow_the_items():
    log = make_log(ITEMS, RATINGS)
    assert log.prompts.tolist() == [0, 1, 0]
    assert log.n_prompts == 2
    assert log.raters == ("x", "y", "z")
    assert log.rating_raters.tolist() == [0, 1, 2, -1, 0]
    assert [log.categories[number] for number in log.element_categories] == ["color", "none", "object"]
    assert log.element_prompts.tolist() == [0, 0, 0]
    assert len(log.answers) == 8


def test_some_ratings_of_the_same_items():
    log = make_log(ITEMS, RATINGS)
    kept = log.where(log.rating_phases == OLD)
    assert kept.items == log.items
    assert kept.yes_shares(OLD) == pytest.approx(log.yes_shares(OLD))
    assert kept.overall_means(OLD) == pytest.approx(log.overall_means(OLD), nan_ok=True)
    assert np.isnan(kept.yes_shares(NEW)).all()


def test_no_items():
    log = make_log([], [])
    assert (log.n_prompts, len(log.overall_means(OLD))) == (0, 0)
