import argparse
import json
import shlex
from types import SimpleNamespace

import numpy as np
import pytest

from evalmuse_hf.cli.study_maps import add_parser
from evalmuse_hf.meta_evaluation.studies import maps_study
from evalmuse_hf.meta_evaluation.studies.maps_game import Round, find_best_points
from evalmuse_hf.meta_evaluation.studies.maps_peaks import Peaks, PicturePeaks
from evalmuse_hf.meta_evaluation.studies.maps_places import draw_pictures, rivals_of
from evalmuse_hf.meta_evaluation.studies.maps_study import (
    MapsOptions,
    count_placeless,
    judge_categories,
    quick_options,
    run_maps_study,
)
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import MAP_FORM
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import COMPARATORS, parse_map_evidence
from evalmuse_hf.models.model_files import preprocessing_sha256, weights_sha256
from evalmuse_hf.scoring import load_scorer


def rounds(category, hits, rates, *, per_prompt=2):
    return [
        Round(category, f"{category} {number // per_prompt}", float(hit), dict.fromkeys(COMPARATORS, (rate,)))
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
    without = [Round(one.category, one.prompt, one.hit, {"area": (0.5,)}) for one in some[:2]]
    found = judge_categories([*without, *some[2:]], {}, MapsOptions(n_resamples=0))["color"]
    assert (found.comparisons["area"].n, found.comparisons["area"].difference) == (4, 0.25)
    assert (found.comparisons["centre"].n, found.comparisons["centre"].difference) == (2, 0.0)


def test_random_models_that_differ_widen_the_interval_of_their_comparison_alone():
    rng = np.random.default_rng(1)
    lucky, unlucky = (rng.random((2, 200)) < [[0.55], [0.05]]).astype(float)
    game = [
        Round("color", f"prompt {number}", 0.0, {"area": ((a + b) / 2,), "random_weights": (a, b)})
        for number, (a, b) in enumerate(zip(lucky, unlucky, strict=True))
    ]
    compared = judge_categories(game, {}, MapsOptions(n_resamples=2000))["color"].comparisons
    area, random = compared["area"], compared["random_weights"]
    assert (area.rate, area.difference) == pytest.approx((random.rate, random.difference))
    # One draw of four has the lucky model twice, and one the unlucky one.
    assert random.low < -lucky.mean() + 0.03
    assert random.high > -unlucky.mean() - 0.03
    assert area.high - area.low < 0.2


@pytest.fixture
def fake_peaks(monkeypatch):
    """Peaks at the first pixel, so that a study takes no model; what was asked for is kept."""
    asked = {}

    def find(scorer, pictures, **options):
        asked.update(options, pictures=pictures)
        return [
            PicturePeaks(one, (one,), (one,))
            for picture in pictures
            for size in [len(picture.elements)]
            for one in [Peaks(((0, 0),) * size, (0.5, 0.4999) * size)]
        ]

    monkeypatch.setattr(maps_study, "find_all_peaks", find)
    return asked


def test_the_best_points_are_found_on_other_drawings_than_those_that_are_judged(fake_peaks, monkeypatch):
    seeds, developed = [], []

    def draw(number, *, seed):
        seeds.append((number, tuple(seed)))
        return draw_pictures(number, seed=seed)

    def find(pictures, categories):
        developed.extend(pictures)
        return find_best_points(pictures, categories)

    monkeypatch.setattr(maps_study, "draw_pictures", draw)
    monkeypatch.setattr(maps_study, "find_best_points", find)
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    study = run_maps_study(MapsOptions(pictures=7, development=8, draws=1, seed=2, n_resamples=0), scorer)
    assert dict(seeds).keys() == {7, 8}
    assert len(set(dict(seeds).values())) == 2
    assert all(seed[0] == 2 for _, seed in seeds)
    assert len(developed) == 8
    assert {one.prompt for one in developed} != {one.prompt for one in fake_peaks["pictures"]}
    assert (study.evidence.n_pictures, len(fake_peaks["pictures"])) == (7, 7)


def test_the_journal_is_of_one_model_one_preparation_and_one_form_of_map(fake_peaks):
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    folder = scorer.model.name_or_path
    study = run_maps_study(MapsOptions(pictures=5, development=5, draws=3, seed=4, n_resamples=0), scorer)
    assert fake_peaks["key"] == {
        "weights_sha256": weights_sha256(folder),
        "preprocessing_sha256": preprocessing_sha256(folder),
        "map_form": MAP_FORM,
        "draws": 3,
        "seed": 4,
    }
    # Scores of the fake: elements with an even number are found, the others are not.
    placed = [one.index for picture in fake_peaks["pictures"] for one in picture.shown if one.place is not None]
    found = study.evidence.found
    assert (found["yes"].n, found["no"].n) == (sum(one % 2 == 0 for one in placed), sum(one % 2 for one in placed))


def test_the_study_of_the_packaged_model_on_a_few_drawings(tmp_path):
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    options = MapsOptions(pictures=4, development=6, draws=1, seed=2, n_resamples=0)
    study = run_maps_study(options, scorer, out=tmp_path)
    record = json.loads(json.dumps(study.record()))
    evidence = parse_map_evidence(record["evidence"])
    assert evidence.weights_sha256 == weights_sha256(scorer.model.name_or_path)
    assert (evidence.map_form, evidence.draws, evidence.n_pictures) == (MAP_FORM, 1, 4)
    assert record["n"] == sum(one.n for one in evidence.categories.values())
    assert record["grid"] == 8
    pictures = draw_pictures(4, seed=[2, 1])
    assert record["n"] == sum(element.place is not None for picture in pictures for element in picture.shown)
    placeless = {name: one.n_placeless for name, one in evidence.categories.items() if one.n_placeless}
    assert placeless == count_placeless(pictures)
    hits = sum(one.n * one.hit_rate for one in evidence.categories.values() if one.n)
    assert evidence.hit_rate == pytest.approx(hits / record["n"], abs=1e-3)  # the evidence has four digits
    split = evidence.found["yes"].n + evidence.found["no"].n
    assert split == record["n"]
    rivals = [rivals_of(picture, one) for picture in pictures for one in picture.shown if one.place is not None]
    assert evidence.rivals["shown"].n + evidence.rivals["missing"].n == sum(map(len, rivals))


def test_numbers_below_1_and_official_positions_are_refused():
    with pytest.raises(ValueError, match="number of draws is 0"):
        run_maps_study(MapsOptions(draws=0), None)
    with pytest.raises(ValueError, match="compat='official'"):
        run_maps_study(MapsOptions(), SimpleNamespace(compat="official"))


@pytest.mark.parametrize(
    "options, command",
    [
        (MapsOptions(seed=1), "--model mini --pictures 900 --draws 10 --seed 1"),
        (MapsOptions(model=None), "--model official --pictures 900 --draws 10 --seed 0"),
        (
            MapsOptions(model="owner/name", n_resamples=5),
            "--model owner/name --pictures 900 --draws 10 --seed 0 --n-resamples 5",
        ),
        (quick_options(MapsOptions(seed=4, pictures=7)), "--model mini --quick --seed 4"),
    ],
)
def test_the_command_is_what_repeats_the_study(options, command):
    assert options.command == f"evalmuse study maps {command}"
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet")
    add_parser(parser.add_subparsers())
    read = parser.parse_args([*shlex.split(options.command)[2:], "--out", "x"])
    assert read.model == (options.model or "official")
    assert (read.seed, read.quick) == (options.seed, options.quick)
    if not options.quick:
        assert (read.pictures, read.draws, read.n_resamples) == (options.pictures, options.draws, options.n_resamples)


def test_a_folder_is_called_by_its_name(tmp_path):
    folder = tmp_path / "my model"
    folder.mkdir()
    assert "--model 'my model' " in MapsOptions(model=str(folder)).command
    quick = quick_options(MapsOptions(model="mini", seed=4))
    assert (quick.model, quick.seed) == ("mini", 4)
    assert quick.pictures < MapsOptions().pictures
