"""HPSv2 for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class HpsV2(evaluation_modules.ScoringModule):
    """HPSv2: the cosine of a CLIP trained on human preferences, versions 2.0 and 2.1; elements are not scored.

    Examples:
        >>> import evaluate
        >>> hps_v2 = evaluate.load("hps_v2")
        >>> result = hps_v2.compute(images=["square.png"], prompts=["a red square"], model="FOLDER")
        >>> result["statuses"], -1 <= result["scores"][0] <= 1
        (['ok'], True)
    """

    scorer_name = "hps_v2"
