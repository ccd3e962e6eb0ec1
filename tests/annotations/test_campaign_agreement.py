import dataclasses
import json
import math

import numpy as np
import pytest

from evalmuse_hf.annotations.aggregation import CountingRules, count_ratings
from evalmuse_hf.annotations.campaign_agreement import N_STEPS, AgreementOptions, measure_agreement, rights
from evalmuse_hf.annotations.mean_rule import MeanRule
from evalmuse_hf.stats.agreement import krippendorff_alpha
from evalmuse_hf.stats.ceiling import noise_ceiling
from evalmuse_hf.stats.kappa import cohen_kappa
from tests.annotations.fabricated import item, rating

KEYS = ("cat (animal)", "red (color)", "a sign")
SENSITIVITY = {"r0": 0.95, "r1": 0.95, "r2": 0.9, "r3": 0.9, "r4": 0.95, "r5": 0.9, "r6": 0.6}


def campaign(n_prompts=60, *, anonymous=False, seed=0):
    """Two pictures of each prompt; three raters, and three more where these are two points apart.

    Some pictures are hard to rate: it is their weight that makes pooled agreement lower.
    """
    rng = np.random.default_rng(seed)
    items, rows = {}, []
    for number in range(1, 2 * n_prompts + 1):
        items[number] = one = item(number, keys=KEYS, prompt_id=f"p{(number + 1) // 2}")
        quality, truth, noise = rng.uniform(1, 5), rng.random(3) < 0.6, rng.choice([0.3, 1.5])
        raters = rng.choice(list(SENSITIVITY), size=6, replace=False)
        votes = [int(np.clip(round(quality + rng.normal(0, noise)), 1, 5)) for _ in raters]
        n_given = 6 if max(votes[:3]) - min(votes[:3]) >= 2 else 3
        for place in range(n_given):
            values = [int(true == (rng.random() < SENSITIVITY[raters[place]])) for true in truth]
            again = {} if place < 3 else {"round_id": 2, "round_kind": "reannotation"}
            rows.append(rating(one, None if anonymous else str(raters[place]), votes[place], values, **again))
    return count_ratings(rows, items, rules=CountingRules()).items


@pytest.fixture(scope="module")
def agreement():
    return measure_agreement(campaign(), AgreementOptions(n_resamples=50, rule=MeanRule(first=3, again_at=2)))


def test_first_ratings_are_primary_and_pooled_ones_are_labelled_and_lower(agreement):
    first, pooled = agreement.overall["alpha_ordinal"], agreement.overall_pooled["alpha_ordinal"]
    assert first.label.endswith("3 ratings an item")
    assert "biased, as a rule downward" in pooled.label
    assert pooled.statistic < first.statistic
    assert 0 < agreement.n_rated_again < agreement.n_items == 120
    assert agreement.n_prompts == first.n_groups == 60


def test_statistics_are_those_of_the_tables(agreement):
    votes = [[row.overall for row in one.first] for one in campaign()]
    expected = krippendorff_alpha(votes, level="ordinal").statistic  # alpha does not know who gave which rating
    assert agreement.overall["alpha_ordinal"].statistic == pytest.approx(expected)
    within = np.mean([max(row) - min(row) <= 1 for row in votes])
    assert agreement.overall["items_within_1"].statistic == pytest.approx(within)
    assert agreement.overall["human_as_scorer"].statistic < agreement.overall["ceiling_srcc"].statistic


def test_a_category_stands_on_its_own_elements(agreement):
    assert [one.category for one in agreement.categories] == ["animal/human", "color", "none"]
    signs = [[row.elements[2].value for row in one.first] for one in campaign()]
    none = agreement.categories[2]
    assert none.alpha.statistic == pytest.approx(krippendorff_alpha(signs, level="nominal").statistic)
    assert none.yes_share == pytest.approx(np.mean(signs))
    assert none.same.statistic == pytest.approx(np.mean([len(set(row)) == 1 for row in signs]))
    assert none.alpha.confidence_interval is not None


def test_the_model_finds_the_careless_rater_without_gold(agreement):
    yes, no = rights(agreement.model)
    means = {rater: (own_yes + own_no) / 2 for rater, own_yes, own_no in zip(agreement.raters, yes, no, strict=True)}
    assert min(means, key=means.get) == "r6"
    assert means["r6"] < 0.75
    assert means["r0"] > 0.85
    assert sum(agreement.n_answers) == sum(len(one.ratings) * 3 for one in campaign())


def test_the_record_is_json_with_pseudonyms_where_asked(agreement):
    record = agreement.record(lambda rater: f"rater-{ord(rater[-1])}")
    text = json.dumps(record, allow_nan=False)
    assert '"r6"' not in text
    assert record["dawid_skene"]["raters"]["rater-54"]["n"] > 0
    assert record["overall"]["alpha_ordinal"]["low"] < record["overall"]["alpha_ordinal"]["value"]
    assert set(agreement.record()["dawid_skene"]["raters"]) == set(SENSITIVITY)


def test_anonymous_ratings_have_no_statistics_of_persons():
    agreement = measure_agreement(campaign(20, anonymous=True), AgreementOptions(n_resamples=0))
    for name in ("icc_a_1", "icc_a_k", "pairwise_spearman"):
        assert math.isnan(agreement.overall[name].statistic)
        assert agreement.overall[name].status != "ok"
    assert math.isnan(agreement.elements["pairwise_kappa"].statistic)
    assert not math.isnan(agreement.overall["icc_1_1"].statistic)
    record = agreement.record()
    assert record["dawid_skene"]["raters"] == {}
    assert record["overall"]["icc_a_1"]["value"] is None


def test_a_campaign_without_ratings_has_nothing_but_statuses():
    steps = []
    agreement = measure_agreement([], AgreementOptions(n_resamples=0), progress=lambda: steps.append(1))
    assert len(steps) == N_STEPS
    results = [*agreement.overall.values(), *agreement.elements.values(), agreement.model]
    assert all(math.isnan(result.statistic) and result.status != "ok" for result in results)
    json.dumps(agreement.record(), allow_nan=False)


def test_items_without_elements_do_not_matter_for_elements():
    items = {number: item(number, keys=()) for number in range(1, 4)}
    rows = [rating(one, rater, number) for number, one in items.items() for rater in "abc"]
    agreement = measure_agreement(count_ratings(rows, items).items, AgreementOptions(n_resamples=0))
    assert agreement.overall["alpha_ordinal"].statistic == 1
    assert agreement.categories == ()
    assert math.isnan(agreement.elements["alpha_nominal"].statistic)
    assert dataclasses.is_dataclass(agreement)


def test_ceilings_are_for_means_as_the_rounds_make_them(agreement):
    votes = [[row.overall for row in one.first] for one in campaign()]
    options = {"statistic": "srcc", "scale": (1, 5), "rng": 0}
    expected = noise_ceiling(votes, k=3, again_at=2, **options).statistic
    assert agreement.overall["ceiling_srcc"].statistic == pytest.approx(expected)
    few = campaign(20)
    five = measure_agreement(few, AgreementOptions(n_resamples=0, rule=MeanRule(first=5)))
    alone = noise_ceiling([[row.overall for row in one.first] for one in few], k=5, **options).statistic
    assert five.overall["ceiling_srcc"].statistic == pytest.approx(alone)


def test_without_a_rule_there_is_no_ceiling_of_overall_ratings_and_the_status_says_why():
    rule = MeanRule(status="items are rated again from different ranges (1 and 2), and a ceiling is for one")
    agreement = measure_agreement(campaign(10), AgreementOptions(n_resamples=0, rule=rule))
    for name in ("srcc", "plcc", "krcc"):
        ceiling = agreement.overall[f"ceiling_{name}"]
        assert math.isnan(ceiling.statistic)
        assert ceiling.status == rule.status
    assert not math.isnan(agreement.elements["ceiling_accuracy"].statistic)


def test_overall_ratings_have_a_weighted_kappa_of_persons():
    one, two = ([4, 5, 1, 2, 3, 3, 2, 5, 4, 1], [5, 5, 2, 2, 3, 4, 1, 4, 4, 2])
    items = {number: item(number) for number in range(1, 11)}
    rows = [rating(items[n + 1], rater, votes[n]) for n in range(10) for rater, votes in (("ann", one), ("bob", two))]
    counted = count_ratings(rows, items, rules=CountingRules(first_raters=2)).items
    agreement = measure_agreement(counted, AgreementOptions(first=2, n_resamples=0))
    expected = cohen_kappa(one, two, identified=True, weights="quadratic").statistic
    assert agreement.overall["pairwise_kappa"].statistic == pytest.approx(expected)


def test_a_generator_and_a_type_of_prompt_stand_on_their_own_items():
    items, votes = {}, {}
    for number in range(1, 9):
        source = {"source": "synthetic", "synthetic_type": "color"} if number > 4 else {"source": "real"}
        one = item(number, generator=("SDXL", "FLUX")[number % 2])
        items[number] = dataclasses.replace(one, prompt=dataclasses.replace(one.prompt, **source))
        votes[number] = [1 + number % 5, 1 + number % 4, 1 + number % 3]
    rows = [rating(one, rater, vote) for n, one in items.items() for rater, vote in zip("abc", votes[n], strict=True)]
    agreement = measure_agreement(
        count_ratings(rows, items, rules=CountingRules(range_threshold=None)).items, AgreementOptions(n_resamples=20)
    )
    assert [one.group for one in agreement.generators] == ["FLUX", "SDXL"]
    assert [one.group for one in agreement.prompt_types] == ["color", "real"]
    own = [votes[number] for number in (5, 6, 7, 8)]
    color = agreement.prompt_types[0]
    assert color.alpha.statistic == pytest.approx(krippendorff_alpha(own, level="ordinal").statistic)
    assert color.alpha.confidence_interval is not None
    assert color.within_1.statistic == np.mean([max(row) - min(row) <= 1 for row in own])
    assert color.mean == np.mean(own)
    record = agreement.record()["generators"]["FLUX"]
    assert (record["alpha_ordinal"]["n"], record["mean"]) == (4, np.mean([votes[number] for number in (1, 3, 5, 7)]))
