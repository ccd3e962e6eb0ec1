"""A batch is scored in blocks: bad rows stop no other, the time limit keeps what there is, and cancelling stops it."""

import itertools
import json

import pytest

from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.batch import ROWS_PER_BLOCK, score_batch
from evalmuse_hf.pages.playground.batch_inputs import read_inputs
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.scoring import score_list
from evalmuse_hf.scoring.lists import read_list
from tests.pages.batch_files import Brightness, png, uploaded

LIMITS = PageLimits(max_pixels=1_000)


def prepare(tmp_path, rows, **pictures):
    content = "".join(f"{json.dumps(row)}\n" for row in rows)
    return read_inputs(uploaded(tmp_path, list_jsonl=content, **pictures), limits=LIMITS)


def score(inputs, scorer=None, **options):
    scorers = PageScorers({"brightness": scorer or Brightness()})
    limits = options.pop("limits", LIMITS)
    return list(score_batch(scorers, options.pop("label", None), inputs, limits=limits, **options))


def test_rows_are_what_the_command_writes(tmp_path):
    rows = [
        {"image": f"{level}.png", "prompt": f"a cat {level}", "elements": ["cat", "red (color)"], "seed": level}
        for level in (0, 51, 255)
    ] + [{"image": "none.png", "prompt": "a dog"}, {"prompt": "a"}, {"image": "0.png", "prompt": "b", "status": "x"}]
    inputs = prepare(tmp_path, rows, **{f"{level}_png": png(level) for level in (0, 51, 255)})
    found = list(itertools.chain(*score(inputs)))
    # What the command would write, with the same pictures: `Brightness` opens no files, so that it is given arrays.

    class Opening(Brightness):
        def score(self, *, images, prompts, elements=None):
            from evalmuse_hf.images import load_image

            return super().score(images=[load_image(image) for image in images], prompts=prompts, elements=elements)

    listed = read_list(tmp_path / "list.jsonl")
    good = [0, 1, 2, 5]
    expected = score_list(Opening(), type(listed)(tuple(listed.rows[index] for index in good), listed.columns)).rows
    assert [found[index] for index in good] == list(expected)
    assert [row["overall_score"] for row in found] == [1.0, pytest.approx(1.8), 5.0, None, None, 1.0]
    assert [row["status"] for row in found] == ["ok", "ok", "ok", "image_error", "row_error", "ok"]
    assert (
        found[3]["message"] == "line 4 of list.jsonl: There is no picture 'none.png' among those that were uploaded."
    )
    assert found[5]["input_status"] == "x"
    assert all(list(row) == list(found[0]) for row in found)


def test_a_picture_that_cannot_be_opened_keeps_its_elements_without_scores(tmp_path):
    inputs = prepare(
        tmp_path,
        [{"image": "bomb.png", "prompt": "a", "elements": ["a (object)"]}, {"image": "a.png", "prompt": "a"}],
        bomb_png=png(size=(40, 40)),
        a_png=png(),
    )
    first, second = score(inputs)[0]
    assert (first["status"], first["overall_score"], second["status"]) == ("image_error", None, "ok")
    assert first["elements"] == [{"text": "a", "category": "object", "score": None, "status": "image_error"}]
    assert "exceed the limit of 1,000" in first["message"]


def test_elements_are_proposed_where_there_are_none(tmp_path):
    rows = [{"image": "a.png", "prompt": "two red cats"}, {"image": "a.png", "prompt": "a cat", "elements": ["dog"]}]
    inputs = prepare(tmp_path, rows, a_png=png())
    texts = [
        [element["text"] for element in row["elements"]] for row in score(inputs, splitter=load_splitter("rules"))[0]
    ]
    assert texts == [["two", "red", "cats"], ["dog"]]
    few = PageLimits(max_elements=2)
    assert len(score(inputs, splitter=load_splitter("rules"), limits=few)[0][0]["elements"]) == 2


def test_what_is_scored_when_the_time_is_over_is_kept(tmp_path):
    n_rows = 3 * ROWS_PER_BLOCK
    rows = [{"image": "a.png", "prompt": str(number), "elements": ["a"]} for number in range(n_rows - 1)]
    inputs = prepare(tmp_path, [*rows, {"image": 7, "prompt": "a"}], a_png=png())
    scorer = Brightness()
    times = iter([0.0, 0.0, 9.9, 10.0])
    blocks = score(inputs, scorer, limits=PageLimits(time_limit_s=10.0), clock=lambda: next(times))
    assert [len(block) for block in blocks] == [ROWS_PER_BLOCK] * 3
    assert scorer.calls == 2
    found = list(itertools.chain(*blocks))
    statuses = ["ok"] * 2 * ROWS_PER_BLOCK + ["time_limit"] * (ROWS_PER_BLOCK - 1) + ["row_error"]
    assert [row["status"] for row in found] == statuses
    late = found[2 * ROWS_PER_BLOCK]
    assert late["overall_score"] is None
    assert late["elements"] == [{"text": "a", "category": None, "score": None, "status": "time_limit"}]
    assert "works on a batch for at most 10 s; send the rows with the status time_limit again" in late["message"]


def test_the_time_that_reading_took_counts(tmp_path):
    inputs = prepare(tmp_path, [{"image": "a.png", "prompt": "a"}], a_png=png())
    scorer = Brightness()
    ((late,),) = score(inputs, scorer, limits=PageLimits(time_limit_s=10.0), start=5.0, clock=lambda: 15.0)
    assert (late["status"], scorer.calls) == ("time_limit", 0)


def test_a_scorer_that_breaks_gives_its_block_a_status_and_goes_on(tmp_path):
    rows = [{"image": "a.png", "prompt": "break"}] + [{"image": "a.png", "prompt": "a"}] * ROWS_PER_BLOCK
    found = list(itertools.chain(*score(prepare(tmp_path, rows, a_png=png()))))
    assert [row["status"] for row in found] == ["score_error"] * ROWS_PER_BLOCK + ["ok"]
    assert "secret" not in str(found)


def test_whoever_stops_asking_frees_the_scorer(tmp_path):
    inputs = prepare(tmp_path, [{"image": "a.png", "prompt": "a"}] * 20, a_png=png())
    scorers = PageScorers({"brightness": Brightness()})
    steps = score_batch(scorers, None, inputs, limits=LIMITS)
    next(steps)
    steps.close()
    assert not scorers.lock().locked()
    assert scorers.find().calls == 1


def test_an_unknown_scorer_is_refused_before_anything_is_scored(tmp_path):
    inputs = prepare(tmp_path, [{"image": "a.png", "prompt": "a"}], a_png=png())
    with pytest.raises(PageError, match="no scorer 'owner/model'; it has brightness"):
        score(inputs, label="owner/model")
