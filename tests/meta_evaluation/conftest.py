"""A small data set of ratings with scores, for the parts and the report of an evaluation."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge


def rated_rows(n_prompts=30, generators=("A", "B", "C", "D"), seed=0):
    """Rows of a data set: every generator draws every prompt; three raters, and two elements a picture."""
    rng = np.random.default_rng(seed)
    rows = []
    for prompt in range(n_prompts):
        ease = rng.normal(0, 0.4)
        for place, generator in enumerate(generators):
            truth = 2.4 + 0.5 * place + ease + rng.normal(0, 0.5)
            ratings = np.clip(np.rint(truth + rng.normal(0, 0.6, 3)), 1, 5).astype(int).tolist()
            elements = []
            for text, category in (("red", "color"), ("cat", "animal/human")):
                votes = (rng.random(3) < np.clip((truth - 1) / 4, 0.1, 0.9)).astype(int).tolist()
                elements.append({"text": text, "category": category, "ratings": votes, "score": sum(votes) / 3})
            synthetic = prompt % 2 == 1
            rows.append(
                {
                    "image_path": f"{generator}/{prompt:03d}.png",
                    "prompt_id": str(prompt),
                    "prompt": f"a red cat number {prompt}",
                    "source": "synthetic" if synthetic else "real",
                    "synthetic_type": "naive_object_counts" if synthetic else None,
                    "generator": generator,
                    "overall_ratings": ratings,
                    "overall_score": sum(ratings) / 3,
                    "elements": elements,
                    "truth": truth,
                }
            )
    return rows


def score_rows(rows, seed=1, noise=0.5):
    """Scores of a scorer that knows the truth but for some noise."""
    rng = np.random.default_rng(seed)
    return [
        {
            "image": f"images/{row['image_path']}",
            "overall_score": float(np.clip(row["truth"] + rng.normal(0, noise), 1, 5)),
            "status": "ok",
            "elements": [
                {
                    "text": element["text"],
                    "score": float(np.clip((row["truth"] - 1) / 4 + rng.normal(0, 0.2), 0, 1)),
                    "status": "ok",
                }
                for element in row["elements"]
            ],
        }
        for row in rows
    ]


@pytest.fixture
def rows():
    return rated_rows()


@pytest.fixture
def scores(rows):
    return score_rows(rows)


@pytest.fixture
def judged(rows, scores):
    return judge(scores, rows)


@pytest.fixture
def make_rows():
    return rated_rows


@pytest.fixture
def make_scores():
    return score_rows


@pytest.fixture(scope="session")
def whole_evaluation():
    """All parts, with few resamples; computed once."""
    rows = rated_rows()
    return evaluate(score_rows(rows), rows, n_resamples=20)


@pytest.fixture
def evaluation(whole_evaluation):
    return replace(whole_evaluation, record=deepcopy(whole_evaluation.record))


@pytest.fixture
def record(evaluation):
    return evaluation.record
