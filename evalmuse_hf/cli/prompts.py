"""`evalmuse prompts`: collect prompts, label them, choose among them by quotas, and make new ones from templates."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli import prompts_collect, prompts_label, prompts_paraphrase, prompts_plot, prompts_raw

if TYPE_CHECKING:
    from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota, Sample


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "prompts",
        help="collect, label and choose prompts, make them from templates",
        description="Make the prompts of a benchmark: collect and filter raw ones, label them, choose a balanced "
        "sample, and add prompts from templates.",
    )
    commands = parser.add_subparsers(title="commands", dest="prompts_command", metavar="COMMAND", required=True)
    prompts_collect.add_parser(commands)
    prompts_label.add_parser(commands)
    _add_sample(commands)
    prompts_plot.add_parser(commands)
    _add_synthesize(commands)
    prompts_paraphrase.add_parser(commands)
    prompts_raw.add_parser(commands)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    runners = {
        "collect": prompts_collect.run,
        "label": prompts_label.run,
        "paraphrase": prompts_paraphrase.run,
        "plot": prompts_plot.run,
        "raw": prompts_raw.run,
        "sample": _sample,
        "synthesize": _synthesize,
    }
    return runners[args.prompts_command](args)


def _add_sample(commands: Any) -> None:
    sample = commands.add_parser(
        "sample",
        help="choose n prompts so that labels are as balanced as can be",
        description="Choose n rows of a table so that each label comes as near to its target as can be. A dimension "
        "is a column with labels, any number per row: a list, or a text of labels separated by semicolons. Without "
        "target or free level its labels shall be equal at the level that n average rows fill. Rows with a column "
        "label_status that is not ok are left out.",
    )
    sample.add_argument("table", type=Path, metavar="TABLE", help="JSON lines, CSV, TSV or Parquet with a column id")
    sample.add_argument("--n", type=int, required=True, help="rows to choose")
    sample.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines of the chosen rows")
    sample.add_argument("--report", type=Path, metavar="FILE", help="JSON with every figure")
    sample.add_argument("--html", type=Path, metavar="FILE", help="page that shows labels before and after")
    sample.add_argument("--json", action="store_true", help="print the report instead of a table")
    wants = sample.add_argument_group("what is wanted (each option may be repeated)")
    for name, metavar, text in (
        ("dimension", "NAME", "column with labels"),
        ("target", "NAME[:LABEL]=NUMBER", "rows wanted with each label, or with one"),
        ("free-level", "NAME", "labels shall be equal, at whatever level deviates least"),
        ("weight", "NAME=NUMBER", "of a deviation by one row (default: 1)"),
        ("at-least", "NAME:LABEL=NUMBER", "rows that there must be"),
        ("at-most", "NAME:LABEL=NUMBER", "rows that there may be"),
        ("bins", "COLUMN=NUMBER", "column with numbers, cut into a dimension of so many bins of equal width"),
        ("mean", "COLUMN=NUMBER", "mean that a column with numbers shall have"),
    ):
        wants.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=text)
    wants.add_argument("--keep", type=Path, metavar="FILE", help="ids that must be chosen, one a line")
    wants.add_argument("--drop", type=Path, metavar="FILE", help="ids that must not be chosen, one a line")
    wants.add_argument("--include-failed", action="store_true", help="choose also rows whose label_status is not ok")
    wants.add_argument(
        "--deviation", choices=("l1", "max"), default="l1", help="minimise sum or largest (default: l1)"
    )
    wants.add_argument("--uncapped", action="store_true", help="count a target above the supply as it is")
    how = sample.add_argument_group("how")
    how.add_argument("--id-column", metavar="NAME", help="column of the identifiers (default: id, else prompt_id)")
    how.add_argument("--separator", default=";", metavar="TEXT", help="between labels in a text (default: ;)")
    how.add_argument("--solver", choices=("highs", "cbc"), help="default: the first that is installed")
    how.add_argument("--free-patterns", type=int, default=400, metavar="N", help="left free (default: %(default)s)")
    how.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS", help="default: %(default)s")
    how.add_argument("--seed", type=int, default=0, help="decides ties (default: %(default)s)")


def _add_synthesize(commands: Any) -> None:
    synthesize = commands.add_parser(
        "synthesize",
        help="make prompts from templates, with their elements",
        description="Make prompts of six families from templates, each with its elements. No prompt comes twice.",
    )
    synthesize.add_argument("--n", type=int, required=True, help="prompts in all, spread evenly over the families")
    synthesize.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines to write")
    synthesize.add_argument("--seed", type=int, default=0, help="same seed, same prompts (default: %(default)s)")
    synthesize.add_argument(
        "--family",
        action="append",
        default=[],
        metavar="KEY[=NUMBER]",
        help="only these families; with a number, so many prompts of it, and the rest is spread over the others",
    )
    synthesize.add_argument("--json", action="store_true", help="print the counts as JSON")


def _sample(args: argparse.Namespace) -> int:
    from evalmuse_hf.prompts import LabelTable, SamplingOptions, sample, sample_record
    from evalmuse_hf.prompts.label_table import STATUS_COLUMN
    from evalmuse_hf.prompts.tables import read_ids, read_rows

    quotas, binned = _read_quotas(args)
    options = SamplingOptions(
        deviation=args.deviation,
        cap_at_supply=not args.uncapped,
        solver=args.solver,
        free_patterns=args.free_patterns,
        time_limit=args.time_limit,
        seed=args.seed,
    )
    keep, drop = (read_ids(path) if path else [] for path in (args.keep, args.drop))
    table = LabelTable.from_rows(
        read_rows(args.table),
        dimensions=args.dimension,
        features=[name for name, _, _ in map(_assignment, args.mean)],
        binned=binned,
        id_column=args.id_column,
        separator=args.separator,
        include_failed=args.include_failed,
    )
    statuses = Counter(table.left_out.values())
    if not args.quiet:
        _say_what_is_read(table, statuses, args.n)
    drop = [name for name in drop if name not in table.left_out]  # dropped already
    found = sample(table, quotas, n=args.n, keep=keep, drop=drop, options=options)
    record = sample_record(found) | {"left_out": {STATUS_COLUMN: statuses}, "options": _options(args)}
    if args.report:
        args.report.parent.mkdir(parents=True, exist_ok=True)
        args.report.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if args.html:
        from evalmuse_hf.prompts.sampling_plots import write_sampling_page

        write_sampling_page(record, args.html)
    if found.status == "infeasible":
        raise ValueError(found.message)
    _write_chosen(args, table, found)
    _print_sample(args, found, record)
    return 0


def _say_what_is_read(table: "LabelTable", statuses: Mapping[str, int], n: int) -> None:
    read = len(table) + len(table.left_out)
    if statuses:
        spelled = ", ".join(f"{status} {number:,}" for status, number in statuses.items())
        print(
            f"{len(table.left_out):,} of {read:,} rows are left out because their label_status is not ok ({spelled}); "
            "--include-failed keeps them",
            file=sys.stderr,
        )
    print(f"{read:,} rows read; choosing {n:,}", file=sys.stderr)


def _write_chosen(args: argparse.Namespace, table: "LabelTable", found: "Sample") -> None:
    from evalmuse_hf.prompts.tables import read_rows, write_rows

    chosen = set(found.ids)
    rows = {}
    for row in read_rows(args.table):
        name = str(row.values[table.id_column])
        if name in chosen:
            rows[name] = row.values
    write_rows((rows[name] for name in found.ids), args.out)


def _print_sample(args: argparse.Namespace, found: "Sample", record: dict[str, Any]) -> None:
    from evalmuse_hf.prompts.sampling_report import sample_lines, say_proof

    if args.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
        if found.status == "time_limit":
            print(f"evalmuse prompts sample: {say_proof(found)}", file=sys.stderr)
        return
    print("\n".join([*sample_lines(found), str(args.out)]))


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """The options as they were given, for the report."""
    left_out = {"command", "prompts_command", "run", "verbose", "quiet", "json", "out", "report", "html"}
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in vars(args).items()
        if name not in left_out
    }


def _read_quotas(args: argparse.Namespace) -> tuple[list["Quota | FeatureQuota"], dict[str, int]]:
    """Quotas from the options, and the columns to cut."""
    from evalmuse_hf.prompts import FeatureQuota, Quota

    binned = {name: _count(name, number, "--bins") for name, _, number in map(_assignment, args.bins)}
    dimensions = list(dict.fromkeys([*args.dimension, *binned]))
    means = [(name, number) for name, _, number in map(_assignment, args.mean)]
    if not dimensions and not means:
        raise ValueError("Nothing says what is wanted; give at least one --dimension, --bins or --mean.")
    wanted: dict[str, dict[str, Any]] = {name: {} for name in dimensions}
    weights = {name: number for name, _, number in map(_assignment, args.weight)}
    for name in [*args.free_level, *weights]:
        if name not in wanted and not (name in weights and name in dict(means)):
            raise ValueError(f"{name!r} is no --dimension, --bins or --mean of this call.")
    for name in args.free_level:
        wanted[name]["free_level"] = True
    for option, key in (("target", "target"), ("at_least", "at_least"), ("at_most", "at_most")):
        for text in getattr(args, option):
            name, label, number = _assignment(text, known=dimensions)
            if name not in wanted:
                raise ValueError(f"{name!r} in {text!r} is no --dimension or --bins of this call.")
            _set_wanted(wanted[name], key, label, number, text)
    quotas: list[Quota | FeatureQuota] = [
        Quota(dimension=name, weight=weights.get(name, 1.0), **parts) for name, parts in wanted.items()
    ]
    quotas += [FeatureQuota(feature=name, mean=mean, weight=weights.get(name, 1.0)) for name, mean in means]
    return quotas, binned


def _set_wanted(parts: dict[str, Any], key: str, label: str | None, number: float, text: str) -> None:
    present = parts.get(key)
    if label is None:
        if key != "target" or present is not None:
            raise ValueError(f"{text!r} names no label, or another target of its dimension is given too.")
        parts[key] = number
        return
    if present is not None and not isinstance(present, dict):
        raise ValueError(f"{text!r} stands beside a target for all labels; give one or the other.")
    parts.setdefault(key, {})[label] = number if key == "target" else _count(label, number, f"--{key}")


def _assignment(text: str, known: "list[str] | None" = None) -> tuple[str, str | None, float]:
    """Read ``NAME=NUMBER`` or ``NAME:LABEL=NUMBER``; names and labels may hold colons and equal signs."""
    left, equal, right = text.rpartition("=")
    try:
        number = float(right)
    except ValueError:
        equal = ""
        number = 0.0
    if not equal or not left:
        raise ValueError(f"{text!r} is not of the form NAME=NUMBER or NAME:LABEL=NUMBER.")
    if known is None or left in known:
        return left, None, number
    for name in sorted(known, key=len, reverse=True):
        if left.startswith(f"{name}:"):
            return name, left[len(name) + 1 :], number
    return left.partition(":")[0], None, number


def _count(name: str, number: float, option: str) -> int:
    if number != int(number) or number < 0:
        raise ValueError(f"{option.replace('_', '-')} of {name!r} is {number:g}, expected a whole number.")
    return int(number)


def _synthesize(args: argparse.Namespace) -> int:
    from evalmuse_hf.prompts import synthesize
    from evalmuse_hf.prompts.synthetic import prompt_row
    from evalmuse_hf.prompts.tables import write_rows

    quotas = {}
    for text in args.family:
        name, equal, _ = text.rpartition("=")
        quotas[name if equal else text] = _count(text, _assignment(text)[2], "--family") if equal else None
    prompts = synthesize(args.n, seed=args.seed, families=quotas or None)
    write_rows(map(prompt_row, prompts), args.out)
    counts: dict[str, int] = {}
    for prompt in prompts:
        counts[str(prompt.synthetic_type)] = counts.get(str(prompt.synthetic_type), 0) + 1
    if args.json:
        print(json.dumps({"format": 1, "n": len(prompts), "families": counts, "out": str(args.out)}, indent=2))
        return 0
    print("\n".join([*(f"{name:<40} {count:>6}" for name, count in counts.items()), str(args.out)]))
    return 0
