"""Turns findings into the page that `evalmuse_hf.reports` lays out."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalmuse_hf.meta_evaluation import JoinedPair
from evalmuse_hf.ranking.examples import ReadImage, choose_examples
from evalmuse_hf.ranking.findings import Findings, Record
from evalmuse_hf.reports import CategoryBar, Figure, RankingLine, Report, SubsetLine

_METHOD = (
    "SRCC, KRCC and PLCC are Spearman's, Kendall's (tau-b) and Pearson's correlation between the overall score and "
    "the mean of the overall ratings; PLCC is without a fitted map.",
    "Within prompts: the mean over prompts of the correlation among the pictures of one prompt.",
    "An element counts as shown if its score, or the mean of its yes/no ratings, is at least 0.5; accuracy is the "
    "share of elements on which both agree. Elements without a score are left out and counted.",
    "Intervals are 95 % percentile bootstrap intervals that draw whole prompts.",
)


def make_report(
    findings: Findings, *, title: str, warning: str | None, provenance: Mapping[str, Any], read_image: ReadImage
) -> Report:
    """Fill the page.

    Args:
        findings: What came out.
        title: Headline of the page.
        warning: What a reader must know first; None if there is nothing.
        provenance: Of the scores; see `evalmuse_hf.scoring.provenance_of`.
        read_image: Gives the picture file of a pair.
    """
    record = findings.record
    scored = [
        pair
        for pair in findings.join.pairs
        if pair.score["overall_score"] is not None and pair.pair["overall_score"] is not None
    ]
    return Report(
        title=title,
        summary=_summary(findings, scorer=str(provenance.get("scorer", "the scorer"))),
        warning=warning,
        figures=tuple(_figures(record, findings.ceiling)),
        predicted=tuple(float(pair.score["overall_score"]) for pair in scored),
        rated=tuple(float(pair.pair["overall_score"]) for pair in scored),
        categories=tuple(_category_bars(record, findings.ceiling)),
        subsets=tuple(_subset_lines(findings)),
        ranking=tuple(_ranking_lines(findings)),
        groups=choose_examples(findings.join.pairs, read_image=read_image),
        method=_METHOD,
        provenance=tuple(_spell_provenance(provenance)),
    )


def embedded_image(pair: JoinedPair) -> bytes:
    """Content of the picture in a row of the data set whose column ``image`` was not decoded."""
    return bytes(pair.pair["image"]["bytes"])


def _summary(findings: Findings, *, scorer: str) -> str:
    coverage, elements = findings.record["coverage"], findings.record["elements"]["coverage"]
    prompts = findings.record["overall"]["srcc"]["n_groups"]
    return (
        f"How well {scorer} agrees with people on {coverage['scored']:,} pictures of {prompts:,} prompts and "
        f"{elements['scored']:,} elements ({coverage['share']:.1%} of the rated pairs were scored), and how it ranks "
        f"the {len(findings.ranking.rows)} generators."
    )


def _figures(record: Record, ceiling: Record | None) -> Iterator[Figure]:
    places = (
        ("SRCC", ("overall", "srcc"), "pairs"),
        ("KRCC", ("overall", "krcc"), "pairs"),
        ("PLCC", ("overall", "plcc"), "pairs"),
        ("SRCC within prompts", ("within_prompt", "srcc"), "pairs"),
        ("Element accuracy", ("elements", "micro"), "elements"),
        ("Balanced accuracy", ("elements", "balanced"), "elements"),
    )
    for label, (part, name), unit in places:
        statistic = record[part][name]
        limit = ceiling[part][name]["value"] if ceiling else None
        yield Figure(
            label, statistic["value"], statistic["low"], statistic["high"], statistic["n"], unit, ceiling=limit
        )


def _category_bars(record: Record, ceiling: Record | None) -> Iterator[CategoryBar]:
    limits = ceiling["elements"]["by_category"] if ceiling else {}
    for category, statistics in record["elements"]["by_category"].items():
        micro = statistics["micro"]
        if micro["value"] is not None:
            limit = limits[category]["micro"]["value"] if category in limits else None
            yield CategoryBar(category, micro["value"], micro["low"], micro["high"], micro["n"], ceiling=limit)


def _subset_lines(findings: Findings) -> Iterator[SubsetLine]:
    names = {
        "familiar": "familiar: all combinations occur in training",
        "novel": "novel: a combination that training never shows",
    }
    for subset in findings.subsets:
        overall, elements = subset.record["overall"]["srcc"], subset.record["elements"]["micro"]
        yield SubsetLine(
            name=names[subset.name],
            n_pairs=overall["n"],
            srcc=overall["value"],
            srcc_ceiling=subset.ceiling["overall"]["srcc"]["value"],
            accuracy=elements["value"],
            accuracy_ceiling=subset.ceiling["elements"]["micro"]["value"],
            n_elements=elements["n"],
        )


def _ranking_lines(findings: Findings) -> Iterator[RankingLine]:
    people = {row.generator: row for row in findings.people.rows}
    for row in findings.ranking.rows:
        other = people.get(row.generator)
        yield RankingLine(
            generator=row.generator,
            rank=row.rank,
            mean=row.mean,
            low=row.low,
            high=row.high,
            n=row.n,
            people_rank=other.rank if other else None,
            people_mean=other.mean if other else None,
            people_low=other.low if other else None,
            people_high=other.high if other else None,
        )


def _spell_provenance(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in provenance.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{key} {item}" for key, item in value.items())
        elif value is not None:
            yield name.replace("_", " "), str(value)
