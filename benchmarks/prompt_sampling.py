"""How near to its targets the sampling of prompts comes, how near that is to the best, and what it takes.

    python benchmarks/prompt_sampling.py                 # all four, about a minute on two cores
    python benchmarks/prompt_sampling.py wide --full     # and the whole problem to compare with, a minute more

`paper` and `level` choose 2,000 of 100,000 rows with the label counts that the paper's figure shows before sampling.
Every row gets one subject label and the rest are dealt to rows that lack them, so that each count is exact; likewise
the logic and style labels over the rows that have not the label None, which stands alone. 1,294 rows have no cluster,
none of them an Idiom or Illustration: the paper's selection holds all of these and no row without a cluster. Apart
from that the dimensions are drawn independently, which the real ones are not. `wide` and `real` choose 2,000 of
100,000 rows with six numbers each, normal and correlated, cut into ten bins of equal width; each of the 60 bins has a
random target. In `real` ten numbers with a random mean stand in place of the sixth dimension.
"""

import argparse
import resource
import time

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota, Sample, SamplingOptions, sample

N = 100_000
CHOSEN = 2_000
SUBJECTS = {
    **{"Abstract": 17_081, "Animals": 23_255, "Artifacts": 28_959, "Arts": 13_566, "Food & Beverage": 7_799},
    **{"Idiom": 164, "Illustrations": 235, "Indoor Scenes": 7_917, "Outdoor Scenes": 15_893, "People": 34_493},
    **{"Produce & Plants": 3_635, "Vehicles": 2_973, "World Knowledge": 19_739},
}
LOGIC = {
    **{"Anti-reality": 19_869, "Color": 14_119, "None": 52_228, "Number": 8_467, "Perspective": 5_486},
    **{"Position": 10_498, "Writing": 2_123},
}
STYLES = {
    **{"Artist/works": 16_383, "Design": 34_291, "Genre": 33_440, "Material": 10_269, "None": 20_659},
    **{"Photography": 40_363},
}
CLUSTERS = {str(number): count for number, count in enumerate([13_038, 8_962, 10_662, 17_394, 15_239, 19_596, 13_815])}
TARGETS = {"subject": 280, "logic": 340, "style": 533, "cluster": 286}
SMALL = 1e-4  # of the value of the whole problem


def main(words: list[str] | None = None) -> int:
    """Run the problems that were asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*", metavar="PROBLEM", help="paper, level, wide, real (default: all)")
    parser.add_argument("--solver", choices=("highs", "cbc"), default="highs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=N, help="of `paper` (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="solve `wide` as a whole too, by CBC")
    parser.add_argument("--full-seconds", type=float, default=120.0, help="that this may take (default: 120)")
    args = parser.parse_args(words)
    runs = {"paper": run_paper, "level": run_level, "wide": run_wide, "real": run_real}
    for name in args.problems or runs:
        runs[name](args)
        print(flush=True)
    return 0


def run_paper(args: argparse.Namespace) -> None:
    """Given targets on the paper's counts."""
    table = make_paper_table(args.seed, args.rows)
    quotas = [Quota(dimension=name, target=level) for name, level in TARGETS.items()]
    found = timed("paper", table, quotas, args, time_limit=60)
    off = [bin_.name for bin_, count in zip(found.bins, found.achieved, strict=True) if abs(count - bin_.target) > 1]
    total = found.choice.total if found.choice else np.nan
    print(f"  total deviation {total:g} (bar 10: {verdict(total <= 10)}), bins further off than 1: {len(off)}")
    for name in ("Idiom", "Illustrations") if args.rows == N else ():
        print(f"  {name}: {achieved(found, 'subject', name):g} of {SUBJECTS[name]} kept")


def run_level(args: argparse.Namespace) -> None:
    """Free equal levels on the paper's counts."""
    table = make_paper_table(args.seed)
    found = timed("level", table, [Quota(dimension=name, free_level=True) for name in TARGETS], args, time_limit=60)
    print("  levels reached: " + ", ".join(f"{name} {level:g}" for name, level in found.levels.items()))
    print(f"  total deviation {found.choice.total if found.choice else np.nan:g}")


def run_wide(args: argparse.Namespace) -> None:
    """Sixty bins with random targets."""
    table, quotas = make_wide_problem(args.seed)
    found = timed("wide", table, quotas, args, time_limit=10)
    if args.full:
        whole = SamplingOptions(solver="cbc", free_patterns=N, time_limit=2 * args.full_seconds, compare=False)
        begin = time.perf_counter()
        best = sample(table, quotas, n=CHOSEN, options=whole)
        above = found.value / best.value - 1
        print(
            f"  whole problem by CBC: {best.value:.4f}, {best.status}, {time.perf_counter() - begin:.0f} s; the small "
            f"one lies {above:+.5%} above (bar 0.01 %: {verdict(above <= SMALL)})"
        )


def run_real(args: argparse.Namespace) -> None:
    """Fifty bins and ten real numbers."""
    table, quotas = make_wide_problem(args.seed, n_real=10)
    found = timed("real", table, quotas, args, time_limit=25)
    above = found.value / found.lp_bound - 1
    print(f"  {above:.3%} above the bound (bar 1 %: {verdict(above <= 0.01)})")


def timed(
    name: str, table: LabelTable, quotas: list[Quota | FeatureQuota], args: argparse.Namespace, *, time_limit: float
) -> Sample:
    """Sample, and print what it took.

    Args:
        name: Of the problem.
        table: The candidates.
        quotas: What is wanted.
        args: Options of the command.
        time_limit: Seconds.
    """
    begin, used = time.perf_counter(), time.process_time()
    options = SamplingOptions(time_limit=time_limit, solver=args.solver, seed=args.seed)
    found = sample(table, quotas, n=CHOSEN, options=options)
    wall, used = time.perf_counter() - begin, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(
        f"{name}: {CHOSEN:,} of {len(table):,}, {len(found.bins)} bins, {found.n_patterns:,} patterns, {found.solver}"
    )
    print(
        f"  value {found.value:.4f}, bound {found.lp_bound:.4f}, proven gap {found.proven_gap:.4f}, {found.status}, "
        f"{found.n_free} patterns free, {'all' if found.all_candidates_free else 'not all'} that could matter"
    )
    others = ", ".join(f"{other} {choice.value:.4f}" for other, choice in found.choices.items())
    print(f"  {others}")
    print(f"  {wall:.1f} s ({used:.1f} s of processor), peak memory of the process so far {memory:.0f} MiB")
    return found


def achieved(found: Sample, dimension: str, name: str) -> float:
    """What the selection adds up to in a bin.

    Args:
        found: The selection.
        dimension: Of the bin.
        name: Of the bin.
    """
    pairs = zip(found.bins, found.achieved, strict=True)
    return next(count for bin_, count in pairs if (bin_.dimension, bin_.name) == (dimension, name))


def make_paper_table(seed: int, n: int = N) -> LabelTable:
    """Rows with exactly the counts of the paper's figure.

    Args:
        seed: Of the draw.
        n: Rows; other than 100,000 scales the counts, rounded up.
    """
    rng = np.random.default_rng(seed)
    share = n / N
    labels = {}
    for name, counts in (("subject", SUBJECTS), ("logic", LOGIC), ("style", STYLES), ("cluster", CLUSTERS)):
        scaled = {label: int(np.ceil(share * count)) for label, count in counts.items()}
        alone = scaled.pop("None", 0)
        order = rng.permutation(n)
        members = np.zeros((n, len(counts)), dtype=np.bool_)
        members[np.ix_(order[alone:], range(len(scaled)))] = deal(list(scaled.values()), n - alone, rng)
        if alone:
            members[order[:alone], -1] = True
        labels[name] = ([*scaled, *(["None"] if alone else [])], members)
    give_rare_rows_a_cluster(labels, rng)
    return LabelTable.from_arrays([f"{row:06d}" for row in range(n)], labels=labels)


def give_rare_rows_a_cluster(labels: dict[str, tuple[list[str], NDArray[np.bool_]]], rng: np.random.Generator) -> None:
    """Swap the clusters of rows with a rare subject and none with those of other rows.

    Args:
        labels: Names and members of each dimension; changed in place.
        rng: Generator of the draw.
    """
    names, subjects = labels["subject"]
    rare = subjects[:, [names.index("Idiom"), names.index("Illustrations")]].any(axis=1)
    clusters = labels["cluster"][1]
    without = np.flatnonzero(rare & ~clusters.any(axis=1))
    others = rng.choice(np.flatnonzero(~rare & clusters.any(axis=1)), len(without), replace=False)
    clusters[without], clusters[others] = clusters[others], False


def deal(counts: list[int], n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Deal labels to rows: first one to each row, then the rest to rows that lack them.

    Args:
        counts: Of each label, at most n.
        n: Rows.
        rng: Generator of the draw.
    """
    members = np.zeros((n, len(counts)), dtype=np.bool_)
    deck = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    members[np.arange(min(n, len(deck))), deck[:n]] = True
    for label, more in enumerate(np.bincount(deck[n:], minlength=len(counts))):
        members[rng.choice(np.flatnonzero(~members[:, label]), more, replace=False), label] = True
    return members


def make_wide_problem(seed: int, *, n: int = N, n_real: int = 0) -> tuple[LabelTable, list[Quota | FeatureQuota]]:
    """Sixty bins over six correlated dimensions, with random targets that sum to the selection in each.

    Args:
        seed: Of the draw.
        n: Rows.
        n_real: Real numbers in place of the sixth dimension; 0 for none.
    """
    rng = np.random.default_rng([7, seed])
    values = rng.standard_normal((n, 6)) @ (np.eye(6) + 0.3 * rng.standard_normal((6, 6)))
    labels, quotas = {}, []
    bins = np.arange(10)
    for column in range(5 if n_real else 6):
        edges = np.linspace(values[:, column].min(), values[:, column].max(), 11)[1:-1]
        name = f"dimension {column}"
        labels[name] = ([str(place) for place in bins], np.searchsorted(edges, values[:, column])[:, None] == bins)
        wanted = rng.dirichlet(np.ones(10)) * CHOSEN * n / N
        quotas.append(Quota(dimension=name, target={str(place): float(wanted[place]) for place in bins}))
    features = {f"number {column}": rng.uniform(size=n) + 0.1 * values[:, column % 6] for column in range(n_real)}
    means: list[Quota | FeatureQuota] = [
        FeatureQuota(feature=name, mean=float(rng.uniform(0.2, 0.8))) for name in features
    ]
    table = LabelTable.from_arrays([f"{row:06d}" for row in range(n)], labels=labels, features=features)
    return table, [*quotas, *means]


def verdict(is_met: bool) -> str:
    """Spell whether a bar is met.

    Args:
        is_met: Whether it is.
    """
    return "met" if is_met else "NOT met"


if __name__ == "__main__":
    raise SystemExit(main())
