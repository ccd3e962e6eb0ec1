"""Makes the example records of the leaderboard: the commands of a user, on the embedded world.

    python benchmarks/leaderboard_examples.py FOLDER

draws, scores, ranks and judges in FOLDER, and writes the records to `evalmuse_hf/pages/leaderboard/examples`.
Pictures, generators and people are simulated; each record says so, and names its command.
"""

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

EXAMPLES = Path(__file__).parents[1] / "evalmuse_hf" / "pages" / "leaderboard" / "examples"
RATED_PROMPTS = 40
COMMANDS = {
    "ranking_fga_blip2.json": (
        "Five invented generators, by FGA-BLIP2",
        "evalmuse rank demo/scores.parquet --human people.csv --json",
    ),
    "ranking_pn_vqa.json": ("The same five generators, by PN-VQA", "evalmuse rank pn_vqa.parquet --json"),
    "scorer_fga_blip2.json": (
        "FGA-BLIP2 against simulated people",
        "evalmuse evaluate demo/scores.parquet --dataset demo/evalmuse-40k --json",
    ),
    "scorer_pn_vqa.json": (
        "PN-VQA against simulated people",
        "evalmuse evaluate pn_vqa.parquet --dataset demo/evalmuse-40k --json",
    ),
    "study_metrics.json": (
        "FGA-BLIP2 and PN-VQA on the same pictures",
        "evalmuse study metrics --prompts 60 --json",
    ),
}


def main() -> None:
    """Run every command, and mark what it wrote."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="to work in")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    run("evalmuse demo --out demo", folder)
    run("evalmuse score demo/raw --scorer pn_vqa --model mini --out pn_vqa.parquet", folder)
    write_people(folder)
    for name, (title, command) in COMMANDS.items():
        record = json.loads(run(command, folder))
        marked = {
            "title": title,
            "description": f"Written by: {command} (after evalmuse demo --out demo).",
            "simulated": True,
            **record,
        }
        marked.pop("machine", None)
        (EXAMPLES / name).write_text(json.dumps(marked, ensure_ascii=False) + "\n", "utf-8")


def run(command: str, folder: Path) -> str:
    """Run a command of ours in a folder; its output."""
    words = [sys.executable, "-m", "evalmuse_hf.cli", *command.split()[1:]]
    return subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def write_people(folder: Path) -> None:
    """Write the simulated ratings of a random part of the prompts, as people would give them."""
    ratings = pq.read_table(next((folder / "demo/evalmuse-40k/ratings").glob("test-*.parquet"))).to_pylist()
    prompts = sorted({row["prompt_id"] for row in ratings})
    drawn = set(np.random.default_rng(0).choice(prompts, RATED_PROMPTS, replace=False).tolist())
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "rating", "prompt_id"])
        for row in ratings:
            if row["target"] == "overall" and row["prompt_id"] in drawn:
                writer.writerow([f"images/{row['image_path']}", row["rating"], row["prompt_id"]])


if __name__ == "__main__":
    main()
