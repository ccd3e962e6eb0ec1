"""Five generators on six drawn prompts: ratings, a truth, and scores that follow the truth with noise."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image


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
