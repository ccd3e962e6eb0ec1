"""Verdicts on elements for `evaluate.load`, which takes the first metric it meets here: no base class by name."""

from evalmuse_hf import evaluation_modules


class ElementAccuracy(evaluation_modules.AccuracyModule):
    """Accuracy of verdicts on the elements of prompts, from 0 to 1, with intervals; higher is better.

    Examples:
        >>> import evaluate
        >>> element_accuracy = evaluate.load("element_accuracy")
        >>> rows = {"predictions": [0.9, 0.2, 0.6, 0.7], "references": [1.0, 0.0, 0.5, 0.0]}
        >>> result = element_accuracy.compute(**rows, categories=["color", "color", "object", "object"], n_resamples=0)
        >>> result["accuracy"], result["balanced_accuracy"], result["by_category"]
        (0.75, 0.75, {'color': 1.0, 'object': 0.5})
    """
