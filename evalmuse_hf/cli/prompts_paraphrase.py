"""`evalmuse prompts paraphrase`: synthetic prompts in other words, by a chat model."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.llm_options import add_llm_options, open_client, print_estimate, print_usage

if TYPE_CHECKING:
    from evalmuse_hf.prompts.tables import TableRow
    from evalmuse_hf.schema import Prompt


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse prompts`.
    """
    paraphrase = commands.add_parser(
        "paraphrase",
        help="write prompts in other words by a chat model",
        description="Write prompts in other words by a chat model. Every element must survive; where no answer "
        "passes, the prompt stays as it was, and its row says why.",
    )
    paraphrase.add_argument(
        "table", type=Path, metavar="IN", help="prompts with their elements, as `evalmuse prompts synthesize` writes"
    )
    paraphrase.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines to write")
    paraphrase.add_argument("--json", action="store_true", help="print the counts as JSON")
    add_llm_options(paraphrase, required=True)


def run(args: argparse.Namespace) -> int:
    """Paraphrase and write, and print how many were kept as they were."""
    from tqdm import tqdm

    from evalmuse_hf.prompts.paraphrase import LLMParaphraser
    from evalmuse_hf.prompts.tables import read_rows, write_rows

    rows = list(read_rows(args.table))
    if not rows:
        raise ValueError(f"{args.table} has no rows; there is nothing to paraphrase.")
    prompts = [_read_prompt(row) for row in rows]
    paraphraser = LLMParaphraser(open_client(args))
    if print_estimate(args, paraphraser.client, paraphraser.requests(prompts)):
        return 0
    counts = {"ok": 0, "kept": 0}

    def written() -> Iterator[dict[str, Any]]:
        found = paraphraser.paraphrase(prompts)
        shown = tqdm(found, total=len(rows), unit="prompt", desc="paraphrasing", delay=2, disable=args.quiet)
        for row, result in zip(rows, shown, strict=True):
            counts[result.status] += 1
            yield {
                **row.values,
                "prompt": result.prompt.text,
                "original_prompt": result.original,
                "paraphrase_status": result.status,
                "paraphrase_message": result.message,
                "paraphraser": paraphraser.name,
            }

    write_rows(written(), args.out)
    print_usage(args, paraphraser.client)
    if args.json:
        print(json.dumps({"format": 1, "read": len(rows), "statuses": counts, "out": str(args.out)}, indent=2))
    else:
        print(f"paraphrased {counts['ok']:>8}\nkept        {counts['kept']:>8}\n{args.out}")
    if not counts["ok"]:
        sentence = "no paraphrase passed; paraphrase_message in each row says why."
        print(f"evalmuse prompts paraphrase: {sentence}", file=sys.stderr)
    return 0 if counts["ok"] else 1


def _read_prompt(row: "TableRow") -> "Prompt":
    from evalmuse_hf.schema import Element, Prompt

    text, listed = row.values.get("prompt"), row.values.get("elements")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{row.place} has no prompt; correct or delete it.")
    if not isinstance(listed, list):
        raise ValueError(f"{row.place} has no list of elements; take a table of `evalmuse prompts synthesize`.")
    elements = []
    for entry in listed:
        if isinstance(entry, dict) and isinstance(entry.get("text"), str):
            element = Element.from_columns(entry["text"], entry.get("category"), entry.get("raw_category"))
        elif isinstance(entry, str):
            element = Element.read(entry)
        else:
            raise ValueError(f"{row.place} has the element {entry!r}, expected a text or an object with text.")
        elements.append(element)
    name = row.values.get("id", row.values.get("prompt_id", row.place))
    return Prompt(str(name), text, elements=tuple(element for element in elements if element.text))
