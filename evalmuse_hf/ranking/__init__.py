"""Ranking of text-to-image models, and the report that shows a scorer and its ranking on one page."""

from evalmuse_hf.ranking.examples import choose_examples
from evalmuse_hf.ranking.findings import Findings, Subset, collect_findings
from evalmuse_hf.ranking.human_ratings import read_human_ratings
from evalmuse_hf.ranking.leaderboard import rank_generators
from evalmuse_hf.ranking.published import (
    PublishedComparison,
    PublishedGenerator,
    PublishedMatch,
    PublishedRanking,
    compare_with_published,
    find_published,
    read_published_ranking,
)
from evalmuse_hf.ranking.published_section import published_document
from evalmuse_hf.ranking.ranking_report import ranking_document
from evalmuse_hf.ranking.records import (
    CategoryMean,
    CorrectedMean,
    Difference,
    GeneratorRank,
    Preference,
    Ranking,
)
from evalmuse_hf.ranking.report import embedded_image, make_report
from evalmuse_hf.ranking.score_files import read_scores_to_rank

__all__ = [
    "CategoryMean",
    "CorrectedMean",
    "Difference",
    "Findings",
    "GeneratorRank",
    "Preference",
    "PublishedComparison",
    "PublishedGenerator",
    "PublishedMatch",
    "PublishedRanking",
    "Ranking",
    "Subset",
    "choose_examples",
    "collect_findings",
    "compare_with_published",
    "embedded_image",
    "find_published",
    "make_report",
    "published_document",
    "rank_generators",
    "ranking_document",
    "read_human_ratings",
    "read_published_ranking",
    "read_scores_to_rank",
]
