"""Agreement with ratings for `evaluate.load`, which takes the first metric it meets here: no base class by name."""

from evalmuse_hf import evaluation_modules


class AlignmentCorrelation(evaluation_modules.CorrelationModule):
    """Rank and linear correlation of overall scores with mean human ratings, with intervals; higher is better.

    Examples:
        >>> import evaluate
        >>> alignment_correlation = evaluate.load("alignment_correlation")
        >>> rows = {"predictions": [1.0, 2.0, 4.0, 3.0], "references": [1.0, 2.0, 3.0, 5.0]}
        >>> result = alignment_correlation.compute(**rows, n_resamples=0)
        >>> round(result["srcc"], 3), round(result["krcc"], 3), result["n"]
        (0.8, 0.667, 4)
    """
