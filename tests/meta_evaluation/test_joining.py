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


def test_scores_of_one_picture_that_differ_are_named_apart_from_those_that_agree():
    scores = [score(image="A/1.png"), {**score(image="A/1.png"), "overall_score": 9.0}, score(image="A/2.png")]
    join = join_scores([*scores, score(image="A/2.png")], [pair("A/1.png"), pair("A/2.png")])
    assert join.duplicates == ("A/1.png", "A/2.png")
    assert join.conflicting == ("A/1.png",)


def test_the_first_of_a_data_sets_repeated_rows_counts():
    first, again = pair("A/1.png"), {**pair("A/1.png"), "overall_score": 1.0}
    join = join_scores([score(image="A/1.png")], [first, again])
    assert join.pairs[0].pair is first
    assert (join.repeated_pairs, join.n_pairs) == (("A/1.png",), 1)


def test_a_data_set_that_does_not_know_its_prompts_takes_every_score():
    assert len(join_scores([score(image="A/1.png", prompt="a cat")], [{**pair("A/1.png"), "prompt": None}]).pairs) == 1
