"""What a reader must know before believing a number: bad input, named, with what it did to the figures."""

import math
from collections.abc import Iterator

import numpy as np

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import Judged
from evalmuse_hf.meta_evaluation.evaluation_parts.spelling import Record

FEW_PROMPTS = 50
FEW_ELEMENTS = 10


def find_warnings(judged: Judged, record: Record) -> list[str]:
    """Sentences about input that makes a figure undefined, rough or misleading.

    Args:
        judged: What was judged.
        record: What came out.
    """
    return [
        *_about_joining(judged, record),
        *_about_scores(judged),
        *_about_ratings(judged),
        *_about_prompts(judged),
        *_about_elements(judged, record),
        *_about_certainty(record),
    ]


def _about_joining(judged: Judged, record: Record) -> Iterator[str]:
    join = judged.join
    if join.duplicates:
        differing = f", of {len(join.conflicting)} of them with another score" if join.conflicting else ""
        yield (
            f"{_pictures(join.duplicates)} scored more than once{differing}; the first score counts. Such as "
            f"{join.duplicates[0]}."
        )
    if join.repeated_pairs:
        yield (
            f"{_pictures(join.repeated_pairs)} in the data set more than once; the first row counts. Such as "
            f"{join.repeated_pairs[0]}."
        )
    if join.other_prompts:
        yield (
            f"{_pictures(join.other_prompts)} scored for another prompt than the data set's, and left out. Such as "
            f"{join.other_prompts[0]}."
        )
    if join.unknown:
        yield f"{_pictures(join.unknown)} not in the data set, and left out. Such as {join.unknown[0]}."
    coverage = record["coverage"]
    if coverage["scored"] < coverage["rated"]:
        n = coverage["rated"] - coverage["scored"]
        yield (
            f"{n:,} of {coverage['rated']:,} rated pictures have no score. Correlations are over the others, and "
            "would look better than they are if the hard ones are missing; compare scorers on the same pictures only."
        )
    if judged.infinite:
        yield (
            f"{_pictures(judged.infinite)} scored as infinite, which counts as not scored. Such as "
            f"{judged.infinite[0]}."
        )


def _about_scores(judged: Judged) -> Iterator[str]:
    scores = judged.pairs.predictions
    low, high = judged.scale
    if not scores.size:
        yield "No rated picture has an overall score, so that nothing but the elements can be judged."
        return
    if scores.size > 1 and np.ptp(scores) == 0:
        yield f"All overall scores are {scores[0]:g}: a constant scorer orders nothing and has no correlation."
        return
    outside = int(((scores < low) | (scores > high)).sum())
    if outside:
        yield (
            f"{outside:,} of {scores.size:,} overall scores lie outside of the ratings' scale of {low:g} to {high:g} "
            f"(from {scores.min():.4g} to {scores.max():.4g}): another scale. Rank correlations and PLCC do not mind; "
            "there is no RMSE."
        )
    tied = 1 - len(np.unique(scores)) / scores.size
    if tied > 0.5:
        yield (
            f"The {scores.size:,} overall scores take only {len(np.unique(scores)):,} different values. Ties share a "
            "rank; KRCC and pairwise accuracy feel them most."
        )


def _about_ratings(judged: Judged) -> Iterator[str]:
    ratings = judged.pairs.references
    low, high = judged.scale
    if ratings.size > 1 and np.ptp(ratings) == 0:
        yield f"All ratings are {ratings[0]:g}: there is nothing to agree with, and no correlation."
    if ((ratings < low) | (ratings > high)).any():
        yield (
            f"Ratings reach from {ratings.min():.4g} to {ratings.max():.4g} and leave the data set's scale of {low:g} "
            f"to {high:g}; correct the scale, or the ratings."
        )


def _about_prompts(judged: Judged) -> Iterator[str]:
    n = len(set(judged.pairs.prompts))
    if n == 1:
        yield (
            "All pictures are of one prompt. Intervals draw prompts, so that there are none, and nothing is known of "
            "other prompts."
        )
    elif 1 < n < FEW_PROMPTS:
        yield f"{n} prompts are few: intervals of so few are wide, and as a rule still too narrow."


def _about_elements(judged: Judged, record: Record) -> Iterator[str]:
    elements = judged.elements
    if not elements.on_scale:
        known = elements.predictions[elements.scored]
        yield (
            f"Element scores reach from {known.min():.4g} to {known.max():.4g} and are not in [0, 1]: a threshold of "
            "0.5 means nothing there, so that there is no accuracy and no calibration."
        )
    everything = judged.all_elements
    left = everything.n - int(everything.scored.sum())
    if left and elements.scored.any():
        yield (
            f"{left:,} of {everything.n:,} rated elements have no score. Accuracy is given without them, and with "
            "each of them counted as a wrong verdict."
        )
    if elements.n and judged.gives_elements and not elements.scored.any():
        yield f"None of the {elements.n:,} rated elements has a score, although the scores hold elements."
        return
    few = [
        f"{name} ({entry['micro']['n']})"
        for name, entry in record["elements"]["by_category"].items()
        if entry["micro"]["n"] < FEW_ELEMENTS
    ]
    if few:
        yield f"Categories with fewer than {FEW_ELEMENTS} scored elements say next to nothing: {', '.join(few)}."


def _about_certainty(record: Record) -> Iterator[str]:
    accuracy = record["elements"]["micro"]
    if accuracy["value"] == 1.0 and accuracy["n_groups"]:
        least = 0.05 ** (1 / accuracy["n_groups"])
        yield (
            f"All of the {accuracy['n']:,} verdicts agree, which leaves a bootstrap nothing to vary: its interval has "
            f"no width and is no certainty. {accuracy['n_groups']} prompts without a fault only say that at least "
            f"{least:.1%} of all prompts are without (95 %, exact binomial)."
        )
    if accuracy["value"] == 0.0:
        yield f"None of the {accuracy['n']:,} verdicts agree; look whether yes and no are exchanged."
    value = record["overall"]["srcc"]["value"]
    if value is None:
        return
    if math.isclose(value, 1.0, abs_tol=1e-12):
        yield "An SRCC of 1 is more than noisy ratings allow; look whether the scores are the ratings themselves."
    high = record["overall"]["srcc"]["high"]
    if value < 0 and (high is None or high < 0):
        yield f"SRCC is negative ({value:.3f}); if a lower score means a better picture, say --lower-is-better."


def _pictures(paths: tuple[str, ...]) -> str:
    return "1 picture is" if len(paths) == 1 else f"{len(paths):,} pictures are"
