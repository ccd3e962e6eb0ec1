"""Agreement where the truth is known: ``python benchmarks/simulated_agreement.py [--quick] [--json]``.

Prints the tables of ``docs/agreement.md`` on simulated ratings: how near `noise_ceiling` comes to what the perfect
scorer reaches, and how far a second round for disputed items biases each figure of agreement. One or two minutes;
``--quick`` a few seconds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evalmuse_hf.mini import write_release
from evalmuse_hf.reports import Document, Section, Table, document_markdown
from evalmuse_hf.stats import (
    AgreementResult,
    first_ratings,
    fleiss_kappa,
    human_as_scorer,
    icc,
    krcc,
    krippendorff_alpha,
    noise_ceiling,
    plcc,
    share_within,
    srcc,
)

COMMAND = "python benchmarks/simulated_agreement.py"
N_ITEMS, QUICK_ITEMS = 100_000, 3000
N_PROMPTS, QUICK_PROMPTS = 200, 4  # of the drawn benchmark, five pictures each
SIMULATED_PER_PROMPT = 500  # items behind its ceilings

Floats = NDArray[np.float64]
NoiseOf = Callable[[Floats, np.random.Generator], Floats | float]  # of true scores


def main(argv: list[str] | None = None) -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ITEMS} items, not {N_ITEMS}")
    parser.add_argument("--seed", type=int, default=0, help="of the simulations (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(argv)
    figures = measure(quick=arguments.quick, seed=arguments.seed)
    command = COMMAND + (" --quick" if arguments.quick else "")
    text = json.dumps(figures, indent=2) + "\n" if arguments.json else document_markdown(describe(figures, command))
    print(text, end="")
    return 0


def measure(*, quick: bool, seed: int = 0) -> dict[str, Any]:
    """Compute every figure.

    Args:
        quick: Few items.
        seed: Of the simulations.
    """
    n_items, n_prompts = (QUICK_ITEMS, QUICK_PROMPTS) if quick else (N_ITEMS, N_PROMPTS)
    return {
        "ceilings": [*measure_ceilings(n_items, seed=seed), *measure_drawn(n_prompts, seed=seed)],
        "pooling": measure_pooling(n_items, seed=seed),
    }


def measure_ceilings(n: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Noise ceilings of three ratings beside what the expected rating reaches, where it is known.

    Args:
        n: Simulated items.
        seed: Of the simulation.
    """
    rows = []
    for name, noise_of in WORLDS.items():
        expected, ratings = simulate(noise_of, n, seed=seed)
        means = ratings[:, :3].mean(axis=1)
        for statistic, compute in (("plcc", plcc), ("srcc", srcc), ("krcc", krcc)):
            ceiling = noise_ceiling(ratings[:, :3], statistic=statistic, n_simulated=n, rng=seed).statistic
            reached = compute(predictions=expected, references=means).statistic
            rows.append(
                {"ratings": f"noise {name}", "figure": statistic.upper(), "ceiling": ceiling, "reached": reached}
            )
    return rows


def measure_drawn(n_prompts: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """The same for the drawn benchmark, whose raters were not written with the model of the ceiling in mind.

    What is drawn is not quite the expected rating: some raters punish structural faults.

    Args:
        n_prompts: Test prompts to draw.
        seed: Of the release.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        write_release(raw, train_prompts=0, test_prompts=n_prompts, seed=seed)
        records = json.loads((raw / "eval.json").read_text("utf-8"))
        drawn = json.loads((raw / "drawn_truth.json").read_text("utf-8"))
    truth = [drawn[record["img_path"]]["overall"] for record in records]
    ratings = np.full((len(records), 6), np.nan)
    for row, record in zip(ratings, records, strict=True):
        row[: len(record["total_score"])] = record["total_score"]
    options = {"k": 3, "again_at": 2, "scale": (1, 5), "n_simulated": SIMULATED_PER_PROMPT * n_prompts, "rng": seed}
    return [
        {
            "ratings": "drawn benchmark, 3 or 6",
            "figure": statistic.upper(),
            "ceiling": noise_ceiling(ratings, statistic=statistic, **options).statistic,
            "reached": compute(predictions=truth, references=np.nanmean(ratings, axis=1)).statistic,
        }
        for statistic, compute in (("plcc", plcc), ("srcc", srcc), ("krcc", krcc))
    ]


def measure_pooling(n: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """What three more ratings for disputed items do to each figure, in simulated ratings.

    Args:
        n: Items.
        seed: Of the simulation.
    """
    rows = []
    for name, noise_of in WORLDS.items():
        _, ratings = simulate(noise_of, n, seed=seed)
        again = np.ptp(ratings[:, :3], axis=1) >= 2
        pooled = np.where(again[:, None] | (np.arange(6) < 3), ratings, np.nan)
        for figure, compute in POOLED_FIGURES.items():
            first, both, every = (compute(table).statistic for table in (first_ratings(pooled), pooled, ratings))
            share = float(again.mean())
            rows.append(
                {"noise": name, "again": share, "figure": figure, "first": first, "pooled": both, "six": every}
            )
    return rows


def simulate(noise_of: NoiseOf, n: int, *, seed: int) -> tuple[Floats, Floats]:
    """Expected ratings of items, shape ``(n,)``, and six ratings of each.

    Args:
        noise_of: Standard deviation of the noise for true scores.
        n: Items.
        seed: Of the simulation.
    """
    rng = np.random.default_rng(seed)
    scores = rng.uniform(1, 5, (n, 1))
    noise = noise_of(scores, rng)
    ratings = np.clip(np.rint(scores + noise * rng.normal(size=(n, 6))), 1, 5)
    # A rating is 1 plus the number of borders that it passes.
    expected = 1 + ndtr((scores - np.arange(1.5, 5)) / noise).sum(axis=1)
    return expected, ratings


WORLDS: dict[str, NoiseOf] = {
    "the same everywhere": lambda scores, rng: 0.8,
    "some items unclear": lambda scores, rng: np.where(rng.random(scores.shape) < 0.35, 1.4, 0.4),
    "less at the ends": lambda scores, rng: 0.2 + 0.9 * np.sqrt(1 - ((scores - 3) / 2.2) ** 2),
}
POOLED_FIGURES: dict[str, Callable[[Floats], AgreementResult]] = {
    "alpha, ordinal": lambda table: krippendorff_alpha(table, level="ordinal"),
    "alpha, nominal": lambda table: krippendorff_alpha(table, level="nominal"),
    "Fleiss' kappa": fleiss_kappa,
    "ICC(1,1)": lambda table: icc(table, form="(1,1)"),
    "share of items within 1": lambda table: share_within(table).items,
    "share of pairs within 1": lambda table: share_within(table).pairs,
    "human as scorer, SRCC": lambda table: human_as_scorer(table, identified=False),
}


def describe(figures: dict[str, Any], command: str) -> Document:
    """Lay the figures out.

    Args:
        figures: From `measure`.
        command: What made them.
    """
    return Document(
        title="Agreement where the truth is known",
        summary=f"Written by `{command}`.",
        sections=(
            Section(title="Ceilings", tables=(_ceilings_table(figures["ceilings"]),)),
            Section(title="What a second round does", tables=(_pooling_table(figures["pooling"]),)),
        ),
    )


def _ceilings_table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        title="Noise ceilings, and what a scorer reaches that returns the expected rating (the truth, if drawn)",
        header=("ratings", "figure", "noise ceiling", "reached"),
        rows=tuple((row["ratings"], row["figure"], row["ceiling"], row["reached"]) for row in rows),
    )


def _pooling_table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        title="Simulated items with three ratings, or six where the first three range over 2 or more",
        header=("noise", "rated again", "figure", "first three", "pooled 3 and 6", "six of every item"),
        rows=tuple(
            (row["noise"], f"{100 * row['again']:.0f} %", row["figure"], row["first"], row["pooled"], row["six"])
            for row in rows
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
