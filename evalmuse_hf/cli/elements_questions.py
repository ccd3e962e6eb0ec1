"""`evalmuse elements questions`: give every element of a table of prompts its question."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.llm_options import add_llm_options, open_client, print_estimate, print_usage

if TYPE_CHECKING:
    from evalmuse_hf.elements.question_sets import ElementQuestionResult
    from evalmuse_hf.prompts.tables import TableRow
    from evalmuse_hf.schema import Element

FORMAT = 1


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse elements`.
    """
    questions = commands.add_parser(
        "questions",
        help="give every element a yes/no question",
        description="Give every element of every prompt one yes/no question that passes the checks, with its parents, "
        "its negative form and, where there is one, a counterfactual question. A question that an element has already "
        "is kept if it passes.",
    )
    questions.add_argument(
        "table", type=Path, metavar="TABLE", help="JSON lines, CSV, TSV or Parquet with prompt and elements"
    )
    questions.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines of the same rows")
    questions.add_argument("--column", default="prompt", metavar="NAME", help="column of the prompt (default: prompt)")
    questions.add_argument("--json", action="store_true", help="print the counts as JSON")
    add_llm_options(questions)


def run(args: argparse.Namespace) -> int:
    """Read, ask and write, and print the counts."""
    from evalmuse_hf.elements.question_sets import QuestionWriter, open_wishes, write_question_sets
    from evalmuse_hf.prompts.tables import read_rows, write_rows

    rows = list(read_rows(args.table))
    texts = [_read_prompt(row, args.column) for row in rows]
    cells = [_read_cells(row) for row in rows]
    prompts = [(text, [element for element, _ in own]) for text, own in zip(texts, cells, strict=True)]
    given = [[values.get("question") or None for _, values in own] for own in cells]
    if args.llm_estimate and not args.llm:
        raise ValueError("--llm-estimate is given, but no chat model; add --llm MODEL.")
    writer: QuestionWriter | None = None
    if args.llm:
        from evalmuse_hf.elements.llm_questions import LLMQuestionWriter

        client = open_client(args)
        llm_writer = LLMQuestionWriter(client)
        if args.llm_estimate and print_estimate(
            args, client, map(llm_writer.request, open_wishes(prompts, given=given))
        ):
            return 0
        writer = llm_writer
    results = write_question_sets(prompts, given=given, writer=writer)
    if args.llm:
        print_usage(args, client)
    write_rows(
        (
            {**row.values, "elements": [_written(*pair) for pair in zip(own, found, strict=True)]}
            for row, own, found in zip(rows, cells, results, strict=True)
        ),
        args.out,
    )
    return _print_counts(args, results)


def _print_counts(args: argparse.Namespace, results: "Sequence[Sequence[ElementQuestionResult]]") -> int:
    found = [result for own in results for result in own]
    statuses = Counter({"ok": 0})
    statuses.update(result.status for result in found)
    counts = {
        "prompts": len(results),
        "elements": len(found),
        "first_try": sum(result.status == "ok" and result.attempts == 1 for result in found),
        "with_parents": sum(bool(result.parents) for result in found),
        "with_counterfactual": sum(result.counterfactual is not None for result in found),
    }
    if args.json:
        record = {"format": FORMAT, **counts, "statuses": dict(statuses), "out": str(args.out)}
        print(json.dumps(record, indent=2))
    else:
        lines = [f"{name.replace('_', ' '):<22} {number:>8,}" for name, number in counts.items()]
        lines += [f"{'status ' + name:<22} {number:>8,}" for name, number in statuses.items()]
        print("\n".join([*lines, str(args.out)]))
    failed = [result for result in found if result.status != "ok"]
    if failed:
        print(
            f"evalmuse elements questions: {len(failed)} of {len(found)} elements have no question; the first: "
            f"{failed[0].message} They say why in question_message.",
            file=sys.stderr,
        )
    return 0 if statuses["ok"] or not found else 1


def _read_prompt(row: "TableRow", column: str) -> str:
    prompt = row.values.get(column)
    if column in row.values and prompt is None and row.values.get("elements") in ("[]", []):
        return ""  # a row that could not be split passes through
    if not isinstance(prompt, str):
        raise ValueError(f"{row.place} has no text in the column {column!r}; name the column with --column.")
    return prompt


def _read_cells(row: "TableRow") -> "list[tuple[Element, Mapping[str, Any]]]":
    """Elements of a row, each with the values that it has; a cell of CSV holds them as JSON."""
    from evalmuse_hf.schema import Element

    cells = row.values.get("elements")
    if isinstance(cells, str):
        try:
            cells = json.loads(cells)
        except (ValueError, RecursionError):
            cells = None
    if not isinstance(cells, list):
        raise ValueError(
            f"{row.place} has no list in the column 'elements'; make it with `evalmuse elements split`, or give "
            'elements as texts with a category, such as ["two cats (counting)"].'
        )
    found: list[tuple[Element, Mapping[str, Any]]] = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, str):
            element = Element.read(cell)
            columns = {"text": element.text, "category": element.category, "raw_category": element.raw_category}
            found.append((element, columns))
        elif isinstance(cell, dict) and all(
            isinstance(cell.get(name), kinds)
            for name, kinds in (("text", str), ("category", str | None), ("raw_category", str | None))
        ):
            element = Element.from_columns(cell["text"], cell.get("category"), cell.get("raw_category"))
            found.append((element, cell))
        else:
            raise ValueError(
                f"{row.place}: element {number} is {str(cell)[:60]!r}, expected a text such as 'two cats (counting)' "
                "or an object with text and category; correct it."
            )
    return found


def _written(cell: "tuple[Element, Mapping[str, Any]]", result: "ElementQuestionResult") -> dict[str, Any]:
    return {
        **cell[1],
        "question": result.question or None,
        "negative_question": result.negative,
        "counterfactual_question": result.counterfactual,
        "parents": list(result.parents),
        "question_status": result.status,
        "question_message": result.message,
    }
