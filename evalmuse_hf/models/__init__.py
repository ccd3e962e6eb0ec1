"""Networks and one-batch scorers; a network is imported from its own package, so that this one stays light."""

from evalmuse_hf.models.scorer import ElementScore, PairScore, Scorer

__all__ = ["ElementScore", "PairScore", "Scorer"]
