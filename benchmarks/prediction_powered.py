"""Means that human ratings of a part correct: ``python benchmarks/prediction_powered.py [--quick] [--json]``.

Simulates studies of five generators whose pictures a scorer scores and people rate in part. The scorer is lenient with
everybody and favours one generator, which people put second. Printed are how often 95 % intervals hold the true mean
rating (coverage), their width, and how often each kind of mean puts the right generator first. About five minutes;
``--quick`` about ten seconds.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.stats import StatisticResult, prediction_powered_mean

REPLICATIONS, QUICK_REPLICATIONS = 2_000, 60
GENERATORS = ("best", "favoured", "third", "fourth", "last")
LEVELS = np.array([0.35, 0.20, 0.0, -0.15, -0.40])  # in points about the middle of the scale
LENIENCE, FAVOUR = 0.2, 0.4  # what the scorer gives to all, and to the favoured one on top
PROMPT_SPREAD, PICTURE_SPREAD = 0.55, 0.5  # standard deviations of true scores, in points
RATER_NOISE, N_RATERS = 0.7, 3
SCORER_SLOPE, SCORER_NOISE = 0.7, 0.4
N_TRUTH = 1_000_000  # simulated pictures from which a true mean rating is taken
NOMINAL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How a study is made.

    Attributes:
        n_prompts: Prompts.
        pictures: Pictures of each generator and prompt.
        n_rated: Rated prompts, or rated pictures of each generator.
        drawn: Whether whole prompts are drawn for rating, or pictures of any prompt.
    """

    n_prompts: int
    pictures: int
    n_rated: int
    drawn: Literal["prompts", "pictures"]


DESIGNS = (
    Design(n_prompts=200, pictures=1, n_rated=20, drawn="prompts"),
    Design(n_prompts=200, pictures=1, n_rated=50, drawn="prompts"),
    Design(n_prompts=200, pictures=4, n_rated=50, drawn="prompts"),
    Design(n_prompts=200, pictures=4, n_rated=100, drawn="pictures"),
    Design(n_prompts=1000, pictures=1, n_rated=50, drawn="prompts"),
    Design(n_prompts=1000, pictures=1, n_rated=200, drawn="prompts"),
)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_REPLICATIONS} replications, not {REPLICATIONS}")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = measure(QUICK_REPLICATIONS if arguments.quick else REPLICATIONS, seed=arguments.seed)
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))
    return 0


def measure(n_replications: int, *, seed: int = 0) -> dict[str, Any]:
    """Compute every figure.

    Args:
        n_replications: Studies of each design.
        seed: Of the simulation.
    """
    seeds = np.random.SeedSequence(seed).spawn(len(DESIGNS) + 1)
    truth = true_means(np.random.default_rng(seeds[-1]))
    return {
        "replications": n_replications,
        "true_means": dict(zip(GENERATORS, truth.tolist(), strict=True)),
        "designs": [
            measure_design(design, truth, n_replications, rng=np.random.default_rng(seeds[place]))
            for place, design in enumerate(DESIGNS)
        ],
    }


def measure_design(design: Design, truth: Floats, n_replications: int, *, rng: np.random.Generator) -> dict[str, Any]:
    """Coverage, widths and right winners of one design.

    Args:
        design: How studies are made.
        truth: True mean rating of each generator.
        n_replications: Studies.
        rng: Source of every choice.
    """
    kinds = ("naive", "human", "corrected")
    covered = np.zeros((n_replications, len(kinds), len(GENERATORS)), dtype=bool)
    widths, means = np.zeros(covered.shape), np.zeros(covered.shape)
    for replication in range(n_replications):
        results = simulate(design, rng)
        for place, of_kind in enumerate(results):
            for generator, result in enumerate(of_kind):
                interval = result.confidence_interval
                assert interval is not None
                covered[replication, place, generator] = interval.low <= truth[generator] <= interval.high
                widths[replication, place, generator] = interval.high - interval.low
                means[replication, place, generator] = result.statistic
    favoured = GENERATORS.index("favoured")
    others = [place for place in range(len(GENERATORS)) if place != favoured]
    return {
        "prompts": design.n_prompts,
        "pictures": design.pictures,
        "rated": f"{design.n_rated} {design.drawn}",
        "coverage": {
            kind: {
                "favoured": float(covered[:, place, favoured].mean()),
                "others": float(covered[:, place][:, others].mean()),
            }
            for place, kind in enumerate(kinds)
        },
        "width": {kind: float(widths[:, place].mean()) for place, kind in enumerate(kinds)},
        "right_first": {
            kind: float((means[:, place].argmax(axis=1) == int(truth.argmax())).mean())
            for place, kind in enumerate(kinds)
        },
    }


def simulate(design: Design, rng: np.random.Generator) -> tuple[list[StatisticResult], ...]:
    """Make one study, and estimate every generator's mean rating from scores, from ratings, and from both.

    Args:
        design: How.
        rng: Source of every choice.
    """
    shape = (design.n_prompts, design.pictures)
    prompts = np.repeat(np.arange(design.n_prompts), design.pictures)
    prompt_effects = rng.normal(0, PROMPT_SPREAD, shape[0])
    chosen = rng.permutation(design.n_prompts)[: design.n_rated]  # the same prompts for all generators
    naive: list[StatisticResult] = []
    human: list[StatisticResult] = []
    corrected: list[StatisticResult] = []
    for place in range(len(GENERATORS)):
        quality = draw_quality(place, np.broadcast_to(prompt_effects[:, None], shape), rng)
        ratings, scores = rate(quality, rng).ravel(), score(place, quality, rng).ravel()
        if design.drawn == "prompts":
            rated = np.isin(prompts, chosen)
        else:
            rated = np.zeros(len(prompts), dtype=bool)
            rated[rng.permutation(len(prompts))[: design.n_rated]] = True
        result = prediction_powered_mean(
            scores=scores,
            prompts=prompts.tolist(),
            rated_scores=scores[rated],
            ratings=ratings[rated],
            rated_prompts=prompts[rated].tolist(),
            confidence_level=NOMINAL,
        )
        naive.append(result.naive)
        human.append(result.human)
        corrected.append(result)
    return naive, human, corrected


def draw_quality(generator: int, prompt_effects: Floats, rng: np.random.Generator) -> Floats:
    """True scores of pictures.

    Args:
        generator: Place in `GENERATORS`.
        prompt_effects: How easy the prompt of each picture is.
        rng: Source of every choice.
    """
    return 3 + LEVELS[generator] + prompt_effects + rng.normal(0, PICTURE_SPREAD, prompt_effects.shape)


def rate(quality: Floats, rng: np.random.Generator) -> Floats:
    """Mean of three whole ratings from 1 to 5, as people give them: third steps, with ties.

    Args:
        quality: True scores.
        rng: Source of every choice.
    """
    votes = quality[..., None] + rng.normal(0, RATER_NOISE, (*quality.shape, N_RATERS))
    return np.asarray(np.clip(np.rint(votes), 1, 5).mean(axis=-1), dtype=np.float64)


def score(generator: int, quality: Floats, rng: np.random.Generator) -> Floats:
    """What the scorer says: drawn to the middle, lenient, and partial to one generator.

    Args:
        generator: Place in `GENERATORS`.
        quality: True scores.
        rng: Source of every choice.
    """
    partial = FAVOUR if GENERATORS[generator] == "favoured" else 0.0
    noise = rng.normal(0, SCORER_NOISE, quality.shape)
    return np.clip(3 + LENIENCE + partial + SCORER_SLOPE * (quality - 3) + noise, 1, 5)


def true_means(rng: np.random.Generator) -> Floats:
    """Mean rating of each generator over all prompts that there might be.

    Args:
        rng: Source of every choice.
    """
    effects = rng.normal(0, PROMPT_SPREAD, N_TRUTH)
    return np.array([rate(draw_quality(place, effects, rng), rng).mean() for place in range(len(GENERATORS))])


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out as Markdown.

    Args:
        figures: From `measure`.
    """
    truth = ", ".join(f"{name} {value:.3f}" for name, value in figures["true_means"].items())
    lines = [
        f"{figures['replications']:,} studies of each design; true mean ratings: {truth}. The scorer gives everybody "
        f"{LENIENCE} points too much and the favoured generator {FAVOUR} on top.",
        "",
        "| prompts | pictures each | rated | coverage of 95 % intervals, favoured / others: scores alone "
        "| people alone | corrected | width of corrected to people alone | best generator put first: scores | people "
        "| corrected |",
        f"|{'--:|' * 10}",
    ]
    for row in figures["designs"]:
        coverage = (f"{one['favoured']:.3f} / {one['others']:.3f}" for one in row["coverage"].values())
        first = (f"{one:.2f}" for one in row["right_first"].values())
        ratio = row["width"]["corrected"] / row["width"]["human"]
        cells = [f"{row['prompts']:,}", str(row["pictures"]), row["rated"], *coverage, f"{ratio:.2f}", *first]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
