import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.pages.scorers import PageError, PageScorers


class Constant:
    def __init__(self, name, value):
        self.name, self.value, self.inside, self.most = name, value, 0, 0

    def score(self, *, images, prompts, elements=None):
        self.inside += 1
        self.most = max(self.most, self.inside)
        threading.Event().wait(0.01)
        self.inside -= 1
        return [PairScore(self.value, ()) for _ in images]


class Broken:
    name = "broken"

    def score(self, *, images, prompts, elements=None):
        raise RuntimeError("/secret/path is gone")


def test_a_page_without_scorers_is_refused():
    with pytest.raises(ValueError, match="at least one scorer"):
        PageScorers({})


def test_the_first_scorer_is_the_default_and_labels_choose():
    scorers = PageScorers({"a": Constant("a", 1.0), "b": Constant("b", 2.0)})
    assert scorers.labels == ("a", "b")
    assert [scorers.score(label, images=[0], prompts=["x"])[0].overall for label in (None, "", "b")] == [1.0, 1.0, 2.0]


@pytest.mark.parametrize("label", ["owner/model", "../../etc", 7, ["a"]])
def test_an_unknown_scorer_is_one_sentence_that_names_those_there_are(label):
    with pytest.raises(PageError, match=r"has no scorer .*it has a, b"):
        PageScorers({"a": Constant("a", 1.0), "b": Constant("b", 2.0)}).score(label, images=[0], prompts=["x"])


def test_a_scorer_that_breaks_gives_rows_with_a_status_and_no_path():
    rows = PageScorers({"broken": Broken()}).score(images=[0, 1], prompts=["x", "y"])
    assert [row.status for row in rows] == ["score_error"] * 2
    assert "secret" not in rows[0].message


def test_a_scorer_is_asked_by_one_thread_at_a_time():
    scorer = Constant("a", 1.0)
    scorers = PageScorers({"a": scorer})
    threads = [threading.Thread(target=scorers.score, kwargs={"images": [0], "prompts": ["x"]}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scorer.most == 1


def test_who_waits_too_long_for_a_scorer_gets_a_sentence_and_rows_with_a_status():
    scorer = Constant("a", 1.0)
    scorers = PageScorers({"a": scorer})
    scorers.set_patience(0.01)
    sentence = "a was busy with others for 0.01 s; try again in a minute."
    with scorers.lock(), ThreadPoolExecutor() as others:
        rows = others.submit(scorers.score, images=[0, 1], prompts=["x", "y"]).result()
        with pytest.raises(PageError, match=sentence):
            others.submit(scorers.lock().__enter__).result()
    assert [(row.status, row.message) for row in rows] == [("time_limit", sentence)] * 2
    assert scorer.most == 0
    assert scorers.score(images=[0], prompts=["x"])[0].overall == 1.0
    assert not scorers.lock().locked()


def test_warming_up_asks_every_scorer_and_survives_a_broken_one():
    PageScorers({"broken": Broken(), "a": Constant("a", 1.0)}).warm_up()
