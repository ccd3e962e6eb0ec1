"""`evalmuse evaluate`: how well scores agree with people."""

import argparse
import gc
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.quiet_statistics import quiet_statistics

if TYPE_CHECKING:
    from evalmuse_hf.meta_evaluation import RatedData, ReadPicture
    from evalmuse_hf.scoring import Scores

LEFT_OUT = ("missing", "unknown", "duplicates", "other_prompts", "repeated_pairs")


EXAMPLES = """\
examples:
  evalmuse evaluate scores.parquet --dataset evalmuse-40k --html report.html     a data set that was built here
  evalmuse evaluate scores.parquet --dataset ratings.csv --kind csv              your own ratings
  evalmuse evaluate theirs.csv --score-column score --dataset evalmuse-40k       another program's scores"""


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="compare scores with human ratings",
        description="Compare scores with the ratings of a data set: rank and linear correlation over all pairs, "
        "within and between prompts, accuracy of the element verdicts, calibration, and the order of the generators, "
        "beside what is trivial (predictors that see no picture) and what is possible (the noise ceiling of the "
        "ratings). Intervals draw whole prompts.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "scores",
        type=Path,
        nargs="?",
        metavar="SCORES",
        help="file that `evalmuse score --out` wrote or, with the options below, any Parquet, JSON lines or CSV file",
    )
    parser.add_argument("--score-column", metavar="NAME", help="column with another program's score, on any scale")
    parser.add_argument(
        "--key-column", metavar="NAME", help="column with the picture's path (default: image_path, image or id)"
    )
    parser.add_argument("--lower-is-better", action="store_true", help="change the sign of the scores")
    parser.add_argument(
        "--shipped", metavar="NAME", help="judge the scores of this name that came with the data set, not a file"
    )
    parser.add_argument(
        "--dataset",
        required=True,
        metavar="PATH",
        help="data set folder, raw release folder, or Hub id; or a data set of other people's ratings",
    )
    parser.add_argument("--kind", metavar="KIND", help="kind of the data set (default: recognised by its content)")
    parser.add_argument(
        "--scale",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="lowest and highest rating of a data set of kind csv (default: 1 5)",
    )
    parser.add_argument(
        "--split", default="test", metavar="NAME", help="split with the ratings (default: %(default)s)"
    )
    add_resampling_option(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="only the statistics that every record has")
    _add_outputs(parser)


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the report as a page")
    parser.add_argument("--record", type=Path, metavar="FILE", help="also write everything as one JSON object")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="for the page: folder of the pictures, where the data set does not hold them",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    form.add_argument("--markdown", action="store_true", help="print the whole report as Markdown")
    form.add_argument("--text", action="store_true", help="print the whole report as plain text")


def run(args: argparse.Namespace) -> int:
    """Judge the scores, and show what came out in the forms that were asked for."""
    from evalmuse_hf.meta_evaluation import PARTS, evaluate, make_evaluation_document, open_rated_data
    from evalmuse_hf.reports import document_markdown, document_text, write_document

    data = open_rated_data(args.dataset, kind=args.kind, split=args.split, **_scale(args))
    scores = _read_scores(args, data)
    with _rows_out_of_the_search_for_garbage(), quiet_statistics(verbose=args.verbose):
        evaluation = evaluate(
            scores.rows,
            data,
            n_resamples=args.n_resamples,
            seed=args.seed,
            parts=() if args.quick else PARTS,
            progress=not args.quiet,
        )
    _require_a_score(args, evaluation.record)
    record = {
        **evaluation.record,
        "dataset": args.dataset,
        "split": args.split,
        "provenance": scores.provenance,
    }
    scorer = str(scores.provenance.get("scorer") or args.scores.stem)
    source = {"ratings": f"{args.dataset}, split {args.split}", **_spelled(scores)}
    if args.record is not None:
        _write(args.record, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    if args.html is not None:
        page = make_evaluation_document(evaluation, scorer=scorer, source=source, read_picture=_pictures(args, data))
        write_document(page, args.html)
    if args.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    elif args.markdown or args.text:
        document = make_evaluation_document(evaluation, scorer=scorer, source=source)
        print(document_markdown(document) if args.markdown else document_text(document))
    else:
        print("\n".join(as_table(record)))
    return 0


def _scale(args: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """The option of the reader; none for the scale that it knows."""
    if args.scale is None:
        return {}
    low, high = args.scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"--scale is {low:g} {high:g}, expected the lowest and then the highest rating, such as 1 5.")
    return {"scale": (low, high)}


def _require_a_score(args: argparse.Namespace, record: dict[str, Any]) -> None:
    if record["coverage"]["scored"] or record["elements"]["coverage"]["scored"]:
        return
    where = str(args.scores) if args.shipped is None else f"--shipped {args.shipped}"
    column = f" in column {args.score_column!r}" if args.score_column else ""
    raise ValueError(
        f"None of the {record['coverage']['rated']:,} rated pictures has a score: all that {where} gives{column} is "
        "empty, nan or infinite."
    )


@contextmanager
def _rows_out_of_the_search_for_garbage() -> Iterator[None]:
    """The rows stay to the end: walking them again and again would take a quarter of the time.

    What a caller has frozen stays frozen, because thawing knows no part.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _read_scores(args: argparse.Namespace, data: "RatedData") -> "Scores":
    from evalmuse_hf.scoring import Scores, read_scores
    from evalmuse_hf.scoring.foreign_scores import read_foreign_scores
    from evalmuse_hf.scoring.lists import ListError
    from evalmuse_hf.scoring.scores import read_table

    if (args.shipped is None) == (args.scores is None):
        raise ValueError("Give either a file of scores, or --shipped NAME for scores that came with the data set.")
    if args.shipped is not None:
        if args.shipped not in data.scores:
            names = ", ".join(data.scores) or "none"
            raise ValueError(f"{args.dataset} came without scores named {args.shipped!r}; it has {names}.")
        return Scores(data.scores[args.shipped], {"scorer": args.shipped, "shipped_with": data.facts.name})
    if args.score_column is None and args.key_column is None and not args.lower_is_better:
        try:
            return read_scores(args.scores)
        except ListError:
            columns = {column for row in read_table(args.scores).rows for column in row}
            if "status" in columns or "overall_score" not in columns:
                raise
    return read_foreign_scores(
        args.scores,
        score_column=args.score_column or "overall_score",
        key_column=args.key_column,
        lower_is_better=args.lower_is_better,
    )


def _pictures(args: argparse.Namespace, data: "RatedData") -> "ReadPicture | None":
    from evalmuse_hf.meta_evaluation import pictures_in_dataset, pictures_in_folder

    if args.pictures is not None:
        return pictures_in_folder(args.pictures)
    return pictures_in_dataset(args.dataset, args.split) if data.facts.name == "evalmuse" else None


def _spelled(scores: "Scores") -> dict[str, str]:
    """Provenance in words, without what is nested."""
    return {
        name.replace("_", " "): str(value)
        for name, value in scores.provenance.items()
        if value is not None and not isinstance(value, dict) and name not in ("format", "scorer")
    }


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OSError(f"Cannot write {str(path)!r} ({error.strerror}); make room, or name another file.") from error


def as_table(record: dict[str, Any]) -> list[str]:
    """Spell the main figures of a record in lines of text."""
    join, coverage = record["join"], record["coverage"]
    lines = [f"pairs  {coverage['scored']} scored of {coverage['rated']} rated ({coverage['share']:.1%})"]
    lines += [
        f"       {join[kind]['n']} {kind.replace('_', ' ')}, such as {join[kind]['first'][0]}"
        for kind in LEFT_OUT
        if join[kind]["n"]
    ]
    rows = list(_figures(record))
    width = max(len(name) for name, _ in rows)
    lines += ["", *(f"{name:<{width}}  {spell_statistic(statistic)}" for name, statistic in rows)]
    beside = [row for row in _beside(record) if row[1]["value"] is not None]
    if beside:
        lines += ["", "beside it"]
        width = max(len(name) for name, _ in beside)
        lines += [f"  {name:<{width}}  {spell_statistic(statistic)}" for name, statistic in beside]
    return [*lines, *(f"\nNOTE: {warning}" for warning in record["warnings"])]


def _figures(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    elements = record["elements"]
    yield from ((name.upper().replace("_", " "), statistic) for name, statistic in record["overall"].items())
    yield "SRCC within prompts", record["within_prompt"]["srcc"]
    if not elements["coverage"]["rated"]:
        return
    yield "element accuracy", elements["micro"]
    as_wrong = elements["unscored_as_wrong"]["micro"]
    if elements["micro"]["value"] is None and as_wrong["value"] is None:
        return
    yield "  unscored counted as wrong", as_wrong
    yield from ((f"  {name}", category["micro"]) for name, category in elements["by_category"].items())
    yield "balanced accuracy", elements["balanced"]


def _beside(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is trivial and what is possible, where the record has it."""
    references, ceilings = record.get("references", {}), record.get("ceilings", {})
    for key, name in (
        ("generator_mean", "SRCC of knowing the generator only"),
        ("prompt_oracle", "SRCC of knowing the prompt only"),
        ("both", "SRCC of knowing both, without the picture"),
    ):
        if key in references:
            yield name, references[key]["srcc"]
    if ceilings:
        yield "SRCC of one person", ceilings["human_as_scorer"]["srcc"]
        yield "SRCC, noise ceiling", ceilings["overall"]["srcc"]
    if references:
        yield "accuracy of the majority class", references["majority_class"]["micro"]
    if ceilings:
        yield "accuracy, noise ceiling", ceilings["accuracy"]["micro"]


def spell_statistic(statistic: dict[str, Any]) -> str:
    """Spell one statistic: value, interval, number of rows."""
    if statistic["value"] is None:
        return f"    -  ({statistic['status']})"
    interval = "" if statistic["low"] is None else f"  [{statistic['low']:6.3f}, {statistic['high']:6.3f}]"
    return f"{statistic['value']:6.3f}{interval}  n = {statistic['n']}"
