"""Raw releases of a few pictures, written into a temporary folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Write = Callable[..., Path]


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """Make a sound record; keywords replace its fields."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "prompt_id": "00001",
            "prompt": "Two red cats on a sofa.",
            "type": "real",
            "img_path": "SDXL/00001.png",
            "total_score": [4, 5, 3],
            "element_score": {"Two (counting)": [1, 1, 0], "red (Color) ": [1, 1, 1], "cats (animal)": [0, 0, 0]},
            "promt_meaningless": [0, 0, 1],
            "split_confidence": [0, 1, 0],
            "attribute_confidence": [1, 1, 1],
            "fidelity_label": ["", "hand", ""],
            **fields,
        }

    return make


@pytest.fixture
def write_raw(tmp_path: Path) -> Write:
    """Write a raw release; every picture that a record names is drawn, except those in `undrawn`."""

    def write(
        *,
        train: list[Any] | None = None,
        test: list[Any] | None = None,
        eval_: list[Any] | None = None,
        undrawn: tuple[str, ...] = (),
        name: str = "raw",
    ) -> Path:
        raw = tmp_path / name
        raw.mkdir()
        for file, records in (("train_list.json", train), ("test.json", test), ("eval.json", eval_)):
            if records is None:
                continue
            (raw / file).write_text(json.dumps(records), "utf-8")
            for index, row in enumerate(records):
                path = row.get("img_path") if isinstance(row, dict) else None
                if isinstance(path, str) and ".." not in path and path not in undrawn:
                    (raw / "images" / path).parent.mkdir(parents=True, exist_ok=True)
                    Image.new("RGB", (8, 6), (20 * index % 256, 0, 0)).save(raw / "images" / path)
        return raw

    return write


@pytest.fixture
def raw(write_raw, record) -> Path:
    """Two training prompts with two pictures each, one test prompt with two pictures and its ratings apart."""
    dog = {
        "prompt_id": "2",
        "prompt": "a dog",
        "type": "naive_object_counts",
        "element_score": {"a dog (animal)": [1]},
    }
    fish = {"prompt_id": "3", "prompt": "a fish", "total_score": None, "element_score": {"a fish (animal)": None}}
    ratings = {"total_score": [2, 2, 5, 1, 2, 3], "element_score": {"a fish (animal)": [1, 0, 1, 0, 1, 1]}}
    return write_raw(
        train=[
            record(),
            record(img_path="Turbo/00001.png", total_score=[1, 2, 3]),
            record(**dog, img_path="SDXL/00002.png", total_score=[5]),
            record(**dog, img_path="Turbo/00002.png", total_score=[1]),
        ],
        test=[record(**fish, img_path="SDXL/00003.png"), record(**fish, img_path="Turbo/00003.png")],
        eval_=[record(**{**fish, **ratings}, img_path="SDXL/00003.png")],
    )
