"""TIFA for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class Tifa(evaluation_modules.ScoringModule):
    """TIFA: the share of elements whose answer in words is the expected one, from 0 to 1.

    Examples:
        >>> import evaluate
        >>> tifa = evaluate.load("tifa")
        >>> pairs = {"images": ["square.png"], "prompts": ["a red square"], "elements": [["red", "square"]]}
        >>> result = tifa.compute(**pairs, model="mini")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
        >>> len(result["element_scores"][0])
        2
    """

    scorer_name = "tifa"
