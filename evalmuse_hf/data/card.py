"""The card of a built data set: what `load_dataset` needs to know, and the counts of the build."""

from collections.abc import Mapping
from typing import Any

import yaml

from evalmuse_hf.data.report import SplitReport

CONFIG_NAME = "pairs"
_N_LISTED_PROBLEMS = 20


def write_card(*, dataset_info: Mapping[str, Any], reports: Mapping[str, SplitReport], name: str) -> str:
    """Text of ``README.md``: YAML front matter for the Hub and `datasets`, then a page for people.

    Args:
        dataset_info: Features, splits and sizes, as `datasets` spells them in YAML.
        reports: Counts of each split, in order.
        name: Name of the data set, such as that of its folder.
    """
    metadata = {
        "pretty_name": name,
        "task_categories": ["text-to-image"],
        "tags": ["evalmuse", "text-to-image-alignment", "human-ratings"],
        "configs": [
            {
                "config_name": CONFIG_NAME,
                "default": True,
                "data_files": [{"split": split, "path": f"data/{split}-*.parquet"} for split in reports],
            }
        ],
        "dataset_info": {"config_name": CONFIG_NAME, **dataset_info},
    }
    front_matter = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    return f"---\n{front_matter}---\n\n{_page(reports, name=name)}"


def _page(reports: Mapping[str, SplitReport], *, name: str) -> str:
    counts = "\n".join(
        f"| {split} | {report.n_records} | {report.n_pairs} | {report.n_rated} | {report.n_prompts} |"
        for split, report in reports.items()
    )
    dropped = [
        f"| {split} | `{reason}` | {number} |"
        for split, report in reports.items()
        for reason, number in report.dropped.items()
    ]
    problems = [str(problem) for report in reports.values() for problem in report.problems]
    sections = [
        f"# {name}\n\nPictures by text-to-image models with human ratings: how well the picture shows what the prompt "
        "asked for, overall (1 to 5) and for every element of the prompt (0 or 1). One row is one picture with its "
        "prompt. Built by `evalmuse dataset build` from a raw release in the format of "
        "[EvalMuse-40K](https://huggingface.co/papers/2412.18150).",
        "## Counts\n\n| split | records read | pairs kept | pairs rated | prompts |\n|---|---|---|---|---|\n"
        f"{counts}\n\nNo prompt is in two splits.",
        "## Dropped records\n\n"
        + ("| split | reason | records |\n|---|---|---|\n" + "\n".join(dropped) if dropped else "None."),
    ]
    if problems:
        sections.append(_listed(problems))
    statuses = [
        f"| {split} | {report.n_elements} | `{status}` | {number} |"
        for split, report in reports.items()
        for status, number in report.element_statuses.items()
    ]
    sections.append(
        "## Elements that are not exactly in their prompt\n\n"
        + (
            "| split | elements | status | of them |\n|---|---|---|---|\n" + "\n".join(statuses)
            if statuses
            else "None."
        )
    )
    if statuses:
        sections.append(_listed([str(problem) for report in reports.values() for problem in report.element_problems]))
    sections.append(_READING)
    return "\n\n".join(sections) + "\n"


def _listed(problems: list[str]) -> str:
    more = len(problems) - _N_LISTED_PROBLEMS
    listed = [f"    {' '.join(problem.split())}" for problem in problems[:_N_LISTED_PROBLEMS]]
    return "\n".join([*listed, *([f"    and {more} more"] if more > 0 else [])])


_READING = """## How to read it

- `overall_ratings` and `elements[].ratings` hold one number per rater, in the released order; `overall_score` and
  `elements[].score` are their plain means. What was not published is null, never 0.
- `elements[].spans` are `[start, end]` offsets into `prompt`; an element that is not in the prompt has none.
- `prompt_variance` is the unbiased variance of `overall_score` over the pictures of one prompt; null for one picture.
- `split_confidence` is 1 where a rater found that the split into elements **may be wrong**; `attribute_confidence` is
  0 where a rater was unsure about an attribute; `prompt_meaningless` is 1 for a prompt that cannot be judged.
- `content_hash` is the SHA-256 of the picture file, which is stored as released.

Pictures carry the terms of the model that made them; ratings carry those of the release."""
