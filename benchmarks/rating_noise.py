"""How well the raters' noise is estimated: ``python benchmarks/rating_noise.py [--quick] [--json]``.

Simulates data sets of 200 prompts with five pictures, rated from 1 to 5, and prints what is left of the variance over
pictures after the noise e was taken off, before and after clipping at 0, and how e is best pooled. About two minutes;
``--quick`` about 15 seconds.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.data.health_statistics import BOTH_ROUNDS, FIRST_ROUND, WIDE_RANGE
from evalmuse_hf.training.rating_noise import POOLINGS, rating_noise

N_PROMPTS, N_PICTURES, N_RATERS = 200, 5, 60
SHARED_RATERS = 8  # of a prompt where its raters are partly crossed
DATA_SETS, QUICK_DATA_SETS = 80, 6
SPREADS = (0.0, 0.5, 1.0)  # of the true scores of a prompt's pictures, a standard deviation in points
# Ratings are careful or careless: standard deviations in points, as in the drawn world's raters.
CAREFUL, CARELESS, CARELESS_SHARE = 0.35, 1.7, 0.28
CARELESS_SHARES = (0.05, 0.6)  # where prompts differ in noise
RATER_BIAS = 0.5  # standard deviation in points
N_EXPECTED = 20_000  # simulated pairs from which the expected mean rating of a true score is taken
ESTIMATORS = {
    "ids": "rating_noise, who rated is known",
    "no_ids": "rating_noise, who rated is not known",
    "first_three": "mean of s^2 / 3 over the first three ratings",
    "all": "mean of s^2 / m over all m ratings, 3 or 6",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How data sets are simulated.

    Attributes:
        design: ``"nested"``: every picture of a prompt has raters of its own; ``"crossed"``: all have the same;
            ``"partial"``: all have raters from the same `SHARED_RATERS` people.
        rule: Pairs whose first three ratings span two points or more have three more.
        spread: Standard deviation of the true scores of a prompt's pictures.
        uneven: Prompts differ in their share of careless ratings.
    """

    design: Literal["nested", "partial", "crossed"]
    rule: bool
    spread: float
    uneven: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Simulated ratings.

    Attributes:
        ratings: Of each pair, three or six.
        raters: Who gave them.
        prompts: The prompt of each pair.
        variances: v of each prompt.
        truths: Variance over a prompt's pictures of what their mean ratings are in expectation.
    """

    ratings: list[list[float]]
    raters: list[list[int]]
    prompts: list[int]
    variances: Floats
    truths: Floats


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_DATA_SETS} data sets a row, not {DATA_SETS}")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = measure(QUICK_DATA_SETS if arguments.quick else DATA_SETS, seed=arguments.seed)
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))
    return 0


def measure(n_data_sets: int, *, seed: int = 0) -> dict[str, Any]:
    """Compute every figure.

    Args:
        n_data_sets: Data sets a row.
        seed: Of the simulation.
    """
    rows = [(rule, spread) for rule in (False, True) for spread in SPREADS]
    by_design = [
        World(design=design, rule=rule, spread=spread)
        for design in ("nested", "partial", "crossed")
        for rule, spread in rows
    ]
    by_noise = [
        World(design="nested", rule=rule, spread=spread, uneven=uneven)
        for uneven in (False, True)
        for rule, spread in rows
    ]
    seeds = iter(np.random.SeedSequence(seed).spawn(len(by_design) + len(by_noise)))
    return {
        "data_sets": n_data_sets,
        "bias": [measure_bias(world, n_data_sets, rng=np.random.default_rng(next(seeds))) for world in by_design],
        "pooling": [measure_pooling(world, n_data_sets, rng=np.random.default_rng(next(seeds))) for world in by_noise],
    }


def measure_bias(world: World, n_data_sets: int, *, rng: np.random.Generator) -> dict[str, Any]:
    """Mean of v - e minus the truth by each of `ESTIMATORS`, and what clipping does to the first of them.

    Args:
        world: What to simulate.
        n_data_sets: How often.
        rng: Source of every choice.
    """
    gaps: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    found: dict[str, list[float]] = {"truth": [], "variance": [], "clipped": [], "share": []}
    for _ in range(n_data_sets):
        data = simulate(world, rng)
        unknown = rating_noise(data.ratings)
        estimates = {
            "ids": rating_noise(data.ratings, data.prompts, rater_ids=data.raters).estimate,
            "no_ids": unknown.estimate,
            "first_three": unknown.first_round,
            "all": float(np.mean([np.var(row, ddof=1) / len(row) for row in data.ratings])),
        }
        for name, estimate in estimates.items():
            gaps[name].append(float((data.variances - estimate - data.truths).mean()))
        excess = data.variances - estimates["ids"]
        found["truth"].append(float(data.truths.mean()))
        found["variance"].append(float(data.variances.mean()))
        found["clipped"].append(float((np.maximum(excess, 0) - data.truths).mean()))
        found["share"].append(float((excess < 0).mean()))
    return {
        **_spell(world),
        **{name: float(np.mean(values)) for name, values in found.items()},
        "bias": {name: _mean(values) for name, values in gaps.items()},
    }


def measure_pooling(world: World, n_data_sets: int, *, rng: np.random.Generator) -> dict[str, Any]:
    """Root mean squared error of v - e, and of it clipped at 0, with e pooled in each of the `POOLINGS`.

    Args:
        world: What to simulate.
        n_data_sets: How often.
        rng: Source of every choice.
    """
    squares: dict[str, list[tuple[float, float]]] = {name: [] for name in POOLINGS}
    for _ in range(n_data_sets):
        data = simulate(world, rng)
        for name in POOLINGS:
            noise = rating_noise(data.ratings, data.prompts, pooling=name).per_pair[::N_PICTURES]
            excess = data.variances - noise
            clipped = np.maximum(excess, 0)
            squares[name].append(
                (float(((excess - data.truths) ** 2).mean()), float(((clipped - data.truths) ** 2).mean()))
            )
    errors = {name: np.sqrt(np.mean(values, axis=0)).tolist() for name, values in squares.items()}
    return {
        **_spell(world),
        "error": {name: error for name, (error, _) in errors.items()},
        "clipped_error": {name: error for name, (_, error) in errors.items()},
    }


def simulate(world: World, rng: np.random.Generator) -> DataSet:
    """Let raters rate the pictures of `N_PROMPTS` prompts.

    Args:
        world: How.
        rng: Source of every choice.
    """
    shape = (N_PROMPTS, N_PICTURES, BOTH_ROUNDS)
    truth = rng.uniform(2, 4, (N_PROMPTS, 1)) + rng.normal(0, world.spread, shape[:2])
    share = rng.choice(CARELESS_SHARES if world.uneven else (CARELESS_SHARE,), size=(N_PROMPTS, 1))
    raters = _draw_raters(world.design, rng)
    biases = rng.normal(0, RATER_BIAS, N_RATERS)
    votes = _rate(truth[..., None], np.broadcast_to(share[..., None], shape), biases[raters], rng)
    lengths = _lengths(votes, rule=world.rule)
    expected = np.empty(shape[:2])
    for level in np.unique(share):
        grid, means = _expected_means(float(level), world.rule)
        expected = np.where(share == level, np.interp(truth, grid, means), expected)
    flat, people, each = votes.reshape(-1, BOTH_ROUNDS), raters.reshape(-1, BOTH_ROUNDS), lengths.ravel().tolist()
    return DataSet(
        ratings=[row[:length].tolist() for row, length in zip(flat, each, strict=True)],
        raters=[row[:length].tolist() for row, length in zip(people, each, strict=True)],
        prompts=np.repeat(np.arange(N_PROMPTS), N_PICTURES).tolist(),
        variances=_means(votes, lengths).var(axis=1, ddof=1),
        truths=expected.var(axis=1, ddof=1),
    )


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out as tables.

    Args:
        figures: From `measure`.
    """
    lines = [
        f"{figures['data_sets']} data sets a row, each of {N_PROMPTS} prompts with {N_PICTURES} pictures; "
        f"ratings 1 to 5, raters' bias {RATER_BIAS} points",
        "",
        "Mean of v - e minus the truth S^2, before clipping, +- its standard error; e by",
        *(f"  {name.replace('_', ' '):12s} {text}" for name, text in ESTIMATORS.items()),
        "clipped: mean of max(0, v - e) minus S^2, and share of prompts below 0, with e from ids",
        "",
        f"{'raters':8s}{'ratings':>8s}{'spread':>8s}{'S^2':>8s}{'v':>8s}"
        + "".join(f"{name.replace('_', ' '):>19s}" for name in ESTIMATORS)
        + f"{'clipped':>10s}{'share':>8s}",
    ]
    for row in figures["bias"]:
        biases = "".join(f"{one['mean']:+10.4f} +-{one['error']:.4f}" for one in row["bias"].values())
        lines.append(
            f"{row['design']:8s}{row['ratings']:>8s}{row['spread']:8.1f}{row['truth']:8.3f}{row['variance']:8.3f}"
            f"{biases}{row['clipped']:+10.4f}{row['share']:8.3f}"
        )
    lines += [
        "",
        "Root mean squared error of v - e, and of max(0, v - e), by what e is pooled over (nested raters, no ids)",
        "",
        f"{'noise':8s}{'ratings':>8s}{'spread':>8s}"
        + "".join(f"{name:>10s}" for name in POOLINGS)
        + "".join(f"{name:>16s}" for name in (f"{name}, clipped" for name in POOLINGS)),
    ]
    for row in figures["pooling"]:
        lines.append(
            f"{row['noise']:8s}{row['ratings']:>8s}{row['spread']:8.1f}"
            + "".join(f"{error:10.4f}" for error in row["error"].values())
            + "".join(f"{error:16.4f}" for error in row["clipped_error"].values())
        )
    return "\n".join(lines)


def _draw_raters(design: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw who rates, shape (prompts, pictures, 6); nobody rates a picture twice."""
    shape = (N_PROMPTS, N_PICTURES, BOTH_ROUNDS)
    people = rng.random((N_PROMPTS, N_RATERS)).argsort(axis=1)
    if design == "nested":
        return people[:, : N_PICTURES * BOTH_ROUNDS].reshape(shape)
    if design == "crossed":
        return np.broadcast_to(people[:, None, :BOTH_ROUNDS], shape)
    places = rng.random((*shape[:2], SHARED_RATERS)).argsort(axis=2)[..., :BOTH_ROUNDS]
    return np.take_along_axis(people[:, None, :SHARED_RATERS], places, axis=2)


def _rate(truth: Floats, share: Floats, bias: Floats, rng: np.random.Generator) -> Floats:
    careless = rng.random(share.shape) < share
    noise = rng.normal(0, np.where(careless, CARELESS, CAREFUL))
    return np.clip(np.rint(truth + bias + noise), 1, 5)


def _lengths(votes: Floats, *, rule: bool) -> NDArray[np.int64]:
    again = np.ptp(votes[..., :FIRST_ROUND], axis=-1) >= WIDE_RANGE
    return np.where(again & rule, BOTH_ROUNDS, FIRST_ROUND)


def _means(votes: Floats, lengths: NDArray[np.int64]) -> Floats:
    return np.where(np.arange(BOTH_ROUNDS) < lengths[..., None], votes, 0).sum(axis=-1) / lengths


@cache
def _expected_means(share: float, rule: bool) -> tuple[Floats, Floats]:
    """True scores, and the mean rating that each has in expectation."""
    rng = np.random.default_rng(0)
    grid = np.arange(-2, 8.01, 0.1)
    shape = (N_EXPECTED, BOTH_ROUNDS)
    means = []
    for truth in grid:
        votes = _rate(np.full(shape, truth), np.full(shape, share), rng.normal(0, RATER_BIAS, shape), rng)
        means.append(float(_means(votes, _lengths(votes, rule=rule)).mean()))
    return grid, np.array(means)


def _spell(world: World) -> dict[str, Any]:
    return {
        "design": world.design,
        "ratings": "3 or 6" if world.rule else "3",
        "spread": world.spread,
        "noise": "uneven" if world.uneven else "even",
    }


def _mean(values: list[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "error": float(np.std(values, ddof=1) / np.sqrt(len(values)))}


if __name__ == "__main__":
    sys.exit(main())
