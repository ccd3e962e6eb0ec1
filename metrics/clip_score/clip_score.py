"""CLIPScore for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class ClipScore(evaluation_modules.ScoringModule):
    """CLIPScore: the cosine of a picture's and its prompt's vector, from -1 to 1; elements are not scored.

    Examples:
        >>> import evaluate
        >>> clip_score = evaluate.load("clip_score")
        >>> result = clip_score.compute(images=["square.png"], prompts=["a red square"], model="FOLDER")
        >>> result["statuses"], -1 <= result["scores"][0] <= 1
        (['ok'], True)
    """

    scorer_name = "clip_score"
