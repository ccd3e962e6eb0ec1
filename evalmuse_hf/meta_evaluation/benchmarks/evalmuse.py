"""EvalMuse-40K: a data set of pairs as `load_pairs` opens it, or the published means of 7,947 training pairs."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from evalmuse_hf.data.published_subset import SOURCE, read_published_subset
from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import one_row_per_picture
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData, Row
from evalmuse_hf.schema import ALIGNMENT_SCALE

FACTS = DataFacts(
    name="evalmuse",
    title="EvalMuse-40K",
    source="Han et al., EvalMuse-40K, 2024, https://huggingface.co/datasets/DY-Evalab/EvalMuse",
    license="BSD-3-Clause (data set card)",
    rating_scale=ALIGNMENT_SCALE,
    aggregation="plain mean of three to six ratings of one to five; elements: share of yes among the same raters",
    element_ratings=True,
    in_domain=("fga_blip2",),
    notes=(
        "The overall labels of the official test split are not published; where they are missing a row has no overall "
        "score.",
    ),
)

MEANS_FACTS = replace(
    FACTS,
    name="evalmuse_means",
    title="EvalMuse-40K, published means of 7,947 training pairs",
    source=SOURCE,
    license="Apache-2.0",
    notes=(
        "Means of three to six ratings, recovered from rationales that quote them; some elements are missing, and "
        "single ratings, pictures and most words of the prompts are not published.",
        "These are training pairs: every scorer that was trained on EvalMuse-40K has seen them.",
    ),
)


def read_evalmuse(name: str | Path, split: str) -> RatedData:
    """Read a data set of pairs; pictures are not looked at.

    Args:
        name: As `evalmuse_hf.data.load_pairs` takes it.
        split: Split with the ratings.

    Returns:
        Its rows without ``image``, with the names of the raters where the data set has them.

    Raises:
        ValueError: If there is no such data set or split, or a picture comes twice or for two prompts.
    """
    from evalmuse_hf.data import load_pairs

    pairs = load_pairs(name, split).remove_columns("image").to_list()
    rows = one_row_per_picture(pairs, where=f"{name}, split {split},")
    return RatedData(facts=FACTS, rows=rows, raters=_raters(name, split, rows))


def read_evalmuse_means(path: Path) -> RatedData:
    """Read the published means.

    Args:
        path: JSON lines file that `evalmuse_hf.data.published_subset` describes.

    Raises:
        ValueError: If the file is not there or not of this form, a mean is off its scale, or a picture comes twice.
    """
    return RatedData(facts=MEANS_FACTS, rows=one_row_per_picture(read_published_subset(path), where=path.name))


def _raters(name: str | Path, split: str, rows: tuple[Row, ...]) -> dict[str, tuple[str, ...]]:
    """Who gave each overall rating, of the pictures for which that is known of all."""
    from evalmuse_hf.data.loading import load_ratings

    ratings = load_ratings(name, split)
    if ratings is None:
        return {}
    by_picture: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for rating in ratings:
        if rating["target"] == "overall" and rating["rater_id"] is not None:
            by_picture[rating["image_path"]][rating["rating_position"]] = rating["rater_id"]
    return {
        path: tuple(rater for _, rater in sorted(known.items()))
        for row in rows
        if (known := by_picture.get(path := str(row["image_path"])))
        and len(known) == len(row["overall_ratings"] or ())
    }
