"""The model card of a released checkpoint that was converted: where it came from, and what was published about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evalmuse_hf import __version__

CARD_FILE = "README.md"
UNFINISHED = ".unfinished"
"""Ending of a folder that gets its name when all of it is written."""

PAPER = "https://huggingface.co/papers/2412.18150"
_UNKNOWN_LICENSE = "other"
_TASK = {"type": "image-text-to-text", "name": "image-text alignment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedModel:
    """What is known of a released model.

    Attributes:
        scorer: Its name for `evalmuse_hf.load_scorer`.
        title: How its authors call it.
        hub_id: Where they released it.
        license: Of its weights.
        pipeline_tag: Its task, in the words of the Hub.
        scores: What its scores mean, in one sentence.
        limits: Where it fails.
        published: Published figures: data set, figure, value, and whether the model had seen ratings of that data set.
    """

    scorer: str
    title: str
    hub_id: str
    license: str
    pipeline_tag: str
    scores: str
    limits: str
    published: tuple[tuple[str, str, float, str], ...]


RELEASED: Mapping[str, ReleasedModel] = {
    model.scorer: model
    for model in (
        ReleasedModel(
            scorer="fga_blip2",
            title="FGA-BLIP2",
            hub_id="hanshuhao/FGA-BLIP2",
            license="apache-2.0",
            pipeline_tag="image-text-to-text",
            scores="Overall from 1 to 5, and each element of the prompt from 0 to 1; higher is better.",
            limits="It was trained on ratings of pictures of 20 generators of 2024; an element that is not in the "
            "words of the prompt cannot be scored.",
            published=(
                ("EvalMuse-40K", "SRCC", 0.7742, "in-domain"),
                ("EvalMuse-40K", "PLCC", 0.7722, "in-domain"),
                ("GenAI-Bench", "SRCC", 0.5637, "transfer"),
                ("TIFA160", "SRCC", 0.7604, "transfer"),
                ("RichHF-18K", "SRCC", 0.5123, "transfer"),
            ),
        ),
        ReleasedModel(
            scorer="hps_v2",
            title="HPSv2",
            hub_id="xswu/HPSv2",
            license="apache-2.0",
            pipeline_tag="zero-shot-image-classification",
            scores="The cosine of a picture's and its prompt's vector, from -1 to 1; higher is better. Elements are "
            "not scored.",
            limits="It was trained on which picture people like better, which is not only what the prompt asked for.",
            published=(
                ("EvalMuse-40K", "SRCC", 0.3745, "transfer"),
                ("GenAI-Bench", "SRCC", 0.1371, "transfer"),
                ("TIFA160", "SRCC", 0.3647, "transfer"),
                ("RichHF-18K", "SRCC", 0.1871, "transfer"),
            ),
        ),
        ReleasedModel(
            scorer="image_reward",
            title="ImageReward",
            hub_id="THUDM/ImageReward",
            license="apache-2.0",
            pipeline_tag="image-text-to-text",
            scores="A reward without bounds, about -2 to 2; higher is better. Elements are not scored.",
            limits="It was trained on which picture people like better, reads 35 tokens, and mixes beauty with "
            "agreement.",
            published=(
                ("EvalMuse-40K", "SRCC", 0.4655, "transfer"),
                ("GenAI-Bench", "SRCC", 0.3400, "transfer"),
                ("TIFA160", "SRCC", 0.6211, "transfer"),
                ("RichHF-18K", "SRCC", 0.2747, "transfer"),
            ),
        ),
    )
}
"""Models whose released files `evalmuse convert` reads, by scorer."""


def write_converted_card(scorer: str, out: Path, *, checkpoint: Path, is_official: bool) -> None:
    """Write the card beside converted weights.

    Args:
        scorer: A key of `RELEASED`.
        out: The folder with the weights.
        checkpoint: The file that they came from; its name and size are on the card, and no path.
        is_official: Whether its sizes are those of the released model. Of another file no licence, source or
            figure is claimed.
    """
    name = out.resolve().name.removesuffix(UNFINISHED)
    text = render_converted_card(
        RELEASED[scorer],
        name=name,
        source=f"`{checkpoint.name}` ({checkpoint.stat().st_size:,} bytes)",
        is_official=is_official,
    )
    (out / CARD_FILE).write_text(text, encoding="utf-8")


def render_converted_card(model: ReleasedModel, *, name: str, source: str, is_official: bool) -> str:
    """Spell the card.

    Args:
        model: What is known of the released model.
        name: Of the converted model.
        source: The file that was converted, in words.
        is_official: See `write_converted_card`.

    Returns:
        Markdown with its front matter.
    """
    front = yaml.safe_dump(_metadata(model, name=name, is_official=is_official), sort_keys=False, allow_unicode=True)
    terms = (
        f"It is taken for that of [{model.hub_id}](https://huggingface.co/{model.hub_id}), which has these sizes and "
        f"whose licence ({model.license}) holds for this folder too; compare the file with the released one before "
        "you publish it."
        if is_official
        else "Its sizes are not those of the released model, so nothing is said here of its licence and its figures: "
        "fill in both before you publish this folder."
    )
    sections = [
        f"---\n{front}---\n",
        f"# {name}\n",
        f"A {model.title} in the form that transformers and evalmuse_hf read. {model.scores}\n",
        "```python\nfrom evalmuse_hf import load_scorer\n\n"
        f'scorer = load_scorer("{model.scorer}", model="FOLDER")\n'
        'scores = scorer.score(images=["cat.png"], prompts=["a red cat on a sofa"])\n```\n',
        "## Where it comes from\n",
        f"Converted from {source} by evalmuse_hf {__version__} (`evalmuse convert`); no number was changed but for "
        f"its precision, which is float32 here. {terms}\n",
        *([_published(model)] if is_official else []),
        f"## Limits\n\n{model.limits} Its scores are opinions of raters, averaged, and no statement of quality, "
        "safety or truth.\n",
    ]
    return "\n".join(sections)


def _metadata(model: ReleasedModel, *, name: str, is_official: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "license": model.license if is_official else _UNKNOWN_LICENSE,
        "language": "en",
        "library_name": "transformers",
        "pipeline_tag": model.pipeline_tag,
        "tags": ["text-to-image", "evaluation", "image-text-alignment", model.scorer.replace("_", "-")],
    }
    if not is_official:
        return metadata
    source = {"name": "EvalMuse-40K paper", "url": PAPER}
    results = [
        {
            "task": _TASK,
            "dataset": {"name": dataset, "type": dataset.lower()},
            "metrics": [{"type": figure.lower(), "name": f"{figure} ({standing})", "value": value}],
            "source": source,
        }
        for dataset, figure, value, standing in model.published
    ]
    return {**metadata, "base_model": model.hub_id, "model-index": [{"name": name, "results": results}]}


def _published(model: ReleasedModel) -> str:
    rows = [
        f"| {dataset} | {figure} | {value:.4f} | {standing} |" for dataset, figure, value, standing in model.published
    ]
    return "\n".join(
        [
            "## Published figures\n",
            f"From the [EvalMuse-40K paper]({PAPER}); none of them was measured on this folder.\n",
            "| data | figure | value | standing |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
