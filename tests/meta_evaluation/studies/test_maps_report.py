import math

import numpy as np

from evalmuse_hf.meta_evaluation.studies.maps_game import Round
from evalmuse_hf.meta_evaluation.studies.maps_report import make_maps_document, spell_interval
from evalmuse_hf.meta_evaluation.studies.maps_study import MapsOptions, MapsStudy, judge_categories
from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import COMPARATORS, HitRate, MapEvidence
from evalmuse_hf.reports import document_markdown, document_text


def make_study(n):
    game = [
        Round(category, f"prompt {number}", float(number % 4 != 0), dict.fromkeys(COMPARATORS, (rate,)))
        for category, rate in (("color", 0.2), ("food", 0.8))
        for number in range(n)
    ]
    options = MapsOptions(n_resamples=100)
    evidence = MapEvidence(
        weights_sha256="ab" * 32,
        preprocessing_sha256=None,
        map_form=1,
        command=options.command,
        seed=0,
        draws=2,
        n_pictures=n,
        n_prompts=n,
        hit_rate=0.75,
        low=0.7,
        high=0.8,
        found={"yes": HitRate(0.8, 30), "no": HitRate(math.nan, 0)},
        rivals={"shown": HitRate(0.125, 40), "missing": HitRate(0.375, 20)},
        categories=judge_categories(game, {"location": 5}, options),
    )
    draws = {"random_qformer": (0.25, 0.5), "random_weights": (0.3, 0.1)}
    return MapsStudy(options, "fga_blip2:mini", 8, {"area": HitRate(0.05, n)}, draws, evidence)


def test_every_category_is_shown_with_its_verdict_and_every_comparison():
    document = make_maps_document(make_study(80))
    rates, comparisons = (section.tables[0] for section in document.sections[:2])
    verdicts = {row[0]: (row[1], row[3], row[6]) for row in rates.rows}
    assert verdicts == {"location": (0, 5, "no"), "color": (80, 0, "yes"), "food": (80, 0, "no")}
    assert "in the right place in 75%, against 80%" in rates.rows[2][7]
    assert next(row[:3] for row in comparisons.rows) == ("color", "a random pixel", 80)
    assert len(comparisons.rows) == 2 * len(COMPARATORS)
    assert document.figures[2][1] == "1 of 3"
    assert len(document.warnings) == 1
    for text in (document_text(document), document_markdown(document)):
        assert "Maps are shown for color" in text


def test_where_the_figures_end_and_how_random_models_differ():
    kinds, models = make_maps_document(make_study(8)).sections[2].tables
    assert [row[1:] for row in kinds.rows] == [(30, 0.8), (0, None), (40, 0.125), (20, 0.375)]
    assert models.rows == (
        ("models with a random Q-Former", 2, 0.25, 0.5),
        ("models with random weights", 2, 0.1, 0.3),
    )


def test_few_elements_are_warned_of():
    document = make_maps_document(make_study(8))
    assert any("Fewer than 50 elements of color, food" in warning for warning in document.warnings)
    assert "no category" in document.summary


def test_intervals():
    assert spell_interval(math.nan, math.nan) is None
    assert spell_interval(np.float64(-0.5), 0.25) == "[-0.50, 0.25]"
