"""Rows beside the scorers that never look at a picture: what a figure must be measured against."""

from collections.abc import Iterator

from evalmuse_hf.meta_evaluation.rated_data import known_generator
from evalmuse_hf.meta_evaluation.reference_rows import ReferenceKind, majority_class, reference_scores
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import PROMPT_ORACLE

NAMES: dict[ReferenceKind, str] = {
    "prompt_oracle": PROMPT_ORACLE,
    "generator_mean": "generator mean",
    "both": "prompt and generator",
}
MAJORITY = "majority class"
ONE_PROMPT = "one_prompt"

_LEAST_PROMPTS = 2

EXPLANATION = (
    "Rows that never look at a picture: the prompt oracle is the mean rating of the prompt's other pictures, the "
    "generator mean that of the generator's pictures of the other half of the prompts, prompt and generator an "
    "additive fit to all other pictures (of prompts with three pictures at least), and the majority class the usual "
    "verdict on elements of a category in other prompts."
)


def reference_rows(data: StudyData, options: MetricsOptions) -> Iterator[ScoredRows]:
    """Make the reference rows of a data set, those that it has the ratings for; the prompt oracle always.

    On a single prompt none of them has overall scores.

    Args:
        data: The data set.
        options: Seed.
    """
    generators = {known_generator(row) for row in data.rows} - {None}
    for kind, name in NAMES.items():
        if kind != "prompt_oracle" and len(generators) < 2:
            continue
        rows = tuple(reference_scores(data.rows, kind=kind, rng=options.seed))
        if data.n_prompts < _LEAST_PROMPTS:
            # The mean of a prompt's other pictures falls as the rating of this one rises: -1 by construction.
            rows = tuple({**row, "overall_score": None, "status": ONE_PROMPT} for row in rows)
        if kind == "prompt_oracle" or any(row["overall_score"] is not None for row in rows):
            yield ScoredRows(name=name, origin="reference", rows=rows)
    if any(element["score"] is not None for row in data.rows for element in row["elements"] or ()):
        yield ScoredRows(name=MAJORITY, origin="reference", rows=tuple(majority_class(data.rows, rng=options.seed)))
