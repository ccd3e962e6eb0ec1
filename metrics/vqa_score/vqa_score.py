"""VQAScore for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class VqaScore(evaluation_modules.ScoringModule):
    """VQAScore: the probability of yes to one question with the whole prompt, among all tokens, from 0 to 1.

    Examples:
        >>> import evaluate
        >>> vqa_score = evaluate.load("vqa_score")
        >>> result = vqa_score.compute(images=["square.png"], prompts=["a red square"], model="mini")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
    """

    scorer_name = "vqa_score"
