import math
from statistics import fmean

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BlipImageProcessorPil

from evalmuse_hf.images import PictureReader, content_hash
from evalmuse_hf.models import Scorer
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor, scorer_fga_blip2
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


PROMPTS = (
    "a red cat",
    "two dogs near the old table and a blue cat on the table",
    "old",
    "a cat and a dog",
    "the old dog and the cat and two red cats on the table near the blue dog",
)


@pytest.fixture
def many(pictures):
    """36 pairs: six pictures, six prompts of 1 to 16 words, elements."""
    rng = np.random.default_rng(1)
    six = [*pictures, *(Image.fromarray(rng.integers(0, 256, (31, 44, 3), dtype=np.uint8)) for _ in range(3))]
    pairs = [(image, prompt) for prompt in (*PROMPTS, "blue") for image in six]
    rng.shuffle(pairs)
    return {
        "images": [image for image, _ in pairs],
        "prompts": [prompt for _, prompt in pairs],
        "elements": [[word for word in ("cat", "red", "dogs") if word in prompt] for _, prompt in pairs],
    }


def numbers(scores) -> list[list[float]]:
    assert {score.status for score in scores} == {"ok"}
    return [[score.overall, *(element.score for element in score.elements)] for score in scores]


def assert_close(scores, expected, *, within=1e-5):  # float32 attention sums in another order
    assert len(scores) == len(expected)
    for row, (found, wanted) in enumerate(zip(numbers(scores), numbers(expected), strict=True)):
        assert found == pytest.approx(wanted, abs=within), row


def one_by_one(scorer, arguments):
    """Scores of each pair on its own."""
    rows = zip(*arguments.values(), strict=True)
    return [scorer.score(images=[image], prompts=[prompt], elements=[elements])[0] for image, prompt, elements in rows]


def count_encoded(model) -> list[int]:
    encoded: list[int] = []
    model.vision_model.encoder.register_forward_hook(lambda _, args, output: encoded.append(len(output[0])))
    return encoded


def count_pairs(model) -> list[tuple[int, int]]:
    """Pairs and tokens of every pass of the Q-Former."""
    passes: list[tuple[int, int]] = []
    model.register_forward_pre_hook(
        lambda _, args, options: passes.append(tuple(options["input_ids"].shape)), with_kwargs=True
    )
    return passes


def test_the_network_gets_to_the_last_bit_what_the_processor_makes(scorer, pictures, monkeypatch):
    given = []
    encode_images = scorer.model.encode_images
    monkeypatch.setattr(scorer.model, "encode_images", lambda pixels: given.append(pixels) or encode_images(pixels))
    scorer.score(images=pictures, prompts=["a cat"] * 3)
    expected = scorer.processor(images=pictures, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(torch.cat(given), expected, rtol=0, atol=0)


def test_scores_are_those_of_processor_and_network(scorer, many):
    for result, image, prompt in zip(scorer.score(**many), many["images"], many["prompts"], strict=True):
        with torch.no_grad():
            output = scorer.model(**scorer.processor(images=image, prompts=prompt, return_tensors="pt"))
        assert result.overall == pytest.approx(output.overall_score.item(), abs=1e-5)  # another batch


def test_pictures_that_no_reader_can_prepare_are_prepared_by_the_processor(tiny_model, tiny_processor, pictures):
    options = BlipImageProcessorPil(size={"height": 28, "width": 28}, do_resize=False)
    processor = FGABlip2Processor(options, tiny_processor.tokenizer)
    scorer = FGABlip2Scorer(tiny_model, processor, name="tiny")
    assert scorer.preparation is None
    fitting = [tiny_processor.preparation(picture) for picture in pictures]
    prompts = ["a cat"] * 3
    expected = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny").score(images=pictures, prompts=prompts)
    assert_close(scorer.score(images=fitting, prompts=prompts), expected, within=0)


def test_pictures_that_a_reader_left_as_they_are_get_the_same_scores(scorer, many):
    expected = scorer.score(**many)
    with PictureReader(workers=2, wanted=scorer.wants) as reader:  # with no preparation
        deferred = {id(image): reader.defer(image, id(image)) for image in many["images"]}
        assert_close(scorer.score(**many | {"images": [deferred[id(image)] for image in many["images"]]}), expected)


@pytest.mark.parametrize("workers", [0, 3], ids=["at once", "in threads"])
def test_pictures_that_are_read_ahead_get_the_same_scores(scorer, many, tmp_path, workers):
    expected = scorer.score(**many)
    paths = {}
    for image in many["images"]:
        paths[id(image)] = tmp_path / f"{len(paths)}.png" if id(image) not in paths else paths[id(image)]
        image.save(paths[id(image)])
    encoded = count_encoded(scorer.model)
    with PictureReader(scorer.preparation, workers=workers, ahead=2, wanted=scorer.wants) as reader:
        deferred = {path: reader.defer(path, str(path)) for path in paths.values()}
        images = [deferred[paths[id(image)]] for image in many["images"]]
        scores = scorer.score(**many | {"images": images})
    assert_close(scores, expected, within=0)
    assert sum(encoded) == 6


def test_a_picture_that_is_read_ahead_and_bad_fails_its_rows_only(scorer, pictures):
    expected = scorer.score(images=pictures[:1], prompts=["a cat"])
    with PictureReader(scorer.preparation, workers=2, wanted=scorer.wants) as reader:
        images = [reader.defer("none.png", 0), reader.defer(pictures[0], 1)]
        scores = scorer.score(images=[images[0], images[1], images[0]], prompts=["a cat"] * 3)
    assert [score.status for score in scores] == ["image_error", "ok", "image_error"]
    assert_close(scores[1:2], expected)


@pytest.mark.parametrize("batch_size", [1, 3, 16, None])
@pytest.mark.parametrize("seed", [0, 1])
def test_order_batch_size_and_padding_change_no_score(tiny_model, tiny_processor, many, monkeypatch, batch_size, seed):
    monkeypatch.setattr(scorer_fga_blip2, "PAIRS_PER_PASS", 4)
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=batch_size)
    order = np.random.default_rng(seed).permutation(len(many["images"]))
    shuffled = {name: [values[place] for place in order] for name, values in many.items()}
    alone = one_by_one(scorer, many)
    passes = count_pairs(tiny_model)
    assert_close(scorer.score(**shuffled), [alone[place] for place in order])
    assert sum(pairs for pairs, _ in passes) == len(order)
    assert max(pairs for pairs, _ in passes) == max(4, batch_size or 16)


def test_prompts_of_one_length_pass_together(tiny_model, tiny_processor, many, monkeypatch):
    monkeypatch.setattr(scorer_fga_blip2, "PAIRS_PER_PASS", 6)
    monkeypatch.setattr(scorer_fga_blip2, "_PASSES_AHEAD", 6)
    passes = count_pairs(tiny_model)
    FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=6).score(**many)
    # Six passes of the six prompts; sorted by letters, of which they have 3, 4, 9, 15, 56 and 70.
    lengths = [len(tiny_processor(prompts=prompt)["input_ids"][0]) for prompt in sorted({*many["prompts"]}, key=len)]
    assert passes == [(6, length) for length in lengths]


def test_pairs_do_not_wait_for_the_last_picture(tiny_model, tiny_processor, many, monkeypatch):
    """Tower outputs are large: those of a long list must not come together."""
    monkeypatch.setattr(scorer_fga_blip2, "PAIRS_PER_PASS", 2)
    events = []
    tiny_model.vision_model.encoder.register_forward_hook(lambda *_: events.append("tower"))
    tiny_model.qformer.register_forward_hook(lambda *_: events.append("qformer"))
    FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=1).score(**many)
    assert [event for event in events if event == "tower"] == ["tower"] * 6
    assert events.index("qformer") < 3


def test_one_content_under_several_paths_and_forms_is_encoded_once(scorer, pictures, tmp_path):
    for name in ("one.png", "two.png"):
        pictures[0].save(tmp_path / name)
    content = (tmp_path / "one.png").read_bytes()
    images = [tmp_path / "one.png", str(tmp_path / "two.png"), content, {"bytes": content, "path": "x.png"}]
    encoded = count_encoded(scorer.model)
    scores = scorer.score(images=images, prompts=["a cat"] * 4)
    assert sum(encoded) == 1
    assert [score.overall for score in scores] == pytest.approx([scores[0].overall] * 4, abs=1e-6)


def test_several_prompts_about_one_picture_share_its_keys_and_values(scorer, pictures):
    rows = []
    key = scorer.model.qformer.encoder.layer[0].crossattention.attention.key
    key.register_forward_hook(lambda _, args, output: rows.append(len(output)))
    scorer.score(images=[pictures[0], pictures[1], pictures[0], pictures[0]], prompts=["a", "red", "cat", "dog"])
    assert rows == [2]


@pytest.mark.parametrize("remember, expected", [(True, 3), (False, 6)], ids=["remembered", "forgotten"])
def test_pictures_are_remembered_between_calls_if_that_was_asked_for(
    tiny_model, tiny_processor, pictures, remember, expected
):
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", remember=remember)
    encoded = count_encoded(tiny_model)
    first, second = (scorer.score(images=pictures, prompts=["a cat", "red", "two dogs"]) for _ in range(2))
    assert sum(encoded) == expected
    assert_close(second, first, within=0)
    assert len(scorer.encoder.memory) == (3 if remember else 0)


def test_weights_that_change_between_calls_change_the_scores(scorer, pictures):
    before = scorer.score(images=pictures, prompts=["a cat"] * 3)
    with torch.no_grad():
        scorer.model.vision_model.embeddings.patch_embedding.weight.mul_(-1)
    after = scorer.score(images=pictures, prompts=["a cat"] * 3)
    assert max(abs(one.overall - other.overall) for one, other in zip(before, after, strict=True)) > 1e-3


def test_an_error_leaves_nothing_behind(scorer, pictures, monkeypatch):
    def broken(**_):
        raise RuntimeError("wrong shapes")

    scorer.model.train()
    monkeypatch.setattr(scorer.model, "forward", broken)
    with pytest.raises(RuntimeError, match="wrong shapes"):
        scorer.score(images=pictures, prompts=["a cat"] * 3)
    assert len(scorer.encoder.memory) == 0
    assert scorer.model.training


def full_above(function, size):
    """Let a function say that memory is full once it is given more than so many rows."""
    sizes = []

    def run(*args, **kwargs):
        sizes.append(len(args[0] if args else kwargs["input_ids"]))
        if sizes[-1] > size:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return function(*args, **kwargs)

    return run, sizes


def test_a_tower_for_which_memory_is_too_small_takes_fewer_pictures_and_says_the_same(
    tiny_model, tiny_processor, many, monkeypatch
):
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=6)
    expected = scorer.score(**many)
    run, sizes = full_above(tiny_model.encode_images, 2)
    monkeypatch.setattr(tiny_model, "encode_images", run)
    assert_close(scorer.score(**many), expected)
    assert sizes == [6, 3, 1, 1, 1, 1, 1, 1]
    assert scorer.encoder.batch_size == 1


def test_a_q_former_for_which_memory_is_too_small_takes_fewer_pairs_and_says_the_same(
    tiny_model, tiny_processor, many, monkeypatch
):
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", batch_size=6)
    expected = scorer.score(**many)
    run, sizes = full_above(tiny_model.forward, 10)
    monkeypatch.setattr(tiny_model, "forward", run)
    assert_close(scorer.score(**many), expected)
    assert sizes == [36, 18, 9, 9, 9, 9]


@pytest.mark.parametrize("part", ["encode_images", "forward"], ids=["tower", "Q-Former"])
def test_a_single_pair_that_does_not_fit_is_an_error(scorer, pictures, monkeypatch, part):
    run, sizes = full_above(getattr(scorer.model, part), 0)
    monkeypatch.setattr(scorer.model, part, run)
    with pytest.raises(RuntimeError, match="CUDA out of memory"):
        scorer.score(images=pictures[:2], prompts=["a cat", "red"])
    assert sizes == [2, 1]


def test_only_pictures_without_features_are_wanted(tiny_model, tiny_processor, pictures, tmp_path):
    pictures[0].save(tmp_path / "one.png")
    content = content_hash((tmp_path / "one.png").read_bytes())
    scorer = FGABlip2Scorer(tiny_model, tiny_processor, name="tiny", remember=True)
    assert scorer.wants(content)
    scorer.score(images=[tmp_path / "one.png"], prompts=["a cat"])
    assert not scorer.wants(content)
    assert (
        FGABlip2Scorer(tiny_model, tiny_processor, name="x", features=Shelf({content: None})).wants(content) is False
    )


def test_the_tower_and_nothing_else_is_compiled(scorer, monkeypatch):
    """Compiling takes a minute, so that only the request for it is looked at."""
    asked = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module, **options: asked.append((module, options)))
    scorer.compile_tower()
    assert asked == [(scorer.model.vision_model.encoder, {"dynamic": True})]
