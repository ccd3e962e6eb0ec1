import math
import threading

import pytest

from evalmuse_hf.images import DeferredPicture
from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.scoring import list_from_records
from evalmuse_hf.scoring.engine import ScoringEngine, fetch_ahead, output_row


class Sizes:
    """A scorer of pictures that others read: the overall score is the width."""

    name = "sizes"
    preparation = None

    def __init__(self):
        self.taken = []

    def wants(self, content):
        return True

    def score(self, *, images, prompts, elements):
        assert all(isinstance(image, DeferredPicture) for image in images)
        scores = []
        for image in images:
            picture = image.take()
            self.taken.append(image.key)
            width = math.nan if picture.pixels is None else picture.pixels.shape[1]
            scores.append(PairScore(width, (), "ok" if picture.problem is None else "image_error", picture.problem))
        return scores


def rows_of(folder, *names):
    return list_from_records([{"image": name, "prompt": "a"} for name in names], folder=folder).rows


@pytest.mark.parametrize("processes", [False, True], ids=["threads", "processes"])
def test_blocks_come_in_their_order_with_the_pictures_that_others_read(pictures, processes):
    scorer = Sizes()
    blocks = [rows_of(pictures, "0.png", "missing.png"), rows_of(pictures, "1.png"), (), rows_of(pictures, "2.png")]
    with ScoringEngine(scorer, workers=1, processes=processes) as engine:
        scored = list(engine.score_blocks(blocks))
    assert [[row["overall_score"] for row in block] for block in scored] == [[30, None], [31], [], [32]]
    assert "there is no file" in scored[0][1]["message"]


def test_rows_with_the_same_picture_share_what_is_read(pictures):
    content = (pictures / "0.png").read_bytes()
    records = [
        {"image": "0.png", "prompt": "a"},
        {"image": "0.png", "prompt": "b"},
        {"image": {"bytes": content, "path": "x.png"}, "prompt": "a"},
        {"image": {"bytes": content, "path": "y.png"}, "prompt": "a"},
    ]
    rows = list_from_records(records, folder=pictures).rows
    scorer = Sizes()
    with ScoringEngine(scorer, workers=1) as engine:
        (block,) = engine.score_blocks([rows])
    assert [row["overall_score"] for row in block] == [30] * 4
    assert len(set(scorer.taken)) == 2


def test_the_next_block_is_fetched_before_one_is_scored_and_its_failure_costs_no_score(pictures):
    events = []

    def blocks():
        for name in ("0.png", "1.png"):
            events.append(f"fetched {name}")
            yield rows_of(pictures, name)
        raise OSError("gone")

    with ScoringEngine(Sizes(), workers=1) as engine:
        scored = engine.score_blocks(blocks())
        for _ in range(2):
            next(scored)
            events.append("scored")
        with pytest.raises(OSError, match="gone"):
            next(scored)
    assert events == ["fetched 0.png", "fetched 1.png", "scored", "scored"]


def test_a_scorer_that_opens_pictures_itself_gets_them_as_they_are(pictures):
    class Own:
        name = "own"

        def score(self, *, images, prompts, elements):
            return [PairScore(float(image.endswith("0.png")), ()) for image in images]

    with ScoringEngine(Own(), workers=2) as engine:
        (block,) = engine.score_blocks([rows_of(pictures, "0.png", "1.png")])
    assert [row["overall_score"] for row in block] == [1, 0]


def test_what_is_fetched_ahead_comes_in_its_order_and_ends_with_whoever_uses_it():
    assert list(fetch_ahead(range(5))) == [0, 1, 2, 3, 4]
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    ahead = fetch_ahead(items())
    assert next(ahead) == 0
    n_threads = threading.active_count()
    ahead.close()
    assert threading.active_count() == n_threads - 1
    assert len(taken) <= 4


def test_what_fetching_raises_comes_in_its_turn():
    def items():
        yield 1
        raise KeyError("gone")

    ahead = fetch_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(KeyError, match="gone"):
        next(ahead)


def test_a_row_keeps_its_columns_and_spells_what_was_said():
    (row,) = list_from_records([{"image": "a.png", "status": "mine", "prompt": "a", "elements": ["cat"]}]).rows
    answer = Answer("Is it?", 0.5, math.nan, None)
    score = PairScore(math.nan, (ElementScore("cat", None, 0.5, "ok", (answer,)),), "score_error", "It is none.")
    spelled = {"question": "Is it?", "yes": 0.5, "no": None, "text": None}
    assert output_row(row, score) == {
        "image": "a.png",
        "input_status": "mine",
        "prompt": "a",
        "overall_score": None,
        "elements": [{"text": "cat", "category": None, "score": 0.5, "status": "ok", "answers": [spelled]}],
        "status": "score_error",
        "message": "row 0: It is none.",
    }
    failed = output_row(row, None)
    assert (failed["status"], failed["elements"][0]["status"]) == ("row_error", "row_error")


def test_a_scorer_that_gives_too_few_results_is_refused(pictures):
    class Short:
        name = "short"

        def score(self, *, images, prompts, elements):
            return []

    with ScoringEngine(Short()) as engine, pytest.raises(ValueError, match="'short' gave 0 results for 1 pairs"):
        list(engine.score_blocks([rows_of(pictures, "0.png")]))
