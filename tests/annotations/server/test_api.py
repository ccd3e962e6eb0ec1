"""The API over real HTTP: what it does, and what it refuses to whom."""

import dataclasses
import json
import logging
import socket
import time
from urllib.parse import urlsplit

import pytest

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.server.backup_state import BackupFacts, BackupState
from evalmuse_hf.annotations.server.tokens import Session, make_token
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import find_rater, give_consent, renew_tokens, set_active
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.rounds import close_round, find_round
from evalmuse_hf.annotations.store.sessions import session_secret

from .conftest import BASE, Client, answer_to, make_campaign, served


@pytest.fixture(scope="module")
def ann(standing):
    """A client of ann, who holds an item."""
    client = standing.client("ann")
    client.task = client.begin()
    return client


def test_an_item_is_shown_drafted_rated_and_corrected(fresh):
    client = fresh.client("ann")
    session = client.get("/session").json
    assert (session["rater"], session["is_organiser"], session["consented"]) == ("ann", False, False)
    assert session["guidelines"]["instructions_html"].startswith("<h1>")
    assert list(session["anchors"]) == ["1", "2", "3", "4", "5"]
    assert client.get("/task").refusal == (403, "no_consent")
    task = client.begin()
    assert client.get("/session").json["consented"] is True
    number = task["assignment_id"]
    assert client.get("/task").json["task"]["assignment_id"] == number
    spans = {element["text"]: element["spans"] for element in task["elements"]}
    assert all(task["prompt"][start:end] == text for text, found in spans.items() for start, end in found)
    assert spans in ({"a red cat": [[0, 9]], "sofa": [[15, 19]]}, {"two dogs": [[0, 8]]})
    draft = {"overall": 2, "comment": "not done"}
    saved = client.send("PUT", f"/draft/{number}", {"revision": 0, "draft": draft}).json
    assert saved["revision"] == 1
    assert saved["expires_at"] >= task["expires_at"]
    assert client.get(f"/task/{number}").json["task"]["draft"] == draft
    reply = client.post(f"/rating/{number}", answer_to(task, 5))
    assert reply.json == {"rating_id": 1, "repeated": False, "message": "Saved."}
    assert [entry["overall"] for entry in client.get("/history").json["entries"]] == [5]
    again = client.get(f"/task/{number}").json["task"]
    assert (again["revision"], again["draft"]["overall"]) == (1, 5)
    assert client.post(f"/rating/{number}", {**answer_to(again, 3), "revision": 1}).json["rating_id"] == 2
    rows = read_ratings(fresh.store, standings=("counted", "revised"))
    assert [(row.rater, row.overall, row.standing) for row in rows] == [("ann", 5, "revised"), ("ann", 3, "counted")]
    assert (rows[0].duration_s, rows[0].client) == (12.5, "test/1")


def test_a_rater_agrees_to_the_instructions_of_the_round_not_to_later_ones(fresh):
    client = fresh.client("cyd")
    before = client.get("/session").json["guidelines"]
    add_guidelines(fresh.store, version="later", instructions="# Later", consent="Yes.")
    session = client.get("/session").json
    assert session["guidelines"] == before
    assert client.post("/consent", {"version": before["version"]}).json == {"consented": True}
    assert client.get("/session").json["consented"] is True
    assert client.get("/task").json["task"] is not None


def test_the_picture_is_the_file_and_nothing_that_a_browser_runs(standing, ann):
    reply = ann.get(ann.task["picture"]["url"].removeprefix(BASE))
    assert reply.body in [path.read_bytes() for path in standing.pictures.iterdir()]
    assert reply.headers["content-type"] == "image/png"
    assert reply.headers["cache-control"].startswith("private")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in reply.headers["content-security-policy"]


def test_when_everything_is_rated_a_sentence_says_so(fresh):
    client = fresh.client("ann")
    for _ in range(2):
        task = client.begin()
        client.post(f"/rating/{task['assignment_id']}", answer_to(task))
    reply = client.get("/task").json
    assert reply["task"] is None
    assert reply["message"].endswith(".")


def test_only_an_unchanged_token_of_this_store_opens_anything(standing):
    rater = find_rater(standing.store, "ann").rater_id
    good = standing.client("ann").token
    number, begun_at, expires_at, generation, signature = good.split(".")
    bob = find_rater(standing.store, "bob").rater_id
    session = Session(rater_id=rater, begun_at=int(begun_at), expires_at=int(expires_at), generation=generation)
    expired = make_token(session_secret(standing.store), dataclasses.replace(session, expires_at=int(time.time()) - 1))
    wrong = {
        None: "no_session",
        "": "no_session",
        "x": "no_session",
        standing.tokens["ann"]: "no_session",
        f"{bob}.{begun_at}.{expires_at}.{generation}.{signature}": "no_session",
        f"{number}.{begun_at}.{int(expires_at) + 9}.{generation}.{signature}": "no_session",
        f"{number}.{int(begun_at) + 9}.{expires_at}.{generation}.{signature}": "no_session",
        f"{good[:-1]}{'A' if signature[-1] != 'A' else 'B'}": "no_session",
        make_token(b"of another store", session): "no_session",
        f"9999999.{begun_at}.{expires_at}.{generation}.{signature}": "no_session",
        expired: "session_expired",
    }
    for token, word in wrong.items():
        for method, path in (("GET", "/session"), ("GET", "/task"), ("GET", "/picture/1"), ("POST", "/rating/1")):
            body = {} if method == "POST" else None
            assert Client(standing.address, token).send(method, path, body).refusal == (401, word)
    assert Client(standing.address, good).get("/session").status == 200


def test_a_cookie_is_no_session(standing):
    token = standing.client("ann").token
    reply = Client(standing.address).get("/session", headers={"Cookie": f"session={token}; access-token={token}"})
    assert reply.refusal == (401, "no_session")


def test_a_repeated_answer_is_acknowledged_once_more_and_another_one_under_its_number_is_refused(fresh):
    client = fresh.client("ann")
    task = client.begin()
    path, answer = f"/rating/{task['assignment_id']}", answer_to(task)
    assert client.post(path, answer).json["repeated"] is False
    again = client.post(path, answer).json
    assert (again["rating_id"], again["repeated"]) == (1, True)
    assert client.post(path, {**answer, "overall": 1}).refusal == (409, "replayed")
    assert client.post(path, {**answer, "submission_id": "another-one"}).refusal == (409, "already_answered")
    other = fresh.client("bob")
    theirs = other.begin()
    forged = {**answer_to(theirs), "submission_id": answer["submission_id"]}
    assert other.post(f"/rating/{theirs['assignment_id']}", forged).refusal == (409, "replayed")
    assert [row.overall for row in read_ratings(fresh.store)] == [4]


def test_what_was_given_to_another_rater_is_neither_shown_nor_taken(standing, ann):
    bob = standing.client("bob")
    bob.begin()
    number = ann.task["assignment_id"]
    before = ann.get(f"/task/{number}").json
    for method, path, body in (
        ("GET", f"/task/{number}", None),
        ("GET", f"/picture/{number}", None),
        ("PUT", f"/draft/{number}", {"revision": 0, "draft": {"overall": 1}}),
        ("POST", f"/rating/{number}", {**answer_to(ann.task), "rater": "ann", "rater_id": 1}),
        ("POST", f"/skip/{number}", {"reason": "not mine"}),
        ("GET", "/task/999", None),
    ):
        assert bob.send(method, path, body).refusal == (403, "not_yours")
    assert ann.get(f"/task/{number}").json == before
    assert read_ratings(standing.store) == []


@pytest.mark.parametrize(
    "change",
    [
        {"overall": 6},
        {"overall": 0},
        {"overall": 4.5},
        {"overall": "4"},
        {"overall": None},
        {"overall": True},
        {"elements": {}},
        {"elements": []},
        {"elements": {"999": {"value": 1, "sure": True}}},
        {"submission_id": "'; DROP TABLE ratings; --"},
        {"submission_id": None},
        {"duration_s": "long"},
        {"prompt_meaningless": 1},
        {"problems": [{"label": "ghost"}]},
        {"problems": [{"label": "animal", "box": [0, 0, 2, 1]}]},
        {"comment": "x" * 2001},
        {"comment": "a\0b"},
        {"comment": "\ud800"},
    ],
)
def test_an_answer_off_its_scales_is_refused_whole(standing, ann, change):
    body = json.dumps({**answer_to(ann.task), **change}).encode()
    assert ann.send("POST", f"/rating/{ann.task['assignment_id']}", body).refusal == (422, "bad_answer")
    assert read_ratings(standing.store) == []


def test_a_missing_and_a_foreign_element_are_refused_beside_right_ones(standing, ann):
    path, good = f"/rating/{ann.task['assignment_id']}", answer_to(ann.task)
    foreign = {**good, "elements": {**good["elements"], "777": {"value": 0, "sure": True}}}
    missing = {**good, "elements": dict(list(good["elements"].items())[1:])}
    half = {**good, "elements": {name: {"value": None, "sure": False} for name in good["elements"]}}
    assert {ann.post(path, body).refusal for body in (foreign, missing, half)} == {(422, "bad_answer")}
    assert read_ratings(standing.store) == []


def test_code_in_a_comment_is_kept_as_text(fresh):
    client = fresh.client("ann")
    task = client.begin()
    comment = "<script>alert(1)</script> '); DROP TABLE ratings;-- \u202e {{7*7}} \U0001f600"
    assert client.post(f"/rating/{task['assignment_id']}", answer_to(task, comment=comment)).status == 200
    assert read_ratings(fresh.store)[0].comment == comment
    reply = client.get(f"/task/{task['assignment_id']}")
    assert reply.json["task"]["draft"]["comment"] == comment
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"


def raw_exchange(campaign, head, chunks=()):
    """Send a request piece by piece until the server answers; give the answer and how many bytes were sent."""
    url = urlsplit(campaign.address)
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(head.encode())
        sent, answer = 0, b""
        connection.settimeout(0.02)
        for chunk in chunks:
            try:
                connection.sendall(chunk)
                sent += len(chunk)
            except OSError:  # it has stopped to listen
                break
            try:
                answer += connection.recv(65536)
            except TimeoutError:
                continue
            break
        connection.settimeout(20)
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            received = connection.recv(65536)
            if not received:
                break
            answer += received
    status, _, body = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]), json.loads(body), sent


def head_of(campaign, token, *lines):
    url = urlsplit(campaign.address)
    first = (f"POST {BASE}/rating/1 HTTP/1.1", f"Host: {url.netloc}", f"Authorization: Bearer {token}")
    return "\r\n".join([*first, "Content-Type: application/json", *lines, "", ""])


def test_a_post_of_50_mb_is_refused_before_it_is_read(standing, ann):
    status, answer, sent = raw_exchange(standing, head_of(standing, ann.token, "Content-Length: 52428800"))
    assert (status, answer["status"], sent) == (413, "too_large", 0)
    block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = head_of(standing, ann.token, "Transfer-Encoding: chunked")
    status, answer, sent = raw_exchange(standing, head, (block for _ in range(800)))
    assert (status, answer["status"]) == (413, "too_large")
    assert sent < 2**20
    assert ann.get("/session").status == 200


def test_the_page_of_gradio_takes_no_long_body_either(standing):
    for path in ("/login", "/gradio_api/run/predict"):
        reply = Client(standing.address).send("POST", path, b"x" * 300_000, base="")
        assert reply.refusal == (413, "too_large")


def test_a_body_in_chunks_is_an_ordinary_one(fresh):
    client = fresh.client("ann")
    task = client.begin()
    content = json.dumps(answer_to(task)).encode()
    half = len(content) // 2
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:half], content[half:])]
    head = head_of(fresh, client.token, "Transfer-Encoding: chunked")
    assert raw_exchange(fresh, head, [*chunks, b"0\r\n\r\n"])[0] == 200
    assert len(read_ratings(fresh.store)) == 1


def test_what_is_no_json_object_is_refused(ann):
    path = f"/rating/{ann.task['assignment_id']}"
    deep = b'{"overall":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body in (
        deep,
        b"\xff\xfe{}",
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"overall": NaN}',
        b'{"overall": %s}' % (b"9" * 5000),
    ):
        assert ann.send("POST", path, body).refusal == (400, "bad_json"), body[:20]
    for headers in ({"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}):
        assert ann.send("POST", path, b"{}", headers=headers).refusal == (415, "unsupported")
    assert ann.post(path, {"overall": 10**4000}).refusal[0] in (400, 422)


def test_addresses_that_lead_elsewhere_lead_nowhere(ann):
    for path in (
        "/picture/../../../etc/passwd",
        "/picture/..%2f..%2f..%2fetc%2fpasswd",
        "/picture/%2e%2e%2fstore.sqlite",
        "/picture/store.sqlite",
        "/picture/1%00.png",
        "/picture/-1",
        "/picture/99999999999999999999",
        "/picture/2147483648",
        "/picture/\u0661".encode().decode("latin-1"),
        "/nothing",
        "",
        "/",
    ):
        reply = ann.get(path.replace("\u00d9\u00a1", "%D9%A1"))
        assert reply.refusal == (404, "not_found"), path
    for method in ("DELETE", "PATCH", "OPTIONS", "POST"):
        assert ann.send(method, "/session", {}).refusal == (404, "not_found")


def test_an_item_whose_picture_was_deleted_is_a_sentence_and_can_be_skipped(fresh):
    client = fresh.client("ann")
    task = client.begin()
    number = task["assignment_id"]
    for path in list(fresh.pictures.iterdir()):
        path.unlink()
    reply = client.get(f"/picture/{number}")
    assert reply.refusal == (410, "picture_gone")
    assert str(fresh.pictures) not in reply.json["message"]
    size = client.get(f"/task/{number}").json["task"]["picture"]
    assert (size["width"], size["height"]) == (None, None)
    assert client.post(f"/skip/{number}", {"reason": "the picture is missing"}).json == {"skipped": True}
    assert client.get("/task").json["task"]["assignment_id"] != number


def test_skipping_needs_a_reason(ann):
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": 5}, {"reason": "x" * 501}):
        assert ann.post(f"/skip/{ann.task['assignment_id']}", body).refusal == (422, "bad_answer")


def test_consent_is_to_a_version_that_there_is(standing):
    client = standing.client("cyd")
    for version in ("nothing-1", "", None, 5, "x" * 65):
        assert client.post("/consent", {"version": version}).refusal == (422, "bad_answer")
    assert client.get("/session").json["consented"] is False


def test_of_two_tabs_the_first_to_save_wins_and_the_other_is_told(fresh):
    tabs = fresh.client("ann"), fresh.client("ann")
    task = tabs[0].begin()
    number = task["assignment_id"]
    assert tabs[1].get("/task").json["task"]["assignment_id"] == number
    path = f"/draft/{number}"
    assert tabs[0].send("PUT", path, {"revision": 0, "draft": {"overall": 1}}).json["revision"] == 1
    assert tabs[1].send("PUT", path, {"revision": 0, "draft": {"overall": 5}}).refusal == (409, "other_tab")
    assert tabs[0].get(f"/task/{number}").json["task"]["draft"] == {"overall": 1}
    assert tabs[0].post(f"/rating/{number}", answer_to(task)).status == 200
    late = answer_to(task, 1, submission_id="of-the-other-tab")
    assert tabs[1].post(f"/rating/{number}", late).refusal == (409, "already_answered")
    assert [row.overall for row in read_ratings(fresh.store)] == [4]


def test_a_draft_is_an_object_with_a_revision(ann):
    path = f"/draft/{ann.task['assignment_id']}"
    for body in ({}, {"revision": 0}, {"revision": 0, "draft": "x"}, {"draft": {}}, {"revision": True, "draft": {}}):
        assert ann.send("PUT", path, body).refusal == (422, "bad_answer")
    assert ann.send("PUT", path, {"revision": 0, "draft": {"overall": 9}}).refusal == (422, "bad_answer")


def test_after_its_lease_an_answer_counts_if_it_is_still_needed(tmp_path):
    with served(make_campaign(tmp_path, ratings_per_item=1)) as campaign:
        ann = campaign.client("ann")
        first = ann.begin()
        campaign.clock.offset += 3600
        assert ann.post(f"/rating/{first['assignment_id']}", answer_to(first)).status == 200
        second = ann.begin()
        campaign.clock.offset += 3600
        bob = campaign.client("bob")
        theirs = bob.begin()  # the only one that is left
        assert theirs["prompt"] == second["prompt"]
        late = ann.post(f"/rating/{second['assignment_id']}", answer_to(second))
        assert late.refusal == (409, "expired_lease")
        assert "not needed" in late.json["message"]
        assert bob.post(f"/rating/{theirs['assignment_id']}", answer_to(theirs)).status == 200
        assert [row.rater for row in read_ratings(campaign.store)] == ["ann", "bob"]


def test_a_closed_round_gives_nothing_out_and_takes_no_corrections(fresh):
    client = fresh.client("ann")
    task = client.begin()
    path = f"/rating/{task['assignment_id']}"
    assert client.post(path, answer_to(task)).status == 200
    close_round(fresh.store, find_round(fresh.store, "first").round_id)
    assert client.get("/task").json["task"] is None
    correction = answer_to(task, 1, submission_id="a-correction", revision=1)
    assert client.post(path, correction).refusal == (409, "closed_round")


def test_a_disabled_rater_and_one_with_a_new_token_are_out_at_once(fresh):
    client = fresh.client("ann")
    task = client.begin()
    set_active(fresh.store, "ann", False)
    for method, path, body in (("GET", "/task", None), ("POST", f"/rating/{task['assignment_id']}", answer_to(task))):
        assert client.send(method, path, body).refusal == (401, "disabled")
    set_active(fresh.store, "ann", True)
    assert client.get("/task").refusal == (401, "no_session")  # the old session stays ended
    client = fresh.client("ann")
    assert client.get("/task").status == 200
    renew_tokens(fresh.store, ["ann"])["ann"]
    assert client.get("/task").refusal == (401, "no_session")
    assert fresh.client("ann").get("/task").status == 200


def test_one_rater_who_asks_without_end_has_to_wait_and_the_others_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.annotations.server.api.BURST", 5)
    with served(make_campaign(tmp_path), requests_per_s=0.1) as campaign:
        ann, bob = campaign.client("ann"), campaign.client("bob")
        replies = [ann.get("/session") for _ in range(7)]
        refused = replies[5:]
        assert {reply.refusal for reply in refused} == {(429, "too_many_requests")}
        assert refused[0].headers["retry-after"] == "1"
        assert bob.get("/session").status == 200


def test_what_nobody_foresaw_is_logged_here_and_told_in_general_words(standing, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("the secret of the sqlite database")

    monkeypatch.setattr("evalmuse_hf.annotations.server.api.assignment.next_task", fail)
    with caplog.at_level(logging.ERROR, "evalmuse_hf"):
        reply = standing.client("bob").get("/task")
    assert reply.refusal == (500, "server_error")
    assert "the secret" in caplog.text


def test_nobody_is_told_that_the_others_disagree(tmp_path):
    with served(make_campaign(tmp_path, range_ratings=2, ratings_per_item=2)) as campaign:
        replies = []
        for name, overall in (("ann", 1), ("bob", 5)):
            client = campaign.client(name)
            for _ in range(2):
                task = client.begin()
                replies.append(client.post(f"/rating/{task['assignment_id']}", answer_to(task, overall)).json)
        assert {reply["message"] for reply in replies} == {"Saved."}
        assert {tuple(reply) for reply in replies} == {("rating_id", "repeated", "message")}
        cyd = find_rater(campaign.store, "cyd").rater_id
        give_consent(campaign.store, cyd, find_round(campaign.store, "first").guideline_version)
        assert next_task(campaign.store, cyd).round_name == "first"


def test_a_page_that_is_used_gets_the_next_token_until_the_day_is_over(fresh):
    client = fresh.client("ann")
    assert "x-session-token" not in client.get("/session").headers
    tokens = [client.token]
    for fresh.clock.offset in range(3700, 50_000, 3700):
        reply = client.get("/session")
        if reply.status != 200:
            break
        tokens.append(client.token)
    assert reply.refusal == (401, "session_expired")
    assert fresh.clock.offset in range(12 * 3600, 12 * 3600 + 3700)
    assert Client(fresh.address, tokens[0]).get("/session").refusal == (401, "session_expired")
    idle = fresh.client("ann")
    fresh.clock.offset += 2 * 3600
    assert idle.get("/session").refusal == (401, "session_expired")


def test_what_was_kept_for_another_campaign_at_this_address_is_refused(fresh):
    client = fresh.client("ann")
    task = client.begin()
    number, mine = task["assignment_id"], client.get("/session").json["store_id"]
    draft = {"revision": 0, "draft": {"overall": 2}}
    answer = answer_to(task)
    for other in ("of-another-one", "", None, 5):
        assert client.send("PUT", f"/draft/{number}", {**draft, "store_id": other}).refusal == (409, "other_store")
        assert client.post(f"/rating/{number}", {**answer, "store_id": other}).refusal == (409, "other_store")
    assert client.get(f"/task/{number}").json["task"]["draft"] is None
    assert read_ratings(fresh.store) == []
    assert client.send("PUT", f"/draft/{number}", {**draft, "store_id": mine}).status == 200
    assert client.post(f"/rating/{number}", {**answer, "store_id": mine}).status == 200


def test_a_store_that_cannot_be_used_is_a_sentence_and_may_be_asked_again(standing, monkeypatch):
    def fail(*_):
        raise StoreError("The store /secret/place.sqlite was not written: its disk is full; make room.")

    monkeypatch.setattr("evalmuse_hf.annotations.server.api.assignment.next_task", fail)
    reply = standing.client("bob").get("/task")
    assert reply.refusal == (503, "store_unavailable")
    assert (reply.headers["retry-after"], b"/secret" in reply.body) == ("5", False)


def test_a_backup_with_a_conflict_stops_new_items_and_not_the_answer_at_hand(tmp_path):
    backup = BackupState(BackupFacts(repo="me/ratings"))
    with served(make_campaign(tmp_path), backup=backup) as campaign:
        client = campaign.client("ann")
        task = client.begin()
        backup.stop("Another server writes there.")
        reply = client.get("/task")
        assert reply.refusal == (503, "backup_conflict")
        assert reply.headers["retry-after"] == "5"
        assert client.post(f"/rating/{task['assignment_id']}", answer_to(task)).status == 200
        assert len(read_ratings(campaign.store)) == 1
