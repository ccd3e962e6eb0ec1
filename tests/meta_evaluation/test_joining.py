import pytest

from evalmuse_hf.meta_evaluation import join_scores


def pair(path, prompt="a cat", elements=()):
    return {"image_path": path, "prompt": prompt, "elements": [{"text": text, "score": 1.0} for text in elements]}


def score(prompt="a cat", elements=(), **names):
    return {**names, "prompt": prompt, "elements": [{"text": text, "score": index} for index, text in elements]}


@pytest.mark.parametrize(
    "names",
    [
        {"image_path": "SDXL/1.png"},
        {"image": "raw/images/SDXL/1.png"},
        {"image": "..\\raw\\SDXL\\1.png"},
        {"id": "SDXL/1.png", "image": "/tmp/copy.png"},
        {"image_path": None, "image": "/data/SDXL/1.png"},
    ],
    ids=["the same path", "a longer path", "backslashes", "an id", "no image_path"],
)
def test_a_score_finds_its_picture(names):
    join = join_scores([score(**names)], [pair("SDXL/1.png"), pair("SDXL/2.png")])
    assert [joined.pair["image_path"] for joined in join.pairs] == ["SDXL/1.png"]
    assert join.missing == ("SDXL/2.png",)


def test_the_file_name_alone_names_no_picture_of_a_generator():
    assert join_scores([score(image="1.png")], [pair("SDXL/1.png")]).unknown == ("1.png",)


def test_what_does_not_join_is_named():
    scores = [
        score(image="A/1.png", run=1),
        score(image="A/1.png", run=2),
        score(image="A/2.png", prompt="a dog"),
        score(image="A/9.png"),
    ]
    join = join_scores(scores, [pair("A/1.png"), pair("A/2.png"), pair("A/3.png")])
    assert (join.n_scores, join.n_pairs) == (4, 3)
    assert [joined.score["run"] for joined in join.pairs] == [1]
    assert join.duplicates == ("A/1.png",)
    assert join.other_prompts == ("A/2.png",)
    assert join.unknown == ("A/9.png",)
    assert join.missing == ("A/2.png", "A/3.png")


def test_elements_are_matched_by_text_and_by_place_among_equals():
    rated = pair("A/1.png", elements=["red", "cat", "red", "dog"])
    scored = score(image="A/1.png", elements=[(0, "cat"), (1, "red "), (2, "red"), (3, "hat")])
    elements = join_scores([scored], [rated]).pairs[0].elements
    assert [element and element["score"] for element in elements] == [1, 0, 2, None]
