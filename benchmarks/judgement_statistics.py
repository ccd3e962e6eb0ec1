"""Seconds of the statistics that judge a scorer: ``python benchmarks/judgement_statistics.py [--quick]``.

Prints a Markdown table for 40,000 pictures of 4,000 prompts by 20 generators and for 200,000 elements of 12
categories, each with 1,000 resamples of prompts: tied ratings in steps of a third, continuous scores. About a minute
on two idle cores; ``--quick`` takes a tenth of the prompts and of the resamples.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from evalmuse_hf.stats import (
    auroc,
    calibration,
    category_thresholds,
    cross_validated_calibration,
    element_accuracy,
    f1_score,
    pairwise_accuracy,
    pairwise_decisions,
    system_correlation,
)

PICTURES_PER_PROMPT, ELEMENTS_PER_PICTURE = 10, 5
N_GENERATORS, N_CATEGORIES = 20, 12


def pictures(n_prompts: int, rng: np.random.Generator) -> dict[str, Any]:
    """Scores and ratings with effects of prompt and generator; each prompt is drawn by half of the generators."""
    generators = np.stack([rng.permutation(N_GENERATORS)[:PICTURES_PER_PROMPT] for _ in range(n_prompts)])
    shape = generators.shape
    quality = rng.normal(size=(n_prompts, 1)) + 0.05 * generators + rng.normal(size=shape)
    return {
        "predictions": (quality + rng.normal(size=shape)).ravel(),
        "references": (np.round(np.clip(3 + quality + 0.5 * rng.normal(size=shape), 1, 5) * 3) / 3).ravel(),
        "prompts": np.repeat(np.arange(n_prompts), PICTURES_PER_PROMPT).tolist(),
        "generators": generators.ravel().tolist(),
    }


def elements(n_prompts: int, rng: np.random.Generator) -> dict[str, Any]:
    """Scores in [0, 1] and shares of three raters."""
    per_prompt = PICTURES_PER_PROMPT * ELEMENTS_PER_PICTURE
    scores = rng.uniform(size=n_prompts * per_prompt)
    shares = np.round(np.clip(scores + 0.4 * rng.normal(size=len(scores)), 0, 1) * 3) / 3
    return {
        "predictions": scores,
        "references": shares,
        "groups": np.repeat(np.arange(n_prompts), per_prompt).tolist(),
        "categories": [f"category {row % N_CATEGORIES}" for row in range(len(scores))],
    }


def tasks(n_prompts: int, n_resamples: int) -> list[tuple[str, Callable[[], object]]]:
    """Every statistic with its name."""
    rng = np.random.default_rng(0)
    drawn, rated = pictures(n_prompts, rng), elements(n_prompts, rng)
    shares = {"predictions": rated["predictions"], "yes_shares": rated["references"], "groups": rated["groups"]}
    options: dict[str, Any] = {"n_resamples": n_resamples, "rng": 0}
    listed: list[tuple[str, Callable[[], object]]] = []
    for grouping in ("all", "prompt", "generator"):
        for calibrate in (True, False):
            name = f"pairwise accuracy, {grouping}, {'ties calibrated' if calibrate else 'orders alone'}"
            task = partial(pairwise_accuracy, **drawn, grouping=grouping, calibrate_ties=calibrate, **options)
            listed.append((name, task))
    for statistic in ("srcc", "krcc", "plcc"):
        task = partial(system_correlation, **drawn, statistic=statistic, missing="adjusted", **options)
        listed.append((f"{statistic} over generators, adjusted means", task))
    listed.append(("pairwise decisions", partial(pairwise_decisions, **drawn, **options)))
    listed.append(("accuracy, by category too", partial(element_accuracy, **rated, **options)))
    balanced = partial(element_accuracy, **rated, average="balanced", **options)
    listed.append(("balanced accuracy, by category too", balanced))
    listed.append(("F1, by category too", partial(f1_score, **rated, **options)))
    listed.append(("AUROC, by category too", partial(auroc, **rated, **options)))
    listed.append(("calibration", partial(calibration, **shares, **options)))
    listed.append(("thresholds by category", partial(category_thresholds, **rated, **options)))
    for method in ("platt", "isotonic"):
        task = partial(cross_validated_calibration, **shares, by=rated["categories"], method=method)
        listed.append((f"{method} by category, five folds, no resamples", task))
    return listed


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts and of the resamples")
    arguments = parser.parse_args(argv)
    n_prompts, n_resamples = (400, 100) if arguments.quick else (4000, 1000)
    n_pictures = n_prompts * PICTURES_PER_PROMPT
    print(
        f"{n_pictures:,} pictures or {n_pictures * ELEMENTS_PER_PICTURE:,} elements of {n_prompts:,} prompts, "
        f"{n_resamples:,} resamples of prompts\n"
    )
    print("| statistic | seconds | processor seconds |\n|---|---|---|")
    for name, task in tasks(n_prompts, n_resamples):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        task()
        print(f"| {name} | {time.perf_counter() - begin:.1f} | {time.process_time() - begin_cpu:.1f} |", flush=True)
    unit = 1 if sys.platform == "darwin" else 1024
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20:,.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
