"""Speed of the resampled correlations: ``python benchmarks/resampling.py [--quick] [--only NAME] [--json]``.

Prints, as Markdown, how long intervals take over 40,000 pairs of 4,000 prompts with third-step ratings and continuous
predictions, what memory, how much longer scipy takes for the same resamples, and how far the two are apart. Every line
runs in a process of its own with one thread, so that its memory is its own. Some two minutes on a quiet machine,
``--quick`` a few seconds with a tenth of the prompts and resamples, which says nothing about the bars.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from evalmuse_hf.stats import krcc, plcc, scorer_difference, srcc
from evalmuse_hf.stats.resampling import Resampling, drawn_counts, resampled_values
from evalmuse_hf.stats.sample import Sample, read_sample
from evalmuse_hf.stats.weighted_correlation import kendall_of_counts, spearman_of_counts

COMMAND = "python benchmarks/resampling.py"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
PICTURES = 10
GIB = 2**30

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        n_prompts: Clusters; each has ten pictures.
        share: Of the resamples of a line.
    """

    n_prompts: int = 4000
    share: float = 1.0

    def resamples(self, number: int) -> int:
        """So many of the ``number`` of the whole measurement, at least two."""
        return max(2, round(number * self.share))


FULL, QUICK = Size(), Size(n_prompts=400, share=0.02)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Made-up pairs."""

    references: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    prompts: list[int]

    @property
    def sample(self) -> Sample:
        """Of the first scorer."""
        return read_sample({"predictions": self.first, "references": self.references}, groups=self.prompts)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        what: What is measured.
        bar: What was asked for; empty without a bar.
        measure: Returns figures by name.
        shown: Lays the figures out; ``{name}`` is one, and ``seconds`` and ``gib`` of the process are there too.
        met: Whether they meet the bar.
    """

    what: str
    bar: str
    measure: Callable[[Size], Figures]
    shown: str
    met: Callable[[Figures], bool] = lambda figures: True


def main(argv: list[str] | None = None) -> int:
    """Measure line by line, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts and few resamples")
    parser.add_argument(
        "--only", choices=LINES, help="measure one line in this process, and print its figures as JSON"
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args(argv)
    size = QUICK if arguments.quick else FULL
    if arguments.only:
        print(json.dumps(run(arguments.only, size)))
        return 0
    found = {}
    for name, line in LINES.items():
        print(f"{line.what} ...", file=sys.stderr)
        found[name] = run_alone(name, quick=arguments.quick)
    print(json.dumps(found, indent=1) if arguments.json else describe(found, size))
    return 0


def run(name: str, size: Size) -> Figures:
    """Measure one line here: its figures, its seconds, and the peak memory of this process.

    Args:
        name: Of the line.
        size: How much.
    """
    begin = time.perf_counter()
    figures = LINES[name].measure(size)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": seconds, "gib": peak / GIB} | figures


def run_alone(name: str, *, quick: bool) -> Figures:
    """Measure one line in a fresh process with one thread.

    Args:
        name: Of the line.
        quick: Less of it.
    """
    command = [sys.executable, str(Path(__file__).resolve()), "--only", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    figures: Figures = json.loads(done.stdout)
    return figures


def describe(found: dict[str, Figures], size: Size) -> str:
    """Lay the figures out as Markdown.

    Args:
        found: Figures of each line.
        size: How much was measured.
    """
    pairs = f"{size.n_prompts * PICTURES:,} pairs of {size.n_prompts:,} prompts"
    note = "" if size == FULL else " A quick run, with few resamples: it says nothing about the bars."
    rows = [
        f"Prompt-clustered intervals over {pairs} (`{COMMAND}`).{note}",
        "",
        "| what | measured | bar | met |",
        "|---|---|---|---|",
    ]
    for name, figures in found.items():
        line = LINES[name]
        verdict = ("yes" if line.met(figures) else "**no**") if line.bar and size == FULL else ""
        rows.append(f"| {line.what} | {line.shown.format(**figures)} | {line.bar} | {verdict} |")
    return "\n".join(rows)


def make_pairs(size: Size, seed: int = 0) -> Pairs:
    """Ratings in thirds from 1 to 5 with an effect of the prompt, and two continuous scorers that see part of it.

    Args:
        size: How many prompts.
        seed: Of the numbers.
    """
    rng = np.random.default_rng(seed)
    n = size.n_prompts * PICTURES
    quality = np.repeat(rng.normal(size=size.n_prompts), PICTURES) + rng.normal(size=n)
    return Pairs(
        references=np.clip(np.round(3 * (3 + 0.7 * quality)) / 3, 1, 5),
        first=quality + rng.normal(size=n),
        second=quality + 1.1 * rng.normal(size=n),
        prompts=[row // PICTURES for row in range(n)],
    )


def measure_interval(correlation: Callable[..., Any], n_resamples: int, **options: Any) -> Callable[[Size], Figures]:
    """Time one call that a user would make.

    Args:
        correlation: Such as `srcc`.
        n_resamples: Of the whole measurement.
        options: Further arguments.
    """

    def measure(size: Size) -> Figures:
        pairs, number = make_pairs(size), size.resamples(n_resamples)
        given = {"predictions": pairs.first, "references": pairs.references, "groups": pairs.prompts, "rng": 0}
        begin = time.perf_counter()
        result = correlation(**given, n_resamples=number, **options)
        seconds = time.perf_counter() - begin
        low, high = result.confidence_interval
        return {"seconds": seconds, "statistic": result.statistic, "width": high - low, "failed": result.n_failed}

    return measure


def measure_against_scipy(
    of_counts: Callable[[Sample], Any], reference: Callable[..., Any], n_resamples: int
) -> Callable[[Size], Figures]:
    """The same resamples by ours and by scipy on the rows written out, both with their draws, one after the other.

    Ours includes what is done once for all resamples, such as sorting the rows.

    Args:
        of_counts: Builds ours.
        reference: Of scipy.
        n_resamples: Of the whole measurement.
    """

    def measure(size: Size) -> Figures:
        sample, resampling = make_pairs(size).sample, Resampling(size.resamples(n_resamples), rng=1)
        begin = time.perf_counter()
        ours = resampled_values(of_counts(sample), sample=sample, resampling=resampling)
        own_seconds = time.perf_counter() - begin
        rows, theirs = np.arange(sample.n), []
        begin = time.perf_counter()
        for counts in drawn_counts(sample, resampling=resampling):
            for weights in counts.astype(np.intp)[:, sample.codes]:
                drawn = np.repeat(rows, weights)
                theirs.append(reference(sample["predictions"][drawn], sample["references"][drawn]).statistic)
        seconds = time.perf_counter() - begin
        per_resample = own_seconds / len(theirs) * 1e3
        return {
            "ratio": seconds / own_seconds,
            "ours_ms": per_resample,
            "scipy_ms": seconds / len(theirs) * 1e3,
            "difference": float(np.abs(ours - np.asarray(theirs)).max()),
        }

    return measure


def measure_pair(size: Size) -> Figures:
    """The interval of a difference of two scorers against that of one scorer, in turn, the fastest of five each.

    Args:
        size: How much.
    """
    pairs, number = make_pairs(size), size.resamples(1000)
    common = {"references": pairs.references, "groups": pairs.prompts, "n_resamples": number, "rng": 0}

    def one() -> None:
        srcc(predictions=pairs.first, **common)

    def two() -> None:
        scorer_difference(first=pairs.first, second=pairs.second, n_permutations=0, **common)

    times = [[timed(one), timed(two)] for _ in range(5)]
    alone, paired = (min(column) for column in zip(*times, strict=True))
    return {"ratio": paired / alone, "one_seconds": alone, "two_seconds": paired}


def timed(call: Callable[[], None]) -> float:
    """Seconds of processor that one call takes.

    Args:
        call: Takes and returns nothing.
    """
    begin = time.process_time()
    call()
    return time.process_time() - begin


SPEED = "{ratio:.0f} times as fast: {ours_ms:.2f} ms a resample, not {scipy_ms:.2f} ms; at most {difference:.0e} apart"
LINES = {
    "srcc": Line(
        "SRCC, 10,000 resamples, one core",
        "10 s, 1 GiB on two cores",
        measure_interval(srcc, 10_000),
        "{seconds:.1f} s, {gib:.2f} GiB",
        lambda figures: figures["seconds"] <= 10 and figures["gib"] <= 1,
    ),
    "srcc_scipy": Line(
        "SRCC against `scipy.stats.spearmanr`, one core each, the same 400 resamples",
        "8 times as fast, 1e-12 apart",
        measure_against_scipy(spearman_of_counts, spearmanr, 400),
        SPEED,
        lambda figures: figures["ratio"] >= 8 and figures["difference"] <= 1e-12,
    ),
    "krcc": Line(
        "tau-b, 1,000 resamples, one core",
        "20 s",
        measure_interval(krcc, 1000),
        "{seconds:.1f} s, {gib:.2f} GiB",
        lambda figures: figures["seconds"] <= 20,
    ),
    "krcc_scipy": Line(
        "tau-b against `scipy.stats.kendalltau`, one core each, the same 200 resamples",
        "",
        measure_against_scipy(kendall_of_counts, lambda x, y: kendalltau(x, y, method="asymptotic"), 200),
        SPEED,
    ),
    "pair": Line(
        "SRCC of two scorers and their difference without the exchange test, against one scorer, 1,000 resamples",
        "1.6 times one",
        measure_pair,
        "{ratio:.2f} times: {two_seconds:.2f} s of processor against {one_seconds:.2f} s",
        lambda figures: figures["ratio"] <= 1.6,
    ),
    "bca": Line(
        "SRCC, 1,000 resamples, BCa (4,000 more with a prompt left out)",
        "",
        measure_interval(srcc, 1000, interval="bca"),
        "{seconds:.1f} s",
    ),
    "plcc": Line("PLCC, 1,000 resamples", "", measure_interval(plcc, 1000), "{seconds:.2f} s"),
    "fitted": Line(
        "PLCC after a logistic map, fitted anew in 1,000 resamples",
        "",
        measure_interval(plcc, 1000, fit="logistic4"),
        "{seconds:.1f} s, {failed:.0f} fits failed",
    ),
}

if __name__ == "__main__":
    sys.exit(main())
