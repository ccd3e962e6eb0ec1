"""PickScore for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class PickScore(evaluation_modules.ScoringModule):
    """PickScore: the cosine of a CLIP trained on preferences, times its own scale; elements are not scored.

    Examples:
        >>> import evaluate
        >>> pick_score = evaluate.load("pick_score")
        >>> result = pick_score.compute(images=["square.png"], prompts=["a red square"], model="FOLDER")
        >>> result["statuses"], -101 <= result["scores"][0] <= 101
        (['ok'], True)
    """

    scorer_name = "pick_score"
