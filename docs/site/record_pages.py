"""The page of all JSON records: who writes each, its keys as the source has them, and where they are explained."""

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of JSON record.

    Args:
        title: What it holds.
        command: How it comes about.
        source: Module that spells it.
        page: Where its keys are explained; empty if their names say it.
        more: Keys that the source adds to the first ones.
    """

    title: str
    command: str
    source: str
    page: str = ""
    more: str = ""


RECORDS = (
    Record(
        "Agreement of a scorer with people",
        "evalmuse evaluate --json",
        "meta_evaluation/evaluation.py",
        "[the record](../evaluating.md#the-record)",
        "the statistics that were asked for, such as `overall`, `elements`, `references`; `warnings`, `provenance`",
    ),
    Record(
        "A ranking",
        "evalmuse rank --json",
        "ranking/records.py",
        "[the record](../ranking.md#the-record)",
        "`published`, `provenance`",
    ),
    Record(
        "A comparison of scorers",
        "evalmuse study metrics --json",
        "meta_evaluation/studies/metrics_study.py",
        "[which scorer agrees with people](../metrics_study.md)",
    ),
    Record(
        "Splitters of prompts",
        "evalmuse study splitting --json",
        "meta_evaluation/studies/splitting_study.py",
        "[how far splitters agree](../splitting_study.md)",
    ),
    Record(
        "Ratings given twice",
        "evalmuse study consistency --json",
        "meta_evaluation/studies/consistency_study.py",
        "[do people repeat their ratings](../consistency_study.md)",
    ),
    Record(
        "Agreement of raters",
        "evalmuse annotate agreement --json",
        "annotations/campaign_agreement.py",
        "[agreement of raters](../agreement.md)",
    ),
    Record("State of a campaign", "evalmuse annotate status --json", "annotations/status_report.py"),
    Record(
        "A built data set",
        "evalmuse dataset build --json",
        "data/report.py",
        "[data from your own ratings](../own_data.md)",
    ),
    Record("Health of a data set", "evalmuse dataset check --json", "data/health.py", "", "one key for each check"),
    Record(
        "A sample of prompts",
        "evalmuse prompts sample --json",
        "prompts/sampling_report.py",
        "[prompts](../prompts.md)",
    ),
    Record(
        "Elements of prompts", "evalmuse elements split --json", "cli/elements_split.py", "[elements](../elements.md)"
    ),
    Record("Drawn pictures", "evalmuse images generate --json", "cli/images_generate.py", "[pictures](../images.md)"),
    Record("Taken in pictures", "evalmuse images import --json", "cli/images_import.py", "[pictures](../images.md)"),
    Record("An installation", "evalmuse doctor --json", "cli/doctor.py"),
)


def records_page(note: str) -> str:
    """Every record with its keys, after the table of scores that most of them start from."""
    lines = [
        *("# Records and tables", "", note, ""),
        "What the commands write for other programs. Keys are only added; `format` is raised when one changes its",
        "meaning or goes away. What is not known is null, never 0, and has a status or a sentence beside it.",
        *("", "## Scores", ""),
        "`evalmuse score LIST --out FILE` writes Parquet, JSONL or CSV (lists as JSON there), one row for each of the",
        "list, with the columns of the list and",
        *("", "| column | holds |", "|---|---|"),
        "| `overall_score` | how well the picture shows the prompt, on the scorer's scale; null if not known |",
        "| `status` | `ok`; `image_error`, `prompt_error`, `element_error`, `score_error`: no score, and why; "
        "`truncated`, `low_mass`: a score to be careful with |",
        "| `message` | a sentence about the status; null if there is nothing to say |",
        "| `elements` | a list of `text`, `category`, `score` (0 to 1, or null) and `status` (with a "
        "score `ok`, `ambiguous`, `inexact`; without `unmatched`, `truncated`, `empty`, or the status of the pair) |",
        "",
        "What produced the scores (scorer, weights and their hash, versions, options) is in the metadata of a Parquet",
        "file under the key `evalmuse_hf`, and beside any other as `FILE.provenance.json`. `python -m",
        "evalmuse_hf.scoring` writes the same.",
        *("", "## Records", ""),
        "| record | written by | keys | explained in |",
        "|---|---|---|---|",
        *(_row(record) for record in RECORDS),
    ]
    return "\n".join(lines) + "\n"


def record_keys(source: Path) -> list[str]:
    """Keys of the dictionary that begins with ``format``, as a module spells it."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if keys[:1] == ["format"]:
                return keys
    raise ValueError(f"{source} spells no record with the key `format` first; correct `docs/site/record_pages.py`.")


def _row(record: Record) -> str:
    keys = ", ".join(f"`{key}`" for key in record_keys(ROOT / "evalmuse_hf" / record.source))
    more = f"; {record.more}" if record.more else ""
    return f"| {record.title} | `{record.command}` | {keys}{more} | {record.page or '–'} |"
