"""A small campaign behind a real server, with three raters and an organiser, and requests as a browser sends them."""

import http.client
import json
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from PIL import Image

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.server.api import make_api_app
from evalmuse_hf.annotations.server.login import known_rater, new_session
from evalmuse_hf.annotations.serving import RunningServer, ServerOptions, build_app
from evalmuse_hf.annotations.store import raters
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.annotations.store.rounds import open_round
from evalmuse_hf.annotations.store.sessions import session_secret

BASE = "/annotation/api"
PROMPTS = ("a red cat on a sofa", "two dogs")
ELEMENTS = (["a red cat (animal)", "sofa (object)"], ["two dogs (counting)"])


class Clock:
    """The time of a store; a test may move it."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and word of a refusal; what it says must be one sentence or more, and no inner matters."""
        message = self.json["message"]
        assert message[0].isupper() or message[0] == "`", message
        assert message.endswith("."), message
        assert "Traceback" not in message
        assert "sqlite" not in message.lower()
        return self.status, self.json["status"]


class Client:
    """Requests to one server with one session."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.netloc = urlsplit(address).netloc
        self.token = token

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        base: str = BASE,
        timeout: float = 30,
    ) -> Reply:
        """Send one request; bytes go as they are, anything else as JSON."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.netloc, timeout=timeout)
        try:
            connection.request(method, base + path, content, {**sent, **(headers or {})})
            answer = connection.getresponse()
            reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
        self.token = reply.headers.get("x-session-token", self.token)  # as the page does
        return reply

    def get(self, path: str, **options: Any) -> Reply:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.send("POST", path, body, **options)

    def begin(self) -> dict[str, Any]:
        """Agree to the instructions and take the next item."""
        version = self.get("/session").json["guidelines"]["version"]
        assert self.post("/consent", {"version": version}).json == {"consented": True}
        reply = self.get("/task")
        assert reply.status == 200, reply.body
        task: dict[str, Any] = reply.json["task"]
        return task


def answer_to(task: Mapping[str, Any], overall: int = 4, **fields: Any) -> dict[str, Any]:
    """A complete answer to a task, as the page sends it."""
    return {
        "submission_id": f"answer-{task['assignment_id']}-{task['revision']}",
        "client": "test/1",
        "duration_s": 12.5,
        "overall": overall,
        "elements": {str(element["element_id"]): {"value": 1, "sure": True} for element in task["elements"]},
        "prompt_meaningless": False,
        "split_wrong": False,
        "problems": [],
        "comment": "",
        **fields,
    }


@dataclass
class Campaign:
    """A store of two items and its server."""

    store: Any
    pictures: Any
    tokens: dict[str, str]
    clock: Clock
    address: str = ""

    def client(self, name: str) -> Client:
        """A client with a session of this rater, as the page gets it."""
        rater = known_rater(self.store, name, login="token")
        return Client(self.address, new_session(self.store, session_secret(self.store), rater))


def make_campaign(folder: Any, *, ratings_per_item: int = 3, **settings: Any) -> Campaign:
    """A store in a folder, with pictures beside it and an open round."""
    pictures = folder / "pictures"
    pictures.mkdir()
    rows = []
    for number, (prompt, elements) in enumerate(zip(PROMPTS, ELEMENTS, strict=True)):
        Image.new("RGB", (48 + number, 32), (200, 30, 30)).save(pictures / f"{number}.png")
        rows.append({"image": f"{number}.png", "prompt": prompt, "elements": elements, "generator": "SDXL"})
    clock = Clock()
    store = open_store(folder / "store.sqlite", create=True, clock=clock)
    report = add_items(store, rows, pictures=pictures)
    assert not report.problems, report
    asked = RoundSettings(ratings_per_item=ratings_per_item, **settings)
    open_round(store, name="first", kind="formal", settings=asked)
    with mock.patch.object(raters, "_COST", 4):  # what slows guessing down would slow the tests down
        tokens = {name: raters.add_rater(store, name) or "" for name in ("ann", "bob", "cyd")}
        tokens["olga"] = raters.add_rater(store, "olga", is_organiser=True) or ""
    return Campaign(store, pictures, tokens, clock)


@contextmanager
def served(
    campaign: Campaign, *, page: bool = False, requests_per_s: float = 1000, backup: Any = None, **options: Any
):
    """Answer for a campaign, on a port of this machine; without the page of Gradio, which takes longer to build."""
    chosen = ServerOptions(port=0, requests_per_s=requests_per_s, **options)
    if page:
        app = build_app(campaign.store, chosen, backup)
    else:
        app = make_api_app(campaign.store, requests_per_s=requests_per_s, backup=backup)
    server = RunningServer(app, host=chosen.host, port=chosen.port)
    campaign.address = server.address
    try:
        yield campaign
    finally:
        server.stop()
        campaign.store.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A campaign whose server stands for a whole module; its tests change nothing for one another."""
    with served(make_campaign(tmp_path_factory.mktemp("campaign"))) as campaign:
        yield campaign


@pytest.fixture
def fresh(tmp_path):
    """A campaign of one test."""
    with served(make_campaign(tmp_path)) as campaign:
        yield campaign
