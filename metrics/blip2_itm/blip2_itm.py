"""BLIP-2 ITM for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class Blip2Itm(evaluation_modules.ScoringModule):
    """BLIP2-ITM: the probability that picture and prompt belong together, from 0 to 1; elements are not scored.

    Examples:
        >>> import evaluate
        >>> blip2_itm = evaluate.load("blip2_itm")
        >>> result = blip2_itm.compute(images=["square.png"], prompts=["a red square"], model="FOLDER")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
    """

    scorer_name = "blip2_itm"
