"""The card of a built data set: what `load_dataset` needs to know, and the counts of the build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from evalmuse_hf.data.features import card_features
from evalmuse_hf.data.report import BuildReport, SplitReport, count_reasons

_N_LISTED_PROBLEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigCard:
    """What `load_dataset` needs to know of one configuration.

    Attributes:
        name: Its name.
        columns: The configuration whose columns it has, one of `evalmuse_hf.data.features.CONFIGS`.
        data_files: Pattern or patterns of each split's files, below the folder of the data set.
        rows: Rows of each split.
        table_bytes: Size of each split in memory.
        file_bytes: Size of all files.
    """

    name: str
    columns: str
    data_files: Mapping[str, str | list[str]]
    rows: Mapping[str, int]
    table_bytes: Mapping[str, int]
    file_bytes: int

    def config(self) -> dict[str, Any]:
        """Entry of ``configs``."""
        files = [{"split": split, "path": path} for split, path in self.data_files.items()]
        return {"config_name": self.name, "data_files": files}

    def dataset_info(self) -> dict[str, Any]:
        """Entry of ``dataset_info``, as `datasets` spells it."""
        return {
            "config_name": self.name,
            "features": card_features(self.columns),
            "splits": [
                {"name": split, "num_bytes": self.table_bytes[split], "num_examples": rows}
                for split, rows in self.rows.items()
            ],
            "download_size": self.file_bytes,
            "dataset_size": sum(self.table_bytes.values()),
        }


def write_card(*, configs: Sequence[ConfigCard], report: BuildReport, name: str) -> str:
    """Text of ``README.md``: YAML front matter for the Hub and `datasets`, then a page for people.

    Args:
        configs: The configurations, the default one first.
        report: The counts.
        name: Name of the data set, such as that of its folder.
    """
    entries = [config.config() for config in configs]
    entries[0]["default"] = True
    metadata = {
        "pretty_name": name,
        "license": "other",  # of the ratings and of each generator; the page says so
        "task_categories": ["text-to-image"],
        "size_categories": [_size_category(sum(configs[0].rows.values()))],
        "tags": ["evalmuse", "text-to-image-alignment", "human-ratings"],
        "configs": entries,
        "dataset_info": [config.dataset_info() for config in configs],
    }
    front_matter = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    return f"---\n{front_matter}---\n\n{_page(configs, report, name=name)}"


def _size_category(n_rows: int) -> str:
    """The Hub's word for a number of rows."""
    limits = {"n<1K": 1000, "1K<n<10K": 10_000, "10K<n<100K": 100_000, "100K<n<1M": 1_000_000}
    return next((name for name, limit in limits.items() if n_rows < limit), "n>1M")


def _page(configs: Sequence[ConfigCard], report: BuildReport, *, name: str) -> str:
    reports = report.splits
    counts = "\n".join(
        f"| {split} | {counted.n_records} | {counted.n_pairs} | {counted.n_rated} | {counted.n_prompts} |"
        for split, counted in reports.items()
    )
    sections = [
        f"# {name}\n\nPictures by text-to-image models with human ratings: how well the picture shows what the prompt "
        "asked for, overall (1 to 5) and for every element of the prompt (0 or 1). One row is one picture with its "
        "prompt. Built by `evalmuse dataset build` from ratings in the format of "
        "[EvalMuse-40K](https://huggingface.co/papers/2412.18150).",
        f"## Configurations\n\n{_configs_table(configs)}",
        "## Counts\n\n| split | records read | pairs kept | pairs rated | prompts |\n|---|---|---|---|---|\n"
        f"{counts}\n\nNo prompt is in two splits.{_dev_note(report)}",
        *_dropped(report),
        *_elements(reports),
        _READING,
    ]
    return "\n\n".join(sections) + "\n"


def _configs_table(configs: Sequence[ConfigCard]) -> str:
    meaning = {
        "pairs": "one row per picture, with its ratings (default)",
        "prompts": "one row per prompt",
        "ratings": "one row per rating",
        "ranking_prompts": "prompts to rank generators with",
    }
    lines = [
        f"| `{config.name}` | {meaning.get(config.name, 'this fold of the training prompts held out as `dev`')} | "
        f"{', '.join(f'{split} {rows}' for split, rows in config.rows.items())} |"
        for config in configs
    ]
    return "\n".join(["| configuration | what | rows |", "|---|---|---|", *lines])


def _dev_note(report: BuildReport) -> str:
    if "dev" not in report.splits:
        return ""
    return (
        " The official ratings of `test` are not published; `dev` was taken from the training prompts "
        f"(share {report.options['dev']:g}, seed {report.options['seed']})."
        if report.splits["dev"].n_pairs and "test" in report.splits and not report.splits["test"].n_rated
        else f" `dev` was taken from the training prompts (share {report.options['dev']:g}, "
        f"seed {report.options['seed']})."
    )


def _dropped(report: BuildReport) -> list[str]:
    counted = [(split, split_report.dropped) for split, split_report in report.splits.items()]
    counted.append(("archive", count_reasons(report.member_problems)))
    counted.append(("ranking prompts", count_reasons(report.ranking_problems)))
    lines = [
        f"| {where} | `{reason}` | {number} |" for where, dropped in counted for reason, number in dropped.items()
    ]
    table = "| split | reason | records |\n|---|---|---|\n" + "\n".join(lines) if lines else "None."
    problems = [*report.problems, *report.member_problems, *report.ranking_problems]
    return [f"## Dropped records\n\n{table}", *([_listed([str(problem) for problem in problems])] if problems else [])]


def _elements(reports: Mapping[str, SplitReport]) -> list[str]:
    statuses = [
        f"| {split} | {report.n_elements} | `{status}` | {number} |"
        for split, report in reports.items()
        for status, number in report.element_statuses.items()
    ]
    table = "| split | elements | status | of them |\n|---|---|---|---|\n" + "\n".join(statuses)
    sections = [f"## Elements that are not exactly in their prompt\n\n{table if statuses else 'None.'}"]
    if statuses:
        sections.append(_listed([str(problem) for report in reports.values() for problem in report.element_problems]))
    return sections


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
- Where only means were published, as in the official preprocessed `train.json`, the scores are these means, the
  lists of ratings are null, and the votes on prompt, split and attributes are empty: a mean is no vote.
- Rows of one prompt stand together, prompts in the order of their first record.
- In `ratings`, `rating_position` is the place in the released list and no person; `rater_id` and `round` are null
  where they are not known. `sure` is false where a rater was unsure about that element; it is null for overall
  ratings, and where only `attribute_confidence` is known, which is about all elements together.

Pictures carry the terms of the model that made them; ratings carry those of the release."""
