"""Agreement of raters on public data: ``python benchmarks/agreement.py --data PATH [--quick] [--json]``.

Prints the figures of ``docs/agreement.md`` on four public sets of ratings, next to what other packages compute on
them. PATH is a folder with

- ``dsg/tifa160-likert-anns.csv``: five raters on 800 pictures, 1 to 5 (github.com/j-min/DSG, Cho et al., 2024);
- ``geneval/annotations_sdv2.csv``: five annotators on 400 pictures (github.com/djghosh13/geneval, Ghosh et al., 2023);
- ``flickr8k/ExpertAnnotations.txt`` and ``flickr8k/CrowdFlowerAnnotations.txt`` (or ``.utf8.txt``): three experts, 1
  to 4, and yes/no votes on pairs of a photograph and a caption (Hodosh et al., 2013).

None of them is part of this package; what is absent is skipped with a sentence. Some five minutes, ``--quick`` ten
seconds. Needs krippendorff, statsmodels, pingouin and scikit-learn, which are in the extra ``dev``.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmuse_hf.reports import Cell, Document, Section, Table, document_markdown
from evalmuse_hf.stats import (
    AgreementResult,
    fleiss_kappa,
    human_as_scorer,
    icc,
    krippendorff_alpha,
    noise_ceiling,
    pairwise_kappa,
    pairwise_spearman,
    share_within,
)

COMMAND = "python benchmarks/agreement.py --data PATH"
N_RESAMPLES, QUICK_RESAMPLES = 1000, 20
N_MODEL_RESAMPLES, QUICK_MODEL_RESAMPLES = 200, 3  # where a model is fitted anew in each
TOLERANCE = 0.001  # of ours against another package

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """One public set of ratings.

    Attributes:
        name: What it is called in the tables.
        values: Shape ``(items, raters)``, nan where there is no rating.
        prompts: Of each item, the clusters of the intervals.
        level: At which alpha is published.
        alpha: As published, or as found by others; nan without one.
        identified: Whether a column is a person.
        yes_no: Whether ratings are 0 and 1.
    """

    name: str
    values: Floats
    prompts: list[str]
    level: str
    alpha: float
    identified: bool = False
    yes_no: bool = False


def main(argv: list[str] | None = None) -> int:
    """Compute and print, or say what is absent."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="folder with the public data sets")
    parser.add_argument("--quick", action="store_true", help="few resamples: the intervals say nothing")
    parser.add_argument("--seed", type=int, default=0, help="of intervals and simulations (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(argv)
    sets = []
    for name, read in READERS.items():
        try:
            sets.append(read(arguments.data))
        except FileNotFoundError as error:
            print(f"Skipped {name}: there is no file {error.filename}; it is not in this package.", file=sys.stderr)
        except (KeyError, ValueError, IndexError) as error:
            print(f"agreement: cannot read {name} in {arguments.data}: {error!r}.", file=sys.stderr)
            return 2
    if not sets:
        print(f"Skipped: {arguments.data} has none of the public data sets; see --help for where they are from.")
        return 0
    figures = measure(sets, quick=arguments.quick, seed=arguments.seed)
    command = COMMAND + (" --quick" if arguments.quick else "")
    print(
        json.dumps(figures, indent=2) if arguments.json else document_markdown(describe(figures, command)),
        end="\n" if arguments.json else "",
    )
    off = [row for row in figures["checks"] if abs(row["ours"] - row["theirs"]) > TOLERANCE]
    for row in off:
        print(f"agreement: {row['figure']} of {row['data']} is not that of {row['package']}.", file=sys.stderr)
    return 1 if off else 0


def read_dsg(folder: Path) -> Ratings:
    """Likert ratings of DSG: the same five workers on every picture.

    Args:
        folder: With ``dsg/tifa160-likert-anns.csv``.
    """
    rows = _read_csv(folder / "dsg" / "tifa160-likert-anns.csv")
    cells = [((row["t2i_model"], row["item_id"]), row["worker_id"], float(row["answer"])) for row in rows]
    items, values = _by_rater(cells)
    prompts = [prompt for _, prompt in items]
    return Ratings(name="DSG Likert", values=values, prompts=prompts, level="ordinal", alpha=0.685, identified=True)


def read_geneval(folder: Path) -> Ratings:
    """How many objects each of five annotators counted; who they were is not in the file.

    Args:
        folder: With ``geneval/annotations_sdv2.csv``.
    """
    lists: dict[tuple[str, str], list[float]] = {}
    for row in _read_csv(folder / "geneval" / "annotations_sdv2.csv"):
        key = (row["Input.prompt_id"], row["Input.image_id"])
        lists.setdefault(key, []).append(float(row["Answer.task-count-0"]))
    prompts = [prompt for prompt, _ in lists]
    values = _table(lists.values())
    return Ratings(name="GenEval count", values=values, prompts=prompts, level="nominal", alpha=0.69)


def read_experts(folder: Path) -> Ratings:
    """Expert judgements of Flickr8k. The file does not say whether a column is one person.

    Args:
        folder: With ``flickr8k/ExpertAnnotations.txt``.
    """
    rows = _read_lines(folder / "flickr8k" / "ExpertAnnotations.txt")
    values = np.array([[float(cell) for cell in row[2:5]] for row in rows])
    prompts = [row[1] for row in rows]
    return Ratings(name="Flickr8k experts", values=values, prompts=prompts, level="interval", alpha=0.788)


def read_crowd(folder: Path) -> Ratings:
    """Votes of Flickr8k's crowd, known as numbers of yes and no only.

    Args:
        folder: With ``flickr8k/CrowdFlowerAnnotations.txt`` or ``CrowdFlowerAnnotations.utf8.txt``.
    """
    path = folder / "flickr8k" / "CrowdFlowerAnnotations.utf8.txt"
    rows = _read_lines(path if path.is_file() else path.with_name("CrowdFlowerAnnotations.txt"))
    votes = [[1.0] * int(row[3]) + [0.0] * int(row[4]) for row in rows]
    return Ratings(
        name="Flickr8k crowd",
        values=_table(votes),
        prompts=[row[1] for row in rows],
        level="nominal",
        alpha=float("nan"),
        yes_no=True,
    )


READERS: dict[str, Callable[[Path], Ratings]] = {
    "DSG": read_dsg,
    "GenEval": read_geneval,
    "Flickr8k's experts": read_experts,
    "Flickr8k's crowd": read_crowd,
}


def measure(sets: Sequence[Ratings], *, quick: bool, seed: int = 0) -> dict[str, Any]:
    """Compute every figure.

    Args:
        sets: What was found.
        quick: Few resamples and items.
        seed: Of intervals and simulations.
    """
    return {
        "data": [
            {
                "name": one.name,
                "items": len(one.values),
                "prompts": len(set(one.prompts)),
                "ratings": _numbers_of_ratings(one.values),
                "raters": "known" if one.identified else "anonymous",
                "level": one.level,
                "published": None if np.isnan(one.alpha) else one.alpha,
                "figures": {name: _spell(result) for name, result in agreement(one, quick=quick, seed=seed).items()},
            }
            for one in sets
        ],
        "checks": [check for one in sets for check in check_against_others(one)],
    }


def agreement(ratings: Ratings, *, quick: bool, seed: int = 0) -> dict[str, AgreementResult]:
    """Every figure of agreement, with intervals that draw whole prompts.

    Args:
        ratings: One data set.
        quick: Few resamples.
        seed: Of the intervals and simulations.
    """
    values, who = ratings.values, {"identified": ratings.identified}
    cheap = {"groups": ratings.prompts, "n_resamples": QUICK_RESAMPLES if quick else N_RESAMPLES, "rng": seed}
    fitted = {**cheap, "n_resamples": QUICK_MODEL_RESAMPLES if quick else N_MODEL_RESAMPLES}
    shares = share_within(values, **cheap)
    alphas = {
        f"Krippendorff's alpha, {level}": krippendorff_alpha(values, level=level, **cheap)
        for level in ("nominal", "ordinal", "interval")
    }
    ceiling = "accuracy" if ratings.yes_no else "srcc"
    return {
        **alphas,
        "Fleiss' kappa": fleiss_kappa(values, **cheap),
        "mean pairwise kappa, linear weights": pairwise_kappa(values, weights="linear", **who, **cheap),
        "mean pairwise kappa, quadratic weights": pairwise_kappa(values, weights="quadratic", **who, **cheap),
        "mean pairwise Spearman": pairwise_spearman(values, **who, **cheap),
        **{f"ICC{form}": icc(values, form=form, **who, **cheap) for form in ("(1,1)", "(1,k)")},
        **{f"ICC{form}": icc(values, form=form, **who, **cheap) for form in ("(A,1)", "(A,k)", "(C,1)", "(C,k)")},
        "share of items within 1": shares.items,
        "share of pairs within 1": shares.pairs,
        "human as scorer, PLCC": human_as_scorer(values, statistic="plcc", **who, **cheap),
        "human as scorer, SRCC": human_as_scorer(values, statistic="srcc", **who, **cheap),
        "noise ceiling, PLCC": noise_ceiling(values, statistic="plcc", **cheap),
        f"noise ceiling, {'accuracy' if ratings.yes_no else 'SRCC'}": noise_ceiling(
            values, statistic=ceiling, **fitted
        ),
    }


def check_against_others(ratings: Ratings) -> list[dict[str, Any]]:
    """Figures of ours beside those of other packages, on items that every rater rated where the other needs that.

    Args:
        ratings: One data set.
    """
    import krippendorff
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

    complete = ratings.values[~np.isnan(ratings.values).any(axis=1)]
    alpha = krippendorff_alpha(ratings.values, level=ratings.level).statistic
    theirs = krippendorff.alpha(ratings.values.T, level_of_measurement=ratings.level)
    rows = [(f"alpha, {ratings.level}", "krippendorff", alpha, theirs)]
    if len(complete) > len(ratings.values) / 2:
        counted = aggregate_raters(complete.astype(int))[0]
        rows.append(("Fleiss' kappa", "statsmodels", fleiss_kappa(complete).statistic, statsmodels_fleiss(counted)))
    if ratings.identified:
        rows += _check_persons(complete)
    return [
        {"data": ratings.name, "figure": figure, "package": package, "ours": float(ours), "theirs": float(value)}
        for figure, package, ours, value in rows
    ]


def _check_persons(complete: Floats) -> list[tuple[str, str, float, float]]:
    """The figures of identified raters: ICC by pingouin, kappa by scikit-learn."""
    from itertools import combinations

    import pandas as pd
    from pingouin import intraclass_corr
    from sklearn.metrics import cohen_kappa_score

    items, raters = np.indices(complete.shape)
    long = pd.DataFrame({"item": items.ravel(), "rater": raters.ravel(), "y": complete.ravel()})
    theirs = intraclass_corr(long, targets="item", raters="rater", ratings="y").set_index("Type")["ICC"]
    forms = ("(1,1)", "(1,k)", "(A,1)", "(A,k)", "(C,1)", "(C,k)")
    ours = {form: icc(complete, form=form, identified=True).statistic for form in forms}
    labels = np.unique(complete)
    kappas = [
        cohen_kappa_score(*complete.T[list(pair)], labels=labels, weights="quadratic")
        for pair in combinations(range(complete.shape[1]), 2)
    ]
    mean = pairwise_kappa(complete, identified=True, weights="quadratic").statistic
    return [
        *((f"ICC{form}", "pingouin", ours[form], theirs[f"ICC{form}"]) for form in forms),
        ("mean pairwise kappa, quadratic weights", "scikit-learn", mean, float(np.mean(kappas))),
    ]


def describe(figures: dict[str, Any], command: str) -> Document:
    """Lay the figures out.

    Args:
        figures: From `measure`.
        command: What made them.
    """
    data = figures["data"]
    names = list(dict.fromkeys(name for one in data for name in one["figures"]))
    facts = (("items", "items"), ("prompts", "prompts"), ("ratings an item", "ratings"), ("raters", "raters"))
    return Document(
        title="Agreement on public ratings",
        summary=f"Written by `{command}`.",
        sections=(
            Section(
                title="Figures",
                tables=(
                    Table(
                        title="With 95 % intervals that draw whole prompts (captions for Flickr8k)",
                        header=("figure", *(one["name"] for one in data)),
                        rows=(
                            *((title, *(str(one[key]) for one in data)) for title, key in facts),
                            *((name, *(_cell(one["figures"].get(name)) for one in data)) for name in names),
                        ),
                        note="(a) needs to know who gave which rating; nan with a status.",
                    ),
                ),
            ),
            Section(title="Against other packages", tables=(_checks_table(figures),)),
        ),
    )


def _checks_table(figures: dict[str, Any]) -> Table:
    published = {one["name"]: one["published"] for one in figures["data"]}
    return Table(
        title="On the same ratings; other packages want complete rows, except for alpha",
        header=("data", "figure", "ours", "theirs", "package", "published"),
        rows=tuple(
            (
                row["data"],
                row["figure"],
                f"{row['ours']:.4f}",
                f"{row['theirs']:.4f}",
                row["package"],
                f"{published[row['data']]:g}" if row["figure"].startswith("alpha") and published[row["data"]] else "",
            )
            for row in figures["checks"]
        ),
    )


def _cell(figure: dict[str, Any] | None) -> Cell:
    if figure is None:
        return None
    if figure["value"] is None:
        return "(a)" if "not identified" in figure["status"] else figure["status"]
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _spell(result: AgreementResult) -> dict[str, Any]:
    interval = result.confidence_interval
    return {
        "value": None if np.isnan(result.statistic) else result.statistic,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "n": result.n,
        "status": result.status,
        "label": result.label,
    }


def _numbers_of_ratings(values: Floats) -> str:
    sizes = np.unique((~np.isnan(values)).sum(axis=1))
    return f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _by_rater(cells: Iterable[tuple[Any, str, float]]) -> tuple[list[Any], Floats]:
    """Items in order of appearance, and their ratings with a column per rater."""
    kept = list(cells)
    items = list(dict.fromkeys(item for item, _, _ in kept))
    raters = sorted({rater for _, rater, _ in kept})
    values = np.full((len(items), len(raters)), np.nan)
    rows, columns = ({name: place for place, name in enumerate(names)} for names in (items, raters))
    for item, rater, value in kept:
        values[rows[item], columns[rater]] = value
    return items, values


def _table(lists: Iterable[Sequence[float]]) -> Floats:
    kept = list(lists)
    width = max(map(len, kept))
    return np.array([[*row, *[np.nan] * (width - len(row))] for row in kept])


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _read_lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
