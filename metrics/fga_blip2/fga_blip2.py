"""FGA-BLIP2 for `evaluate.load`, which takes the first metric it meets here: hence no base class by its own name."""

from evalmuse_hf import evaluation_modules


class FGABlip2(evaluation_modules.ScoringModule):
    """FGA-BLIP2: how well a picture shows its prompt, from 1 to 5, and each element of the prompt, from 0 to 1."""

    scorer_name = "fga_blip2"
