"""The matching against a search of all matchings, and the measures against numbers worked out by hand."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest

from evalmuse_hf.elements.span_agreement import (
    PlacedText,
    character_iou,
    compare_splits,
    match_spans,
    place_texts,
)

CATEGORIES = ("object", "color")


def place(start, end, category="object"):
    return PlacedText("x", category, frozenset(range(start, end)))


@pytest.mark.parametrize(
    "first, second, expected",
    [((0, 4), (0, 4), 1.0), ((0, 4), (2, 6), 2 / 6), ((0, 2), (2, 4), 0.0), ((0, 0), (0, 0), 0.0)],
    ids=["equal", "half", "beside", "empty"],
)
def test_overlap_is_shared_over_all_characters(first, second, expected):
    assert character_iou(frozenset(range(*first)), frozenset(range(*second))) == pytest.approx(expected, abs=1e-15)


def search(ours, theirs, min_iou):
    """Best (pairs, overlap, equal categories) of every one-to-one matching."""
    best = (0, 0.0, 0)
    for size in range(1, min(len(ours), len(theirs)) + 1):
        for rows in combinations(range(len(ours)), size):
            for columns in permutations(range(len(theirs)), size):
                pairs = [(ours[row], theirs[column]) for row, column in zip(rows, columns, strict=True)]
                overlaps = [character_iou(one.characters, other.characters) for one, other in pairs]
                if min(overlaps) >= min_iou:
                    same = sum(one.category == other.category for one, other in pairs)
                    best = max(best, (size, round(sum(overlaps), 9), same))
    return best


@pytest.mark.parametrize("min_iou", [0.2, 0.5])
def test_the_matching_is_the_best_of_all_matchings(min_iou):
    generator = np.random.default_rng(0)
    n_with_choice = 0
    for _ in range(150):
        sides = []
        for _ in range(2):
            starts = generator.integers(0, 8, size=generator.integers(0, 5))
            sides.append(
                [place(start, start + generator.integers(1, 7), CATEGORIES[generator.integers(2)]) for start in starts]
            )
        ours, theirs = sides
        matches = match_spans(predictions=ours, references=theirs, min_iou=min_iou)
        assert (
            len({match.prediction for match in matches}) == len({match.reference for match in matches}) == len(matches)
        )
        assert all(match.iou >= min_iou for match in matches)
        same = sum(ours[match.prediction].category == theirs[match.reference].category for match in matches)
        found = (len(matches), round(sum(match.iou for match in matches), 9), same)
        assert found == search(ours, theirs, min_iou)
        n_with_choice += len(matches) > 1
    assert n_with_choice > 20  # the search had something to decide


def test_more_pairs_are_better_than_one_better_pair():
    # "red ball" / "red": 8 and 3 characters; greedy by overlap would leave one of them alone
    ours = [place(0, 6), place(0, 4)]
    theirs = [place(0, 5), place(0, 3)]
    matches = match_spans(predictions=ours, references=theirs)
    assert {(match.prediction, match.reference) for match in matches} == {(0, 0), (1, 1)}


def test_equal_categories_decide_between_equal_spans():
    ours = [place(0, 4, "color"), place(0, 4, "object")]
    theirs = [place(0, 4, "object"), place(0, 4, "color")]
    matches = match_spans(predictions=ours, references=theirs)
    assert [(match.prediction, match.reference) for match in matches] == [(0, 1), (1, 0)]


def test_a_text_takes_all_its_places_and_is_found_beyond_the_word_limit():
    prompt = "cat " + "very " * 60 + "cat, dog"
    cat, dog, bird = place_texts(prompt, [("cat", "object"), ("dog", "object"), ("bird", "object")])
    assert len(cat.characters) == 6
    assert len(dog.characters) == 3
    assert not bird.characters


PROMPTS = ["a red cat on a mat", "two dogs"]
REFERENCES = [
    [("red", "color"), ("cat", "animal/human"), ("mat", "object")],
    [("two", "counting"), ("dogs", "animal/human")],
]
PREDICTIONS = [
    [("red", "color"), ("cat", "object"), ("on", "spatial"), ("sofa", "object")],
    [("two dogs", "animal/human")],
]


def test_the_measures_are_those_worked_out_by_hand():
    # Placed predictions: red, cat, on, two dogs (sofa stands nowhere). "two dogs" has 8 characters, "dogs" 4: IoU 0.5.
    # Matched: red-red, cat-cat, two dogs-dogs: 3 of 4 predictions and of 5 references; equal categories: 2 of 3.
    result = compare_splits(PROMPTS, predictions=PREDICTIONS, references=REFERENCES, n_resamples=0)
    assert result.precision.statistic == pytest.approx(3 / 4)
    assert result.recall.statistic == pytest.approx(3 / 5)
    assert result.f1.statistic == pytest.approx(2 * 3 / (4 + 5))
    assert result.labelled_f1.statistic == pytest.approx(2 * 2 / (4 + 5))
    assert result.category_accuracy.statistic == pytest.approx(2 / 3)
    # Among matched: color 1/1; animal/human predicted 1, named 2, right 1: F1 2/3; object predicted 1, named 0: 0.
    assert result.category_macro_f1.statistic == pytest.approx((1 + 2 / 3 + 0) / 3)
    counts = (result.n_prompts, result.n_predictions, result.n_references, result.n_matched)
    assert counts == (2, 4, 5, 3)
    assert (result.n_predictions_unplaced, result.n_references_unplaced) == (1, 0)
    animal = result.categories["animal/human"]
    assert (animal.n_predictions, animal.n_references, animal.n_found, animal.n_agreed) == (1, 2, 2, 1)
    assert (animal.precision, animal.recall, animal.f1) == (1.0, 0.5, pytest.approx(2 / 3))
    assert math.isnan(result.categories["counting"].precision)  # nothing was predicted with it
    assert result.categories["counting"].recall == 0.0


def test_a_prompt_split_like_the_reference_is_perfect():
    result = compare_splits(PROMPTS, predictions=REFERENCES, references=REFERENCES, n_resamples=0)
    values = (result.f1, result.labelled_f1, result.category_accuracy, result.category_macro_f1)
    assert [value.statistic for value in values] == [1.0] * 4


def test_swapping_the_sides_swaps_precision_and_recall():
    one = compare_splits(PROMPTS, predictions=PREDICTIONS, references=REFERENCES, n_resamples=0)
    other = compare_splits(PROMPTS, predictions=REFERENCES, references=PREDICTIONS, n_resamples=0)
    assert (one.precision.statistic, one.recall.statistic) == (other.recall.statistic, other.precision.statistic)
    assert one.category_macro_f1.statistic == pytest.approx(other.category_macro_f1.statistic)


def test_intervals_draw_whole_prompts():
    # Of four prompts one is wholly missed: in a resample the recall is a multiple of a quarter.
    prompts = ["cat", "dog", "cow", "pig"]
    references = [[(prompt, "animal/human")] for prompt in prompts]
    predictions = [*references[:3], []]
    options = {"predictions": predictions, "references": references, "n_resamples": 500}
    result = compare_splits(prompts, **options, rng=3)
    interval = result.recall.confidence_interval
    assert interval == compare_splits(prompts, **options, rng=3).recall.confidence_interval
    assert interval.low in {0.25, 0.5}  # 2.5 % quantile of Binomial(4, 3/4) / 4: P(0 or 1) = 0.051, P(0) = 0.004
    assert interval.high == 1.0
    # Precision is 1 wherever it is defined, which says nothing about other prompts.
    assert result.precision.statistic == 1.0
    assert result.precision.confidence_interval is None


def test_what_is_undefined_is_nan_with_a_status():
    result = compare_splits(["cat"], predictions=[[]], references=[[("cat", "animal/human")]], rng=0)
    assert math.isnan(result.precision.statistic)
    assert result.precision.status == "no spans"
    assert result.recall.statistic == 0.0
    assert result.recall.confidence_interval is None  # one prompt says nothing about others
    assert math.isnan(result.category_accuracy.statistic)
    empty = compare_splits([], predictions=[], references=[])
    assert math.isnan(empty.f1.statistic)
    assert empty.n_prompts == 0


def test_splits_of_other_prompts_are_refused():
    with pytest.raises(ValueError, match="2 prompts, 1 predictions"):
        compare_splits(PROMPTS, predictions=PREDICTIONS[:1], references=REFERENCES)
