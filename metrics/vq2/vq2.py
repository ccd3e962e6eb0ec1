"""VQ2 for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class Vq2(evaluation_modules.ScoringModule):
    """VQ2: the probability of yes for each element, the positive half of PN-VQA, from 0 to 1.

    Examples:
        >>> import evaluate
        >>> vq2 = evaluate.load("vq2")
        >>> pairs = {"images": ["square.png"], "prompts": ["a red square"], "elements": [["red", "square"]]}
        >>> result = vq2.compute(**pairs, model="mini")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
        >>> len(result["element_scores"][0])
        2
    """

    scorer_name = "vq2"
