"""DSG for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class Dsg(evaluation_modules.ScoringModule):
    """DSG: the probability of yes for each element, 0 where what the element depends on is missing; from 0 to 1.

    Examples:
        >>> import evaluate
        >>> dsg = evaluate.load("dsg")
        >>> pairs = {"images": ["square.png"], "prompts": ["a red square"], "elements": [["red", "square"]]}
        >>> result = dsg.compute(**pairs, model="mini")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
        >>> len(result["element_scores"][0])
        2
    """

    scorer_name = "dsg"
