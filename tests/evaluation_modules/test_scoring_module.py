import math
from pathlib import Path
from types import SimpleNamespace

import evaluate
import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule
from evalmuse_hf.evaluation_modules.structure_module import StructureModule
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.scoring.loading import load_scorer

SHELL = str(Path(__file__).parents[2] / "metrics" / "fga_blip2")
PROMPTS = ["a red circle", "two blue squares"]
ELEMENTS = [["red", "circle"], ["blue"]]


class Module(ScoringModule):
    """A module."""

    scorer_name = "fga_blip2"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / "a.png", folder / "b.png"]
    for path, color in zip(paths, ("red", "blue"), strict=True):
        Image.new("RGB", (40, 30), color).save(path)
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def expected(pictures):
    """What the scorer itself says, without and with elements."""
    scorer = load_scorer("fga_blip2", model="mini", device="cpu")
    return [scorer.score(images=pictures, prompts=PROMPTS, elements=given) for given in (None, ELEMENTS)]


@pytest.mark.parametrize("with_elements", [False, True])
@pytest.mark.parametrize("way", ["compute", "add", "add_batch"])
def test_every_way_gives_the_scores_of_the_scorer(way, with_elements, pictures, expected, tmp_path):
    made = Module(cache_dir=str(tmp_path))
    elements = {"elements": ELEMENTS} if with_elements else {}
    given = {}
    if way == "compute":
        given = {"images": pictures, "prompts": PROMPTS, **elements}
    elif way == "add_batch":
        made.add_batch(images=pictures, prompts=PROMPTS, **elements)
    else:
        for place, picture in enumerate(pictures):
            one = {name: values[place] for name, values in elements.items()}
            made.add(images=picture, prompts=PROMPTS[place], **one)
    result = made.compute(**given, model="mini", device="cpu")
    wanted = expected[with_elements]
    assert result["scores"] == pytest.approx([row.overall for row in wanted], abs=1e-6)
    assert [len(row) for row in result["element_scores"]] == ([2, 1] if with_elements else [0, 0])
    for got, row in zip(result["element_scores"], wanted, strict=True):
        assert got == pytest.approx([element.score for element in row.elements], abs=1e-6, nan_ok=True)
    assert result["mean_score"] == pytest.approx(np.mean(result["scores"]))
    assert (result["statuses"], result["coverage"]) == (["ok", "ok"], 1.0)


def test_pictures_come_as_paths_bytes_pil_or_arrays(pictures, expected, tmp_path):
    opened = Image.open(pictures[0]).convert("RGB")
    for picture in (Path(pictures[0]).read_bytes(), opened, np.asarray(opened)):
        result = Module(cache_dir=str(tmp_path)).compute(images=[picture], prompts=PROMPTS[:1], model="mini")
        assert result["scores"] == pytest.approx([expected[0][0].overall], abs=1e-6)


def test_a_row_that_cannot_be_scored_is_nan_and_left_out_of_the_mean(pictures, expected, tmp_path):
    made = Module(cache_dir=str(tmp_path))
    result = made.compute(images=[pictures[0], str(tmp_path / "none.png")], prompts=PROMPTS, model="mini")
    assert result["statuses"] == ["ok", "image_error"]
    assert math.isnan(result["scores"][1])
    assert (result["mean_score"], result["coverage"]) == (pytest.approx(expected[0][0].overall, abs=1e-6), 0.5)
    nothing = Module(cache_dir=str(tmp_path)).compute(images=["none.png"], prompts=["a"], model="mini")
    assert math.isnan(nothing["mean_score"])


@pytest.mark.parametrize(
    "given, message",
    [
        ({}, "No rows were given; give `images` and `prompts`, or add some before"),
        ({"images": [], "prompts": []}, "No rows were given: `images` and `prompts` must not be empty"),
        (
            {"images": "a.png", "prompts": ["a"]},
            r"`images` must be a list, got one text; put it into brackets: images=",
        ),
        ({"images": ["a"], "prompts": []}, "Expected lists of one length, got 1 images, 0 prompts"),
        ({"images": ["a"], "prompts": ["a"], "elements": []}, "got 1 images, 1 prompts, 0 elements"),
        ({"images": ["a"]}, "`prompts` is missing"),
        ({"prompts": ["a"]}, "`images` is missing"),
        ({"images": ["a"], "prompts": ["a"], "model": "/none"}, "/none"),
    ],
)
def test_a_mistake_is_one_sentence(given, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        Module(cache_dir=str(tmp_path)).compute(**given)


def test_the_script_loads_from_its_folder_and_combines(pictures, expected, tmp_path):
    loaded = evaluate.load(SHELL, cache_dir=str(tmp_path))
    assert "from 1 to 5" in loaded.description
    both = evaluate.combine([loaded, Module(cache_dir=str(tmp_path / "second"))], force_prefix=True)
    result = both.compute(images=pictures, prompts=PROMPTS, model="mini")
    overall = [name for name in result if name.endswith("_scores") and "element" not in name]
    assert len(overall) == 2
    for name in overall:
        assert result[name] == pytest.approx([row.overall for row in expected[0]], abs=1e-6)


class Asking(ScoringModule):
    """A module that asks."""

    scorer_name = "pn_vqa"


class Structure(StructureModule):
    """A module that looks for faults."""

    scorer_name = "structure_vqa"


@pytest.mark.parametrize("with_elements", [False, True])
@pytest.mark.parametrize("way", ["compute", "add", "add_batch"])
def test_modules_combine_in_every_way_with_and_without_elements(way, with_elements, pictures, expected, tmp_path):
    """`evaluate.combine` gives all inputs to all modules, and looks up those that were not given."""
    kinds = {"fga": Module, "pn": Asking, "structure": Structure}
    both = evaluate.combine({name: kind(cache_dir=str(tmp_path / name)) for name, kind in kinds.items()}, True)
    given = {"images": pictures, "prompts": PROMPTS, **({"elements": ELEMENTS} if with_elements else {})}
    if way == "add_batch":
        both.add_batch(**given)
    elif way == "add":
        for place in range(len(pictures)):
            both.add(**{name: values[place] for name, values in given.items()})
    result = both.compute(**(given if way == "compute" else {}), model="mini", device="cpu")
    wanted = expected[with_elements]
    assert result["fga_scores"] == pytest.approx([row.overall for row in wanted], abs=1e-6)
    n_elements = [2, 1] if with_elements else [0, 0]
    assert [len(row) for row in result["fga_element_scores"]] == n_elements
    assert [len(row) for row in result["pn_element_scores"]] == ([2, 1] if with_elements else [2, 3])  # split by rule
    assert [len(row) for row in result["structure_element_scores"]] == [3, 3]
    assert all(map(math.isfinite, result["pn_scores"] + result["structure_scores"]))


def test_a_combination_that_lacks_an_input_says_so_in_a_sentence(pictures, tmp_path):
    both = evaluate.combine([Module(cache_dir=str(tmp_path))])
    with pytest.raises(ValueError, match="`prompts` is missing; give `images` and `prompts`"):
        both.add_batch(images=pictures)


def test_statuses_of_elements_and_raw_probabilities_come_along(tmp_path, monkeypatch):
    """Little probability of yes and no must not be invisible."""
    low, sure = Answer("Is it red?", 0.2, 0.1), Answer("Is it a cat?", 0.9, 0.1)
    elements = (ElementScore("red", None, 2 / 3, "low_mass", (low,)), ElementScore("cat", None, 0.9, "ok", (sure,)))
    pair = PairScore(0.78, elements, "low_mass", "The model would rather say something else.")
    scorer = SimpleNamespace(score=lambda **_: [pair])
    monkeypatch.setattr("evalmuse_hf.evaluation_modules.scoring_module.load_scorer", lambda name, **options: scorer)
    given = {"images": [Image.new("RGB", (4, 4))], "prompts": ["a red cat"]}
    result = Asking(cache_dir=str(tmp_path)).compute(**given)
    assert (result["statuses"], result["messages"]) == (["low_mass"], [pair.message])
    assert result["element_statuses"] == [["low_mass", "ok"]]
    (first,), _ = result["element_answers"][0]
    assert (first["question"], first["yes"], first["no"], first["text"]) == ("Is it red?", 0.2, 0.1, None)
    assert first["mass"] == pytest.approx(0.3)
    assert result["prompt_answers"] == [[]]
    plain = Module(cache_dir=str(tmp_path)).compute(**given)
    assert plain["element_statuses"] == [["low_mass", "ok"]]
    assert not {"element_answers", "prompt_answers"} & set(plain)


def test_a_missing_picture_fails_its_row_alone(pictures, expected, tmp_path):
    made = Module(cache_dir=str(tmp_path))
    result = made.compute(images=[pictures[0], None], prompts=PROMPTS, model="mini")
    assert result["statuses"] == ["ok", "image_error"]
    assert result["scores"][0] == pytest.approx(expected[0][0].overall, abs=1e-6)
