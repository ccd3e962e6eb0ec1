"""Structural problems for `evaluate.load`, which takes the first metric it meets here: hence no base class by name."""

from evalmuse_hf import evaluation_modules


class StructureVqa(evaluation_modules.StructureModule):
    """Structural problems of people, animals, objects: the largest of three probabilities, 0 to 1; higher is worse.

    Examples:
        >>> import evaluate
        >>> structure_vqa = evaluate.load("structure_vqa")
        >>> result = structure_vqa.compute(images=["square.png"], object=[0.0], model="mini")
        >>> result["statuses"], len(result["element_scores"][0]), sorted(result["detection"])
        (['ok'], 3, ['object', 'overall'])
    """

    scorer_name = "structure_vqa"
