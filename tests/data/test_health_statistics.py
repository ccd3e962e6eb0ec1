import json
import math

import krippendorff
import numpy as np
import pytest

from evalmuse_hf.data import health_statistics as statistics
from evalmuse_hf.data.health_facts import ElementFacts, PairFacts
from evalmuse_hf.stats import srcc

NAN = math.nan


def pair(ratings=(), *, score=None, prompt="p", generator="A", source="real", elements=()):
    mean = sum(ratings) / len(ratings) if ratings else NAN
    return PairFacts(
        **{"part": "train", "image_path": "A/1.png", "content_hash": None, "prompt_id": prompt, "prompt": prompt},
        **{"source": source, "generator": generator, "ratings": ratings, "elements": tuple(elements)},
        score=mean if score is None else score,
    )


def element(score=NAN, ratings=(), category="color"):
    return ElementFacts(category, category, ratings, sum(ratings) / len(ratings) if ratings else score)


def test_ratings_are_counted_and_impossible_ones_left_out():
    found = statistics.rating_distribution(
        [pair((1, 2, 2), elements=[element(ratings=(1, 0))]), pair((7, 1, 1)), pair(), pair((5,) * 6, source=None)]
    )
    assert found["overall"]["values"] == {"1": 1, "2": 2, "3": 0, "4": 0, "5": 6}
    assert found["overall"]["per_item"] == {"0": 1, "3": 2, "6": 1}
    assert found["overall"]["off_scale"] == 1
    assert found["elements"]["values"] == {"0": 1, "1": 1}


def test_mean_ratings_fall_into_the_bins_of_the_paper():
    found = statistics.rating_distribution([pair(score=1.0), pair(score=1.5), pair(score=5.0, source="synthetic")])
    assert found["means"]["shares"]["real"] == [0.5, 0.5, 0, 0, 0]
    assert found["means"]["shares"]["all"] == pytest.approx([1 / 3, 1 / 3, 0, 0, 1 / 3])


def test_ranges_are_of_the_first_three_ratings():
    pairs = [pair((1, 3, 2, 5, 5, 5)), pair((4, 4, 4, 1, 1, 1)), pair((5, 1, 3)), pair((1, 5)), pair((2, 3, 3))]
    found = statistics.first_three_ranges(pairs)
    assert found["counts"] == {"0": 1, "1": 1, "2": 1, "3": 0, "4": 1}
    assert found["shares"]["4"] == 0.25
    assert found["annotated_twice"] == {"n": 2, "differ": 1, "share": 0.5, "status": "ok"}


def test_agreement_is_that_of_the_package_krippendorff():
    rng = np.random.default_rng(0)
    lists = [tuple(map(int, rng.integers(1, 6, size))) for size in (3, 6, 3, 6, 3, 1)]
    answers = [(1, 1, 0), (0, 0, 0), (1, 0, 1)]
    found = statistics.rater_agreement(
        [
            pair(ratings, prompt=str(row), elements=[element(ratings=answers[row % 3])])
            for row, ratings in enumerate(lists)
        ],
        n_resamples=20,
    )
    padded = np.asarray([[*ratings, *[NAN] * (6 - len(ratings))] for ratings in lists]).T
    assert found["overall"]["value"] == pytest.approx(krippendorff.alpha(padded, level_of_measurement="ordinal"))
    first = krippendorff.alpha(padded[:3], level_of_measurement="ordinal")
    assert found["overall_first_three"]["value"] == pytest.approx(first)
    assert found["overall"]["low"] < found["overall"]["value"] < found["overall"]["high"]
    assert found["overall"]["n"] == 5  # one rating agrees with nobody
    expected = krippendorff.alpha(np.asarray(answers * 2).T, level_of_measurement="nominal")
    assert found["elements"]["value"] == pytest.approx(expected)
    assert found["elements_by_category"]["color"]["value"] == pytest.approx(expected)


def test_what_means_alone_cannot_give_is_null_with_a_reason():
    only_means = [pair(score=3.0, elements=[element(0.5)])]
    agreement, ranges = statistics.rater_agreement(only_means), statistics.first_three_ranges(only_means)
    for entry in (agreement["overall"], agreement["elements"]):
        assert (entry["value"], entry["low"], entry["status"]) == (None, None, "no ratings, at most their means")
    assert (ranges["shares"]["0"], ranges["status"]) == (None, "no ratings, at most their means")
    assert ranges["annotated_twice"]["share"] is None


def test_without_pairs_everything_is_null_and_fits_json():
    for function in (
        *(statistics.rating_distribution, statistics.first_three_ranges, statistics.rater_agreement),
        *(statistics.element_overall_srcc, statistics.category_scores, statistics.generator_scores),
    ):
        json.dumps(function([]), allow_nan=False)
    assert statistics.element_overall_srcc([])["status"] == "no rows"


def test_the_mean_element_rating_is_compared_with_overall():
    values = [(4.0, [1.0, 0.5]), (2.0, [0.0, NAN]), (3.0, [0.75]), (1.0, [0.25]), (5.0, []), (NAN, [1.0])]
    pairs = [pair(score=score, prompt=str(score), elements=map(element, scores)) for score, scores in values]
    expected = srcc(predictions=[0.75, 0.0, 0.75, 0.25], references=[4, 2, 3, 1]).statistic
    found = statistics.element_overall_srcc(pairs, n_resamples=0)
    assert (found["value"], found["n"]) == (pytest.approx(expected), 4)


def test_categories_are_means_over_the_elements_of_all_pairs():
    pairs = [pair(elements=[element(1.0), element(0.0, category="food")]), pair(elements=[element(0.5), element()])]
    found = statistics.category_scores(pairs)
    assert list(found) == ["color", "food"]
    assert found["color"] == {"n": 2, "mean": 0.75}


def test_generators_are_compared_as_if_they_had_drawn_the_same_prompts():
    # B drew the hard prompt only: its plain mean is lower although it is better there.
    pairs = [
        *(pair(score=4.0, prompt="easy"), pair(score=2.0, prompt="hard")),
        *(pair(score=2.5, prompt="hard", generator="B"), pair(score=1.0, prompt="s", source="synthetic")),
    ]
    found = statistics.generator_scores(pairs, n_resamples=20)
    assert list(found) == ["B", "A"]
    real = {name: entry["real"] for name, entry in found.items()}
    assert (real["A"]["value"], real["B"]["value"]) == (3.0, 2.5)
    assert (real["A"]["adjusted"], real["B"]["adjusted"]) == pytest.approx((3.0, 3.5))
    assert found["B"]["synthetic"]["value"] is None
    assert found["B"]["synthetic"]["adjusted_status"] == "no scored pairs"
    assert found["B"]["elements"] is None


def test_generators_that_share_no_prompt_are_not_adjusted():
    found = statistics.generator_scores([pair(score=4.0), pair(score=2.0, prompt="q", generator="B")])
    assert found["A"]["all"]["adjusted"] is None
    assert found["A"]["all"]["adjusted_status"] == "some levels share no blocks with the others"
    assert list(found) == ["A", "B"]
