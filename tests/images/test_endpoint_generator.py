import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from evalmuse_hf.images.endpoint_generator import EndpointGenerator, _is_hugging_face
from evalmuse_hf.images.generation import generate_pictures
from evalmuse_hf.images.generator_configs import GeneratorConfig
from evalmuse_hf.images.picture_generators import UNREACHABLE, GeneratorError
from evalmuse_hf.images.picture_prompts import PicturePrompt


class StandIn:
    """A text-to-image server in this process: it answers as its script says, and remembers what it was asked.

    An entry of the script is (status, headers, content); when it is used up, every answer is the picture.
    """

    def __init__(self, content):
        self.content, self.script, self.requests, self.lock = content, [], [], threading.Lock()
        self.react = lambda body: None
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with stand_in.lock:
                    stand_in.requests.append((body, self.headers.get("Authorization")))
                    default = (200, {}, stand_in.content)
                    scripted = stand_in.script.pop(0) if stand_in.script else default
                    status, headers, content = stand_in.react(body) or scripted
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/draw"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def stand_in(picture, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    server = StandIn(picture(7, as_bytes=True))
    yield server
    server.close()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def generator(stand_in, waits):
    config = GeneratorConfig(
        "served", kind="endpoint", model=stand_in.url, steps=4, guidance=2.0, size=(16, 16), timeout=10
    )
    return EndpointGenerator(config, sleep=waits.append)


def test_each_picture_is_asked_for_with_its_own_seed_and_the_settings(generator, stand_in, picture):
    drawn = generator.draw(["a cat", "a dog"], [5, 6])
    assert [result.status for result in drawn] == ["ok", "ok"]
    assert np.array_equal(np.asarray(drawn[0].picture), np.asarray(picture(7)))
    asked = sorted((body["inputs"], body["parameters"]["seed"]) for body, _ in stand_in.requests)
    assert asked == [("a cat", 5), ("a dog", 6)]
    parameters = stand_in.requests[0][0]["parameters"]
    assert {name: parameters[name] for name in ("num_inference_steps", "guidance_scale", "width")} == {
        "num_inference_steps": 4,
        "guidance_scale": 2.0,
        "width": 16,
    }


def test_the_key_of_the_hub_is_not_sent_to_other_servers(generator, stand_in, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    generator.draw(["a cat"], [5])
    assert stand_in.requests[0][1] == "Bearer none"
    assert _is_hugging_face("https://x.endpoints.huggingface.cloud/")
    assert not _is_hugging_face("http://huggingface.co/")
    assert not _is_hugging_face("https://huggingface.co.example.org/")


def test_the_key_of_a_server_comes_from_the_variable_that_the_configuration_names(stand_in, monkeypatch):
    config = GeneratorConfig("served", kind="endpoint", model=stand_in.url, token_env="KEY_OF_THE_SERVER")
    with pytest.raises(GeneratorError, match="KEY_OF_THE_SERVER, which is not set"):
        EndpointGenerator(config).draw(["a cat"], [5])
    monkeypatch.setenv("KEY_OF_THE_SERVER", "own")
    EndpointGenerator(config).draw(["a cat"], [5])
    assert stand_in.requests[0][1] == "Bearer own"


def test_a_server_that_is_busy_is_asked_again_after_the_time_it_names(generator, stand_in, waits):
    stand_in.script = [(429, {"Retry-After": "7"}, b""), (503, {}, b"loading"), (500, {"Retry-After": "soon"}, b"")]
    (drawn,) = generator.draw(["a cat"], [5])
    assert drawn.status == "ok"
    assert waits == [7.0, 2.0, 4.0]  # as named; then doubling, from 1 at the first attempt


def test_a_server_that_stays_busy_is_given_up(generator, stand_in, waits):
    stand_in.script = [(429, {"Retry-After": "100000"}, b"")] * 9
    (drawn,) = generator.draw(["a cat"], [5])
    assert (drawn.status, len(waits), max(waits)) == (UNREACHABLE, 4, 120.0)
    assert "5 attempts failed" in drawn.message


def test_a_server_that_is_gone_is_unreachable(generator, stand_in, waits):
    stand_in.close()
    assert generator.draw(["a cat"], [5])[0].status == UNREACHABLE
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_a_request_that_takes_too_long_is_unreachable(stand_in, waits, monkeypatch):
    blocked = threading.Event()
    monkeypatch.setattr(stand_in.server, "process_request", lambda *_: blocked.wait(5))
    config = GeneratorConfig("served", kind="endpoint", model=stand_in.url, timeout=0.05)
    assert EndpointGenerator(config, sleep=waits.append).draw(["a cat"], [5])[0].status == UNREACHABLE
    blocked.set()


@pytest.mark.parametrize("status", [400, 422], ids=["bad request", "unprocessable"])
def test_a_refused_request_is_not_repeated(generator, stand_in, waits, status):
    stand_in.script = [(status, {}, b'{"error": "unsafe prompt"}')]
    (drawn,) = generator.draw(["a cat"], [5])
    assert (drawn.status, waits, len(stand_in.requests)) == ("refused", [], 1)


@pytest.mark.parametrize("content", [b"<html>busy</html>", b"", b'{"error": 1}'], ids=["page", "nothing", "JSON"])
def test_an_answer_that_is_no_picture_is_a_failure(generator, stand_in, content):
    stand_in.script = [(200, {}, content)]
    (drawn,) = generator.draw(["a cat"], [5])
    assert (drawn.status, drawn.picture) == ("failed", None)
    assert drawn.message.startswith("The service gave no picture")


def test_a_forbidden_prompt_among_others_is_refused_and_not_the_end(generator, stand_in, picture, tmp_path):
    stand_in.react = lambda body: (403, {}, b'{"error": "policy"}') if "gun" in body["inputs"] else None
    prompts = [PicturePrompt(name, name) for name in ("gun 1", "cat", "dog", "gun 2", "owl", "gun 3")]
    summary = generate_pictures(prompts, [generator], tmp_path)
    assert (summary.stopped, summary.counts) == (None, {"served": {"ok": 3, "refused": 3}})


def test_what_was_answered_is_not_lost_when_the_key_ends(generator, stand_in, tmp_path):
    stand_in.react = lambda body: (402, {}, b"no credit") if body["inputs"] in {"c", "d", "e", "f"} else None
    drawn = generator.draw(["a", "b", "c"], [1, 2, 3])
    assert [result.status for result in drawn] == ["ok", "ok", UNREACHABLE]
    assert "refuses every request" in drawn[2].message
    summary = generate_pictures([PicturePrompt(name, name) for name in "abcdef"], [generator], tmp_path)
    assert summary.counts["served"]["ok"] == 2
    assert "served refuses every request" in summary.stopped


def test_a_server_that_forbids_everything_ends_the_run(generator, stand_in, tmp_path):
    stand_in.react = lambda body: (403, {}, b"")
    summary = generate_pictures([PicturePrompt(name, name) for name in "abcdefgh"], [generator], tmp_path)
    assert "served refuses every request" in summary.stopped
    assert summary.counts == {"served": {"unanswered": 4}}


@pytest.mark.parametrize("address", ["https://me:secret@host/x", "https://host/x?key=secret", "https://host/x#secret"])
def test_an_address_with_a_key_is_refused(address):
    with pytest.raises(GeneratorError, match="of the server host holds a user, a query or a fragment") as caught:
        EndpointGenerator(GeneratorConfig("served", kind="endpoint", model=address))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 404], ids=["no key", "no model"])
def test_a_server_that_refuses_everything_ends_the_work(generator, stand_in, status):
    stand_in.script = [(status, {}, b"")]
    with pytest.raises(GeneratorError, match="served refuses every request"):
        generator.draw(["a cat"], [5])


def test_offline_nothing_is_asked(generator, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(GeneratorError, match="HF_HUB_OFFLINE forbids"):
        generator.draw(["a cat"], [5])


def test_a_server_that_dies_half_way_ends_the_run_and_the_same_command_goes_on(generator, stand_in, picture, tmp_path):
    def answers(first, last):
        return [(200, {}, picture(number, as_bytes=True)) for number in range(first, last)]

    prompts = [PicturePrompt(f"{number:02d}", f"prompt {number}") for number in range(12)]
    stand_in.script = answers(0, 8) + [(503, {}, b"")] * 100
    summary = generate_pictures(prompts, [generator], tmp_path)
    assert summary.stopped.startswith("served does not answer any more (5 attempts failed, at last with: ")
    assert summary.counts == {"served": {"ok": 8, "unanswered": 4}}
    stand_in.script, n_before = answers(8, 12), len(stand_in.requests)
    summary = generate_pictures(prompts, [generator], tmp_path)
    assert (summary.stopped, summary.drawn, summary.counts) == (None, 4, {"served": {"ok": 12}})
    asked = {body["inputs"] for body, _ in stand_in.requests[n_before:]}
    assert asked == {f"prompt {number}" for number in range(8, 12)}


def test_description_says_what_was_asked_for(generator, stand_in):
    description = generator.describe()
    assert description.model == stand_in.url
    assert description.parameters == {"steps": 4, "guidance": 2.0, "size": [16, 16]}
    assert (description.revision, description.license) == (None, None)
    generator.close()
