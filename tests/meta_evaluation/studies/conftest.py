"""What the tests of studies share.

A small Flickr8k: 24 plain pictures in four colours, three captions each, and a sentence model of 10,000 weights. And a
small world of rated pictures, in which it is known how good each scorer is.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from transformers import BertConfig, BertModel, PreTrainedTokenizerBase

from evalmuse_hf.meta_evaluation.rated_data import DataFacts
from evalmuse_hf.meta_evaluation.studies.flickr8k_data import Flickr8k, read_flickr8k
from evalmuse_hf.meta_evaluation.studies.metrics_data import StudyData
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions
from evalmuse_hf.meta_evaluation.studies.metrics_scores import ScoredRows
from evalmuse_hf.meta_evaluation.studies.metrics_study import DataComparison, compare_on
from evalmuse_hf.mini.tokenizer import build_tokenizer

COLORS = ("red", "green", "blue", "yellow")
THINGS = ("rabbit", "cat", "car", "apple", "tree", "chair")


def encoded(color: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def flickr_folder(tmp_path) -> Path:
    """Picture 0 has expert judgements, picture 1 lends a judged caption, picture 2 has judgements of the crowd."""
    folder = tmp_path / "flickr8k"
    folder.mkdir()
    names = [f"{number}.jpg" for number in range(24)]
    images = [{"bytes": encoded(COLORS[number % 4]), "path": names[number]} for number in range(24)]
    pq.write_table(pa.table({"file_name": names, "image": images}), folder / "images.parquet")
    captions = []
    for number, name in enumerate(names):
        color, thing = COLORS[number % 4], THINGS[number % 6]
        texts = (f"A {color} {thing} .", f"The {thing} is {color} .", f"It is a {thing} .")
        captions += [f"{name}#{row}\t{text}" for row, text in enumerate(texts)]
    (folder / "Flickr8k.token.txt").write_text("\n".join(captions) + "\n", "utf-8")
    experts = (
        "0.jpg\t0.jpg#2\t4\t4\t3",
        "0.jpg\t1.jpg#0\t1\t1\t2",
        "0.jpg\t1.jpg#1\t1\t2\t2",
        "0.jpg\t0.jpg#0\t4\t3\t4",
    )
    (folder / "ExpertAnnotations.txt").write_text("\n".join(experts) + "\n", "utf-8")
    (folder / "CrowdFlowerAnnotations.txt").write_text("2.jpg\t0.jpg#1\t0\t0\t3\n", "utf-8")
    return folder


@pytest.fixture
def flickr(flickr_folder) -> Flickr8k:
    return read_flickr8k(flickr_folder)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    return build_tokenizer()


@pytest.fixture
def make_bert(tokenizer) -> Callable[..., BertModel]:
    """Every call gives the same random weights."""

    def make(**options: int) -> BertModel:
        sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **{**sizes, **options})
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return BertModel(config, add_pooling_layer=False).eval()

    return make


GENERATORS = ("Alpha", "Beta", "Gamma", "Delta")


def rated_rows(n_prompts: int, seed: int) -> list[dict]:
    """Pictures with a true quality, two whole ratings of it and two elements; Alpha is best, Delta worst."""
    rng = np.random.default_rng(seed)
    rows = []
    for prompt in range(n_prompts):
        hardness = rng.normal(0, 0.7)
        for place, generator in enumerate(GENERATORS):
            truth = 3.3 - 0.3 * place + hardness + rng.normal(0, 0.5)
            ratings = np.clip(np.round(truth + rng.normal(0, 0.4, 2)), 1, 5).astype(int).tolist()
            shares = np.clip((truth - 1) / 4 + rng.normal(0, 0.2, 2), 0, 1)
            elements = [
                {"text": text, "category": category, "score": float(share), "ratings": None}
                for text, category, share in zip(("a cat", "red"), ("animal/human", "color"), shares, strict=True)
            ]
            rows.append(
                {
                    "image_path": f"{generator}/{prompt:03}.png",
                    "prompt_id": f"{prompt:03}",
                    "prompt": f"a red cat number {prompt}",
                    "generator": generator,
                    "overall_ratings": ratings,
                    "overall_score": float(np.mean(ratings)),
                    "elements": elements,
                    "truth": truth,
                }
            )
    return rows


def scores_of(rows: list[dict], noise: float, seed: int) -> tuple[dict, ...]:
    """A scorer that sees the true quality through noise."""
    rng = np.random.default_rng(seed)
    scored = []
    for row in rows:
        seen = row["truth"] + noise * rng.normal()
        elements = [
            {"text": element["text"], "score": float(np.clip((seen - 1) / 4, 0, 1)), "status": "ok"}
            for element in row["elements"]
        ]
        scored.append(
            {"image_path": row["image_path"], "overall_score": float(seen), "elements": elements, "status": "ok"}
        )
    return tuple(scored)


@pytest.fixture(scope="session")
def rated_world() -> StudyData:
    """60 prompts, four generators; "good" and "like good" are equally good, "poor" is poor, "coin" knows nothing."""
    rows = rated_rows(60, seed=1)
    scores = {
        "good": scores_of(rows, 0.1, 2),
        "like good": scores_of(rows, 0.1, 3),
        "poor": scores_of(rows, 1.2, 4),
        "coin": scores_of(rows, 1e6, 5),
    }
    facts = DataFacts(
        name="world",
        title="A small world",
        source="made for tests",
        rating_scale=(1.0, 5.0),
        aggregation="mean of two ratings",
        element_ratings=True,
        in_domain=("good",),
    )
    return StudyData(facts=facts, rows=tuple(rows), scores=scores, n_prompts=60)


@pytest.fixture(scope="session")
def metrics_options() -> MetricsOptions:
    return MetricsOptions(n_resamples=200)


@pytest.fixture(scope="session")
def comparison(rated_world, metrics_options) -> DataComparison:
    scored = [ScoredRows(name=name, origin="shipped", rows=rows) for name, rows in rated_world.scores.items()]
    return compare_on(rated_world, scored, metrics_options)


@pytest.fixture
def tifa_file(tmp_path) -> Path:
    """A file in the form of TIFA160: 30 prompts, four generators, two scorers, in folder of its own."""
    rows = rated_rows(30, seed=6)
    good, poor = scores_of(rows, 0.1, 7), scores_of(rows, 3.0, 8)
    records = {}
    for row, first, second in zip(rows, good, poor, strict=True):
        name = f"coco_{row['prompt_id']}_{row['generator']}"
        records[name] = {
            "text_id": f"coco_{row['prompt_id']}",
            "image_path": f"{name}.jpg",
            "text": row["prompt"],
            "human_scores": row["overall_ratings"],
            "human_avg": row["overall_score"],
            "tifa_mplug-large": first["overall_score"],
            "clipscore_vitb32": second["overall_score"],
        }
    path = tmp_path / "tifa" / "human_annotations_with_scores.json"
    path.parent.mkdir()
    path.write_text(json.dumps(records), "utf-8")
    return path
