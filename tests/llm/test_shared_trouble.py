"""A server that is dead, limits the rate or refuses a prompt: what the workers and runs of a client share."""

import time

import pytest

from evalmuse_hf.llm import ChatError, StructuredClient
from tests.llm.test_structured import Scripted, ask, request


def test_a_dead_server_is_found_dead_once_for_all_runs_of_a_client():
    model = Scripted(lambda messages, number: ChatError("no connection", may_retry=True))
    client = StructuredClient(model, wait=0.001, workers=1)
    for _ in range(3):
        answers = list(client.ask_all(request(key) for key in range(10)))
    assert len(model.calls) == 25
    assert {answer.message[:9] for answer in answers} == {"Not asked"}


def busy(retry_after=None):
    return ChatError("slow down", retry_after, may_retry=True, status=429)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_server_that_limits_the_rate_costs_no_row(workers):
    """Every request is told 6 times to slow down: no try of 5, and no failure of the server."""
    told = {}

    def answer(messages, number):
        key = messages[0].content
        told[key] = told.get(key, 0) + 1
        return busy() if told[key] < 7 else '{"n": 2}'

    answers, model, _ = ask(answer, n=6, workers=workers, wait=1e-8)
    assert {(one.status, one.attempts) for one in answers} == {("ok", 1)}
    assert len(model.calls) == 42


def test_the_pause_of_one_is_everybodys():
    moments = []

    def answer(messages, number):
        moments.append(time.monotonic())
        return busy(0.4) if number == 0 else '{"n": 2}'

    answers, _, _ = ask(answer, n=40, workers=1)
    assert {one.status for one in answers} == {"ok"}
    assert moments[1] - moments[0] >= 0.4


def test_patience_with_a_limit_ends():
    begun = time.monotonic()
    answers, model, _ = ask(lambda messages, number: busy(), n=50, workers=2, patience=0.02, wait=1e-4)
    assert {one.status for one in answers} == {"failed"}
    assert (answers[0].message, answers[-1].message[:9]) == ("slow down", "Not asked")
    assert time.monotonic() - begun < 10
    assert len(model.calls) < 100


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_refused_for_one_prompt_is_its_row(status):
    def answer(messages, number):
        if messages[0].content == "a 1":
            return ChatError("flagged; check the key", stops_run=True, status=status, plain="flagged")
        return '{"n": 2}'

    answers, _, _ = ask(answer, n=3, workers=1)
    assert [(one.status, one.message) for one in answers] == [("ok", ""), ("refused", "flagged"), ("ok", "")]


def test_what_is_refused_at_once_ends_the_run_unless_the_cache_knows_better(tmp_path):
    def answer(messages, number):
        if messages[0].content == "a 1":
            return ChatError("flagged", stops_run=True, status=403)
        return '{"n": 2}'

    cache = tmp_path / "replies.jsonl"
    with pytest.raises(ChatError, match="flagged"):
        list(StructuredClient(Scripted(answer), workers=1, cache=cache).ask_all([request(1)]))
    ask(answer, cache=cache, workers=1)
    answers, _, _ = ask(answer, n=2, cache=cache, workers=1)
    assert [one.status for one in answers] == ["ok", "refused"]
