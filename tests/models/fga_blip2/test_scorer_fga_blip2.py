import math
from statistics import fmean

import numpy as np
import pytest
import torch
from PIL import Image

from evalmuse_hf.models import Scorer
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.schema import Element


@pytest.fixture
def scorer(tiny_model, tiny_processor) -> FGABlip2Scorer:
    return FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=2)


def _token_scores(scorer, image, prompt):
    with torch.no_grad():
        inputs = scorer.processor(images=image, prompts=prompt, return_tensors="pt")
        return scorer.model(**inputs).token_scores[0].tolist()


@pytest.mark.parametrize("batch_size", [1, 5, 24], ids=["one by one", "small batches", "one batch"])
def test_official_scores_are_reproduced(golden_model, golden_processor, fga_golden, cases, batch_size):
    scorer = FGABlip2Scorer(golden_model, golden_processor, name="golden", compat="official", batch_size=batch_size)
    results = scorer.score(
        images=[fga_golden / case["image"] for case in cases],
        prompts=[case["prompt"] for case in cases],
        elements=[list(case["elements"]) for case in cases],
    )
    for case, result in zip(cases, results, strict=True):
        assert result.status == "ok"
        assert result.overall == pytest.approx(case["overall"], abs=1e-5)
        assert [element.score for element in result.elements] == pytest.approx(
            list(case["elements"].values()), abs=1e-5
        )


def test_without_compat_an_element_outside_the_prompt_is_nan_not_0(golden_model, golden_processor, fga_golden, cases):
    case = next(case for case in cases if "a banana (food)" in case["elements"])
    arguments = {
        "images": [fga_golden / case["image"]],
        "prompts": [case["prompt"]],
        "elements": [["a banana (food)", "three (counting)"]],
    }
    ours, official = (
        FGABlip2Scorer(golden_model, golden_processor, name="golden", compat=compat).score(**arguments)[0].elements
        for compat in (None, "official")
    )
    assert math.isnan(ours[0].score)
    assert official[0].score == 0.0
    assert [element.status for element in (*ours, *official)] == ["unmatched", "ok", "unmatched", "ok"]
    assert ours[1].score == pytest.approx(case["elements"]["three (counting)"], abs=1e-5)


def test_it_is_a_scorer(scorer):
    checked: Scorer = scorer
    assert checked.name == "tiny"


def test_an_element_score_is_the_mean_over_its_tokens_and_occurrences(scorer, pictures):
    prompt = "red cats and a red cat"
    (result,) = scorer.score(images=[pictures[0]], prompts=[prompt], elements=[["red", "cats (animal)", "cat"]])
    tokens = _token_scores(scorer, pictures[0], prompt)
    red, cats, cat = result.elements
    assert (red.status, red.category) == ("ambiguous", None)
    assert red.score == pytest.approx(fmean([tokens[1], tokens[6]]), abs=1e-6)
    assert (cats.text, cats.category) == ("cats", "animal/human")
    assert cats.score == pytest.approx(fmean(tokens[2:4]), abs=1e-6)
    assert cat.score == pytest.approx(tokens[7], abs=1e-6)


def test_occurrences_of_unequal_length_count_alike(golden_model, golden_processor, fga_golden):
    scorer = FGABlip2Scorer(golden_model, golden_processor, name="golden")
    prompt, image = "an award-winning photo and awards winning art", fga_golden / "images/0.png"
    (result,) = scorer.score(images=[image], prompts=[prompt], elements=[["award winnings"]])
    tokens = _token_scores(scorer, image, prompt)
    # [CLS] an award - winning photo and awards winning art [SEP]
    expected = (fmean(tokens[2:5]) + fmean(tokens[7:9])) / 2
    assert result.elements[0].status == "inexact"
    assert result.elements[0].score == pytest.approx(expected, abs=1e-6)


def test_without_elements_there_are_no_element_scores(scorer, pictures):
    assert scorer.score(images=pictures[:1], prompts=["a cat"])[0].elements == ()
    assert scorer.score(images=pictures[:1], prompts=["a cat"], elements=[None])[0].elements == ()


def test_one_bad_row_never_stops_the_others(scorer, pictures, tmp_path):
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    rows = [
        (pictures[0], "a red cat", ["cat"]),
        (tmp_path / "cut.png", "a red cat", ["cat"]),
        (pictures[1], " ... ", ["cat"]),
        (None, "a red cat", []),
        (pictures[1], "," * 80, ["cat"]),
        (pictures[1], float("nan"), ["cat"]),
        (b"", "a red cat", ["cat"]),
        (pictures[1], "a red cat", "cat"),
        (pictures[1], "a red cat", float("nan")),
        (pictures[1], "a red cat \ud83d", ["cat"]),
        (pictures[1], "\u200b\ufe0f", ["cat"]),
        (pictures[1], "a red cat", ["cat \ud83d"]),
        ({"bytes": [137, 80]}, "a red cat", ["cat"]),
        ({"bytes": 99_999_999_999}, "a red cat", ["cat"]),
        (bytearray(b"no picture"), "a red cat", ["cat"]),
        ("a" * 300 + "/b.png", "a red cat", ["cat"]),
        (pictures[2], "a red cat", np.array(["cat"])),
        (pictures[1], "a red cat", ["cat"]),
    ]
    images, prompts, elements = zip(*rows, strict=True)
    results = scorer.score(images=images, prompts=prompts, elements=elements)
    expected = ["ok", "image", "prompt", "image", "prompt", "prompt", "image", "element", "element"]
    expected += ["prompt", "prompt", "element", "image", "image", "image", "image", "ok", "ok"]
    assert [result.status.removesuffix("_error") for result in results] == expected
    alone = scorer.score(images=[pictures[1]], prompts=["a red cat"], elements=[["cat"]])
    assert results[-1].overall == pytest.approx(alone[0].overall, abs=1e-5)
    for index, result in enumerate(results):
        if result.status != "ok":
            assert math.isnan(result.overall)
            assert all(math.isnan(element.score) for element in result.elements)
            assert all(element.status == result.status for element in result.elements)
            words = {"image": "Cannot read ", "prompt": "The prompt ", "element": ("The elements ", "Element 'cat ")}
            assert result.message.startswith(words[result.status.removesuffix("_error")])
            assert "cut.png" in result.message or index != 1
        else:
            assert result.message is None


@pytest.mark.parametrize("where", ["overall_score", "token_scores"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_no_score(scorer, pictures, monkeypatch, where, number):
    forward = scorer.model.forward

    def spoil(*args, **kwargs):
        output = forward(*args, **kwargs)
        output[where][0] = number
        return output

    monkeypatch.setattr(scorer.model, "forward", spoil)
    first, second = scorer.score(images=pictures[:2], prompts=["a red cat"] * 2, elements=[["cat", "dog"]] * 2)
    assert (first.status, second.status) == ("score_error", "ok")
    assert math.isnan(first.overall)
    assert first.message == f"The model gave {number} instead of a score; check its weights and its precision."
    assert [element.status for element in first.elements] == ["score_error"] * 2


def test_a_category_that_the_release_does_not_know_is_read_as_the_official_code_does(
    tiny_model, tiny_processor, pictures
):
    elements = ["red (weekday)", Element.from_columns("red", "other", "weekday")]
    for compat, expected in ((None, ["unmatched", "ok"]), ("official", ["ok", "ok"])):
        scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", compat=compat)
        (result,) = scorer.score(images=pictures[:1], prompts=["a red cat"], elements=[elements])
        assert [element.status for element in result.elements] == expected
    assert (result.elements[0].text, result.elements[0].category) == ("red", "other")


def test_when_every_row_is_bad_every_row_says_so(scorer):
    results = scorer.score(images=["nowhere.png"] * 3, prompts=["a cat"] * 3)
    assert [result.status for result in results] == ["image_error"] * 3


def test_an_empty_list_gives_an_empty_list(scorer):
    assert scorer.score(images=[], prompts=[]) == []


def test_results_come_in_the_order_of_the_rows_whatever_the_batch(tiny_model, tiny_processor, pictures):
    images = [pictures[0], pictures[1], pictures[0], pictures[2], pictures[1], pictures[0]]
    prompts = ["a cat", "a red cat on the table", "two dogs", "old", "blue", "the old dog and the cat"]
    by_size = [
        FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=size).score(images=images, prompts=prompts)
        for size in (1, 2, 6)
    ]
    for results in by_size[1:]:
        assert [result.overall for result in results] == pytest.approx(
            [result.overall for result in by_size[0]], abs=1e-5
        )


def test_a_picture_in_several_rows_is_encoded_once(scorer, pictures, tmp_path):
    pictures[0].save(tmp_path / "one.png")
    encoded = []
    scorer.model.vision_model.encoder.register_forward_hook(lambda _, args, output: encoded.append(len(output[0])))
    images = [pictures[1], str(tmp_path / "one.png"), pictures[1], str(tmp_path / "one.png"), pictures[1]]
    scorer.score(images=images, prompts=["a cat", "a dog", "red", "two", "old"])
    assert sum(encoded) == 2


class Shelf(dict):
    """The least that can keep tower outputs."""

    def identify(self, picture):
        return None if isinstance(picture, str) else repr(picture.size)

    def find(self, content):
        return self.get(content)

    def keep(self, content, features):
        return self.setdefault(content, features)


def test_a_picture_that_was_kept_is_neither_opened_nor_encoded_and_scores_the_same(
    tiny_model, tiny_processor, pictures
):
    shelf = Shelf()
    images, prompts = [*pictures, pictures[0], "absent.png"], ["a cat", "red", "two dogs", "old", "a dog"]
    without, first, second = (
        FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=2, features=features).score(
            images=images, prompts=prompts
        )
        for features in (None, shelf, shelf)
    )
    assert len(shelf) == 3
    assert [score.overall for score in first[:4]] == [score.overall for score in without[:4]]
    assert [score.overall for score in second[:4]] == [score.overall for score in without[:4]]
    assert without[4].message == first[4].message == second[4].message
    encoded = []
    tiny_model.vision_model.encoder.register_forward_hook(lambda *call: encoded.append(call))
    FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", features=shelf).score(images=images, prompts=prompts)
    assert encoded == []


def test_the_model_keeps_its_mode(scorer, pictures):
    scorer.model.train()
    scorer.score(images=pictures[:1], prompts=["a cat"])
    assert scorer.model.training


def test_the_same_picture_scores_the_same_in_every_form(scorer, pictures, tmp_path):
    path = tmp_path / "one.png"
    pictures[0].save(path)
    forms = [pictures[0], path, str(path), path.read_bytes(), {"bytes": path.read_bytes(), "path": None}]
    results = scorer.score(images=[*forms, Image.open(path)], prompts=["a red cat"] * 6)
    assert [result.overall for result in results] == pytest.approx([results[0].overall] * 6, abs=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"images": ["a.png"], "prompts": []},
        {"images": ["a.png"], "prompts": ["a cat"], "elements": []},
    ],
    ids=["prompts", "elements"],
)
def test_inputs_of_different_length_are_refused(scorer, arguments):
    with pytest.raises(ValueError, match="Expected as many pictures as prompts"):
        scorer.score(**arguments)


@pytest.mark.parametrize(
    "options, message",
    [({"compat": "strict"}, "`compat` must be None or 'official'"), ({"batch_size": 0}, "`batch_size` must be at")],
    ids=["compat", "batch size"],
)
def test_nonsense_is_refused(tiny_model, tiny_processor, options, message):
    with pytest.raises(ValueError, match=message):
        FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", **options)
