import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation_parts.paired_differences import adjust_p_values, spell_difference
from evalmuse_hf.stats import scorer_difference


def test_twice_as_many_prompts_show_a_difference_smaller_by_about_the_root_of_two(judged):
    rng = np.random.default_rng(0)
    difference = scorer_difference(
        first=judged.pairs.predictions,
        second=judged.pairs.predictions + rng.normal(0, 1, judged.pairs.n),
        references=judged.pairs.references,
        groups=judged.pairs.prompts,
        n_resamples=50,
        n_permutations=0,
        rng=0,
    )
    record = spell_difference(difference, n_resamples=50)
    assert record["standard_error"] == difference.standard_error
    assert record["detectable"] == pytest.approx(2.9 * difference.standard_error, rel=0.02)
    assert record["detectable"] / record["detectable_twice"] == pytest.approx(np.sqrt(2), rel=0.02)


def test_p_values_are_adjusted_over_the_differences_that_have_one():
    entries = {name: {"difference": {"p_value": p}} for name, p in (("a", 0.01), ("b", 0.04), ("c", None))}
    adjusted = adjust_p_values({**entries, "d": {"srcc": {}}})
    assert [adjusted[name]["difference"]["p_holm"] for name in "abc"] == [0.02, 0.04, None]
    assert adjusted["d"] == {"srcc": {}}
