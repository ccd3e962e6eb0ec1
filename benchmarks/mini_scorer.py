"""Judges a checkpoint on freshly drawn test prompts: the figures that the mini checkpoint is held to.

    python benchmarks/mini_scorer.py [--model mini] [--prompts 400] [--seed 1000] [--json]

Prints agreement with the simulated ratings beside the ceiling that the drawn truth itself reaches, element accuracy
against the drawn truth, prompts with pairs never seen in training apart, and the controls: a scorer that sees only the
prompt, one that sees only the picture (both ridge regressions on training pairs, their penalty chosen in their favour
on the test set), and the checkpoint with pictures swapped between prompts.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evalmuse_hf.mini import write_release
from evalmuse_hf.schema import Element
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.stats import element_accuracy, srcc

IMAGES_PER_PROMPT = 5
PENALTIES = (1.0, 10.0, 100.0, 1000.0)


def main() -> None:
    """Draw, score, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--model", default="mini", help="as in load_scorer (default: mini)")
    parser.add_argument("--prompts", type=int, default=400, help="test prompts (default 400)")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        write_release(raw, train_prompts=600, test_prompts=arguments.prompts, seed=arguments.seed)
        figures = measure(raw, load_scorer("fga_blip2", model=arguments.model))
    print(json.dumps(figures, indent=2) if arguments.json else describe(figures))


def measure(raw: Path, scorer: Any) -> dict[str, Any]:
    """Compute every figure for the test side of a drawn release."""
    test, train = (json.loads((raw / name).read_text("utf-8")) for name in ("eval.json", "train_list.json"))
    truth = json.loads((raw / "drawn_truth.json").read_text("utf-8"))
    prompts = [record["prompt"] for record in test]
    ratings = np.array([np.mean(record["total_score"]) for record in test])
    drawn = np.array([truth[record["img_path"]]["overall"] for record in test])
    novel = np.array([truth[record["img_path"]]["novel"] for record in test])
    scores = score(scorer, raw, test, test)
    overall = np.array([pair.overall for pair in scores])
    half = len(test) // 2
    swapped = score(scorer, raw, test, [*test[half:], *test[:half]], elements=False)

    def agreement(chosen: np.ndarray, by: str = "all") -> dict[str, Any]:
        result = srcc(
            predictions=overall[chosen],
            references=ratings[chosen],
            groups=np.array(prompts)[chosen],
            by=by,
            n_resamples=500,
            rng=0,
        )
        return {"srcc": result.statistic, "interval": list(result.confidence_interval or ()), "pairs": result.n}

    everything = np.ones(len(test), dtype=bool)
    return {
        "pairs": len(test),
        "ceiling": srcc(predictions=drawn, references=ratings).statistic,
        "ceiling_within": srcc(predictions=drawn, references=ratings, groups=prompts, by="within").statistic,
        "pooled": agreement(everything),
        "within": agreement(everything, "within"),
        "pooled_novel": agreement(novel),
        "pooled_seen_pairs": agreement(~novel),
        "against_truth": srcc(predictions=overall, references=drawn).statistic,
        "elements": element_figures(scores, test, truth),
        "prompt_only": one_sided(*(prompt_features(scorer, rows) for rows in (train, test)), train, ratings),
        "picture_only": one_sided(*(picture_features(scorer, raw, rows) for rows in (train, test)), train, ratings),
        "swapped_pictures": srcc(predictions=[pair.overall for pair in swapped], references=ratings).statistic,
    }


def score(scorer: Any, raw: Path, records: list[Any], pictures: list[Any], *, elements: bool = True) -> list[Any]:
    """Score the prompts of `records` with the pictures of `pictures`."""
    return scorer.score(
        images=[raw / "images" / record["img_path"] for record in pictures],
        prompts=[record["prompt"] for record in records],
        elements=[list(record["element_score"]) for record in records] if elements else None,
    )


def element_figures(scores: list[Any], test: list[Any], truth: dict[str, Any]) -> dict[str, Any]:
    """Element accuracy against the drawn truth: all, per category, on novel prompts; and against the ratings."""
    rows = [
        (element.score, truth[record["img_path"]]["elements"][key], np.mean(answers), Element.parse(key).category, new)
        for pair, record in zip(scores, test, strict=True)
        for new in [truth[record["img_path"]]["novel"]]
        for element, (key, answers) in zip(pair.elements, record["element_score"].items(), strict=True)
    ]
    predicted, drawn, rated, categories, novel = (np.array(column) for column in zip(*rows, strict=True))
    by_category = {
        name: {
            "balanced": element_accuracy(
                predictions=predicted[categories == name], references=drawn[categories == name], average="balanced"
            ).statistic,
            "true_share": float(drawn[categories == name].mean()),
            "elements": int((categories == name).sum()),
        }
        for name in sorted(set(categories))
    }
    return {
        "accuracy": element_accuracy(predictions=predicted, references=drawn).statistic,
        "accuracy_novel_prompts": element_accuracy(predictions=predicted[novel], references=drawn[novel]).statistic,
        "accuracy_against_ratings": element_accuracy(predictions=predicted, references=rated).statistic,
        "elements": len(rows),
        "by_category": by_category,
    }


def prompt_features(scorer: Any, records: list[Any]) -> np.ndarray:
    """Count the tokens of each prompt, shape (N, V)."""
    tokenizer = scorer.processor.tokenizer
    features = np.zeros((len(records), len(tokenizer)))
    for row, record in enumerate(records):
        np.add.at(features[row], tokenizer(record["prompt"])["input_ids"], 1.0)
    return features


@torch.no_grad()
def picture_features(scorer: Any, raw: Path, records: list[Any]) -> np.ndarray:
    """Summarise what the vision tower says of each picture: [CLS], mean and maximum over patches, shape (N, 3 D)."""
    features = []
    for first in range(0, len(records), 100):
        images = [raw / "images" / record["img_path"] for record in records[first : first + 100]]
        states = scorer.model.encode_images(scorer.processor(images=images, return_tensors="pt")["pixel_values"])
        features.append(torch.cat([states[:, 0], states[:, 1:].mean(1), states[:, 1:].amax(1)], dim=1).numpy())
    return np.concatenate(features).astype(np.float64)


def one_sided(train_features: np.ndarray, test_features: np.ndarray, train: list[Any], ratings: np.ndarray) -> float:
    """Fit ratings of the training side by ridge regression; return the best pooled SRCC on the test side."""
    target = np.array([np.mean(record["total_score"]) for record in train])
    middle, spread = train_features.mean(axis=0), train_features.std(axis=0) + 1e-9
    x, z = ((features - middle) / spread for features in (train_features, test_features))
    gram, pull = x.T @ x, x.T @ (target - target.mean())
    found = [z @ np.linalg.solve(gram + penalty * np.eye(len(gram)), pull) for penalty in PENALTIES]
    return max(srcc(predictions=prediction, references=ratings).statistic for prediction in found)


def describe(figures: dict[str, Any]) -> str:
    """Lay the figures out for reading."""
    elements = figures["elements"]
    lines = [f"{figures['pairs']} pairs of test prompts that do not occur in training"]
    for name, label in (
        ("pooled", "SRCC with the mean rating, pooled"),
        ("pooled_seen_pairs", "  prompts without novel pairs"),
        ("pooled_novel", "  prompts with a pair never seen in training"),
        ("within", "SRCC within prompt"),
    ):
        low, high = figures[name]["interval"]
        ceiling = figures["ceiling_within" if name == "within" else "ceiling"]
        suffix = "" if label.startswith(" ") else f"  ceiling {ceiling:.3f}"
        lines.append(f"{label:48s} {figures[name]['srcc']:.3f}  [{low:.3f}, {high:.3f}]{suffix}")
    for name, label in (
        ("against_truth", "SRCC with the drawn truth"),
        ("prompt_only", "SRCC of a scorer that sees only the prompt"),
        ("picture_only", "SRCC of a scorer that sees only the picture"),
        ("swapped_pictures", "SRCC with swapped pictures"),
    ):
        lines.append(f"{label:48s} {figures[name]:.3f}")
    lines.append(
        f"{'element accuracy against the drawn truth':48s} {elements['accuracy']:.3f}  n {elements['elements']}"
    )
    lines.append(f"{'  prompts with a pair never seen in training':48s} {elements['accuracy_novel_prompts']:.3f}")
    lines.append(f"{'element accuracy against the ratings':48s} {elements['accuracy_against_ratings']:.3f}")
    lines.append(f"{'category':16s} balanced accuracy  true share      n")
    for name, row in elements["by_category"].items():
        lines.append(f"{name:16s} {row['balanced']:17.3f} {row['true_share']:11.2f} {row['elements']:6d}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
