"""How the drawn world's ratings compare with those of EvalMuse-40K: ``python benchmarks/mini_ratings.py [--json]``.

Draws the test side of a release and prints the spread of its simulated ratings beside the paper's, how far the truth
and single raters agree with the mean rating, and how often the elements of each category hold.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.mini import write_release
from evalmuse_hf.schema import CATEGORIES, Element
from evalmuse_hf.stats import srcc

# Shares of pairs whose first three overall ratings span 0, 1, 2, 3, 4 points: Han et al., EvalMuse-40K, 2024.
PAPER_RANGES = (0.23, 0.51, 0.17, 0.08, 0.01)
FIRST_ROUND = 3  # raters


def main() -> int:
    """Draw a release and print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--prompts", type=int, default=400, help="test prompts, five pictures each (default 400)")
    parser.add_argument("--seed", type=int, default=0, help="of the release (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        write_release(raw, train_prompts=0, test_prompts=arguments.prompts, seed=arguments.seed)
        figures = measure(raw)
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))
    return 0


def measure(raw: Path) -> dict[str, Any]:
    """Compute the figures of the test side of a drawn release.

    Args:
        raw: Folder written by `evalmuse_hf.mini.write_release`.
    """
    records = json.loads((raw / "eval.json").read_text("utf-8"))
    drawn = json.loads((raw / "drawn_truth.json").read_text("utf-8"))
    ratings = [record["total_score"] for record in records]
    mean_ratings = [float(np.mean(votes)) for votes in ratings]
    element_means = [
        float(np.mean([np.mean(answers) for answers in record["element_score"].values()])) for record in records
    ]
    truth = [drawn[record["img_path"]]["overall"] for record in records]
    ranges = np.bincount([np.ptp(votes[:FIRST_ROUND]) for votes in ratings], minlength=len(PAPER_RANGES))
    novel = {record["prompt"]: drawn[record["img_path"]]["novel"] for record in records}
    return {
        "prompts": len(novel),
        "pairs": len(records),
        "range_shares": (ranges / len(records)).tolist(),
        "srcc_truth_mean_rating": srcc(predictions=truth, references=mean_ratings).statistic,
        "srcc_rater_mean_of_others": float(
            np.mean([_rater_agreement(ratings, rater) for rater in range(FIRST_ROUND)])
        ),
        "srcc_elements_overall": srcc(predictions=element_means, references=mean_ratings).statistic,
        "true_share": _true_shares(records, drawn),
        "novel_prompt_share": sum(novel.values()) / len(novel),
        "mean_truth": _generator_means(records, truth),
    }


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out as tables.

    Args:
        figures: From `measure`.
    """
    lines = [f"{figures['pairs']} pairs of {figures['prompts']} test prompts", ""]
    lines.append("range of the first three overall ratings      0     1     2     3     4")
    for name, shares in (("simulated", figures["range_shares"]), ("paper", PAPER_RANGES)):
        lines.append(f"{name:40s}" + "".join(f"{share:6.3f}" for share in shares))
    lines += [
        "",
        f"SRCC of drawn truth and mean rating (the ceiling of a scorer)  {figures['srcc_truth_mean_rating']:.3f}",
        f"SRCC of one rater and the mean of the others                   {figures['srcc_rater_mean_of_others']:.3f}",
        f"SRCC of mean element rating and mean overall rating            {figures['srcc_elements_overall']:.3f}",
        f"share of prompts with a pair never seen in training            {figures['novel_prompt_share']:.3f}",
        "",
        "category          true share  elements",
    ]
    for name, row in figures["true_share"].items():
        lines.append(f"{name:16s}  {row['share']:10.3f}  {row['elements']:8d}")
    lines += ["", "generator         mean truth (1-5)"]
    lines += [f"{name:16s}  {mean:10.3f}" for name, mean in figures["mean_truth"].items()]
    return "\n".join(lines)


def _rater_agreement(ratings: list[list[int]], rater: int) -> float:
    others = [np.mean(np.delete(votes, rater)) for votes in ratings]
    return srcc(predictions=[votes[rater] for votes in ratings], references=others).statistic


def _true_shares(records: list[Any], drawn: dict[str, Any]) -> dict[str, dict[str, float | int]]:
    holds = defaultdict(list)
    for record in records:
        for key, value in drawn[record["img_path"]]["elements"].items():
            holds[Element.parse(key).category].append(value)
    return {
        name: {"share": float(np.mean(holds[name])), "elements": len(holds[name])}
        for name in CATEGORIES
        if name in holds
    }


def _generator_means(records: list[Any], truth: list[float]) -> dict[str, float]:
    values = defaultdict(list)
    for record, overall in zip(records, truth, strict=True):
        values[record["img_path"].split("/")[0]].append(overall)
    means = {name: float(np.mean(overall)) for name, overall in values.items()}
    return dict(sorted(means.items(), key=lambda item: item[1]))


if __name__ == "__main__":
    sys.exit(main())
