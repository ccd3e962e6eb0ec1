"""`evalmuse elements split`: add the elements of its prompt to every row of a table."""

import argparse
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.llm_options import add_llm_options, open_client, print_estimate, print_usage

if TYPE_CHECKING:
    from evalmuse_hf.elements.splitter import SplitPrompt, Splitter
    from evalmuse_hf.llm import StructuredClient
    from evalmuse_hf.prompts.tables import TableRow

FORMAT = 1
_IDS = ("id", "prompt_id")
_ROWS_AT_ONCE = 512
_SECONDS_BETWEEN_NEWS = 2.0


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse elements`.
    """
    split = commands.add_parser(
        "split",
        help="split prompts into elements",
        description="Split every prompt of tables into elements of the 12 categories. All columns stay; added are "
        "elements (text, category, raw_category of each), split_status (ok, no_elements or failed) and split_message. "
        "A row that carries elements already stays as it is. Identifiers must differ over all tables.",
    )
    split.add_argument(
        "tables",
        type=Path,
        nargs="+",
        metavar="TABLE",
        help="JSON lines, CSV, TSV or Parquet with id and prompt; or a .txt with a prompt a line, numbered from 00000",
    )
    split.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines of the rows with elements")
    split.add_argument(
        "--splitter",
        choices=("spacy", "rules", "llm"),
        default="spacy",
        help="grammar and word lists, word lists of the drawn world alone, or a chat model (default: spacy)",
    )
    split.add_argument("--again", action="store_true", help="split also rows that carry elements")
    split.add_argument("--json", action="store_true", help="print the counts as JSON")
    add_llm_options(split)


def run(args: argparse.Namespace) -> int:
    """Split and write, and print the counts."""
    from evalmuse_hf.prompts.tables import write_rows

    if args.splitter != "llm" and (args.llm or args.llm_estimate):
        raise ValueError(
            f"Options of a chat model are given, but the splitter is {args.splitter}; add --splitter llm."
        )
    _check_ids(_read(args.tables))
    client: StructuredClient | None = None
    if args.splitter == "llm":
        from evalmuse_hf.elements.llm_splitting import LLMSplitter

        client = open_client(args)
        model = LLMSplitter(client)
        splitter: Splitter = model
        if args.llm_estimate:
            due = (row.values["prompt"] for row in _read(args.tables) if _is_due(args, row))
            print_estimate(args, client, model.requests([prompt for prompt in due if isinstance(prompt, str)]))
            return 0
    else:
        from evalmuse_hf.elements.splitters import load_splitter

        splitter = load_splitter(args.splitter)
    news = _News(quiet=args.quiet)
    write_rows(_split_rows(args, splitter, _read(args.tables), news), args.out)
    if client is not None:
        print_usage(args, client)
    _print_counts(args, splitter.name, news)
    return 0 if news.n_usable or not news.n_rows else 1


class _News:
    """Counts what was done, and says on stderr how far it is."""

    def __init__(self, *, quiet: bool) -> None:
        self.n_rows = 0
        self.n_kept = 0
        self.statuses: Counter[str] = Counter({"ok": 0, "no_elements": 0, "failed": 0})
        self.categories: Counter[str] = Counter()
        self.first_problem = ""
        self._quiet = quiet
        self._said = time.monotonic()

    @property
    def n_usable(self) -> int:
        """Rows that have elements now."""
        return self.n_kept + self.statuses["ok"]

    def count(self, place: str, split: "SplitPrompt | None") -> None:
        """Count a row; None for one that was kept as it is."""
        self.n_rows += 1
        if split is None:
            self.n_kept += 1
        else:
            self.statuses[split.status] += 1
            self.categories.update(element.category or "other" for element in split.elements)
            if split.status != "ok" and not self.first_problem:
                self.first_problem = f"{place}: {split.message}"
        if not self._quiet and time.monotonic() - self._said >= _SECONDS_BETWEEN_NEWS:
            self._said = time.monotonic()
            print(f"{self.n_rows:,} rows", file=sys.stderr, flush=True)


def _checked(row: "TableRow") -> "TableRow":
    """A row that can be split; without prompt or identifier the table is another one than was meant."""
    if "prompt" not in row.values:
        raise ValueError(
            f"{row.place} has no column prompt, only {', '.join(row.values) or 'none at all'}; rename one."
        )
    if not any(name in row.values for name in _IDS):
        raise ValueError(f"{row.place} has no column id or prompt_id; later stages could not name its prompt.")
    return row


def _check_ids(rows: "Iterator[TableRow]") -> None:
    """Read the tables through before anything is split or paid for: no row may have an identifier of another."""
    seen: dict[str, str] = {}
    for row in rows:
        found = [str(row.values[name]).strip() for name in _IDS if row.values.get(name) is not None]
        prompt_id = next(filter(None, found), None)
        if prompt_id is None:
            raise ValueError(f"{row.place} has no id; give every row one of its own.")
        if prompt_id in seen:
            raise ValueError(
                f"{row.place} has the id {prompt_id!r} of {seen[prompt_id]}; give every row of all tables one of its "
                "own."
            )
        seen[prompt_id] = row.place


def _read(tables: Sequence[Path]) -> "Iterator[TableRow]":
    return map(_checked, chain.from_iterable(map(_read_table, tables)))


def _read_table(path: Path) -> "Iterator[TableRow]":
    """Rows of a table, or of a text with a prompt a line, which gets the numbers that pictures of it are called by."""
    from evalmuse_hf.images.picture_prompts import read_picture_prompts
    from evalmuse_hf.prompts.tables import TableRow, read_rows

    if path.suffix.lower() != ".txt":
        yield from read_rows(path)
        return
    for prompt in read_picture_prompts(path):
        yield TableRow(f"prompt {prompt.prompt_id} of {path.name}", prompt.row())


def _is_due(args: argparse.Namespace, row: "TableRow") -> bool:
    return bool(args.again or row.values.get("elements") in (None, "", "[]", []))


def _split_rows(
    args: argparse.Namespace, splitter: "Splitter", rows: "Iterator[TableRow]", news: _News
) -> Iterator[Mapping[str, Any]]:
    """The rows in order, each as soon as it is split; rows are read as the splitter takes their prompts."""
    waiting: deque[TableRow] = deque()

    def due() -> Iterator[str]:
        for row in rows:
            waiting.append(row)
            if _is_asked(args, row):
                yield row.values["prompt"]

    for split in _split_each(splitter, due()):
        while not _is_asked(args, waiting[0]):
            yield _unasked(args, waiting.popleft(), news)
        row = waiting.popleft()
        news.count(row.place, split)
        yield {**row.values, **_columns(split)}
    while waiting:
        yield _unasked(args, waiting.popleft(), news)


def _is_asked(args: argparse.Namespace, row: "TableRow") -> bool:
    return _is_due(args, row) and isinstance(row.values["prompt"], str)


def _unasked(args: argparse.Namespace, row: "TableRow", news: _News) -> Mapping[str, Any]:
    """A row that is kept, or whose prompt is no text."""
    if not _is_due(args, row):
        news.count(row.place, None)
        return row.values
    split = _no_text(row.values["prompt"])
    news.count(row.place, split)
    return {**row.values, **_columns(split)}


def _split_each(splitter: "Splitter", prompts: Iterator[str]) -> "Iterator[SplitPrompt]":
    """One stream for a chat model, whose answers differ in their time; blocks for the others."""
    if hasattr(splitter, "split_each"):
        yield from splitter.split_each(prompts)
        return
    while block := list(islice(prompts, _ROWS_AT_ONCE)):
        yield from splitter.split(block)


def _no_text(prompt: Any) -> "SplitPrompt":
    from evalmuse_hf.elements.splitter import SplitPrompt

    return SplitPrompt("", (), "failed", f"The prompt is no text but {type(prompt).__name__}.")


def _columns(split: "SplitPrompt") -> dict[str, Any]:
    return {
        "elements": [
            {"text": element.text, "category": element.category, "raw_category": element.raw_category}
            for element in split.elements
        ],
        "split_status": split.status,
        "split_message": split.message,
    }


def _print_counts(args: argparse.Namespace, name: str, news: _News) -> None:
    from evalmuse_hf.schema import CATEGORIES

    categories = {category: news.categories[category] for category in CATEGORIES}
    if args.json:
        record = {
            "format": FORMAT,
            "splitter": name,
            "rows": news.n_rows,
            "kept": news.n_kept,
            "statuses": dict(news.statuses),
            "elements": sum(categories.values()),
            "categories": categories,
            "out": str(args.out),
        }
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        statuses = ", ".join(f"{status} {number:,}" for status, number in news.statuses.items())
        print(f"{'splitter':<14} {name}")
        print(f"{'rows':<14} {news.n_rows:,}: {statuses}, kept as they were {news.n_kept:,}")
        print(f"{'elements':<14} {sum(categories.values()):,}")
        for category, number in categories.items():
            print(f"  {category:<12} {number:>8,}")
        print(args.out)
    without = news.statuses.total() - news.statuses["ok"]
    if without and not args.quiet:
        print(
            f"evalmuse elements split: {without:,} of {news.n_rows:,} rows have no elements; the first: "
            f"{news.first_problem} Each says why in split_message.",
            file=sys.stderr,
        )
