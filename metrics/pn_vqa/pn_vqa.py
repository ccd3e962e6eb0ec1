"""PN-VQA for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class PnVqa(evaluation_modules.ScoringModule):
    """PN-VQA: each element is asked for twice, for yes and for no; (1 + P_T - P_F) / 2, from 0 to 1.

    Examples:
        >>> import evaluate
        >>> pn_vqa = evaluate.load("pn_vqa")
        >>> pairs = {"images": ["square.png"], "prompts": ["a red square"], "elements": [["red", "square"]]}
        >>> result = pn_vqa.compute(**pairs, model="mini")
        >>> result["statuses"], 0 <= result["scores"][0] <= 1
        (['ok'], True)
        >>> len(result["element_scores"][0])
        2
    """

    scorer_name = "pn_vqa"
