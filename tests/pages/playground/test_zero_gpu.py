import sys
import types

import pytest

from evalmuse_hf.models.scorer import PairScore
from evalmuse_hf.pages.playground.zero_gpu import BorrowingScorers, borrow_gpu
from evalmuse_hf.pages.scorers import PageError, PageScorers

BORROWED = {"SPACES_ZERO_GPU": "1"}


class Half:
    name = "half"

    def score(self, *, images, prompts, elements=None):
        return [PairScore(0.5, ()) for _ in images]


@pytest.fixture
def lent(monkeypatch):
    """A module `spaces` that notes for how long a GPU is lent, and each use of it."""
    notes = []

    def lend(duration):
        def wrap(function):
            def call(*values, **named):
                notes.append(duration)
                return function(*values, **named)

            return call

        return wrap

    monkeypatch.setitem(sys.modules, "spaces", types.SimpleNamespace(GPU=lend))
    return notes


def test_elsewhere_a_function_stays_itself(lent, monkeypatch):
    assert borrow_gpu(len, duration_s=5, environ={}) is len
    assert borrow_gpu(len, duration_s=5, environ={"SPACES_ZERO_GPU": "false"}) is len
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert borrow_gpu(len, duration_s=5, environ=BORROWED) is len
    assert lent == []


def test_in_such_a_space_every_score_borrows_the_gpu(lent):
    plain = PageScorers({"half": Half()})
    scorers = BorrowingScorers(plain, duration_s=59.7, environ=BORROWED)
    assert scorers.score("half", images=[None, None], prompts=["a", "b"])[1].overall == 0.5
    assert scorers.score(images=[None], prompts=["a"])[0].overall == 0.5
    assert lent == [60, 60]
    assert scorers.lock() is plain.lock()


def test_nothing_is_borrowed_for_a_scorer_that_is_not_there(lent):
    scorers = BorrowingScorers(PageScorers({"half": Half()}), duration_s=1, environ=BORROWED)
    with pytest.raises(PageError, match="no scorer 'whole'"):
        scorers.score("whole", images=[], prompts=[])
    assert lent == []
