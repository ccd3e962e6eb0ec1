"""ImageReward for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class ImageReward(evaluation_modules.ScoringModule):
    """ImageReward: a reward trained on human preferences, normalised; elements are not scored.

    Examples:
        >>> import evaluate
        >>> image_reward = evaluate.load("image_reward")
        >>> result = image_reward.compute(images=["square.png"], prompts=["a red square"], model="FOLDER")
        >>> result["statuses"], result["scores"][0] == result["scores"][0]
        (['ok'], True)
    """

    scorer_name = "image_reward"
