"""Do the intervals hold what they promise? ``python benchmarks/coverage.py [--quick] [--json] [--page PAGE]``.

Prints the tables of ``docs/uncertainty.md``: in a simulated population whose true values are known, how often nominal
95 % intervals hold them, and how often the paired tests find a difference between scorers that are equally good. A
quarter of an hour on two cores; ``--quick`` less than a minute.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.reports import Document, Section, Table, document_markdown
from evalmuse_hf.stats import ConfidenceInterval, element_accuracy, krcc, plcc, srcc, steiger_test, williams_test
from evalmuse_hf.stats.rank_exchange import draw_swaps, exchange_p_value
from evalmuse_hf.stats.resampled_difference import ResampledDifference
from evalmuse_hf.stats.resampling import (
    CountStatistic,
    Resampling,
    left_out_values,
    ratio_of_sums,
    resampled_values,
)
from evalmuse_hf.stats.sample import Sample, read_sample
from evalmuse_hf.stats.scorer_statistics import scorers_of_counts

COMMAND = "python benchmarks/coverage.py"
BEGIN, END = f"<!-- Printed by `{COMMAND}`; do not edit. -->", "<!-- End of what is printed. -->"
PROMPTS = (50, 200, 1000)
REPLICATIONS, QUICK_REPLICATIONS = 2000, 40
ALONE_EVERY = 8  # in every eighth replication pairs are also taken for independent
RESAMPLES = 499  # so that the ranks of the 2.5 % points are whole numbers
PERMUTATIONS = 499
TRUTH_PROMPTS, QUICK_TRUTH_PROMPTS = 400_000, 40_000
LEVEL = 0.95

GENERATORS = np.linspace(-0.6, 0.6, 10)  # one picture of each for every prompt
RATERS, ELEMENTS = 3, 3
PROMPT_SD, PICTURE_SD, RATER_SD = 0.6, 0.6, 0.8
ELEMENT_SD = 0.6
EASY_PER_PROMPT = len(GENERATORS) * ELEMENTS
SHARED_SD = 0.4  # of what all scorers get wrong for a prompt
# Standard deviation of what each gets wrong for all pictures of a prompt alike, and for single pictures. "other" has
# exactly the correlations of "scorer", since only the sum of the squares matters for them.
SCORERS = {"scorer": (0.4, 0.8), "twin": (0.4, 0.8), "other": (0.8, 0.4), "worse": (0.4, 1.0)}
EASY = 0.95  # of elements that nearly every scorer gets right: the interval of a share near its limit is askew
FIGURES = ("SRCC", "tau-b", "PLCC", "element accuracy", "accuracy near 1", "SRCC, scorer - worse")
WAYS = ("percentile", "bca", "alone")
COMPARED = {"twin": "equally good, alike", "other": "equally good, otherwise", "worse": "one is better"}
TESTS = ("bootstrap", "exchange", "williams", "steiger")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rated:
    """Simulated pictures (ratings, scores) and elements (yes, verdicts), each with the prompt of a row.

    ``easy`` is the share of right verdicts on the easy elements of each prompt, as many as there are others.
    """

    ratings: Floats
    scores: dict[str, Floats]
    prompts: NDArray[np.intp]
    yes: Floats
    verdicts: Floats
    element_prompts: NDArray[np.intp]
    easy: Floats


def main(argv: list[str] | None = None) -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_REPLICATIONS} replications, not {REPLICATIONS}")
    parser.add_argument("--replications", type=int, help="samples of each size, instead")
    parser.add_argument("--prompts", type=int, nargs="+", default=PROMPTS, help="sizes of the samples")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one per core")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--page", type=Path, help="also put the tables into this page, where it says so")
    arguments = parser.parse_args(argv)
    figures = measure(
        prompts=arguments.prompts,
        replications=arguments.replications or (QUICK_REPLICATIONS if arguments.quick else REPLICATIONS),
        truth_prompts=QUICK_TRUTH_PROMPTS if arguments.quick else TRUTH_PROMPTS,
        processes=arguments.processes,
        seed=arguments.seed,
    )
    command = COMMAND + (" --quick" if arguments.quick else "")
    command += f" --replications {arguments.replications}" if arguments.replications else ""
    page = document_markdown(describe(figures, command))
    print(json.dumps(figures, indent=2) + "\n" if arguments.json else page, end="")
    if arguments.page:
        arguments.page.write_text(with_tables(arguments.page.read_text("utf-8"), page), encoding="utf-8")
    return 0


def with_tables(page: str, printed: str) -> str:
    """Put what the command printed between the two marks of a page, without its title, one level of headings lower.

    Args:
        page: The whole page.
        printed: What was printed.
    """
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"The page has no place for the tables: it must hold {BEGIN!r} and, later, {END!r}.")
    body = printed.partition("\n\n")[2].strip().replace("\n## ", "\n### ")
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def measure(
    *, prompts: Iterable[int], replications: int, truth_prompts: int, processes: int = 1, seed: int = 0
) -> dict[str, Any]:
    """Compute every figure.

    Args:
        prompts: Sizes of the samples, each with ten pictures a prompt.
        replications: Samples of each size.
        truth_prompts: Prompts of the sample that gives the true values.
        processes: Of the simulation.
        seed: Of the simulation; the figures do not depend on the number of processes.
    """
    truth = true_values(truth_prompts, seed=seed)
    sizes = list(prompts)
    tasks = [(size, number, truth, seed) for size in sorted(sizes, reverse=True) for number in range(replications)]
    counts: dict[int, Counter[str]] = {size: Counter() for size in sizes}
    for (size, *_), found in zip(tasks, _mapped(tasks, processes), strict=True):
        counts[size].update(found)
        if counts[size]["replications"] == replications:
            print(f"{size} prompts are done", file=sys.stderr)
    return {
        "true": truth,
        "replications": replications,
        "resamples": RESAMPLES,
        "coverage": [_coverage_row(size, figure, counts[size]) for figure in FIGURES for size in sizes],
        "size": [_size_row(size, other, counts[size]) for other in COMPARED for size in sizes],
    }


def _mapped(tasks: list[tuple[int, int, dict[str, float], int]], processes: int) -> Iterator[Counter[str]]:
    if processes == 1:
        yield from map(replicate, tasks)
        return
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes that start now
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(replicate, tasks, chunksize=10)


def draw(n_prompts: int, rng: np.random.Generator) -> Rated:
    """Draw prompts, with one picture of each generator, ratings in third steps, scores, and verdicts on elements.

    Args:
        n_prompts: How many.
        rng: Generator.
    """
    shape = (n_prompts, len(GENERATORS))

    def noise(prompt_sd: float, row_sd: float, shape: tuple[int, ...]) -> Floats:
        by_prompt = rng.normal(0, prompt_sd, (n_prompts, *(1 for _ in shape[1:])))
        return by_prompt + rng.normal(0, row_sd, shape)

    quality = GENERATORS + noise(PROMPT_SD, PICTURE_SD, shape)
    ratings = np.clip(np.rint(3 + quality[..., None] + rng.normal(0, RATER_SD, (*shape, RATERS))), 1, 5)
    seen = quality + rng.normal(0, SHARED_SD, (n_prompts, 1))
    scores = {name: (seen + noise(*deviations, shape)).ravel() for name, deviations in SCORERS.items()}
    elements = (*shape, ELEMENTS)
    shown = quality[..., None] + rng.normal(0.4, ELEMENT_SD, (n_prompts, 1, ELEMENTS)) + rng.normal(0, 0.5, elements)
    answers = shown[..., None] + rng.normal(0, 0.8, (*elements, RATERS)) > 0
    return Rated(
        ratings=ratings.mean(axis=-1).ravel(),
        scores=scores,
        prompts=np.repeat(np.arange(n_prompts), len(GENERATORS)),
        yes=(answers.mean(axis=-1) >= 0.5).ravel().astype(np.float64),
        verdicts=(shown + noise(0.5, 0.7, elements) > 0).ravel().astype(np.float64),
        element_prompts=np.repeat(np.arange(n_prompts), len(GENERATORS) * ELEMENTS),
        easy=rng.binomial(EASY_PER_PROMPT, rng.beta(4 * EASY, 4 * (1 - EASY), n_prompts)) / EASY_PER_PROMPT,
    )


def true_values(n_prompts: int, *, seed: int) -> dict[str, float]:
    """The same figures of a sample so large that its own error does not matter.

    Args:
        n_prompts: Its prompts.
        seed: Of the simulation.
    """
    figures = figures_of(draw(n_prompts, np.random.default_rng([seed, 0, 0])))
    return figures | {"accuracy near 1": EASY}


def figures_of(rated: Rated) -> dict[str, float]:
    """Every figure of a sample.

    Args:
        rated: The sample.
    """
    sides = {"predictions": rated.scores["scorer"], "references": rated.ratings}
    spearman = srcc(**sides).statistic
    worse = srcc(predictions=rated.scores["worse"], references=rated.ratings).statistic
    values = (
        spearman,
        krcc(**sides).statistic,
        plcc(**sides).statistic,
        element_accuracy(predictions=rated.verdicts, references=rated.yes).statistic,
        float(rated.easy.mean()),
        spearman - worse,
    )
    return dict(zip(FIGURES, values, strict=True))


def replicate(task: tuple[int, int, dict[str, float], int]) -> Counter[str]:
    """Draw one sample, and count which intervals hold the true value and which tests find something.

    Args:
        task: Prompts, number of the replication, true values and seed.
    """
    n_prompts, number, truth, seed = task
    rng = np.random.default_rng([seed, n_prompts, number + 1])
    rated = draw(n_prompts, rng)
    found: Counter[str] = Counter(replications=1)
    values = figures_of(rated)
    pictures, elements = (
        read_sample({"rows": column}, groups=prompts.tolist())
        for column, prompts in ((rated.ratings, rated.prompts), (rated.yes, rated.element_prompts))
    )
    columns = resample(rated, pictures, elements, tuple(SCORERS), rng)
    left_out = jackknife(rated, pictures, elements)
    for figure, drawn in columns.figures().items():
        plain = ResampledDifference(values[figure], drawn, n_prompts)
        corrected = replace(plain, left_out=left_out.figures()[figure])
        found.update(_held(figure, "percentile", plain.interval(LEVEL), truth[figure]))
        found.update(_held(figure, "bca", corrected.interval(LEVEL), truth[figure]))
    if number % ALONE_EVERY == 0:
        found["alone"] += 1
        for figure, drawn in resample_pairs(rated, values, rng).figures().items():
            interval = ResampledDifference(values[figure], drawn, len(rated.ratings)).interval(LEVEL)
            found.update(_held(figure, "alone", interval, truth[figure]))
    found.update(compare(rated, pictures, columns.spearmans, rng))
    return found


def _held(figure: str, way: str, interval: ConfidenceInterval | None, true: float) -> Counter[str]:
    if interval is None:
        return Counter({f"{figure}/{way}/none": 1})
    low, high = interval
    return Counter({f"{figure}/{way}": int(low <= true <= high), f"{figure}/{way}/width": high - low})


@dataclass(frozen=True)
class Columns:
    """Figures of many resamples: SRCC of every scorer by name, and the others of the first scorer."""

    spearmans: dict[str, Floats]
    kendall: Floats
    pearson: Floats
    accuracy: Floats
    easy: Floats

    def figures(self) -> dict[str, Floats]:
        """By the names of `FIGURES`."""
        spearman = self.spearmans["scorer"]
        difference = spearman - self.spearmans["worse"]
        values = (spearman, self.kendall, self.pearson, self.accuracy, self.easy, difference)
        return dict(zip(FIGURES, values, strict=True))


def resample(
    rated: Rated, pictures: Sample, elements: Sample, scorers: tuple[str, ...], rng: np.random.Generator
) -> Columns:
    """Figures of resamples.

    Args:
        rated: The sample.
        pictures: Its pictures, in the clusters that are drawn.
        elements: Its elements, in the clusters that are drawn.
        scorers: Those of which SRCC is computed; the first is that of the other figures.
        rng: Generator.
    """
    resampling = Resampling(RESAMPLES, rng=rng)
    table = resampled_values(_of_pictures(rated, pictures, scorers), sample=pictures, resampling=resampling)
    accuracy = resampled_values(_of_elements(rated, elements), sample=elements, resampling=resampling)
    easy = resampled_values(_of_easy(rated), sample=_easy_prompts(rated), resampling=resampling)
    return _named(table, accuracy, easy, scorers)


def resample_pairs(rated: Rated, values: dict[str, float], rng: np.random.Generator) -> Columns:
    """Figures of resamples that take pictures and elements for independent.

    Args:
        rated: The sample.
        values: Its figures; the accuracy of independent draws follows a binomial distribution.
        rng: Generator.
    """
    pictures, scorers = read_sample({"rows": rated.ratings}, groups=None), ("scorer", "worse")
    of_counts = _of_pictures(rated, pictures, scorers)
    table = resampled_values(of_counts, sample=pictures, resampling=Resampling(RESAMPLES, rng=rng))
    n = len(rated.yes)
    shares = [rng.binomial(n, values[name], RESAMPLES) / n for name in ("element accuracy", "accuracy near 1")]
    return _named(table, *shares, scorers)


def jackknife(rated: Rated, pictures: Sample, elements: Sample) -> Columns:
    """Figures without each of the prompts, for BCa.

    Args:
        rated: The sample.
        pictures: Its pictures, clustered by prompt.
        elements: Its elements, clustered by prompt.
    """
    scorers = ("scorer", "worse")
    table = left_out_values(_of_pictures(rated, pictures, scorers), sample=pictures)
    accuracy = left_out_values(_of_elements(rated, elements), sample=elements)
    return _named(table, accuracy, left_out_values(_of_easy(rated), sample=_easy_prompts(rated)), scorers)


def _of_pictures(rated: Rated, pictures: Sample, scorers: tuple[str, ...]) -> CountStatistic:
    families = [
        scorers_of_counts(
            statistic,
            predictions=[rated.scores[name] for name in names],
            references=rated.ratings,
            codes=pictures.codes,
            n_clusters=pictures.n_clusters,
        )
        for statistic, names in (("srcc", scorers), ("krcc", scorers[:1]), ("plcc", scorers[:1]))
    ]
    return lambda counts: np.column_stack([of_counts(counts) for of_counts in families])


def _of_elements(rated: Rated, elements: Sample) -> CountStatistic:
    right, asked = elements.sums(np.column_stack([rated.yes == rated.verdicts, np.ones(elements.n)])).T
    return ratio_of_sums(right, asked)


def _easy_prompts(rated: Rated) -> Sample:
    return read_sample({"easy": rated.easy}, groups=None)


def _of_easy(rated: Rated) -> CountStatistic:
    return ratio_of_sums(rated.easy, np.ones(len(rated.easy)))


def _named(table: Floats, accuracy: Floats, easy: Floats, scorers: tuple[str, ...]) -> Columns:
    *spearmans, kendall, pearson = table.T
    return Columns(dict(zip(scorers, spearmans, strict=True)), kendall, pearson, accuracy, easy)


def compare(rated: Rated, pictures: Sample, spearmans: dict[str, Floats], rng: np.random.Generator) -> Counter[str]:
    """Count the paired tests of SRCC that find a difference at the 5 % level.

    Args:
        rated: The sample.
        pictures: Its pictures, clustered by prompt.
        spearmans: SRCC of every scorer in every resample.
        rng: Generator.
    """
    sample = read_sample({"references": rated.ratings}, groups=rated.prompts.tolist())
    observed = {
        name: srcc(predictions=scores, references=rated.ratings).statistic for name, scores in rated.scores.items()
    }
    swaps = draw_swaps(pictures.n_clusters, PERMUTATIONS, rng)
    found: Counter[str] = Counter()
    for other in COMPARED:
        difference = observed["scorer"] - observed[other]
        between = srcc(predictions=rated.scores["scorer"], references=rated.scores[other]).statistic
        correlations = {"r_first": observed["scorer"], "r_second": observed[other], "r_between": between}
        drawn = ResampledDifference(difference, spearmans["scorer"] - spearmans[other], pictures.n_clusters)
        p_values = {
            "bootstrap": drawn.p_value(),
            "exchange": exchange_p_value(
                difference,
                statistic="srcc",
                first=rated.scores["scorer"],
                second=rated.scores[other],
                sample=sample,
                swaps=swaps,
            ),
            "williams": williams_test(**correlations, n=pictures.n).p_value,
            "steiger": steiger_test(**correlations, n=pictures.n).p_value,
        }
        found.update({f"{other}/{test}": int(p_value <= 1 - LEVEL) for test, p_value in p_values.items()})
    return found


def _coverage_row(size: int, figure: str, counts: Counter[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"figure": figure, "prompts": size}
    for way in WAYS:
        n = counts["alone"] if way == "alone" else counts["replications"]
        row[way] = counts[f"{figure}/{way}"] / n
        row[f"{way}_width"] = counts[f"{figure}/{way}/width"] / max(1, n - counts[f"{figure}/{way}/none"])
    return row


def _size_row(size: int, other: str, counts: Counter[str]) -> dict[str, Any]:
    shares = {test: counts[f"{other}/{test}"] / counts["replications"] for test in TESTS}
    return {"scorers": COMPARED[other], "prompts": size, **shares}


def describe(figures: dict[str, Any], command: str) -> Document:
    """Lay the figures out.

    Args:
        figures: From `measure`.
        command: What made them.
    """
    replications = figures["replications"]
    alone = len(range(0, replications, ALONE_EVERY))
    return Document(
        title="Intervals and tests where the truth is known",
        summary=(
            f"Written by `{command}`: {replications:,} samples of each size ({alone:,} for "
            f"independent pairs), {figures['resamples']} resamples each. Standard error of a share near 95 %: "
            f"{_error(LEVEL, replications):.1f} points; in the column of pairs drawn {_error(0.87, alone):.1f} points "
            f"near 87 % and {_error(0.55, alone):.1f} near 55 %."
        ),
        sections=(
            Section(title="Coverage", tables=(_coverage_table(figures),)),
            Section(title="Tests", tables=(_size_table(figures),)),
        ),
    )


def _error(share: float, n: int) -> float:
    return float(100 * (share * (1 - share) / n) ** 0.5)


def _coverage_table(figures: dict[str, Any]) -> Table:
    return Table(
        title="Share of nominal 95 % intervals that hold the true value (mean width of an interval)",
        header=("figure", "true", "prompts", "prompts drawn, percentile", "prompts drawn, BCa", "pairs drawn"),
        rows=tuple(
            (
                row["figure"],
                f"{figures['true'][row['figure']]:.3f}",
                row["prompts"],
                *(f"{100 * row[way]:.1f} % ({row[f'{way}_width']:.3f})" for way in WAYS),
            )
            for row in figures["coverage"]
        ),
    )


def _size_table(figures: dict[str, Any]) -> Table:
    return Table(
        title="Share of samples in which a paired test of SRCC finds a difference at the 5 % level",
        header=("two scorers", "prompts", "prompts drawn", "prompts exchanged", "Williams", "Steiger"),
        rows=tuple(
            (row["scorers"], row["prompts"], *(f"{100 * row[test]:.1f} %" for test in TESTS))
            for row in figures["size"]
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
