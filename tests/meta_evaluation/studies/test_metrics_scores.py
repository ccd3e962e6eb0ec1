import math
from dataclasses import replace

import pytest

from evalmuse_hf.meta_evaluation.studies import metrics_scores
from evalmuse_hf.meta_evaluation.studies.metrics_options import MetricsOptions, ScoreFile
from evalmuse_hf.meta_evaluation.studies.metrics_scores import (
    read_score_file,
    refuse_unknown_scorer,
    run_scorer,
    scores_of_file,
    scores_of_others,
)
from evalmuse_hf.models.scorer import ElementScore, PairScore


class ByLength:
    """Scores a picture, here a text, by its length; says nothing of the first it is ever asked about in a run."""

    name = "length"

    def __init__(self):
        self.seen = []

    def score(self, *, images, prompts, elements=None):
        self.seen += images
        return [
            PairScore(
                math.nan if image == "Alpha/000.png" else float(len(image + prompt)),
                tuple(ElementScore(item.text, None, math.nan, "unmatched") for item in row),
            )
            for image, prompt, row in zip(images, prompts, elements, strict=True)
        ]


@pytest.fixture
def pictured(rated_world):
    paths = [row["image_path"] for row in rated_world.rows]
    return replace(rated_world, pictures=lambda numbers: [paths[number] for number in numbers])


def test_a_scorer_sees_every_picture_after_a_warm_up(pictured, monkeypatch):
    scorer, loaded = ByLength(), []
    monkeypatch.setattr(metrics_scores, "load_scorer", lambda name, **how: loaded.append((name, how)) or scorer)
    scored = run_scorer("length:tiny", pictured, device="cpu")
    assert loaded == [("length", {"model": "tiny", "device": "cpu"})]
    assert scorer.seen == [pictured.rows[0]["image_path"], *(row["image_path"] for row in pictured.rows)]
    assert (scored.name, scored.origin, scored.parameters) == ("length:tiny", "run", None)
    assert scored.seconds > 0
    assert [row["overall_score"] for row in scored.rows[:2]] == [None, float(len("Beta/000.pnga red cat number 0"))]
    assert scored.rows[1]["elements"][0] == {"text": "a cat", "score": None, "status": "unmatched"}


def test_an_unknown_scorer_is_refused_and_a_known_one_not_loaded(monkeypatch):
    with pytest.raises(ValueError, match="There is no scorer 'none'; choose one of fga_blip2"):
        refuse_unknown_scorer("none:mini")
    monkeypatch.setattr(metrics_scores, "load_scorer", lambda name, **how: pytest.fail("was loaded"))
    refuse_unknown_scorer("clip_score:no/such/model")


def test_a_scorer_without_pictures_is_refused(rated_world, monkeypatch):
    monkeypatch.setattr(metrics_scores, "load_scorer", lambda name, **how: ByLength())
    with pytest.raises(ValueError, match="A small world has no pictures"):
        run_scorer("length", rated_world, device=None)


def test_files_are_read_in_the_direction_in_which_they_are_meant(tmp_path):
    (tmp_path / "a.csv").write_text("file,mu\nx/Alpha/000.png,2.5\nx/Beta/000.png,\n")
    file = ScoreFile(tmp_path / "a.csv", "a")
    options = MetricsOptions(score_column="mu", key_column="file", files=[file])
    assert [row["overall_score"] for row in read_score_file(file, options)] == [2.5, None]
    turned = read_score_file(file, replace(options, lower_is_better=["a"]))
    assert [row["overall_score"] for row in turned] == [-2.5, None]


def test_scores_find_their_pictures_by_key(rated_world):
    rows = [
        {"image": "runs/Beta/001.png", "overall_score": 1.0},
        {"image": "Omega/001.png", "overall_score": 2.0},
        {"image": "Beta/001.png", "overall_score": 3.0},
    ]
    rows.append({"image": "Beta/002.png", "overall_score": 4.0, "prompt": "a dog"})
    found = scores_of_file("mine", rows, rated_world)
    assert [(row["image_path"], row["overall_score"]) for row in found.rows] == [("Beta/001.png", 1.0)]
    assert found.notes == (
        "mine: of 4 scores 1 are of pictures that do not count here, such as Omega/001.png; 1 are of a picture that "
        "has one already (the first counts), such as Beta/001.png; 1 are of another prompt than the data set's and do "
        "not count, such as Beta/002.png.",
    )
    assert scores_of_file("mine", rows[1:2], rated_world) is None
    assert scores_of_file("mine", rows[:1], rated_world).notes == ()


def test_scores_of_the_same_pictures_are_shared_between_data_sets(rated_world):
    bare = replace(rated_world, scores={"good": ()}, rows=rated_world.rows[:8])
    shared = {one.name: one for one in scores_of_others(bare, [bare, rated_world])}
    assert sorted(shared) == ["coin", "like good", "poor"]
    assert {one.origin for one in shared.values()} == {"shared"}
    assert [row["image_path"] for row in shared["poor"].rows] == [row["image_path"] for row in bare.rows]


def test_another_picture_with_the_same_name_is_not_the_same(rated_world):
    others = tuple({**row, "prompt_id": f"other {row['prompt_id']}"} for row in rated_world.rows)
    assert list(scores_of_others(replace(rated_world, rows=others, scores={}), [rated_world])) == []
