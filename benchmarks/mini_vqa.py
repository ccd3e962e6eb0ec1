"""Judges small multimodal models on freshly drawn test prompts: does asking for no as well help against a yes-bias?

    python benchmarks/mini_vqa.py [--models mini FOLDER ...] [--prompts 200] [--seed 2000] [--json]

For each model: how often it says yes to elements that are not there, accuracy and balanced accuracy of element
verdicts against the drawn truth, SRCC of the overall score with the simulated mean rating for the positive questions
only, the negative ones only, PN-VQA, PN-VQA with counterfactual questions, VQ2 (which is the positive half), DSG, TIFA
and VQAScore; the difference of PN-VQA to each of the others with a paired interval over prompts; and how well
structural errors are found, beside always saying yes. Negative only means 1 - P(yes to "is the answer ... no?").
"""

import argparse
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image
from scipy.stats import rankdata

from evalmuse_hf.mini import write_release
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.mini.questions import structure_truths
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.models.vqa.generated_answers import GeneratedAnswers
from evalmuse_hf.models.vqa.methods import DependentQuestions, PositiveNegative, StructureQuestions, WholePrompt
from evalmuse_hf.models.vqa.question_scorer import score_together
from evalmuse_hf.models.vqa.yes_no import YesNo
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.stats import element_accuracy, problem_detection

METHODS = {
    "pn_vqa": PositiveNegative(),
    "counterfactual": PositiveNegative(negative="counterfactual"),
    "dsg": DependentQuestions(),
    "tifa": GeneratedAnswers(),
    "tifa_choices": GeneratedAnswers(multiple_choice=True),
    "vqa_score": WholePrompt(),
}
RESAMPLES = 1000


def main() -> None:
    """Draw, ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--models", nargs="+", default=["mini"], help="as in load_scorer (default: mini)")
    parser.add_argument("--prompts", type=int, default=200, help="test prompts, five pictures each (default 200)")
    parser.add_argument("--seed", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        write_release(raw, train_prompts=1, test_prompts=arguments.prompts, seed=arguments.seed)
        for model in arguments.models:
            figures[model] = measure(raw, load_scorer("pn_vqa", model=model, batch_size=64), seed=arguments.seed)
    print(json.dumps(figures, indent=2) if arguments.json else "\n\n".join(map(describe, figures, figures.values())))


def measure(raw: Path, scorer: Any, *, seed: int) -> dict[str, Any]:
    """Compute every figure of one model for the test side of a drawn release."""
    records = json.loads((raw / "eval.json").read_text("utf-8"))
    truth = json.loads((raw / "drawn_truth.json").read_text("utf-8"))
    pairs = {
        "images": [raw / "images" / record["img_path"] for record in records],
        "prompts": [record["prompt"] for record in records],
        "elements": [list(record["element_score"]) for record in records],
    }
    scores = with_halves(score_together(scorer.chat, METHODS, **pairs))
    drawn = [[truth[record["img_path"]]["elements"][key] for key in record["element_score"]] for record in records]
    ratings = np.array([np.mean(record["total_score"]) for record in records])
    overall = {name: np.array([pair.overall for pair in found]) for name, found in scores.items()}
    return {
        "pairs": len(records),
        "elements": {
            name: element_figures(found, drawn, pairs["prompts"])
            for name, found in scores.items()
            if name != "vqa_score"
        },
        "srcc": agreement(overall, ratings, pairs["prompts"]),
        "structure": detection_figures(scorer.chat, size=len(records), seed=seed),
    }


def with_halves(scores: Mapping[str, Sequence[PairScore]]) -> dict[str, Sequence[PairScore]]:
    """Add what the positive and the negative questions of PN-VQA say alone."""
    halves: dict[str, Sequence[PairScore]] = {}
    for place, name in enumerate(("positive", "negative")):
        halves[name] = [half(pair, place) for pair in scores["pn_vqa"]]
    return {**halves, **scores}


def half(pair: PairScore, place: int) -> PairScore:
    """Score a pair by one of the two questions about each element."""
    elements = []
    for element in pair.elements:
        value = math.nan
        if element.answers:
            answer = element.answers[place]
            chance = YesNo(answer.yes, answer.no).p_yes("answers")
            value = 1 - chance if place else chance
        elements.append(ElementScore(element.text, element.category, value, element.status))
    known = [element.score for element in elements if math.isfinite(element.score)]
    return PairScore(fmean(known) if known else math.nan, tuple(elements))


def element_figures(
    scores: Sequence[PairScore], drawn: Sequence[Sequence[int]], prompts: Sequence[str]
) -> dict[str, Any]:
    """Accuracy of the verdicts, and how often yes is said of what is not there."""
    rows = [
        (element.score, truth, prompt)
        for pair, truths, prompt in zip(scores, drawn, prompts, strict=True)
        for element, truth in zip(pair.elements, truths, strict=True)
    ]
    predicted, actual, groups = ([row[place] for row in rows] for place in range(3))
    options = {"predictions": predicted, "references": actual, "groups": groups, "nan_policy": "omit"}
    plain = element_accuracy(**options, n_resamples=RESAMPLES, rng=0)
    balanced = element_accuracy(**options, average="balanced", n_resamples=RESAMPLES, rng=0)
    absent = [score >= 0.5 for score, truth, _ in rows if truth == 0 and math.isfinite(score)]
    return {
        "n": plain.n,
        "unscored": plain.n_dropped,
        "yes_on_absent": float(np.mean(absent)) if absent else math.nan,
        "accuracy": plain.statistic,
        "accuracy_interval": list(plain.confidence_interval or ()),
        "balanced": balanced.statistic,
        "balanced_interval": list(balanced.confidence_interval or ()),
    }


def agreement(overall: Mapping[str, np.ndarray], ratings: np.ndarray, prompts: Sequence[str]) -> dict[str, Any]:
    """SRCC of each method with the ratings, and PN-VQA less each, with intervals over the same resampled prompts.

    A pair that a method could not score is left out for that method.
    """
    names, codes = np.unique(prompts, return_inverse=True)
    members = [np.flatnonzero(codes == code) for code in range(len(names))]
    rng = np.random.default_rng(0)
    draws = [
        np.concatenate([members[code] for code in rng.integers(len(names), size=len(names))]) for _ in range(RESAMPLES)
    ]
    resampled = {
        name: np.array([spearman(values[rows], ratings[rows]) for rows in draws]) for name, values in overall.items()
    }
    table = {}
    for name, values in overall.items():
        gain = resampled["pn_vqa"] - resampled[name]
        table[name] = {
            "srcc": spearman(values, ratings),
            "interval": np.nanquantile(resampled[name], [0.025, 0.975]).tolist(),
            "pn_vqa_less_this": spearman(overall["pn_vqa"], ratings) - spearman(values, ratings),
            "difference_interval": np.nanquantile(gain, [0.025, 0.975]).tolist(),
        }
    return table


def spearman(predictions: np.ndarray, references: np.ndarray) -> float:
    """Spearman's correlation of the rows with a prediction."""
    known = np.isfinite(predictions)
    if known.sum() < 3 or np.ptp(predictions[known]) == 0 or np.ptp(references[known]) == 0:
        return math.nan
    return float(np.corrcoef(rankdata(predictions[known]), rankdata(references[known]))[0, 1])


def detection_figures(chat: Any, *, size: int, seed: int) -> dict[str, Any]:
    """Precision, recall and F1 for people, animals, other things, and any of them, on freshly drawn pictures."""
    pool = draw_pool(size, seed=seed)
    images = [Image.fromarray(pixels) for pixels in pool.pixels]
    prompts = [prompt.text for prompt in pool.prompts]
    scores = score_together(chat, {"structure": StructureQuestions()}, images=images, prompts=prompts)["structure"]
    truths = [structure_truths(scene) for scene in pool.scenes]
    table = {}
    for place, kind in enumerate(("human", "animal", "thing", "any")):
        told = [pair.overall if kind == "any" else pair.elements[place].score for pair in scores]
        wrong = [float(any(truth.values()) if kind == "any" else truth[kind]) for truth in truths]
        result = problem_detection(predictions=told, references=wrong, nan_policy="omit", n_resamples=RESAMPLES, rng=0)
        table[kind] = {
            **{"precision": result.precision, "recall": result.recall, "f1": result.statistic},
            **{"f1_interval": list(result.confidence_interval or ()), "prevalence": result.prevalence},
            "always_yes_f1": result.always_yes_f1,
        }
    return table


def describe(model: str, figures: Mapping[str, Any]) -> str:
    """Lay the figures of one model out for reading."""
    lines = [f"{model}: {figures['pairs']} pairs of test prompts that do not occur in training"]
    lines.append(f"{'elements':16s} yes on absent  accuracy           balanced           unscored of {'n':>6s}")
    for name, row in figures["elements"].items():
        cells = [f"{row[key]:.3f} {spread(row[f'{key}_interval'])}" for key in ("accuracy", "balanced")]
        lines.append(f"{name:16s} {row['yes_on_absent']:13.3f}  {'  '.join(cells)} {row['unscored']:8d} {row['n']:9d}")
    lines.append(f"{'overall':16s} SRCC                  PN-VQA less this")
    for name, row in figures["srcc"].items():
        lines.append(
            f"{name:16s} {row['srcc']:.3f} {spread(row['interval'])}  "
            f"{row['pn_vqa_less_this']:+.3f} {spread(row['difference_interval'])}"
        )
    lines.append(f"{'structure':16s} precision recall    F1                  always yes  prevalence")
    for name, row in figures["structure"].items():
        lines.append(
            f"{name:16s} {row['precision']:9.3f} {row['recall']:6.3f}  {row['f1']:.3f} {spread(row['f1_interval'])} "
            f"{row['always_yes_f1']:11.3f} {row['prevalence']:11.3f}"
        )
    return "\n".join(lines)


def spread(interval: Sequence[float]) -> str:
    """An interval, if there is one."""
    return f"[{interval[0]:+.3f}, {interval[1]:+.3f}]" if interval else "[none]"


if __name__ == "__main__":
    main()
