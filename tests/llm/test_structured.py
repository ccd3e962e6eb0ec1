import json
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from evalmuse_hf.llm import ChatError, ChatMessage, ChatReply, DoubtfulAnswerError, StructuredClient, StructuredRequest

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


class Scripted:
    """A model that answers by a function of (messages, number of the call); an error in its place is raised."""

    name = "scripted"

    def __init__(self, answer):
        self.answer = answer
        self.calls = []
        self.options = []
        self.lock = threading.Lock()

    def reply(self, messages, *, schema, max_tokens, seed):
        with self.lock:
            number = len(self.calls)
            self.calls.append(tuple(messages))
            self.options.append((schema, max_tokens, seed))
        answer = self.answer(messages, number)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, ChatReply) else ChatReply(answer, "stop", 10, 2)


def even(value):
    if value["n"] % 2:
        raise ValueError(f"{value['n']} is odd.")
    return value["n"]


def request(key, text="a", **options):
    return StructuredRequest(key, (ChatMessage("user", f"{text} {key}"),), SCHEMA, even, **options)


def ask(answer, n=1, **options):
    model = Scripted(answer)
    client = StructuredClient(model, **{"wait": 0.001, **options})
    return list(client.ask_all(request(key) for key in range(n))), model, client


def test_an_answer_that_passes_is_taken():
    (answer,), model, client = ask(lambda messages, number: "Sure: {'n': 4}")
    assert (answer.value, answer.status, answer.message, answer.attempts, answer.cached) == (4, "ok", "", 1, False)
    assert (answer.prompt_tokens, answer.completion_tokens) == (10, 2)
    assert model.options == [(SCHEMA, 512, None)]
    assert (client.usage.requests, client.usage.prompt_tokens, client.usage.is_estimate) == (1, 10, False)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("I think four.", "The answer holds no JSON object or list."),
        ('{"m": 4}', "the answer lacks 'n'."),
        ('{"n": "4"}', "the answer['n'] is '4', expected an integer."),
        ('{"n": 5}', "5 is odd."),
    ],
    ids=["prose", "missing", "type", "check"],
)
def test_a_wrong_answer_is_asked_again_with_what_is_wrong(text, problem):
    (answer,), model, _ = ask(lambda messages, number: text if number < 2 else '{"n": 6}')
    assert (answer.value, answer.status, answer.attempts) == (6, "ok", 3)
    first, second, third = model.calls
    # Only the last wrong answer is shown, so that the conversation does not grow.
    for number, asked in enumerate((second, third), start=1):
        assert asked[:-1] == (*first, ChatMessage("assistant", text))
        assert asked[-1].content.startswith(f"Answer {number} cannot be used. {problem}")


def test_answers_that_never_pass_end_in_a_status():
    answers, model, _ = ask(lambda messages, number: '{"n": 5}', n=2)
    assert [(answer.status, answer.message, answer.value, answer.attempts) for answer in answers] == [
        ("invalid", "5 is odd.", None, 3)
    ] * 2
    assert len(model.calls) == 6


def test_an_answer_is_mended_before_it_is_checked():
    client = StructuredClient(Scripted(lambda messages, number: "[4]"))
    (answer,) = client.ask_all([request(0, repair=lambda value: {"n": value[0]})])
    assert answer.value == 4


def test_a_refusal_is_not_argued_with():
    for reason in ("content_filter", "refusal"):
        reply = ChatReply("I cannot.", reason)
        (answer,), model, _ = ask(lambda messages, number, reply=reply: reply)
        assert (answer.status, answer.message, len(model.calls)) == ("refused", "The model would not answer.", 1)


def test_an_answer_that_was_cut_off_gets_more_room():
    def answer(messages, number):
        return ChatReply('{"n": 4, "m": [1, ', "length") if number == 0 else '{"n": 8}'

    (found,), model, _ = ask(answer)
    assert (found.value, found.message) == (8, "")
    assert [options[1] for options in model.options] == [512, 1024]
    assert "cut off" in model.calls[1][-1].content


def test_a_cut_answer_that_passes_once_it_is_closed_is_the_last_resort_and_marked():
    (found,), model, _ = ask(lambda messages, number: ChatReply('{"n": 4, "m": [1, ', "length"))
    assert (found.value, found.status, found.attempts) == (4, "ok", 3)
    assert "broke off" in found.message
    (found,), _, _ = ask(lambda messages, number: ChatReply('{"n": 5, "m": [1, ', "length"))
    assert (found.value, found.status) == (None, "truncated")
    # A server may say "stop" of an answer that breaks off.
    (found,), model, _ = ask(lambda messages, number: '{"n": 4, "m": [1]')
    assert (found.value, found.status, len(model.calls)) == (4, "ok", 3)
    assert "broke off" in found.message
    assert "breaks off" in model.calls[1][-1].content
    (found,), model, _ = ask(lambda messages, number: '{"n": 4, "m": [1]' if number == 0 else '{"n": 8}')
    assert (found.value, found.status, found.message) == (8, "ok", "")


def doubt(value):
    if not value["n"]:
        raise DoubtfulAnswerError("It is 0.", 0)
    return value["n"]


@pytest.mark.parametrize(
    "texts, found",
    [
        (('{"n": 0}', '{"n": 4}'), (4, "ok", "", 2)),
        (('{"n": 0}',) * 3, (0, "ok", "It is 0. Every answer says so.", 3)),
        (('{"n": 0}', "none", '{"n": 0}'), (None, "invalid", "It is 0.", 3)),
        (('{"n": 0, "m": [1',) * 3, (None, "invalid", "It is 0.", 3)),
    ],
    ids=["once", "always", "not always", "broken off"],
)
def test_a_doubtful_answer_is_believed_only_if_every_answer_is(texts, found):
    client = StructuredClient(Scripted(lambda messages, number: texts[number]))
    asked = StructuredRequest(0, (ChatMessage("user", "a"),), SCHEMA, doubt)
    (answer,) = client.ask_all([asked])
    assert (answer.value, answer.status, answer.message, answer.attempts) == found


def test_prose_with_a_list_in_it_is_not_the_object_that_is_asked_for():
    (found,), _, _ = ask(lambda messages, number: 'As in [1, 2, 3, 4, 5, 6, 7]: {"n": 4}')
    assert (found.value, found.attempts) == (4, 1)


def test_answers_come_in_order_whoever_is_first():
    def answer(messages, number):
        key = int(messages[0].content.split()[1])
        time.sleep(0.05 if key % 3 == 0 else 0)
        return json.dumps({"n": 2 * key})

    answers, _, _ = ask(answer, n=12, workers=4)
    assert [(one.key, one.value) for one in answers] == [(key, 2 * key) for key in range(12)]


def test_requests_are_taken_as_they_are_needed():
    taken = []

    def requests():
        for key in range(1000):
            taken.append(key)
            yield request(key)

    client = StructuredClient(Scripted(lambda messages, number: '{"n": 2}'), workers=2)
    answers = client.ask_all(requests())
    next(answers)
    assert len(taken) < 20
    answers.close()
    assert len(client.model.calls) < 20


def test_an_error_that_passes_is_tried_again():
    def answer(messages, number):
        return ChatError("busy", may_retry=True) if number < 3 else '{"n": 2}'

    (found,), model, client = ask(answer)
    assert (found.status, found.attempts, len(model.calls)) == ("ok", 1, 4)
    assert client.usage.requests == 1


def test_an_error_that_stays_is_a_status_of_its_row():
    def answer(messages, number):
        return ChatError("too long") if messages[0].content == "a 1" else '{"n": 2}'

    answers, model, _ = ask(answer, n=3, workers=1)
    assert [(one.status, one.message) for one in answers] == [("ok", ""), ("failed", "too long"), ("ok", "")]
    assert len(model.calls) == 3


def test_waits_grow_have_a_random_part_and_never_undercut_the_server():
    client = StructuredClient(Scripted(None), wait=1.0, seed=5)
    again = StructuredClient(Scripted(None), wait=1.0, seed=5)
    pauses = [client._pause(tried, None) for tried in range(10)]
    assert pauses == [again._pause(tried, None) for tried in range(10)]
    assert all(0.5 * 2**tried <= pause <= 2**tried for tried, pause in enumerate(pauses[:6]))
    assert max(pauses) <= 60.0
    assert all(7.0 <= client._pause(tried, 7.0) <= 7.0 + 0.5 * 2**tried for tried in range(4))


def test_a_server_that_asks_to_wait_for_hours_is_not_waited_for():
    begun = time.monotonic()
    (found,), model, _ = ask(lambda messages, number: ChatError("later", 7200.0, may_retry=True))
    assert (found.status, len(model.calls)) == ("failed", 1)
    assert time.monotonic() - begun < 5


def test_a_dead_server_is_left_and_says_so():
    """5 requests fail after 5 tries each; the other 45 are not even sent."""
    answers, model, _ = ask(lambda messages, number: ChatError("no connection", may_retry=True), n=50, workers=1)
    assert {one.status for one in answers} == {"failed"}
    assert len(model.calls) == 25
    assert answers[0].message == "no connection"
    assert "Not asked" in answers[-1].message


def test_who_ends_a_run_early_is_told_what_is_waited_for(caplog):
    begun = threading.Barrier(3)

    def answer(messages, number):
        if number:
            begun.wait(5)
            time.sleep(0.1)
        return '{"n": 2}'

    client = StructuredClient(Scripted(answer), workers=2)
    answers = client.ask_all(request(key) for key in range(100))
    threading.Thread(target=begun.wait, args=(5,)).start()
    next(answers)
    answers.close()
    assert "answers that were asked for are waited for" in caplog.text
    caplog.clear()
    ask(lambda messages, number: '{"n": 2}', n=9)
    assert caplog.text == ""


@pytest.mark.parametrize("workers", [1, 4])
def test_a_wrong_key_stops_the_run_at_once_and_keeps_what_there_is(tmp_path, workers):
    def answer(messages, number):
        return ChatError("The key is wrong.", stops_run=True) if number >= 3 else '{"n": 2}'

    model = Scripted(answer)
    cache = tmp_path / "replies.jsonl"
    client = StructuredClient(model, cache=cache, workers=workers)
    with pytest.raises(ChatError, match=r"The key is wrong\."):
        list(client.ask_all(request(key) for key in range(200)))
    assert len(model.calls) < 3 + 2 * workers
    assert len(cache.read_text().splitlines()) == 3


def test_a_run_goes_on_where_it_stopped_and_asks_nothing_twice(tmp_path):
    cache = tmp_path / "replies.jsonl"

    def answer(messages, number):
        return '{"n": 5}' if messages[0].content == "a 1" else '{"n": 2}'

    first, model, _ = ask(answer, n=3, cache=cache)
    assert len(model.calls) == 5
    second, again, client = ask(answer, n=4, cache=cache)
    # Wrong answers are remembered as well: the conversation of request 1 is replayed, with the same end.
    assert len(again.calls) == 1
    assert [(one.value, one.status) for one in second[:3]] == [(one.value, one.status) for one in first]
    assert [one.cached for one in second] == [True, True, True, False]
    assert (client.usage.requests, client.usage.cached) == (1, 5)


def test_a_remembered_answer_is_checked_again(tmp_path):
    cache = tmp_path / "replies.jsonl"
    ask(lambda messages, number: '{"n": 4}', cache=cache)
    client = StructuredClient(Scripted(lambda messages, number: '{"n": 3}'), cache=cache)
    strict = StructuredRequest(0, (ChatMessage("user", "a 0"),), SCHEMA, lambda value: {3: "three"}[value["n"]])
    with pytest.raises(KeyError):  # what is no ValueError is a bug of the check, and is not hidden
        list(client.ask_all([strict]))


def test_tokens_that_are_not_told_are_estimated():
    (found,), _, client = ask(lambda messages, number: ChatReply('{"n": 2}', "stop"))
    assert client.usage.is_estimate
    assert (found.prompt_tokens, found.completion_tokens) == (1 + 4, 2)


def test_an_estimate_sends_nothing_and_knows_the_cache(tmp_path):
    cache = tmp_path / "replies.jsonl"
    ask(lambda messages, number: '{"n": 4}', n=2, cache=cache)
    model = Scripted(None)
    found = StructuredClient(model, cache=cache).estimate([request(key) for key in range(5)], 1.0, 2.0)
    assert (found.requests, found.cached, found.prompt_tokens, found.completion_tokens) == (3, 2, 3 * 5, 3 * 512)
    assert found.cost == pytest.approx((15 + 2 * 1536) / 1e6)
    assert model.calls == []


@pytest.mark.parametrize("options", [{"attempts": 0}, {"workers": 0}], ids=str)
def test_a_number_out_of_range_is_refused(options):
    with pytest.raises(ValueError, match="is 0, expected 1 or more"):
        StructuredClient(Scripted(None), **options)


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    """A real process, killed with signal 9 after some answers; the next run asks only for the others."""
    cache = tmp_path / "replies.jsonl"
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from evalmuse_hf.llm import ChatMessage, ChatReply, StructuredClient, StructuredRequest

        class Slow:
            name = "scripted"
            def reply(self, messages, *, schema, max_tokens, seed):
                time.sleep(0.02)
                return ChatReply('{"n": 2}', "stop", 10, 2)

        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        requests = [
            StructuredRequest(key, (ChatMessage("user", f"a {key}"),), schema, lambda value: value["n"])
            for key in range(1000)
        ]
        for answer in StructuredClient(Slow(), cache=Path(sys.argv[1]), workers=2).ask_all(requests):
            print(answer.key, flush=True)
        """
    )
    killed = subprocess.Popen([sys.executable, "-c", program, str(cache)], stdout=subprocess.PIPE, text=True)
    with killed:
        for line in killed.stdout:
            if line == "10\n":
                killed.kill()
    kept = len(cache.read_bytes().split(b"\n")) - 1
    assert 11 <= kept < 1000
    answers, model, _ = ask(lambda messages, number: '{"n": 2}', n=kept + 20, cache=cache)
    assert {one.value for one in answers} == {2}
    assert len(model.calls) == 20
