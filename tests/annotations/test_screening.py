import dataclasses

import numpy as np
import pytest

from evalmuse_hf.annotations.rater_facts import Fact, Measuring, measure_raters
from evalmuse_hf.annotations.records import GoldAnswer
from evalmuse_hf.annotations.screening import ScreeningRules, flag_raters
from tests.annotations.fabricated import item, rating

CARELESS = {
    "constant": {"longest_run", "overall_entropy"},
    "random": {"correlation", "gold_overall_error"},
    "fast": {"fast_share"},
    "yes": {"yes_excess"},
    "lenient": {"leniency"},
    "guesser": {"gold_elements", "element_agreement"},
}


def answer(kind, rng, alignment, truth):
    """Overall rating, element answers and time of one rater."""
    noise = rng.normal(0, 0.6)
    overall = int(np.clip(round(alignment + noise + (1.5 if kind == "lenient" else 0)), 1, 5))
    values = [int(value != (rng.random() < 0.06)) for value in truth]
    if kind == "constant":
        overall = 3
    if kind == "random":
        overall = int(rng.integers(1, 6))
    if kind == "yes":
        values = [1] * len(truth)
    if kind == "guesser":
        values = [int(rng.random() < 0.5) for _ in truth]
    return overall, values, 1.0 if kind == "fast" else float(rng.lognormal(3, 0.4))


@pytest.fixture(scope="module")
def facts():
    """Twelve honest raters and one careless one of each kind; each of 150 items has five raters, 20 items are gold."""
    rng = np.random.default_rng(0)
    kinds = {f"honest{number}": "honest" for number in range(12)} | {kind: kind for kind in CARELESS}
    items, rows, gold = {}, [], {}
    for number in range(1, 171):
        items[number] = one = item(number, keys=("cat (animal)", "red (color)", "two (counting)"))
        alignment, truth = rng.uniform(1, 5), [int(rng.random() < 0.7) for _ in range(3)]
        is_gold = number > 150
        if is_gold:
            gold[1, number] = GoldAnswer(overall=alignment, elements=tuple(truth))
        raters = list(kinds) if is_gold else rng.choice(list(kinds), size=5, replace=False)
        for rater in raters:
            overall, values, duration = answer(kinds[rater], rng, alignment, truth)
            rows.append(rating(one, str(rater), overall, values, duration_s=duration, gold=is_gold))
    return measure_raters(rows, items, gold=gold, measuring=Measuring(n_resamples=100))


def test_each_kind_of_careless_rater_is_flagged_for_what_is_wrong_and_honest_ones_are_not(facts):
    found: dict[str, set[str]] = {}
    for flag in flag_raters(facts):
        found.setdefault(flag.rater, set()).add(flag.fact)
    for kind, expected in CARELESS.items():
        assert expected <= found[kind], kind
    assert not [rater for rater in found if rater.startswith("honest")]


def test_a_reason_says_value_interval_and_threshold(facts):
    flags = {(flag.rater, flag.fact): flag for flag in flag_raters(facts)}
    reason = flags["guesser", "gold_elements"].reason
    assert reason.startswith("answers ")
    assert reason.endswith("n = 60), below 80%")
    assert flags["lenient", "leniency"].reason.startswith("rates +1.")
    assert flags["constant", "longest_run"].threshold == 20


def test_thresholds_are_chosen_by_the_organiser(facts):
    assert not flag_raters(facts, ScreeningRules(**dict.fromkeys(f.name for f in dataclasses.fields(ScreeningRules))))
    strict = flag_raters(facts, ScreeningRules(max_fast_share=-1.0))
    assert {flag.rater for flag in strict if flag.fact == "fast_share"} == {one.rater for one in facts}


def test_a_rating_on_the_threshold_and_an_undefined_fact_raise_no_flag(facts):
    one = facts[0]
    at = dataclasses.replace(one, leniency=Fact(value=-0.75, n=30), gold_elements=Fact(value=float("nan"), n=0))
    assert not [flag for flag in flag_raters([at]) if flag.fact in ("leniency", "gold_elements")]
    beyond = dataclasses.replace(one, leniency=Fact(value=-0.76, n=30))
    (flag,) = [flag for flag in flag_raters([beyond]) if flag.fact == "leniency"]
    assert flag.reason == "rates -0.76 points from the others, beyond 0.75"
