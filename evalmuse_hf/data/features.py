"""Columns of the configurations beside ``pairs``: prompts, single ratings, and the prompts of the ranking."""

from typing import TYPE_CHECKING

from evalmuse_hf.schema import pair_features

if TYPE_CHECKING:
    import datasets

CONFIGS = ("pairs", "prompts", "ratings", "ranking_prompts")
"""Configurations of a built data set, the default one first."""

FOLDERS = {"pairs": "data", "prompts": "prompts", "ratings": "ratings", "ranking_prompts": "ranking_prompts"}
"""Folder of each configuration's Parquet files."""


def config_features(config: str) -> "datasets.Features":
    """Columns of a configuration.

    Args:
        config: One of `CONFIGS`.
    """
    makers = {
        "pairs": pair_features,
        "prompts": prompt_features,
        "ratings": rating_features,
        "ranking_prompts": ranking_prompt_features,
    }
    return makers[config]()


def prompt_features() -> "datasets.Features":
    """Columns of ``prompts``, one row per `prompt_id`.

    ``n_pairs`` counts its pictures in the split, ``overall_score`` is the mean of their scores, and
    ``prompt_variance`` is that of ``pairs``, over all pictures of the same prompt text.
    """
    from datasets import Features, Value

    columns = ranking_prompt_features()
    return Features(
        {
            "prompt_id": columns["prompt_id"],
            "prompt": columns["prompt"],
            "source": Value("string"),
            "synthetic_type": Value("string"),
            "elements": columns["elements"],
            "n_pairs": Value("int64"),
            "overall_score": Value("float64"),
            "prompt_variance": Value("float64"),
        }
    )


def ranking_prompt_features() -> "datasets.Features":
    """Columns of ``ranking_prompts``, one row per prompt to draw and rank generators with."""
    from datasets import Features, List, Value

    element = {
        "text": Value("string"),
        "category": Value("string"),
        "raw_category": Value("string"),
        "spans": List(List(Value("int32"))),
    }
    return Features({"prompt_id": Value("string"), "prompt": Value("string"), "elements": List(element)})


def rating_features() -> "datasets.Features":
    """Columns of ``ratings``, one row per rating.

    ``target`` is ``"overall"`` or ``"element"``, and the three element columns are null for the former.
    ``rating_position`` is the place in the released list; it is no person, so ``rater_id`` is null unless known.
    """
    from datasets import Features, Value

    return Features(
        {
            "image_path": Value("string"),
            "prompt_id": Value("string"),
            "generator": Value("string"),
            "target": Value("string"),
            "element_index": Value("int32"),
            "element": Value("string"),
            "category": Value("string"),
            "rating_position": Value("int32"),
            "rating": Value("int64"),
            "rater_id": Value("string"),
            "round": Value("int32"),
        }
    )
