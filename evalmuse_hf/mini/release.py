"""Writes the drawn world in the raw format of the official EvalMuse-40K release.

Beside the official files, `prompt_t2i.json` with prompts to rank generators with among them, stand `eval.json`, the
labels of the test rows in the form in which the NTIRE 2025 challenge gave them out, and `drawn_truth.json`, which no
real release has: what is true of every picture.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.generators import GENERATORS, Generator, imagine
from evalmuse_hf.mini.prompts import DrawnPrompt, ElementClaim, write_prompt
from evalmuse_hf.mini.raters import SimulatedRatings, draw_biases, element_truths, rate, true_alignment
from evalmuse_hf.mini.scene import Scene

NOVEL_SHARE = 0.4  # of the test prompts contain a pair that training never shows
_PROMPT_DIFFICULTY = 0.5  # standard deviation, on the logit scale of a generator's failure
_OBJECT_KINDS = {
    "object-vehicle": ("car", "boat", "balloon"), "object-household goods": ("chair", "cup", "lamp", "clock"),
    "object-cloth&accessories": ("hat", "umbrella"), "object-other": ("key", "sign"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """How many prompts and pairs `write_release` wrote to each side."""

    train_prompts: int
    test_prompts: int
    train_pairs: int
    test_pairs: int


def write_release(
    out: Path, *, train_prompts: int, test_prompts: int, images_per_prompt: int = len(GENERATORS), seed: int
) -> ReleaseSummary:
    """Draw, rate and write a release.

    Args:
        out: New or empty folder; receives `images/`, `train_list.json`, `test.json`, `eval.json`, `prompt_t2i.json`
            and `drawn_truth.json`.
        train_prompts: Distinct prompts of the training side, which never say or draw a held-out pair.
        test_prompts: Distinct prompts of the test side; `NOVEL_SHARE` of them contain a held-out pair.
        images_per_prompt: Pictures of each prompt; the generators take turns.
        seed: The same arguments give the same bytes.

    Returns:
        What was written. `drawn_truth.json` maps each `img_path` to `overall` (on 1-5), `elements` (each key to 0 or
        1), `novel` (whether the prompt says a pair that training never shows) and `faults` (things with one).

    Raises:
        ValueError: If `out` already contains something.
    """
    if out.exists() and any(out.iterdir()):
        raise ValueError(
            f"`out` must be a new or empty folder, but {out} already contains files, perhaps of a drawing that was "
            "interrupted; delete it, or name another folder."
        )
    rng = np.random.default_rng(seed)
    biases = draw_biases(rng)
    sides: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    truth: dict[str, dict[str, Any]] = {}
    written: set[str] = set()
    for index in range(train_prompts + test_prompts):
        is_test = index >= train_prompts
        prompt = _new_prompt(rng, written, is_test, novel=(index - train_prompts) % 10 < 10 * NOVEL_SHARE)
        keys = [released_key(element) for element in prompt.elements]
        difficulty = float(rng.normal(0, _PROMPT_DIFFICULTY))
        for copy in range(images_per_prompt):
            generator = GENERATORS[copy % len(GENERATORS)]
            scene = imagine(prompt, generator, rng, difficulty=difficulty, held_out=is_test)
            path = _image_path(generator, index, copy)
            (out / "images" / path).parent.mkdir(parents=True, exist_ok=True)
            draw(scene).image.save(out / "images" / path)
            record = _record(prompt, keys, rate(prompt, scene, rng, biases=biases), index, path)
            sides["test" if is_test else "train"].append(record)
            truth[path] = _truth(prompt, keys, scene)
    _write_json(out / "train_list.json", sides["train"])
    _write_json(out / "eval.json", sides["test"])
    _write_json(out / "test.json", [_without_labels(record) for record in sides["test"]])
    _write_json(out / "drawn_truth.json", truth)
    _write_json(out / "prompt_t2i.json", _ranking_prompts(written, test_prompts, seed))
    return ReleaseSummary(train_prompts, test_prompts, len(sides["train"]), len(sides["test"]))


def released_key(element: ElementClaim) -> str:
    """Spell an element as the release does, its habits included: subcategories, capitals, a trailing space.

    Args:
        element: The element.

    >>> from evalmuse_hf.mini.scene import Claim
    >>> released_key(ElementClaim("red", "color", "Color", Claim("color", "red", "car")))
    'red (Color) '
    """
    raw = element.raw_category
    if raw == "object":
        raw = next((kind for kind, nouns in _OBJECT_KINDS.items() if element.claim.noun in nouns), raw)
    trailing = " " if raw in {"Color", "Material"} else ""
    return f"{element.text} ({raw}){trailing}"


def _new_prompt(rng: np.random.Generator, written: set[str], is_test: bool, novel: bool) -> DrawnPrompt:
    while True:
        prompt = write_prompt(rng, test=is_test, novel=novel if is_test else None)
        if prompt.text not in written:
            written.add(prompt.text)
            return prompt


def _ranking_prompts(written: set[str], number: int, seed: int) -> dict[str, Any]:
    """New prompts of the test side, without pictures; keyed by prompt, as in the official file."""
    rng = np.random.default_rng([seed, 1])  # a stream of its own: what is drawn does not depend on these prompts
    prompts = [_new_prompt(rng, written, is_test=True, novel=False) for _ in range(number)]
    return {
        prompt.text: {
            "prompt": prompt.text,
            "element_score": dict.fromkeys(map(released_key, prompt.elements)),
        }
        for prompt in prompts
    }


def _image_path(generator: Generator, index: int, copy: int) -> str:
    seed = copy // len(GENERATORS)
    return f"{generator.name}/{index:05d}{f'_{seed}' if seed else ''}.png"


def _record(prompt: DrawnPrompt, keys: list[str], ratings: SimulatedRatings, index: int, path: str) -> dict[str, Any]:
    return {
        "prompt_id": f"{index:05d}",
        "prompt": prompt.text,
        "type": prompt.kind,
        "img_path": path,
        "total_score": list(ratings.overall),
        "element_score": {key: list(answers) for key, answers in zip(keys, ratings.elements, strict=True)},
        "promt_meaningless": list(ratings.meaningless),
        "split_confidence": list(ratings.split_confidence),
        "attribute_confidence": list(ratings.attribute_confidence),
        "fidelity_label": list(ratings.fidelity),
    }


def _without_labels(record: dict[str, Any]) -> dict[str, Any]:
    hidden = ("total_score", "promt_meaningless", "split_confidence", "attribute_confidence", "fidelity_label")
    unlabelled = {**record, **dict.fromkeys(hidden)}
    unlabelled["element_score"] = dict.fromkeys(record["element_score"])
    return unlabelled


def _truth(prompt: DrawnPrompt, keys: list[str], scene: Scene) -> dict[str, Any]:
    truths = element_truths(prompt, scene)
    return {
        "overall": true_alignment(prompt.elements, truths),
        "elements": {key: int(holds) for key, holds in zip(keys, truths, strict=True)},
        "novel": prompt.novel,
        "faults": sum(thing.fault for thing in scene.things),
    }


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")  # a file that is there is whole
    unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(unfinished, path)
