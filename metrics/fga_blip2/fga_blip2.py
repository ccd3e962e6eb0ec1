"""FGA-BLIP2 for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class FGABlip2(evaluation_modules.ScoringModule):
    """FGA-BLIP2: how well a picture shows its prompt, from 1 to 5, and each element of the prompt, from 0 to 1.

    Examples:
        >>> import evaluate
        >>> fga_blip2 = evaluate.load("fga_blip2")
        >>> pairs = {"images": ["square.png"], "prompts": ["a red square"], "elements": [["red", "square"]]}
        >>> result = fga_blip2.compute(**pairs, model="mini")
        >>> result["statuses"], 1 <= result["scores"][0] <= 5
        (['ok'], True)
        >>> len(result["element_scores"][0])
        2
    """

    scorer_name = "fga_blip2"
