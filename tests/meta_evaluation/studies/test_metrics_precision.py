import json
import math
from dataclasses import replace

import pytest
from scipy.stats import nct, t

from evalmuse_hf.meta_evaluation.studies.metrics_pairs import PairCell
from evalmuse_hf.meta_evaluation.studies.metrics_precision import find_precision, spell_precision


def cell(error, p_value=0.5):
    return PairCell(
        first="a", second="b", difference=0.1, low=0.0, high=0.2, p_value=p_value, adjusted_p_value=p_value, n=800,
        n_prompts=160, standard_error=error,
    )  # fmt: skip


CELLS = (cell(0.01), cell(0.04), cell(0.05), cell(9.0, math.nan), cell(math.nan))


def power(difference, error, n_prompts, alpha):
    """Of the two-sided t test."""
    limit = t.ppf(1 - alpha / 2, n_prompts - 1)
    return nct.sf(limit, n_prompts - 1, difference / error) + nct.cdf(-limit, n_prompts - 1, difference / error)


def test_the_median_pair_finds_it_in_four_of_five_studies():
    precision = find_precision(CELLS, planned_prompts=640)
    assert (precision.standard_error, precision.n_pairs, precision.n_prompts) == (0.04, 3, 160)
    assert power(precision.difference, 0.04, 160, 0.05) == pytest.approx(0.8, abs=1e-3)
    assert power(precision.difference_all_pairs, 0.04, 160, 0.05 / 3) == pytest.approx(0.8, abs=1e-3)
    assert power(precision.planned_difference, 0.02, 640, 0.05) == pytest.approx(0.8, abs=1e-3)
    assert json.loads(json.dumps(precision.record()))["planned_prompts"] == 640


def test_it_is_said_in_a_sentence():
    precision = replace(
        find_precision(CELLS, planned_prompts=1000),
        difference=0.11,
        difference_all_pairs=0.13,
        planned_difference=0.045,
    )
    assert spell_precision(precision) == (
        "These 160 prompts find a true difference of 0.110 between two of these scorers (the median pair) in 4 of 5 "
        "studies that test that pair alone (0.130 if all 3 pairs are tested together); 1,000 prompts would find 0.045."
    )
    assert "between these two scorers in 4 of 5" in spell_precision(find_precision(CELLS[:1], planned_prompts=1000))


def test_without_a_test_there_is_no_such_difference():
    assert find_precision((), planned_prompts=1000) is None
    assert find_precision(CELLS[3:], planned_prompts=1000) is None
