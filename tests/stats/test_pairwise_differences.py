import numpy as np
import pytest

from evalmuse_hf.stats.detectable import detectable_difference
from evalmuse_hf.stats.pairwise_differences import NamedDifference, PairwiseDifferences, ScorerDifference
from evalmuse_hf.stats.results import ConfidenceInterval

DIFFERENCE = ScorerDifference(
    statistic=0.1,
    confidence_interval=ConfidenceInterval(-0.05, 0.2),
    n=100,
    n_dropped=0,
    n_groups=20,
    measure="srcc",
    first=0.7,
    second=0.6,
    standard_error=0.06,
    p_value=0.1,
)
TABLE = PairwiseDifferences(
    measure="srcc",
    scorers={},
    differences=(NamedDifference("a", "b", DIFFERENCE, 0.2, ConfidenceInterval(-0.1, 0.3)),),
    baseline=None,
    confidence_level=0.95,
)


def test_a_pair_is_found_in_both_directions():
    assert TABLE.between("a", "b") == TABLE.differences[0]
    other = TABLE.between("b", "a")
    assert (other.first, other.second, other.adjusted_p_value) == ("b", "a", 0.2)
    assert (other.difference.statistic, other.difference.first, other.difference.second) == (-0.1, 0.6, 0.7)
    assert other.difference.confidence_interval == (-0.2, 0.05)
    assert other.simultaneous_interval == (-0.3, 0.1)


def test_a_pair_that_was_not_compared_is_refused_by_name():
    with pytest.raises(KeyError, match="'a' and 'c' were not compared"):
        TABLE.between("a", "c")


def test_what_is_detectable_depends_on_groups_and_on_rows_only_without_them():
    assert DIFFERENCE.detectable == detectable_difference(standard_error=0.06, n_prompts=20)
    alone = ScorerDifference(0.1, None, n=100, n_dropped=0, standard_error=0.06)
    assert alone.detectable == detectable_difference(standard_error=0.06, n_prompts=100)
    assert np.isnan(ScorerDifference(0.1, None, n=1, n_dropped=0, standard_error=0.06).detectable)
    assert np.isnan(ScorerDifference(0.0, None, n=100, n_dropped=0, standard_error=0.0).detectable)
