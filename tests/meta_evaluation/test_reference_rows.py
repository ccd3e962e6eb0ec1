import numpy as np
import pytest
from scipy import stats

from evalmuse_hf.meta_evaluation import evaluate_scores, majority_class, reference_scores
from evalmuse_hf.meta_evaluation.reference_rows import REFERENCE_KINDS, REFERENCE_TITLES
from evalmuse_hf.stats.folds import grouped_folds

RNG = np.random.default_rng(0)
RATINGS = [
    ("p1", "A", 5.0), ("p1", "B", 4.0), ("p1", "C", 4.5),
    ("p2", "A", 3.0), ("p2", "B", 1.0), ("p2", "D", 2.0), ("p2", "A", 2.5),
    ("p3", "C", 3.5), ("p3", "D", 2.0), ("p3", "B", 3.0),
    ("p4", "A", 4.0), ("p4", "B", 3.5),
]  # fmt: skip


def row(number, prompt, generator, rating, elements=()):
    return {
        **{"image_path": f"{number}.png", "prompt_id": prompt, "prompt": None, "generator": generator},
        **{"overall_score": rating, "elements": list(elements)},
    }


def rows():
    return [row(number, *rated) for number, rated in enumerate(RATINGS)]


def scores_of(kind, **options):
    return [scored["overall_score"] for scored in reference_scores(rows(), kind=kind, **options)]


def element(text, score, category="color"):
    return {"text": text, "category": category, "score": score}


def refitted(left_out):
    """The additive fit without one picture, by dense least squares, and what it says of that picture."""
    prompts, generators = ["p1", "p2", "p3", "p4"], ["A", "B", "C", "D"]

    def dummies(prompt, generator):
        return [*(float(prompt == name) for name in prompts), *(float(generator == name) for name in generators)]

    others = [rated for number, rated in enumerate(RATINGS) if number != left_out]
    design = np.array([dummies(prompt, generator) for prompt, generator, _ in others])
    effects = np.linalg.lstsq(design, np.array([rating for *_, rating in others]), rcond=None)[0]
    return float(np.array(dummies(*RATINGS[left_out][:2])) @ effects)


def test_the_prompt_oracle_is_the_mean_of_the_other_pictures_of_the_prompt():
    for number, score in enumerate(scores_of("prompt_oracle", min_rows=2)):
        prompt = RATINGS[number][0]
        others = [rating for other, (name, _, rating) in enumerate(RATINGS) if name == prompt and other != number]
        assert score == pytest.approx(np.mean(others), abs=1e-12)


def test_the_generator_mean_is_that_of_its_pictures_of_the_other_half_of_the_prompts():
    scores = scores_of("generator_mean", min_rows=2)
    halves = {}
    for (prompt, generator, _), score in zip(RATINGS, scores, strict=True):
        halves.setdefault(generator, {}).setdefault(prompt, set()).add(score)
    assert all(len(given) == 1 for by_prompt in halves.values() for given in by_prompt.values())
    folds = grouped_folds(groups=[prompt for prompt, *_ in RATINGS], n_folds=2, rng=0)
    for number, score in enumerate(scores):
        others = [
            rating
            for (_, name, rating), fold in zip(RATINGS, folds, strict=True)
            if name == RATINGS[number][1] and fold != folds[number]
        ]
        assert score == (pytest.approx(np.mean(others), abs=1e-12) if others else None)


def test_leaving_out_one_picture_of_a_generator_at_a_time_can_be_asked_for():
    for number, score in enumerate(scores_of("generator_mean", min_rows=2, generator_folds=None)):
        generator = RATINGS[number][1]
        others = [rating for other, (_, name, rating) in enumerate(RATINGS) if name == generator and other != number]
        assert score == pytest.approx(np.mean(others), abs=1e-12)


def test_folds_keep_what_leaving_out_one_picture_at_a_time_hides():
    """Two generators that differ, and noise: every two pictures of one generator would be in the wrong order."""
    noise = np.random.default_rng(5).normal(loc=[0.0, 0.5], size=(300, 2))
    pictures = [
        row(f"{prompt}{name}", str(prompt), name, noise[prompt, place])
        for prompt in range(300)
        for place, name in enumerate("AB")
    ]

    def correlation(**options):
        scores = reference_scores(pictures, kind="generator_mean", min_rows=2, **options)
        return stats.spearmanr([one["overall_score"] for one in scores], noise.ravel()).statistic

    truth = stats.spearmanr([*(0, 1) * 300], noise.ravel()).statistic
    halves = [correlation(rng=seed) for seed in range(20)]
    assert truth == pytest.approx(0.25, abs=0.03)
    assert np.mean(halves) == pytest.approx(truth, abs=0.06)
    assert correlation(generator_folds=None) < 0


def test_both_is_what_an_additive_fit_without_the_picture_says_of_it():
    for number, score in enumerate(scores_of("both", min_rows=2)):
        assert score == pytest.approx(refitted(number), abs=1e-9)


def test_no_rating_changes_its_own_score():
    for kind in REFERENCE_KINDS:
        changed = rows()
        changed[3]["overall_score"] = 5.0
        before, after = scores_of(kind), [one["overall_score"] for one in reference_scores(changed, kind=kind)]
        assert after[3] == (before[3] if before[3] is None else pytest.approx(before[3], abs=1e-9))
        if kind != "generator_mean":  # which reads other prompts only
            assert after[6] != pytest.approx(before[6], abs=1e-3)  # another picture of that prompt and generator


def test_a_single_picture_of_a_generator_says_nothing_of_that_generator():
    alone = [*rows(), row(99, "p1", "E", 1.0)]
    for kind in ("generator_mean", "both"):
        scored = reference_scores(alone, kind=kind)[-1]
        assert (scored["overall_score"], scored["status"]) == (None, "undetermined")
    assert reference_scores(alone, kind="prompt_oracle")[-1]["overall_score"] == pytest.approx(4.5)


def test_pictures_of_prompts_with_few_of_them_get_no_score_of_any_kind():
    for kind in REFERENCE_KINDS:
        scored = reference_scores(rows(), kind=kind, generator_folds=None)
        assert {one["status"] for one in scored[:10]} == {"ok"}
        assert {one["status"] for one in scored[10:]} == {"too_few_pictures"}


def test_pictures_without_a_rating_get_none_and_count_for_nothing():
    unrated = [*rows(), row(99, "p4", "A", None)]
    for kind in REFERENCE_KINDS:
        scored = reference_scores(unrated, kind=kind)
        assert scored[-1]["status"] == "not_rated"
        assert [one["overall_score"] for one in scored[:-1]] == pytest.approx(scores_of(kind), nan_ok=True)


def test_no_rows_give_no_scores():
    for kind in REFERENCE_KINDS:
        assert reference_scores([], kind=kind) == []
    assert majority_class([]) == []


def test_the_rows_are_scores_that_can_be_judged():
    record = evaluate_scores(reference_scores(rows(), kind="prompt_oracle"), rows(), n_resamples=0)
    assert record["overall"]["srcc"]["n"] == 10
    assert record["coverage"]["rated"] == 12


def test_elements_are_predicted_by_the_same_element_of_the_prompts_other_pictures():
    elements = [
        [element("red", 1.0), element("red", 0.0), element("one", 1.0, "counting")],
        [element("red", 0.5), element("red", 0.25), element("one", None, "counting")],
        [element("red", 0.0), element("blue", 1.0)],
    ]
    pictures = [row(number, "p1", "A", 3.0, listed) for number, listed in enumerate(elements)]
    predicted = [
        [one["score"] for one in scored["elements"]] for scored in reference_scores(pictures, kind="prompt_oracle")
    ]
    assert predicted == [[0.25, 0.25, None], [0.5, 0.0, 1.0], [0.75, None]]


def test_the_majority_class_comes_from_the_other_prompts():
    colors = [[1.0, 1.0], [0.0, 0.0, 0.4], [0.5], [0.2]]  # verdicts: yes twice; no three times; yes; no
    pictures = [
        row(number, f"p{number}", "A", 3.0, [element(str(place), score) for place, score in enumerate(scores)])
        for number, scores in enumerate(colors)
    ]
    scored = majority_class(pictures, n_folds=4, rng=1)
    assert [one["elements"][0]["score"] for one in scored] == pytest.approx([1 / 5, 3 / 4, 2 / 6, 3 / 6])
    assert [len(one["elements"]) for one in scored] == [2, 3, 1, 1]


def test_a_category_of_one_prompt_gets_the_share_over_all_categories():
    pictures = [
        row(1, "p1", "A", 3.0, [element("one", 0.0, "counting")]),
        row(2, "p2", "A", 3.0, [element("red", 1.0), element("blue", 1.0)]),
        row(3, "p3", "A", 3.0, [element("red", 0.0)]),
    ]
    scored = majority_class(pictures, n_folds=3, rng=0)
    assert scored[0]["elements"][0]["score"] == pytest.approx(2 / 3)


def test_the_only_prompt_has_no_other_to_learn_from():
    scored = majority_class([row(1, "p1", "A", 3.0, [element("red", 1.0)])], rng=0)
    assert scored[0]["elements"][0]["score"] is None


def test_all_pictures_of_a_prompt_are_scored_alike_by_the_majority_class():
    pictures = [
        row(number, f"p{number % 10}", "A", 3.0, [element("red", float(RNG.integers(2)))]) for number in range(40)
    ]
    by_prompt = {}
    for scored in majority_class(pictures, n_folds=5, rng=3):
        by_prompt.setdefault(scored["prompt_id"], set()).add(scored["elements"][0]["score"])
    assert all(len(scores) == 1 for scores in by_prompt.values())


def test_every_kind_has_a_title():
    assert {*REFERENCE_TITLES} == {*REFERENCE_KINDS, "majority_class"}


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: reference_scores([], kind="best"), "expected one of prompt_oracle, generator_mean, both"),
        (lambda: reference_scores([], kind="both", min_rows=1), "expected at least 2"),
        (lambda: majority_class([], n_folds=1), "at least 2"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("nameless", [None, "unknown", ""])
def test_pictures_without_a_generator_get_no_mean_of_one_and_change_none(nameless):
    """Were all nameless pictures one generator, its mean would look like a score."""
    more = [*rows(), row(98, "p1", nameless, 1.0), row(99, "p2", nameless, 5.0)]
    for kind in ("generator_mean", "both"):
        scored = reference_scores(more, kind=kind)
        assert [(one["overall_score"], one["status"]) for one in scored[-2:]] == [(None, "no_generator")] * 2
    assert [one["overall_score"] for one in reference_scores(more, kind="both")[:10]] == pytest.approx(
        scores_of("both")[:10], abs=1e-9
    )
    alone = [{**one, "generator": nameless} for one in rows()]
    for kind in ("generator_mean", "both"):
        assert {one["status"] for one in reference_scores(alone, kind=kind)} == {"no_generator", "too_few_pictures"}
    assert reference_scores(alone, kind="prompt_oracle")[0]["overall_score"] == pytest.approx(4.25)
