"""The page of Gradio over real HTTP: who may sign in, and that each gets the session of their own and nothing else."""

import http.client
import itertools
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import quote, urlencode, urlsplit

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.raters import renew_tokens, set_active

from .conftest import Client, make_campaign, served

NODE = re.compile(r'<div id="annotation-session" data-token="([^"]+)" data-base="([^"]+)" hidden></div>')


class Browser:
    """Keeps cookies, as far as Gradio needs them."""

    def __init__(self, address):
        self.address = address
        self.cookies = {}

    def send(self, method, path, body=None, **headers):
        status, _, content = self.exchange(method, path, body, **headers)
        return status, content

    def exchange(self, method, path, body=None, **headers):
        """Send a request; give the status, the headers and the body of its answer."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, {"Cookie": cookies, **headers})
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def login(self, name, token):
        form = urlencode({"username": name, "password": token})
        return self.send("POST", "/login", form, **{"Content-Type": "application/x-www-form-urlencoded"})[0]

    def config(self):
        status, content = self.send("GET", "/config")
        return json.loads(content) if status == 200 else None

    def call(self, name):
        """Call a function of the page, as its own script does."""
        functions = {entry["api_name"]: entry["id"] for entry in self.config()["dependencies"]}
        body = json.dumps({"data": [], "fn_index": functions[name], "session_hash": "abc"})
        status, content = self.send("POST", "/gradio_api/run/predict", body, **{"Content-Type": "application/json"})
        return status, json.loads(content)

    def session(self):
        """The token that the page hands to its script; None if it says a sentence instead."""
        status, answer = self.call("begin_by_login")
        assert status == 200, answer
        match = NODE.fullmatch(answer["data"][0])
        return None if match is None else match[1]


@pytest.fixture(scope="module")
def paged(tmp_path_factory):
    with served(make_campaign(tmp_path_factory.mktemp("campaign")), page=True) as campaign:
        yield campaign


@pytest.fixture
def browser(paged):
    return Browser(paged.address)


def test_without_a_login_there_is_only_the_form(browser):
    status, content = browser.send("GET", "/")
    assert status == 200
    assert b'"auth_required":true' in content
    assert b"annotation-root" not in content
    assert browser.config() is None
    body = json.dumps({"data": [], "fn_index": 0, "session_hash": "abc"})
    status, content = browser.send("POST", "/gradio_api/run/predict", body, **{"Content-Type": "application/json"})
    assert status == 401
    assert b"annotation-session" not in content


def test_name_and_token_of_a_rater_open_the_page(paged, browser):
    assert browser.login("ann", paged.tokens["bob"]) == 400
    assert browser.login("nobody", "x") == 400
    assert browser.login("ann", f" {paged.tokens['ann']} ") == 200
    status, content = browser.send("GET", "/")
    assert status == 200
    assert b"annotation-root" in content
    assert b"gradio_api" in content
    for elsewhere in (b"https://fonts.", b"cdn.", b"api.gradio.app"):
        assert elsewhere not in re.sub(rb'"[^"]*raw\.githubusercontent[^"]*"', b"", content)


def test_each_gets_a_session_of_their_own(paged, browser):
    other = Browser(paged.address)
    assert (browser.login("ann", paged.tokens["ann"]), other.login("BOB", paged.tokens["bob"])) == (200, 200)
    names = {Client(paged.address, visitor.session()).get("/session").json["rater"] for visitor in (browser, other)}
    assert names == {"ann", "bob"}
    # What is asked for in the name of another tab comes to the one who asked.
    assert Client(paged.address, browser.session()).get("/session").json["rater"] == "ann"


def test_the_session_is_not_in_what_is_the_same_for_all(paged, browser):
    browser.login("ann", paged.tokens["ann"])
    token = browser.session().encode()
    for path in ("/", "/config", "/gradio_api/info"):
        assert token not in browser.send("GET", path)[1]


def test_the_tab_of_the_organiser_is_refused_to_raters(paged, browser):
    browser.login("ann", paged.tokens["ann"])
    _, answer = browser.call("begin_by_login")
    assert answer["data"][1]["visible"] is False
    status, answer = browser.call("look_by_login")
    assert status == 500
    assert answer["error"] == "Only organisers see the progress of others."
    assert "data" not in answer


def test_the_organiser_sees_rounds_raters_and_events(paged, browser):
    browser.login("olga", paged.tokens["olga"])
    _, answer = browser.call("begin_by_login")
    assert answer["data"][1]["visible"] is True
    status, answer = browser.call("look_by_login")
    assert status == 200
    rounds, raters, events, backup = (table["data"] for table in answer["data"])
    assert [row for row in backup if any(row)] == []  # there is none
    assert rounds[0][:4] == ["first", "formal", "yes", 2]
    assert [row[0] for row in raters] == ["ann", "bob", "cyd", "olga"]
    assert {"round opened", "rater added"} <= {row[2] for row in events}


def test_neither_the_store_nor_a_picture_nor_any_other_file_is_served(paged, browser):
    browser.login("olga", paged.tokens["olga"])
    folder = paged.pictures.parent
    for path in (folder / "store.sqlite", folder / "store.sqlite-wal", paged.pictures / "0.png", "/etc/passwd"):
        for start in ("/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/assets/", "/svelte/"):
            for name in (str(path), quote(str(path), safe=""), f"../../../../../..{path}"):
                status, content = browser.send("GET", start + name)
                assert status in (400, 403, 404), start + name
                assert b"SQLite format" not in content
                assert b"PNG" not in content


def test_what_gradio_offers_beyond_the_page_is_closed(paged, browser):
    browser.login("olga", paged.tokens["olga"])
    for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/reset", "/gradio_api/cancel"):
        assert browser.send("POST", path, b"x")[0] == 404
    for path in (
        "/gradio_api/queue/data?session_hash=abc",
        "/gradio_api/heartbeat/abc",
        "/gradio_api/deep_link?session_hash=abc",
        "/gradio_api/token",
        "/monitoring",
        "/docs",
        "/openapi.json",
    ):
        assert browser.send("GET", path)[0] == 404, path


def test_whoever_is_disabled_or_gets_a_new_token_is_logged_out_of_the_page(paged, browser):
    browser.login("cyd", paged.tokens["cyd"])
    session = browser.session()
    set_active(paged.store, "cyd", False)
    assert browser.config() is None
    assert Client(paged.address, session).get("/task").refusal == (401, "disabled")
    set_active(paged.store, "cyd", True)
    assert browser.config() is None
    assert browser.login("cyd", paged.tokens["cyd"]) == 200
    assert browser.session() is not None
    token = renew_tokens(paged.store, ["cyd"])["cyd"]
    assert browser.config() is None
    assert browser.login("cyd", paged.tokens["cyd"]) == 400
    assert browser.login("cyd", token) == 200
    assert browser.session() is not None
    assert browser.send("GET", "/logout")[0] in (302, 307)
    assert browser.config() is None


def test_a_page_of_another_address_gets_nothing_with_the_login_of_a_rater(paged, browser):
    browser.login("ann", paged.tokens["ann"])
    functions = {entry["api_name"]: entry["id"] for entry in browser.config()["dependencies"]}
    body = json.dumps({"data": [], "fn_index": functions["begin_by_login"]})
    for origin in ("https://evil.example", "null", f"http://{urlsplit(paged.address).netloc}.evil.example"):
        for kind in ("application/json", "text/plain"):
            headers = {"Origin": origin, "Content-Type": kind}
            status, content = browser.send("POST", "/gradio_api/run/predict", body, **headers)
            assert (status, json.loads(content)["status"]) == (403, "foreign_origin")
            assert b"annotation-session" not in content
        for method, path in (("GET", "/config"), ("GET", "/"), ("OPTIONS", "/gradio_api/run/predict")):
            status, headers, content = browser.exchange(method, path, Origin=origin)
            assert status == 403
            assert not [name for name in headers if name.startswith("access-control")]
    own = {"Origin": paged.address.rstrip("/"), "Content-Type": "application/json"}
    status, headers, content = browser.exchange("POST", "/gradio_api/run/predict", body, **own)
    assert status == 200
    assert b"annotation-session" in content
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["cache-control"] == "no-store"


def test_a_page_of_another_address_cannot_sign_a_browser_in_or_out(paged, browser):
    form = urlencode({"username": "ann", "password": paged.tokens["ann"]})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.exchange("POST", "/login", form, Origin="https://evil.example", **kind)[0] == 403
    assert browser.cookies == {}
    assert browser.exchange("POST", "/login", form, **{"Sec-Fetch-Site": "cross-site"}, **kind)[0] == 403
    assert browser.login("ann", paged.tokens["ann"]) == 200
    assert (
        browser.exchange("GET", "/logout", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})[0] == 403
    )
    assert browser.config() is not None
    assert browser.exchange("GET", "/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})[0] == 200


def test_the_page_may_be_framed_by_nobody_else_and_is_not_kept(paged, browser):
    status, headers, _ = browser.exchange("GET", "/")
    assert status == 200
    assert "frame-ancestors 'self';" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_signing_out_ends_the_sessions_of_all_pages_of_that_rater(paged, browser):
    other, bob = Browser(paged.address), Browser(paged.address)
    for visitor, name in ((browser, "ann"), (other, "ann"), (bob, "bob")):
        assert visitor.login(name, paged.tokens[name]) == 200
    clients = [Client(paged.address, visitor.session()) for visitor in (browser, other, bob)]
    assert {client.get("/session").status for client in clients} == {200}
    assert browser.send("GET", "/logout")[0] == 302
    assert [client.get("/session").status for client in clients] == [401, 401, 200]
    assert clients[0].get("/task").refusal == (401, "no_session")
    assert (browser.config(), other.config()) == (None, None)
    assert browser.login("ann", paged.tokens["ann"]) == 200
    assert Client(paged.address, browser.session()).get("/session").status == 200


def test_many_who_sign_in_at_once_wait_their_turn_and_too_many_are_told_so(paged, monkeypatch):
    begun, go = threading.Semaphore(0), threading.Event()
    running, most = [], []

    def slow(store, name, token):
        running.append(name)
        most.append(len(running))
        begun.release()
        go.wait(20)
        running.remove(name)
        raise NotAllowedError("No.")

    monkeypatch.setattr("evalmuse_hf.annotations.server.login.authenticate", slow)
    with ThreadPoolExecutor(40) as pool:
        logins = [pool.submit(Browser(paged.address).login, "ann", "x") for _ in range(40)]
        assert begun.acquire(timeout=20)
        refused = [login.result(20) for login in itertools.islice(as_completed(logins), 10)]
        # Meanwhile, the threads of everybody else are free.
        assert Client(paged.address, paged.client("bob").token).get("/session").status == 200
        assert Browser(paged.address).send("GET", "/")[0] == 200
        go.set()
        answers = [login.result(20) for login in logins]
    assert refused == [429] * 10
    assert sorted(answers) == [400] * 30 + [429] * 10
    assert max(most) == 2
