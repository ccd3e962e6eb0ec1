"""Ranking of text-to-image models, and the report that shows a scorer and its ranking on one page."""

from evalmuse_hf.ranking.examples import choose_examples
from evalmuse_hf.ranking.findings import Findings, Subset, collect_findings
from evalmuse_hf.ranking.leaderboard import CategoryMean, GeneratorRank, Ranking, rank_generators
from evalmuse_hf.ranking.report import embedded_image, make_report

__all__ = [
    "CategoryMean",
    "Findings",
    "GeneratorRank",
    "Ranking",
    "Subset",
    "choose_examples",
    "collect_findings",
    "embedded_image",
    "make_report",
    "rank_generators",
]
