"""Lays a health report out: one document, from which the text of the command line and the HTML page are made."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from evalmuse_hf.reports import Bars, Cell, Document, Section, Table, spell_cell
from evalmuse_hf.schema import ALIGNMENT_SCALE

POSITION_NOTE = (
    "A place in a list of ratings is not a person: the release does not say who gave which rating. Agreement is "
    "therefore that of the ratings of one item, whoever gave them."
)
TWICE_NOTE = (
    "In the official release, pairs have six ratings because their first three differed: such a choice touches the "
    "agreement of all ratings, and not that of the first three."
)

_N_SHOWN = 20
_MEAN_AXIS = "mean overall rating, 1 to 5"

Record = Mapping[str, Any]


def health_document(record: Record) -> Document:
    """Arrange the contents of a report.

    Args:
        record: See `evalmuse_hf.data.health.HealthReport.as_json`.
    """
    return Document(
        title=f"Health of {record['data']['name']}",
        summary=_summary(record),
        warnings=tuple(_warnings(record)),
        figures=tuple(_figures(record)),
        sections=(
            Section(title="From the release to the files", tables=tuple(_build_tables(record))),
            Section(title="Pictures and prompts", tables=tuple(_identity_tables(record))),
            Section(title="Elements and categories", tables=tuple(_element_tables(record))),
            Section(title="Ratings", tables=tuple(_rating_tables(record))),
            Section(title="Agreement", text=(POSITION_NOTE, TWICE_NOTE), tables=tuple(_agreement_tables(record))),
            Section(title="Means", tables=(category_table(record), *generator_tables(record))),
        ),
    )


def category_table(record: Record, *, references: Mapping[str, float] | None = None, against: str = "") -> Table:
    """Mean element rating of each category.

    Args:
        record: The report.
        references: Means to show beside them, by category.
        against: What those are, for the header.
    """
    scores, known = record["category_scores"], references or {}
    header = ("category", "elements", "mean", *((against,) if references else ()))
    return Table(
        title="Mean element rating by category (0 to 1)",
        header=header,
        rows=tuple(
            (name, entry["n"], entry["mean"], *((_reference(known.get(name)),) if references else ()))
            for name, entry in scores.items()
        ),
        note="Every element of every pair counts once.",
        bars=Bars(
            labels=tuple(scores),
            values=tuple(entry["mean"] for entry in scores.values()),
            axis="mean element rating" + (f"; tick: {against}" if references else ""),
            high=1.0,
            references=tuple(known.get(name) for name in scores) if references else (),
        ),
    )


def generator_tables(record: Record) -> Iterator[Table]:
    """Mean overall rating of each generator, plain and adjusted, and its means by category.

    Args:
        record: The report.
    """
    generators = record["generator_scores"]
    for part, prompts in (("all", "all prompts"), ("real", "real prompts"), ("synthetic", "synthetic prompts")):
        entries = {name: entry[part] for name, entry in generators.items() if entry[part]["n"]}
        if not entries or (
            part != "all" and all(entry["all"]["n"] == entry[part]["n"] for entry in generators.values())
        ):
            continue
        adjusted = {name: entry["adjusted"] for name, entry in entries.items()}
        known = [value for value in adjusted.values() if value is not None]
        ordered = sorted(entries, key=lambda name: -(adjusted[name] if known else entries[name]["value"]))
        reason = "" if known else f" Not adjusted: {next(iter(entries.values()))['adjusted_status']}."
        shown = adjusted if known else {name: entry["value"] for name, entry in entries.items()}
        yield Table(
            title=f"Mean overall rating by generator, {prompts}",
            header=("generator", "pairs", "mean", "95 % interval", "adjusted"),
            rows=tuple((name, entries[name]["n"], *_with_interval(entries[name]), adjusted[name]) for name in ordered),
            note="Adjusted: as if every generator had drawn every one of these prompts once (additive least-squares "
            f"fit of generator and prompt).{reason}",
            bars=Bars(
                labels=tuple(ordered),
                values=tuple(shown[name] for name in ordered),
                axis=f"{'adjusted ' if known else ''}{_MEAN_AXIS}",
                low=ALIGNMENT_SCALE[0],
                high=ALIGNMENT_SCALE[1],
            ),
        )
    categories = list(record["category_scores"])
    if generators and categories:
        yield Table(
            title="Mean element rating by generator and category (0 to 1)",
            header=("generator", *categories),
            rows=tuple(
                (name, *(entry["categories"].get(category, {}).get("mean") for category in categories))
                for name, entry in generators.items()
            ),
        )


def _summary(record: Record) -> str:
    splits = record["splits"].values()
    pairs, rated, scored = (sum(split[key] for split in splits) for key in ("pairs", "rated", "scored"))
    what = (
        f"{rated:,} of them with ratings" if rated else f"{scored:,} of them with mean ratings, none with single ones"
    )
    return f"{pairs:,} pairs of a picture and a prompt by {len(record['generator_scores'])} generators, {what}."


def _warnings(record: Record) -> Iterator[str]:
    leakage, pictures, ratings = record["leakage"], record["pictures"], record["ratings"]
    if record["files"]["problems"]:
        yield f"The files are not whole: {'; '.join(record['files']['problems'][:3])}."
    if leakage["prompts"]:
        yield f"{leakage['prompts']:,} prompts stand in more than one split or fold."
    if leakage["ids_of_two_prompts"]:
        yield f"{leakage['ids_of_two_prompts']:,} values of prompt_id stand for more than one prompt."
    if record["duplicates"]["across_parts"]:
        yield f"{record['duplicates']['across_parts']:,} picture files stand in more than one split or fold."
    if pictures["undecodable"] or pictures["changed"]:
        yield f"Pictures: {pictures['undecodable']:,} cannot be decoded, {pictures['changed']:,} have another hash."
    off_scale = sum(ratings[target]["off_scale"] for target in ("overall", "elements"))
    if off_scale:
        yield f"{off_scale:,} lists of ratings hold a value off their scale; they are left out below."


def _figures(record: Record) -> Iterator[tuple[str, Cell, str]]:
    splits, agreement = record["splits"].values(), record["agreement"]
    yield "Pairs", sum(split["pairs"] for split in splits), "pictures with their prompts"
    dropped = record["build"]["dropped"]
    yield "Dropped", None if dropped is None else sum(dropped.values()), "records and archive members"
    yield "Leaking prompts", record["leakage"]["prompts"], "in more than one split or fold"
    yield "Repeated files", record["duplicates"]["contents"], "contents that occur more than once"
    for name, key in (("Agreement, overall", "overall"), ("Agreement, elements", "elements")):
        yield name, agreement[key]["value"], f"Krippendorff's alpha, {'ordinal' if key == 'overall' else 'nominal'}"
    srcc = record["element_overall_srcc"]
    yield "Elements against overall", srcc["value"], f"SRCC over {srcc['n']:,} pairs"


def _build_tables(record: Record) -> Iterator[Table]:
    build, files = record["build"], record["files"]
    stages = build["stages"] or []
    yield Table(
        title="Stages of the build",
        header=("stage", "in", "out", "dropped"),
        rows=tuple((stage["stage"], stage["in"], stage["out"], _reasons(stage["dropped"])) for stage in stages),
        note="" if build["status"] == "ok" else f"Not known: {build['status']}.",
    )
    yield Table(
        title="Splits",
        header=("split", "pairs", "with ratings", "with a mean", "prompts", "generators"),
        rows=tuple(
            (name, *(split[key] for key in ("pairs", "rated", "scored", "prompts", "generators")))
            for name, split in record["splits"].items()
        ),
        note=f"{spell_cell(files['rows'])} rows in {spell_cell(files['n'])} files, {files['bytes'] / 1e6:,.1f} MB.",
    )
    if build["problems"]:
        yield Table(
            title="Dropped, the first of them",
            header=("file", "row", "field", "reason", "message"),
            rows=tuple(
                (*(str(problem.get(key)) for key in ("file", "row", "field", "reason")), str(problem.get("message")))
                for problem in build["problems"][:_N_SHOWN]
            ),
        )


def _identity_tables(record: Record) -> Iterator[Table]:
    pictures, duplicates, leakage = record["pictures"], record["duplicates"], record["leakage"]
    yield Table(
        title="Pictures",
        header=("what", "number"),
        rows=(
            ("decoded again", pictures["decoded"]),
            ("cannot be decoded", pictures["undecodable"]),
            ("content hash differs", pictures["changed"]),
            ("contents that occur more than once", duplicates["contents"]),
            ("pictures with such contents", duplicates["pictures"]),
            ("of the contents, in two splits or folds", duplicates["across_parts"]),
        ),
        note=_reasons_for_unknown(pictures["status"], duplicates["status"]),
    )
    yield Table(
        title="Prompts",
        header=("what", "number"),
        rows=(
            ("prompts in two splits or folds", leakage["prompts"]),
            ("prompt_id in two splits or folds", leakage["prompt_ids"]),
            ("prompt_id of two prompts", leakage["ids_of_two_prompts"]),
            ("prompts with two prompt_id", leakage["prompts_of_two_ids"]),
        ),
        note=_reasons_for_unknown(leakage["status"]),
    )
    names = [*pictures["problems"], *(", ".join(paths) for paths in duplicates["first"]), *leakage["first"]]
    if names:
        rows = tuple((str(name),) for name in names[:_N_SHOWN])
        yield Table(title="By name, the first of them", header=("picture or prompt",), rows=rows)


def _element_tables(record: Record) -> Iterator[Table]:
    elements = record["elements"]
    yield Table(
        title="Elements in their prompts",
        header=("status", "elements"),
        rows=(("all", elements["n"]), *elements["statuses"].items()),
        note=_reasons_for_unknown(elements["status"])
        or "Those of each prompt once. Not placed: unmatched, truncated, empty. Ambiguous: there more or fewer times "
        "than elements ask for it.",
    )
    yield Table(
        title="Spellings of the categories",
        header=("spelled", "reported as", "elements"),
        rows=tuple((entry["spelling"], entry["category"], entry["elements"]) for entry in record["categories"]),
        note="Elements of all pairs.",
    )
    if elements["problems"]:
        yield Table(
            title="Unplaced and ambiguous elements, the first of them",
            header=("status", "element", "prompt"),
            rows=tuple(
                (problem["status"], problem["element"], problem["prompt"][:160])
                for problem in elements["problems"][:_N_SHOWN]
            ),
        )


def _rating_tables(record: Record) -> Iterator[Table]:
    ratings, ranges = record["ratings"], record["first_three"]
    for target, title in (("overall", "Overall ratings"), ("elements", "Element ratings")):
        values = ratings[target]["values"]
        yield Table(
            title=title,
            header=("rating", "number"),
            rows=tuple(values.items()),
            note="Lists of ratings by length: "
            + ", ".join(f"{length}: {spell_cell(count)}" for length, count in ratings[target]["per_item"].items()),
            bars=Bars(labels=tuple(values), values=tuple(values.values()), axis="ratings")
            if any(values.values())
            else None,
        )
    edges, shares = ratings["means"]["edges"], ratings["means"]["shares"]
    bins = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    yield Table(
        title="Mean overall rating of a pair, shares",
        header=("bin", *shares),
        rows=tuple(
            (name, *(share[place] if share else None for share in shares.values())) for place, name in enumerate(bins)
        ),
        bars=Bars(labels=tuple(bins), values=tuple(shares["all"]), axis="share of pairs") if shares["all"] else None,
    )
    twice = ranges["annotated_twice"]
    yield Table(
        title="Range of the first three overall ratings",
        header=("range", "pairs", "share"),
        rows=tuple((spread, count, ranges["shares"][spread]) for spread, count in ranges["counts"].items()),
        note=_reasons_for_unknown(ranges["status"])
        or f"Of {twice['n']:,} pairs with six ratings, {twice['differ']:,} differ by two or more in their first three"
        + (f" ({twice['share']:.1%})." if twice["share"] is not None else "."),
        bars=Bars(labels=tuple(ranges["counts"]), values=tuple(ranges["shares"].values()), axis="share of pairs")
        if ranges["n"]
        else None,
    )


def _agreement_tables(record: Record) -> Iterator[Table]:
    agreement = record["agreement"]
    lines = {
        "overall, ordinal": agreement["overall"],
        "overall, first three ratings, ordinal": agreement["overall_first_three"],
        "elements, nominal": agreement["elements"],
        **{f"elements of {name}, nominal": entry for name, entry in agreement["elements_by_category"].items()},
    }
    yield Table(
        title="Krippendorff's alpha",
        header=("ratings", "items", "alpha", "95 % interval", "status"),
        rows=tuple((name, entry["n"], *_with_interval(entry), entry["status"]) for name, entry in lines.items()),
    )
    srcc = record["element_overall_srcc"]
    yield Table(
        title="Mean element rating of a pair against its overall rating",
        header=("statistic", "pairs", "value", "95 % interval", "status"),
        rows=(("SRCC", srcc["n"], *_with_interval(srcc), srcc["status"]),),
    )


def _with_interval(entry: Record) -> tuple[Cell, Cell]:
    interval = None if entry["low"] is None else f"{entry['low']:.3f} to {entry['high']:.3f}"
    return entry["value"], interval


def _reference(mean: float | None) -> Cell:
    """A published mean, with the two digits that it has."""
    return None if mean is None else f"{mean:.2f}"


def _reasons(dropped: Mapping[str, int]) -> Cell:
    return ", ".join(f"{reason} {spell_cell(count)}" for reason, count in dropped.items()) or "none"


def _reasons_for_unknown(*statuses: str) -> str:
    reasons = [status for status in dict.fromkeys(statuses) if status != "ok"]
    return f"Not known: {'; '.join(reasons)}." if reasons else ""
