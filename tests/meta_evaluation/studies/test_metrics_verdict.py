import math
from dataclasses import replace

import pytest

from evalmuse_hf.meta_evaluation.studies.metrics_pairs import Matrix, PairCell
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import (
    Verdict,
    find_verdict,
    join_names,
    spell_noise,
    spell_verdict,
)


def cell(first, second, difference, p_value):
    return PairCell(
        first=first,
        second=second,
        difference=difference,
        low=difference - 0.05,
        high=difference + 0.05,
        p_value=p_value,
        adjusted_p_value=p_value,
        n=100,
        n_prompts=20,
    )


class Line:
    """The two facts of a scorer that a verdict asks for."""

    def __init__(self, name, in_domain=False):
        self.name, self.in_domain = name, in_domain


MATRIX = Matrix(
    names=("a", "b", "c"),
    values={"a": 0.6, "b": 0.58, "c": 0.4},
    cells=(cell("a", "b", 0.02, 0.6), cell("a", "c", 0.2, 0.001), cell("b", "c", 0.18, 0.002)),
    letters={"a": "a", "b": "a", "c": "b"},
    references=(cell("prompt oracle", "a", -0.1, 0.01),),
)


def test_a_lead_that_may_be_noise_is_called_so():
    verdict = find_verdict(MATRIX, (Line("a"), Line("b"), Line("c")))
    assert (verdict.best, verdict.tied, verdict.is_noise, verdict.in_domain) == ("a", ("b",), True, False)
    assert spell_verdict(verdict, statistic="srcc") == (
        "a agrees best with people: SRCC 0.600. It is 0.020 ahead of b (95 % interval −0.030 to +0.070): that may be "
        "noise. Not to be told from it: b. Knowing how people rated the prompt's other pictures, without a look at "
        "this one, does worse by 0.100, more than noise."
    )


def test_a_contaminated_winner_is_marked_and_the_best_of_the_others_named():
    verdict = find_verdict(MATRIX, (Line("a", in_domain=True), Line("b"), Line("c")))
    assert (verdict.in_domain, verdict.best_other) == (True, "b")
    text = spell_verdict(verdict, statistic="krcc")
    assert "It is in-domain" in text
    assert "Best of those that were not: b." in text
    assert "Kendall's tau-b 0.600" in text


def test_a_real_lead_and_an_equal_oracle():
    matrix = Matrix(
        names=("a", "c"),
        values={"a": 0.6, "c": 0.4},
        cells=(cell("a", "c", 0.2, 0.001),),
        references=(cell("a", "prompt oracle", 0.01, 0.9),),
    )
    text = spell_verdict(find_verdict(matrix, (Line("a"), Line("c"))), statistic="srcc")
    assert "more than noise." in text
    assert "this one, cannot be told from it (difference 0.010, which may be noise)." in text
    assert "as well" not in text


def test_what_was_not_compared_or_not_tested_is_called_so():
    untested = replace(cell("prompt oracle", "a", 0.1, 0.5), adjusted_p_value=math.nan)
    unknown = replace(untested, difference=math.nan, status="constant scores")
    lead = replace(unknown, first="a", second="b")

    def said(**parts):
        return spell_verdict(Verdict(best="a", value=0.5, **parts), statistic="srcc")

    assert said(oracle=untested).endswith("differs from it by 0.100, which was not tested.")
    assert said(oracle=unknown).endswith("was not compared with it: constant scores.")
    assert said(lead=lead).endswith("How far it is ahead of b is not known: constant scores.")


def test_a_scorer_that_was_left_out_is_not_the_best():
    matrix = replace(MATRIX, names=("a", "b", "c", "few"), values={**MATRIX.values, "few": 0.9}, left_out=("few",))
    verdict = find_verdict(matrix, (Line("a", in_domain=True), Line("b"), Line("c"), Line("few")))
    assert (verdict.best, verdict.lead.second, verdict.best_other) == ("a", "b", "b")


def test_a_better_oracle_is_said_to_be_better():
    matrix = Matrix(names=("a",), values={"a": 0.6}, references=(cell("prompt oracle", "a", 0.1, 0.001),))
    verdict = find_verdict(matrix, (Line("a"),))
    assert (verdict.lead, verdict.is_noise) == (None, None)
    assert "does better by 0.100, more than noise" in spell_verdict(verdict, statistic="srcc")


def test_without_a_value_there_is_no_winner():
    for matrix in (Matrix(names=(), values={}), Matrix(names=("a",), values={"a": math.nan})):
        verdict = find_verdict(matrix, ())
        assert verdict.best is None
        assert spell_verdict(verdict, statistic="srcc") == "No scorer has a value here."


def test_what_was_not_tested_is_called_so():
    untested = cell("a", "b", 0.1, math.nan)
    assert Verdict(best="a", value=0.5, lead=untested).is_noise is None
    assert [spell_noise(value) for value in (None, True, False)] == [
        "not tested",
        "that may be noise",
        "more than noise",
    ]


@pytest.mark.parametrize("names, text", [(("a",), "a"), (("a", "b"), "a and b")])
def test_names_are_joined(names, text):
    assert join_names(names) == text
