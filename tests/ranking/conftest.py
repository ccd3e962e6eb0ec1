"""Five generators on six drawn prompts: ratings, a truth, and scores that follow the truth with noise."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.ranking.records import CategoryMean, CorrectedMean, Difference, GeneratorRank, Preference, Ranking


def _picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(out, format="PNG")
    return out.getvalue()


@pytest.fixture
def pairs() -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {
            "image": {"bytes": _picture(10 * prompt + generator), "path": None},
            "image_path": f"G{generator}/{prompt}.png",
            "prompt_id": str(prompt),
            "prompt": f"a red <b>cat</b> {prompt}",
            "generator": f"G{generator}",
            "overall_score": float(np.clip(1 + generator + rng.normal(0, 0.3), 1, 5)),
            "elements": [
                {"text": "red", "category": "color", "score": float(generator > 2), "spans": [[2, 5]]},
                {"text": "<b>cat</b>", "category": "animal/human", "score": 1.0, "spans": [[6, 16]]},
            ],
        }
        for prompt in range(6)
        for generator in range(5)
    ]


@pytest.fixture
def truth(pairs) -> dict[str, dict[str, Any]]:
    return {
        pair["image_path"]: {
            "overall": round(pair["overall_score"]),
            "elements": {"red (color)": int(pair["elements"][0]["score"]), "<b>cat</b> (animal)": 1},
            "novel": int(pair["prompt_id"]) % 2 == 1,
        }
        for pair in pairs
    }


@pytest.fixture
def scores(pairs) -> list[dict[str, Any]]:
    rng = np.random.default_rng(1)
    return [
        {
            "image": f"images/{pair['image_path']}",
            "prompt": pair["prompt"],
            "prompt_id": pair["prompt_id"],
            "generator": pair["generator"],
            "overall_score": float(np.clip(pair["overall_score"] + rng.normal(0, 0.5), 1, 5)),
            "status": "ok",
            "elements": [
                {"text": "red", "category": "color", "score": 0.75, "status": "ok"},
                {"text": "<b>cat</b>", "category": "animal/human", "score": None, "status": "unmatched"},
            ],
        }
        for pair in pairs
    ]


@pytest.fixture(scope="session")
def full_ranking() -> Ranking:
    """Everything that a ranking can hold, by hand: SDXL leads, Mine and LCM-PixArt cannot be told apart."""

    def row(rank, generator, mean, letters, strength, corrected, color):
        return GeneratorRank(
            rank=rank,
            generator=generator,
            mean=mean,
            low=mean - 0.125,
            high=mean + 0.125,
            normalised=(mean - 1) / 4,
            n=200,
            n_prompts=200,
            n_unscored=rank - 1,
            n_missing_prompts=0,
            categories={
                "color": CategoryMean(color, 120, color - 0.03125, color + 0.03125, 90),
                "counting": CategoryMean(color / 2, 14 - rank, None, None, 9),
                "food": CategoryMean(0.75, 60, 0.5, 1.0, 50),
            },
            letters=letters,
            preference=Preference(
                strength=strength, low=strength - 0.25, high=strength + 0.25, rank=rank, win_rate=0.5, n=400
            ),
            corrected=CorrectedMean(
                mean=corrected, low=corrected - 0.2, high=corrected + 0.2, rank=4 - rank, bias=mean - corrected,
                weight=0.75, n_rated=40, n_rated_prompts=40, human_mean=corrected + 0.1, human_low=corrected - 0.4,
                human_high=corrected + 0.6,
            ),
        )  # fmt: skip

    def pair(first, second, difference, p, needed, neighbours):
        return Difference(
            first=first, second=second, difference=difference, low=difference - 0.1, high=difference + 0.1,
            p_value=p / 3, adjusted_p_value=p, n_prompts=200, n_prompts_needed=needed, neighbours=neighbours,
        )  # fmt: skip

    return Ranking(
        rows=(
            row(1, "SDXL", 3.5, "a", 0.5, 3.0, 0.875),
            row(2, "Mine", 3.0, "b", 0.0, 3.25, 0.75),
            row(3, "LCM-PixArt", 2.9375, "b", -0.5, 3.5, 0.625),
        ),
        n_prompts=240,
        n_shared_prompts=200,
        differences=(
            pair("SDXL", "Mine", 0.5, 0.0004, 12, True),
            pair("SDXL", "LCM-PixArt", 0.5625, 0.0003, 10, False),
            pair("Mine", "LCM-PixArt", 0.0625, 0.31, 2345, True),
        ),
        agreement=1.0,
        notes=("Generators lack scored pictures of some prompts.",),
    )


@pytest.fixture(scope="session")
def bare_ranking() -> Ranking:
    """One generator without anything that can be left out, on a scale of its own."""
    row = GeneratorRank(
        rank=1, generator="<b>Alone</b>", mean=0.2731, low=None, high=None, normalised=float("nan"), n=3, n_prompts=3,
        n_unscored=0, n_missing_prompts=0,
    )  # fmt: skip
    return Ranking(rows=(row,), n_prompts=3, n_shared_prompts=3)
