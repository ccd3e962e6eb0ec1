import json

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.maps_game import Round
from evalmuse_hf.meta_evaluation.studies.maps_places import draw_pictures
from evalmuse_hf.meta_evaluation.studies.maps_study import (
    MapsOptions,
    count_placeless,
    judge_categories,
    quick_options,
    run_maps_study,
)
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import COMPARATORS, parse_map_evidence
from evalmuse_hf.models.model_files import weights_sha256
from evalmuse_hf.scoring import load_scorer


def rounds(category, hits, rates, *, per_prompt=2):
    return [
        Round(category, f"{category} {number // per_prompt}", float(hit), dict.fromkeys(COMPARATORS, rate))
        for number, (hit, rate) in enumerate(zip(hits, rates, strict=True))
    ]


def test_rates_and_differences_are_means_and_intervals_draw_prompts():
    rng = np.random.default_rng(0)
    good, even = rng.random(200) < 0.7, rng.random(200) < 0.3
    game = [*rounds("color", good, np.full(200, 0.1)), *rounds("food", even, rng.random(200) < 0.3)]
    found = judge_categories(game, {"location": 7, "food": 3}, MapsOptions(n_resamples=2000))
    assert list(found) == ["location", "color", "food"]
    color, food = found["color"], found["food"]
    assert (color.n, color.n_prompts, color.n_placeless) == (200, 100, 0)
    assert color.hit_rate == pytest.approx(good.mean())
    area = color.comparisons["area"]
    assert area.rate == pytest.approx(0.1)
    assert area.difference == pytest.approx(good.mean() - 0.1)
    # By hand: the normal interval of a mean of 100 prompt means, with the 5 % shared among seven comparisons.
    error = good.reshape(100, 2).mean(axis=1).std(ddof=1) / 10
    assert (area.low, area.high) == pytest.approx(
        (area.difference - 2.69 * error, area.difference + 2.69 * error), abs=0.02
    )
    assert (color.low, color.high) == pytest.approx(
        (good.mean() - 1.96 * error, good.mean() + 1.96 * error), abs=0.015
    )
    assert color.objection is None
    assert "not clear that it beats" in food.objection
    assert food.n_placeless == 3
    assert (found["location"].n, found["location"].comparisons) == (0, {})


def test_elements_of_one_prompt_count_as_one_draw():
    same = rounds("color", np.repeat([1, 0], 30), np.zeros(60), per_prompt=30)
    found = judge_categories(same, {}, MapsOptions(n_resamples=500))["color"]
    assert (found.n, found.n_prompts) == (60, 2)
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.objection == "it was measured on 60 elements of 2 prompts only"


def test_a_comparison_that_is_not_there_for_every_element_is_paired_on_those():
    some = rounds("color", [1, 1, 0, 1], [0.5] * 4)
    without = [Round(one.category, one.prompt, one.hit, {"area": 0.5}) for one in some[:2]]
    found = judge_categories([*without, *some[2:]], {}, MapsOptions(n_resamples=0))["color"]
    assert (found.comparisons["area"].n, found.comparisons["area"].difference) == (4, 0.25)
    assert (found.comparisons["centre"].n, found.comparisons["centre"].difference) == (2, 0.0)


def test_the_study_of_the_packaged_model_on_a_few_drawings(tmp_path):
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    options = MapsOptions(pictures=6, development=6, draws=1, seed=2, n_resamples=0)
    study = run_maps_study(options, scorer, out=tmp_path)
    record = json.loads(json.dumps(study.record()))
    evidence = parse_map_evidence(record["evidence"])
    assert evidence.weights_sha256 == weights_sha256(scorer.model.name_or_path)
    assert record["n"] == sum(one.n for one in evidence.categories.values())
    assert record["grid"] == 8
    pictures = draw_pictures(6, seed=[2, 1])
    assert record["n"] == sum(element.place is not None for picture in pictures for element in picture.shown)
    placeless = {name: one.n_placeless for name, one in evidence.categories.items() if one.n_placeless}
    assert placeless == count_placeless(pictures)
    assert evidence.command == "evalmuse study maps --model mini --pictures 6 --draws 1 --seed 2"
    hits = sum(one.n * one.hit_rate for one in evidence.categories.values() if one.n)
    assert study.hit_rate.statistic == pytest.approx(hits / record["n"], abs=1e-3)  # the evidence has four digits


def test_numbers_below_1_are_refused_and_a_quick_study_keeps_model_and_seed():
    with pytest.raises(ValueError, match="number of draws is 0"):
        run_maps_study(MapsOptions(draws=0), None)
    quick = quick_options(MapsOptions(model="folder/name", seed=4))
    assert (quick.model, quick.seed) == ("folder/name", 4)
    assert quick.pictures < MapsOptions().pictures
    assert "--model name " in quick.command
    assert "--model" not in MapsOptions(model=None).command
