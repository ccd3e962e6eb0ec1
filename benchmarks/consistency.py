"""Whether the consistency study finds what is there: ``python benchmarks/consistency.py [--studies N] [--json]``.

Simulates studies of 100 prompts with ten pictures, rated twice by three of 24 raters, and counts false alarms
(anything of any kind found that is not there, in a whole study; of raters who do differ, one on the wrong side) and
hits (a rater who is 0.5 points more lenient, a category with 0.15 more yes, a shift of the whole round). Beside them,
the same tests as if pictures were independent, which shows why tests are over whole prompts; the power for each
category; and the precision that a design states beside what studies then reach. About three and a
half minutes of one core; the first two rows have five times as many studies.
"""

import argparse
import json
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import binom, binomtest

from evalmuse_hf.meta_evaluation.studies.consistency_biases import LEVEL, OVERALL, YES, Bias, find_biases, rater_biases
from evalmuse_hf.meta_evaluation.studies.consistency_measures import measure_repetition
from evalmuse_hf.meta_evaluation.studies.consistency_precision import CHANCE, expect_precision
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD, RatingLog
from evalmuse_hf.meta_evaluation.studies.consistency_world import (
    CATEGORY_COUNTS,
    World,
    draw_leniency,
    simulate_study,
)
from evalmuse_hf.stats.equivalence import minimum_detectable_difference
from evalmuse_hf.stats.resampling import Resampling
from evalmuse_hf.stats.sample import FloatArray

STUDIES = 200
MAIN_TIMES = 5  # of the rows that matter most, so many times as many, because 200 cannot tell 5 % from 8 %
CATEGORY_STUDIES = 4  # of a category, one in so many
RATER_BIAS, CATEGORY_BIAS = 0.5, 0.15
BIASED_RATER = "r00"
RATER_SPREAD = 0.2  # of leniency, standard deviation in points, as among the raters of the drawn world
YES_SPREAD = 1.0  # of log odds: a careless rater says yes to 0.07 or 0.37 of what is not there, instead of 0.18
SHIFT = 0.3
FEW_PROMPTS = 30
CAMPAIGN_PROMPTS, DRAWS, RESAMPLES = 800, 20, 400


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of study.

    Attributes:
        name: What it is.
        world: How studies are simulated.
        by_item: Test as if pictures were independent.
        times: So many times as many studies as in other rows.
    """

    name: str
    world: World
    by_item: bool = False
    times: int = 1


def rows() -> list[Row]:
    """What is simulated."""
    found = []
    for assignment in ("items", "prompts"):
        fair = World(assignment=assignment)
        biased = replace(fair, rater_bias=RATER_BIAS, category_bias=CATEGORY_BIAS)
        times = MAIN_TIMES if assignment == "items" else 1
        found += [
            Row(f"nobody is biased, raters by {assignment}", fair, times=times),
            Row(f"a rater and a category are, raters by {assignment}", biased, times=times),
            Row(f"nobody is, raters by {assignment}, tested by picture", fair, by_item=True),
        ]
    return [
        *found,
        Row(f"nobody is, {FEW_PROMPTS} prompts", World(n_prompts=FEW_PROMPTS)),
        Row(f"the whole second round is, {SHIFT} more", World(shift=SHIFT)),
        Row("all raters differ a little, one by 0.5", World(rater_spread=RATER_SPREAD, rater_bias=RATER_BIAS)),
        Row("newcomers rate the second round, all differ", World(newcomers=True, rater_spread=RATER_SPREAD)),
        Row("newcomers do, some say yes more readily", World(newcomers=True, yes_spread=YES_SPREAD)),
        Row(
            "newcomers do, both, raters by prompts",
            World(newcomers=True, rater_spread=RATER_SPREAD, yes_spread=YES_SPREAD, assignment="prompts"),
        ),
    ]


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--studies", type=int, default=STUDIES, metavar="N", help="a row (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the simulation (default: 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = measure(arguments.studies, seed=arguments.seed)
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))
    return 0


def measure(studies: int, *, seed: int = 0) -> dict[str, Any]:
    """Compute every figure.

    Args:
        studies: Simulated studies a row.
        seed: Of the simulation.
    """
    first, second, third = np.random.SeedSequence(seed).spawn(3)
    each = max(1, studies // CATEGORY_STUDIES)
    categories = zip(CATEGORY_COUNTS, second.spawn(len(CATEGORY_COUNTS)), strict=True)
    return {
        "studies": studies,
        "rows": [
            count_row(row, row.times * studies, own) for row, own in zip(rows(), first.spawn(len(rows())), strict=True)
        ],
        "category_studies": each,
        "categories": [count_category(name, each, own) for name, own in categories],
        "precision": compare_precision(np.random.default_rng(third)),
    }


def count_row(row: Row, studies: int, seed: np.random.SeedSequence) -> dict[str, Any]:
    """Count studies with any false alarm, and those that find what is there.

    Args:
        row: What to simulate.
        studies: How often.
        seed: Of the simulation.
    """
    there = {BIASED_RATER: row.world.rater_bias, row.world.category: row.world.category_bias}
    moved = _moved(row.world)
    false, hits, rounds, tests, covered = 0, dict.fromkeys(there, 0), 0, 0, 0
    for own in seed.spawn(studies):
        rng = np.random.default_rng(own)
        leniency = draw_leniency(row.world, rng)
        log = simulate_study(row.world, rng, leniency=leniency)
        log = replace(log, prompts=np.arange(len(log.items))) if row.by_item else log
        biases = find_biases(log)
        found = {bias.name for bias in biases if bias.found}
        false += any(bias.found and not _is_there(bias, row.world, leniency) for bias in biases)
        tests += sum(np.isfinite(bias.p_adjusted) for bias in biases)
        for name in there:
            hits[name] += name in found
        rounds += moved <= found
        covered += _covers(next(bias for bias in biases if bias.name == OVERALL), 0.0)
    return {
        "name": row.name,
        "studies": studies,
        "tests": tests / studies,
        "false": false,
        "most_false": int(binom.ppf(1 - LEVEL, studies, LEVEL)),
        "false_interval": _interval(false, studies),
        "rater": hits[BIASED_RATER] / studies if row.world.rater_bias else None,
        "category": hits[row.world.category] / studies if row.world.category_bias else None,
        "round": rounds / studies if moved else None,
        "covered": None if OVERALL in moved else covered / studies,
    }


def _moved(world: World) -> set[str]:
    """What the second round as a whole gives otherwise. Newcomers who differ are in fact more lenient, or less."""
    moved = {OVERALL} if world.shift or (world.newcomers and world.rater_spread) else set()
    return moved | ({YES} if world.newcomers and world.yes_spread else set())


def _is_there(bias: Bias, world: World, leniency: FloatArray) -> bool:
    """Whether what is found is there; of a rater, whether he is on that side of the usual one."""
    if bias.kind == "round":
        return bias.name in _moved(world)
    if bias.kind == "category":
        return bool(world.category_bias) and bias.name == world.category
    if bias.kind != "rater":
        return False
    own = leniency[int(bias.name[1:])] - np.median(leniency)
    return bool(own * bias.estimate.statistic > 0)


def count_category(name: str, studies: int, seed: np.random.SeedSequence) -> dict[str, Any]:
    """How often a bias of one category is found.

    Args:
        name: The category.
        studies: Simulated studies.
        seed: Of the simulation.
    """
    world = World(category=name, category_bias=CATEGORY_BIAS)
    found, prompts = 0, []
    for own in seed.spawn(studies):
        biases = find_biases(simulate_study(world, np.random.default_rng(own)))
        bias = next((one for one in biases if one.kind == "category" and one.name == name), None)
        found += bias is not None and bias.found
        prompts.append(0 if bias is None else bias.estimate.n_clusters)
    return {"name": name, "prompts": float(np.median(prompts)), "power": found / studies}


def compare_precision(rng: np.random.Generator) -> list[dict[str, Any]]:
    """The half-widths that a design states from the first round, and those that studies drawn from it reach.

    Args:
        rng: Source of every choice.
    """
    figures = []
    usual = World()
    for assignment in ("items", "prompts"):
        campaign = simulate_study(World(n_prompts=CAMPAIGN_PROMPTS, assignment=assignment), rng)
        first_round = campaign.where(campaign.rating_phases == OLD)
        drawn = [rng.choice(CAMPAIGN_PROMPTS, usual.n_prompts, replace=False) for _ in range(DRAWS)]
        places = [np.flatnonzero(np.isin(campaign.prompts, prompts)) for prompts in drawn]
        stated = expect_precision(first_round, chosen=places[0], per_item=usual.per_item, n_raters=None, seed=0)
        reached = [_reach(campaign.where(np.isin(campaign.rating_items, own))) for own in places]
        mean = {name: float(np.mean([one[name] for one in reached])) for name in reached[0]}
        for name, value in (("shift", stated.shift), ("ICC(1,1)", stated.icc), ("rater", stated.rater.difference)):
            figures.append({"assignment": assignment, "name": name, "stated": value, "reached": mean[name]})
    return figures


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out as tables.

    Args:
        figures: From `measure`.
    """
    lines = [
        f"False: studies in which anything is found that is not there, Holm at {LEVEL:.0%}; a true {LEVEL:.0%} gives",
        "at most as many as stand under 'most', with a chance of 95 %. Rater and category: power for 0.5 points and",
        "0.15 more yes; round: how often its shift is found. Coverage: studies in which the 95 % interval of the mean",
        "shift holds the true 0.",
        "",
        f"{'':58s}{'studies':>8s}{'tests':>6s}{'false':>6s}{'most':>5s}{'share':>7s}  {'95 % interval':15s}"
        f"{'rater':>6s}{'category':>9s}{'round':>6s}{'cov.':>6s}",
    ]
    for row in figures["rows"]:
        low, high = row["false_interval"]
        spelled = f"[{low:.3f}, {high:.3f}]"
        lines.append(
            f"{row['name']:58s}{row['studies']:8d}{row['tests']:6.1f}{row['false']:6d}{row['most_false']:5d}"
            f"{row['false'] / row['studies']:7.3f}  {spelled:15s}"
            f"{_spell(row['rater']):>6s}{_spell(row['category']):>9s}{_spell(row['round']):>6s}{_spell(row['covered']):>6s}"
        )
    lines += [
        "",
        f"Power for {CATEGORY_BIAS} more yes in one category, {figures['category_studies']} studies each",
        "",
        f"{'category':16s}{'prompts':>8s}{'power':>8s}",
        *(f"{one['name']:16s}{one['prompts']:8.0f}{one['power']:8.2f}" for one in figures["categories"]),
        "",
        f"Half-widths of 95 % intervals (rater: bias found with a chance of {CHANCE:.0%}), stated before and reached",
        "",
        f"{'raters by':12s}{'':12s}{'stated':>8s}{'reached':>9s}",
        *(
            f"{one['assignment']:12s}{one['name']:12s}{one['stated']:8.4f}{one['reached']:9.4f}"
            for one in figures["precision"]
        ),
    ]
    return "\n".join(lines)


def _covers(bias: Bias, truth: float) -> bool:
    interval = bias.estimate.confidence_interval
    return interval is not None and interval.low <= truth <= interval.high


def _reach(log: RatingLog) -> dict[str, float]:
    found = measure_repetition(
        log.overall_means(OLD),
        log.overall_means(NEW),
        log.prompts,
        within=1.0,
        resampling=Resampling(RESAMPLES, rng=0),
    )
    shift, icc = found.shift.confidence_interval, found.icc.confidence_interval
    if shift is None or icc is None:
        raise ValueError("A simulated study has no intervals.")
    tests = len(find_biases(log))
    errors = [(one.estimate.standard_error, one.estimate.degrees_of_freedom) for one in rater_biases(log)]
    error, freedom = np.nanmedian(errors, axis=0)
    return {
        "shift": (shift.high - shift.low) / 2,
        "ICC(1,1)": (icc.high - icc.low) / 2,
        "rater": minimum_detectable_difference(
            standard_error=float(error), degrees_of_freedom=float(freedom), alpha=LEVEL / tests, chance=CHANCE
        ),
    }


def _interval(count: int, n: int) -> tuple[float, float]:
    low, high = binomtest(count, n).proportion_ci(0.95)
    return float(low), float(high)


def _spell(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


if __name__ == "__main__":
    sys.exit(main())
