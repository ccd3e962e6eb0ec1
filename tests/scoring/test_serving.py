"""The app is started on loopback and asked by real clients; nothing here is a stand-in for Gradio."""

import dataclasses
import json
import math
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalmuse_hf.models.scorer import Answer, ElementScore, PairScore
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.scoring.addresses import ServingError
from evalmuse_hf.scoring.serving import (
    MAX_ELEMENTS,
    MAX_PROMPT_LENGTH,
    Refusal,
    ScoringService,
    build_app,
    find_refusal,
    read_elements,
    start_app,
    wait_for_end,
)

FILE = {"meta": {"_type": "gradio.FileData"}}
N_CLIENTS = 8
ROUNDS = 3


class Patient:
    """A scorer that takes a while, so that requests wait for it."""

    def __init__(self, scorer):
        self.scorer = scorer
        self.name = "patient"
        self.seconds = 0.0
        self.busy = 0
        self.most_at_once = 0

    def score(self, **rows):
        self.busy += 1
        self.most_at_once = max(self.most_at_once, self.busy)
        time.sleep(self.seconds)
        try:
            return self.scorer.score(**rows)
        finally:
            self.busy -= 1


class Touchy:
    """A scorer that a certain prompt makes fail altogether."""

    name = "touchy"

    def score(self, *, images, prompts, elements):
        if "boom" in prompts:
            raise MemoryError("no memory is left")
        answer = Answer("Is it?", 0.75, 0.25)
        element = ElementScore("cat", None, math.nan, "unmatched")
        return [
            PairScore(0.5, (element,), message=f"{image} is odd \ud83d", answers=(answer,) if elements else ())
            for image, elements in zip(images, elements, strict=True)
        ]


@pytest.fixture(scope="module")
def free_port():
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return attempt.getsockname()[1]


@pytest.fixture(scope="module")
def served(model_folder, free_port):
    """The app, its scorer, its address, and every host that was looked up while it started."""
    asked = []
    look_up = socket.getaddrinfo

    def getaddrinfo(host, *rest, **options):
        asked.append(host)
        return look_up(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patient = Patient(load_scorer("fga_blip2", model=model_folder, device="cpu"))
        app = build_app(patient, max_batch_size=6, max_waiting=50)
        address = start_app(app, host="127.0.0.1", port=free_port, max_file_size="1mb")
    yield app, patient, address, asked
    app.close(verbose=False)


@pytest.fixture
def ask(served):
    """Send a raw request, as `curl` would; the answer, or the status and the sentence of a refused request."""
    import httpx

    address = f"{served[2]}gradio_api"

    def ask(data, route="score"):
        sent = httpx.post(f"{address}/call/{route}", json=data, timeout=30)
        if sent.status_code != 200:
            return sent.status_code, sent.json()["detail"]
        lines = httpx.get(f"{address}/call/score/{sent.json()['event_id']}", timeout=30).text.splitlines()
        assert lines[0] == "event: complete", lines
        return json.loads(lines[1].removeprefix("data: "))[0]

    return ask


@pytest.fixture
def upload(served):
    """Upload a file as `curl` would."""
    import httpx

    def upload(path):
        content = path.read_bytes()
        sent = httpx.post(f"{served[2]}gradio_api/upload", files={"files": (path.name, content)}, timeout=30)
        return (
            {"path": sent.json()[0], "orig_name": path.name, **FILE} if sent.status_code == 200 else sent.status_code
        )

    return upload


def connect(served):
    from gradio_client import Client

    # A busy machine may need more than the five seconds that a client waits by default.
    return Client(served[2], analytics_enabled=False, verbose=False, httpx_kwargs={"timeout": 60})


@pytest.mark.slow
def test_concurrent_clients_get_the_scores_of_offline_in_common_batches(served, pictures):
    from gradio_client import handle_file

    app, patient, _, _ = served
    cases = [
        (pictures / f"{number % 3}.png", prompt, elements)
        for number, (prompt, elements) in enumerate(
            [
                ("a red cat", ["red (color)", "cat"]),
                ("two old dogs near the table", ["dogs"]),
                ("a blue dog and a red cat on the table, near two old cats", ["blue", "table", "nothing of it"]),
                ("cat", []),
                ("the old dog", ["old dog"]),
                ("a cat on a table", ["table"]),
                ("red", ["red"]),
                ("two cats", ["two", "cats"]),
            ]
        )
    ]
    images, prompts, elements = (list(column) for column in zip(*cases, strict=True))
    expected = patient.scorer.score(images=images, prompts=prompts, elements=elements)
    clients = [connect(served) for _ in range(N_CLIENTS)]
    before = app.service.batch_sizes.copy()
    start = threading.Barrier(N_CLIENTS)
    patient.seconds = 0.1

    def use(number):
        client = clients[number]
        start.wait()
        answers = []
        for turn in range(ROUNDS):
            index = (number + turn) % len(cases)
            image, prompt, listed = cases[index]
            answers.append((index, client.predict(handle_file(image), prompt, listed, api_name="/score")))
        return answers

    try:
        with ThreadPoolExecutor(N_CLIENTS) as threads:
            answers = [answer for part in threads.map(use, range(N_CLIENTS)) for answer in part]
    finally:
        patient.seconds = 0.0
    for index, answer in answers:
        assert answer["status"] == expected[index].status
        assert answer["overall_score"] == pytest.approx(expected[index].overall, abs=1e-5)
        for served_element, element in zip(answer["elements"], expected[index].elements, strict=True):
            assert (served_element["text"], served_element["status"]) == (element.text, element.status)
            score = math.nan if served_element["score"] is None else served_element["score"]
            assert score == pytest.approx(element.score, abs=1e-5, nan_ok=True)
    batches = app.service.batch_sizes - before
    assert sum(size * count for size, count in batches.items()) == N_CLIENTS * ROUNDS
    assert 1 < max(batches) <= 6
    assert patient.most_at_once == 1


def test_a_bad_request_has_its_own_status_and_harms_no_other(served, ask, upload, pictures):
    app, patient, _, _ = served
    good, broken = upload(pictures / "0.png"), upload(pictures / "truncated.png")
    expected = patient.scorer.score(images=[pictures / "0.png"], prompts=["a red cat"])[0].overall
    requests = {
        "ok": [good, "a red cat", ["red"]],
        "broken": [broken, "a red cat", None],
        "local": [{"path": str(pictures / "0.png"), **FILE}, "a red cat", None],
        "elsewhere": [{"path": "http://localhost:9/a.png", **FILE}, "a red cat", None],
        "no text": [good, {"path": "http://localhost:9/a.png", **FILE}, None],
        "elements": [good, "a red cat", '["red"'],
        "too few": [good, "a red cat"],
        "fine": [good, "a red cat", None],
    }
    patient.seconds = 0.3
    before = app.service.batch_sizes.copy()
    try:
        with ThreadPoolExecutor(len(requests)) as threads:
            asked = {name: threads.submit(ask, {"data": data}) for name, data in requests.items()}
            answers = {name: answer.result() for name, answer in asked.items()}
    finally:
        patient.seconds = 0.0
    assert max(app.service.batch_sizes - before) > 1
    assert answers.pop("too few")[0] == 400
    for name in ("ok", "fine"):
        assert answers[name]["overall_score"] == pytest.approx(expected, abs=1e-5)
    statuses = {name: answer["status"] for name, answer in answers.items()}
    assert statuses == {
        "ok": "ok",
        "broken": "image_error",
        "local": "image_error",
        "elsewhere": "image_error",
        "no text": "prompt_error",
        "elements": "element_error",
        "fine": "ok",
    }
    assert "'truncated.png'" in answers["broken"]["message"]
    assert "upload" in answers["local"]["message"]
    assert str(pictures) not in answers["local"]["message"]


def test_too_few_values_are_answered_in_a_sentence(ask):
    assert ask({"data": ["x"]}) == (400, "Give 3 values: the picture, the prompt, and the elements (null for none).")


def test_values_may_be_given_by_name_and_elements_left_out(ask, upload, pictures):
    answer = ask({"image": upload(pictures / "0.png"), "prompt": "a red cat"}, route="v2/score")
    assert (answer["status"], answer["elements"]) == ("ok", [])


def test_a_file_above_the_limit_is_not_taken(upload, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes(2_000_000))
    assert upload(tmp_path / "large.png") == 413


def test_the_queue_cannot_be_skipped(served):
    import httpx

    sent = httpx.post(f"{served[2]}gradio_api/run/score", json={"data": [None, "a", None]}, timeout=30)
    assert "join the queue" in sent.json()["detail"]


def test_about_says_what_scores_and_in_what_batches(served):
    told = connect(served).predict(api_name="/about")
    assert told["scorer"] == "patient"
    assert told["provenance"]["scorer"] == "patient"
    assert told["requests"] == sum(int(size) * count for size, count in told["batch_sizes"].items())


def test_nothing_beyond_this_machine_is_asked_for(served):
    assert set(served[3]) <= {"127.0.0.1", "localhost", None}


def test_a_port_in_use_is_one_sentence(served, free_port):
    with pytest.raises(ServingError, match="in use"):
        start_app(served[0], host="127.0.0.1", port=free_port)


def test_after_ctrl_c_the_app_is_closed(monkeypatch):
    class Interrupted:
        def wait(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("evalmuse_hf.scoring.serving.threading.Event", Interrupted)
    closed = []
    monkeypatch.setattr("evalmuse_hf.scoring.serving.logger.info", closed.append)

    class App:
        def close(self, *, verbose):
            closed.append(verbose)

    wait_for_end(App(), on_end=lambda: closed.append("said"))
    assert closed == ["Stopping.", "said", False]  # what is said is said before it is closed, which takes seconds


def test_without_gradio_the_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match=r"^Serving needs `gradio`: pip install 'evalmuse-hf\[spaces\]'$"):
        build_app(Touchy())


@pytest.mark.parametrize("option", ["max_batch_size", "max_waiting"])
def test_limits_below_one_are_refused(option):
    with pytest.raises(ServingError, match=f"`{option}` must be at least 1, got 0"):
        build_app(Touchy(), **{option: 0})


def test_a_batch_that_fails_altogether_is_scored_one_by_one(caplog):
    service = ScoringService(Touchy())
    files = [{"path": f"/tmp/folder/{name}.png", "orig_name": f"{name}.png"} for name in "abc"]
    ((first, second, third),) = service.score_batch(files, ["a", "boom", "a"], [["cat"], None, None])
    assert (first["overall_score"], first["status"], third["overall_score"]) == (0.5, "ok", 0.5)
    assert first["elements"] == [{"text": "cat", "category": None, "score": None, "status": "unmatched"}]
    assert first["prompt_answers"] == [dataclasses.asdict(Answer("Is it?", 0.75, 0.25))]
    assert first["message"] == r"a.png is odd \ud83d"
    assert "prompt_answers" not in third
    assert second == {
        "overall_score": None,
        "status": "score_error",
        "message": "The scorer failed (MemoryError); the log of the server has more.",
        "elements": [],
    }
    assert "no memory is left" in caplog.text
    assert service.describe()["batch_sizes"] == {"3": 1}


def test_a_scorer_that_fails_when_it_is_warmed_up_is_served_all_the_same(caplog):
    class Broken:
        name = "broken"

        def score(self, **rows):
            raise RuntimeError("not yet")

    service = ScoringService(Broken())
    service.warm_up()
    assert "not yet" in caplog.text
    assert not service.batch_sizes


def test_a_batch_of_refusals_never_reaches_the_scorer():
    class Unused:
        name = "unused"

    ((answer,),) = ScoringService(Unused()).score_batch([Refusal("image_error", "No.")], ["a"], [None])
    assert answer == {"overall_score": None, "status": "image_error", "message": "No.", "elements": []}


@pytest.mark.parametrize("given", [["a", "b c"], '["a", "b c"]', " a \n\nb c", '\n["a",\n"b c"]'])
def test_elements_are_a_list_json_or_lines(given):
    assert read_elements(given) == ["a", "b c"]


@pytest.mark.parametrize("given", ["", " \n", None, [], "[]"])
def test_no_elements_are_an_empty_list(given):
    assert read_elements(given) == []


@pytest.mark.parametrize(
    "given, sentence",
    [
        (3, "must be a list of texts"),
        ([3], "must be a list of texts"),
        ("[3]", "must be a list of texts"),
        ("[" * 100_000, "begin like a JSON list"),
        (["a"] * (MAX_ELEMENTS + 1), f"{MAX_ELEMENTS} are allowed"),
        (["a" * (MAX_PROMPT_LENGTH + 1)], "longer than"),
    ],
    ids=["a number", "numbers", "numbers in JSON", "no JSON", "too many", "too long"],
)
def test_other_elements_are_refused_in_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_elements(given)


@pytest.mark.parametrize(
    "picture, prompt, status",
    [
        (None, "a", "image_error"),
        ("cat.png", "a", "image_error"),
        ({"path": "cat.png"}, "a", "image_error"),
        ({"path": "cat.png", "meta": "gradio.FileData"}, "a", "image_error"),
        ({"path": None, **FILE}, "a", "image_error"),
        ({"path": "https://localhost/cat.png", **FILE}, "a", "image_error"),
        ({"path": "cat.png", **FILE}, None, "prompt_error"),
        ({"path": "cat.png", **FILE}, "a" * (MAX_PROMPT_LENGTH + 1), "prompt_error"),
    ],
)
def test_what_is_no_uploaded_file_or_no_prompt_is_refused(picture, prompt, status):
    refusal = find_refusal(picture, prompt, None)
    assert refusal is not None
    assert (refusal.status, refusal.message[-1]) == (status, ".")


def test_an_uploaded_file_with_a_prompt_is_not_refused():
    assert find_refusal({"path": "/tmp/a b.png", **FILE}, "a", ["a"]) is None
