"""The model card of a run, filled from what the run was and what it measured."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evalmuse_hf import __version__
from evalmuse_hf.mini import find_checkpoint
from evalmuse_hf.stats import CITATION, StatisticResult
from evalmuse_hf.training.options import RunArguments

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_UNKNOWN_LICENSE = "other"
_PACKAGED_LICENSE = "apache-2.0"
_FIGURES = {
    "srcc": "SRCC with the mean rating",
    "krcc": "KRCC (tau-b)",
    "plcc": "PLCC",
    "srcc_within_prompt": "SRCC within prompts",
    "element_accuracy": "element accuracy",
    "element_accuracy_balanced": "element accuracy, balanced",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What the card says of a run beside its options.

    Attributes:
        n_train: Pairs that were trained on.
        n_train_prompts: Their prompts.
        n_validation: Pairs that were measured on; 0 without any.
        n_validation_prompts: Their prompts.
        n_steps: Steps of the optimizer.
        chosen_step: Step of the checkpoint that was kept as the best; None for the last one.
        effective_sample_size: Of the weights of the training pairs.
        options: On which the weights depend, see `evalmuse_hf.training.resuming.fingerprint_run`.
        noise_warning: What may be wrong with the estimate of the raters' noise; None without one or if nothing is
            known.
        figures: What was measured, by the names of `evalmuse_hf.training.validation.AlignmentMeasure.measure`; empty
            without validation pairs.
    """

    n_train: int
    n_train_prompts: int
    n_validation: int
    n_validation_prompts: int
    n_steps: int
    chosen_step: int | None
    effective_sample_size: float
    options: Mapping[str, Any]
    figures: Mapping[str, StatisticResult]
    noise_warning: str | None = None


def render_card(run: RunArguments, summary: RunSummary, *, title: str) -> str:
    """Write the card of a trained model.

    Args:
        run: Options of the run.
        summary: What it was and measured.
        title: Name of the model.

    Returns:
        Markdown with its front matter. Paths of this machine are not in it.
    """
    start, data = _public_name(run.model.model_name_or_path), _public_name(run.data.dataset_name)
    front = yaml.safe_dump(_metadata(run, summary, title=title), sort_keys=False, allow_unicode=True)
    sections = [
        f"---\n{front}---\n",
        f"# {title}\n",
        "FGA-BLIP2 scores how well a generated picture follows its prompt: overall from 1 to 5, and each element of "
        "the prompt from 0 to 1.\n",
        f"```sh\nevalmuse score pairs.jsonl --model {run.training.hub_model_id or title} --out scores.parquet\n```\n",
        "## Training\n",
        f"From `{start}` on {summary.n_train} rated pairs of {summary.n_train_prompts} prompts of `{data}`, "
        f"{summary.n_steps} steps of {summary.options['pairs_per_step']} pairs, by evalmuse_hf {__version__}. "
        f"Effective sample size of the weights: {summary.effective_sample_size:.1f}. The options on which the "
        "weights depend:\n",
        _option_table(summary.options),
        *([f"{summary.noise_warning}\n"] if summary.noise_warning else []),
        "## Measured\n",
        _measured(summary),
        "## Limits\n",
        "It judges pictures and prompts like those that it was trained on; nothing is known of others. Its scores are "
        "opinions of raters, averaged, and no statement of quality, safety or truth.\n",
        "## Citation\n",
        f"```bibtex\n{CITATION.strip()}\n```\n",
    ]
    return "\n".join(sections)


def _metadata(run: RunArguments, summary: RunSummary, *, title: str) -> dict[str, Any]:
    start, data = run.model.model_name_or_path, run.data.dataset_name
    packaged = find_checkpoint(start) is not None
    metadata: dict[str, Any] = {
        "license": run.model.model_license or (_PACKAGED_LICENSE if packaged else _UNKNOWN_LICENSE),
        "language": "en",
        "library_name": "peft" if run.adapters.lora_rank else "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": ["text-to-image", "evaluation", "image-text-alignment", "fga-blip2"],
    }
    if _is_hub_id(start):
        metadata["base_model"] = start
    if _is_hub_id(data):
        metadata["datasets"] = [data]
    values = [
        {"type": name, "name": _FIGURES[name], "value": round(result.statistic, 4)}
        for name, result in summary.figures.items()
        if not math.isnan(result.statistic)
    ]
    if values:
        dataset = {"name": f"{_public_name(data)}, held-out prompts", "type": data if _is_hub_id(data) else "ratings"}
        task = {"type": "image-text-to-text", "name": "image-text alignment"}
        metadata["model-index"] = [{"name": title, "results": [{"task": task, "dataset": dataset, "metrics": values}]}]
    return metadata


def _measured(summary: RunSummary) -> str:
    if not summary.figures:
        return "Nothing was measured: all pairs were trained on.\n"
    lines = [
        f"On {summary.n_validation} pairs of {summary.n_validation_prompts} prompts that were not trained on; "
        "brackets are 95 % intervals by resampling prompts.",
        "",
        "| figure | value | rests on |",
        "|---|---|---|",
        *(_figure_line(_FIGURES[name], result) for name, result in summary.figures.items()),
    ]
    if summary.chosen_step is not None:
        lines += [
            "",
            f"Of the checkpoints, that of step {summary.chosen_step} was kept because it did best on these very "
            "pairs, so the figures flatter it a little.",
        ]
    return "\n".join(lines) + "\n"


def _figure_line(label: str, result: StatisticResult) -> str:
    if math.isnan(result.statistic):
        return f"| {label} | undefined: {result.status} | {result.n} |"
    interval = result.confidence_interval
    shown = "" if interval is None else f" [{interval.low:.3f}, {interval.high:.3f}]"
    return f"| {label} | {result.statistic:.3f}{shown} | {result.n} |"


def _option_table(options: Mapping[str, Any]) -> str:
    rows = [f"| `{name}` | {value} |" for name, value in options.items() if value is not None]
    return "\n".join(["| option | value |", "|---|---|", *rows]) + "\n"


def _is_hub_id(name: str) -> bool:
    return _HUB_ID.fullmatch(name) is not None and not Path(name).exists()


def _public_name(name: str) -> str:
    """A packaged name or a Hub id as it is, and of a path its last part only."""
    return name if find_checkpoint(name) is not None or _is_hub_id(name) else Path(name).name
