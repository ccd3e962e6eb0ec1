"""What somebody without manners sends to a page, over HTTP to a real server.

After each attack nothing beside the folder of uploads has changed, no answer holds a secret, and the server goes on.
"""

import asyncio
import io
import os
import socket
import zipfile
from html import unescape
from pathlib import Path

import pytest

from evalmuse_hf.pages.frame import block_options, prepare_gradio
from evalmuse_hf.pages.guard import guard_queue
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.batch_tab import add_batch_tab
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.pages.uploads import open_upload
from tests.pages.attacked_server import META, SECRET, attacked_server, wait_until
from tests.pages.batch_files import png, zip_of

LIMITS = PageLimits(max_waiting=8, max_pixels=1_000_000, max_batch_rows=200, max_archive_bytes=61 * 1024**2)
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def build(scorer):
    """The tab of many pictures, and a single picture that Gradio does not open itself."""
    gradio = prepare_gradio()
    scorers = PageScorers({"brightness": scorer})

    def look(image, prompt, label):
        try:
            return scorers.score(label, images=[open_upload(image, limits=LIMITS)], prompts=[prompt])[0].overall
        except PageError as error:
            raise gradio.Error(str(error), print_exception=False) from None

    with gradio.Blocks(**block_options("attacked")) as app:
        inputs = [gradio.Image(type="filepath"), gradio.Textbox(), gradio.Textbox()]
        gradio.Button().click(look, inputs, gradio.Number(), api_name="look", preprocess=False)
        add_batch_tab(scorers, limits=LIMITS)
    app.queue(max_size=LIMITS.max_waiting, default_concurrency_limit=1, api_open=False)
    app.page_limits = LIMITS
    guard_queue(app, limits=LIMITS)
    return app


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with attacked_server(tmp_path_factory.mktemp("attacked"), build) as server:
        assert server.is_well()  # whatever is written once is written before anything is compared
        yield server


@pytest.fixture
def server(running):
    before = running.outside()
    running.scorer.seconds = 0.0
    yield running
    running.scorer.seconds = 0.0
    assert running.outside() == before
    assert running.is_well()


def refusal(answer):
    """The sentence of a refused request."""
    kind, said = answer
    assert kind in ("error", 400, 503), answer
    sentence = said["error"] if isinstance(said, dict) else said
    assert isinstance(sentence, str)
    assert SECRET not in sentence
    return sentence


def test_a_file_of_60_mb_is_refused_with_a_sentence_and_leaves_nothing(server, tmp_path):
    sparse = tmp_path / "huge.png"
    with sparse.open("wb") as file:
        file.truncate(60 * 1024**2)
    with sparse.open("rb") as file:
        sent = server.client.post(server.url("upload"), files={"files": ("huge.png", file)})
    expected = "A file has more than 20 MB, which is the most for one; make it smaller."
    assert (sent.status_code, sent.text) == (413, expected)
    assert not [
        path for path in (server.base / "uploads").rglob("*") if path.is_file() and path.stat().st_size > 2**20
    ]


def test_a_body_without_end_is_cut(server):
    with socket.create_connection(("127.0.0.1", server.port)) as attempt:
        attempt.sendall(b"POST /gradio_api/call/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\n")
        announced = b"".join(iter(lambda: attempt.recv(10_000), b""))
    assert announced.startswith(b"HTTP/1.1 413")
    assert announced.endswith(b"The request has more than 4 MB; send less at once.")
    large = server.client.post(server.url("queue/join"), json={"data": ["x" * 5_000_000]})
    assert large.status_code == 413
    counted = server.client.post(server.url("call/batch"), content=(bytes(2**20) for _ in range(6)))
    assert (counted.status_code, counted.text) == (413, "The request has more than 4 MB; send less at once.")


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "is an SVG drawing, not pixels"),
        ("page.png", b"<!doctype html><script>alert(1)</script>", "is a web page, not pixels"),
        ("empty.png", b"", "the file has zero bytes"),
        ("cut.png", png(size=(300, 300))[:100], "truncated or damaged"),
        ("bomb.png", png(size=(2_000, 2_000)), "exceed the limit of 1,000,000"),
        ("x.png", b"%!PS-Adobe-3.0", "it is not a PNG"),
    ],
)
def test_what_is_no_picture_of_modest_size_is_a_sentence(server, name, content, expected):
    sentence = refusal(server.call([server.upload(name, content), "a cat", ""], api="look"))
    assert expected in sentence
    assert str(server.base) not in sentence


@pytest.mark.parametrize(
    "name",
    [
        *("../../x.png", "..", "/etc/cron.d/x.png", "..\\..\\x.png", "%2e%2e%2fx.png", "a\0b.png", "x" * 300 + ".png"),
        *(
            "<img src=x onerror=alert(1)>.png",
            "$(touch owned).png",
            "; touch owned;.png",
            "日本\u202e.png",
            "con",
            "..",
        ),
    ],
)
def test_a_file_lands_in_the_folder_of_uploads_whatever_its_name(server, name):
    boundary = b"----x"
    quoted = name.replace('"', "%22").encode()
    body = (
        b"--"
        + boundary
        + b'\r\nContent-Disposition: form-data; name="files"; filename="'
        + quoted
        + b'"\r\n\r\n'
        + png()
        + b"\r\n--"
        + boundary
        + b"--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=----x"}
    sent = server.client.post(server.url("upload"), content=body, headers=headers)
    if sent.status_code == 200:
        for path in sent.json():
            assert (server.base / "uploads") in Path(path).resolve().parents
    else:
        assert 400 <= sent.status_code < 600
    assert not list(server.base.rglob("owned*"))


def test_no_file_of_the_server_is_served(server):
    secret = server.secret
    uploads = server.base / "uploads"
    for path in [
        *("/etc/passwd", secret, f"{uploads}/../secret.txt", f"{uploads}/%2e%2e/secret.txt", "../secret.txt"),
        *("secret.txt", f"file://{secret}", f"/{secret}", f"{uploads}", "%2fetc%2fpasswd", "~/.ssh/id_rsa"),
        *(f"{uploads}/..%5c..%5csecret.txt", f"{uploads}/x/../../secret.txt", "/proc/self/environ", "C:\\boot.ini"),
    ]:
        for route in ("file=", "file/"):
            answer = server.client.get(server.url(f"{route}{path}"), follow_redirects=True)
            assert answer.status_code in (403, 404), path
            assert SECRET not in answer.text
            assert "root:" not in answer.text


def test_a_link_in_the_folder_of_uploads_leads_nowhere(server):
    link = server.base / "uploads" / "link.txt"
    link.symlink_to(server.secret)
    try:
        sentence = refusal(server.call([[{"path": str(link), **META}], None, False]))
        assert "is no uploaded file" in sentence
    finally:
        link.unlink()


@pytest.mark.parametrize(
    "route",
    [
        *(
            "proxy=http://localhost:9/x",
            "proxy=https://huggingface.co/x",
            "file=http://localhost:9/x",
            "file=https://a/b",
        ),
        *("file=/https://a/b", "deep_link?session_hash=a", "process_recording", "component_server", "vibe-code/"),
        *("stream/a", "stream/a/b/1/playlist.m3u8", "dev/reload", "run-history/buckets", "custom_component/a/b/c/d"),
        *("PROXY=http://localhost:9/x", "monitoring"),
    ],
)
def test_routes_that_no_page_uses_are_closed(server, route):
    for answer in (server.client.get(server.url(route)), server.client.post(server.url(route), json={})):
        assert answer.status_code == 404
        assert answer.text == "This page does not have that address."


def test_a_path_or_an_address_typed_where_a_file_is_expected_is_never_opened(server):
    for path in ("/etc/passwd", str(server.secret), "http://localhost:9/a.png", "file:///etc/passwd", "data:,a", "x"):
        file = {"path": path, "url": path, "orig_name": "a.png", **META}
        for data, api in (([file, "a", ""], "look"), ([[file], None, False], "batch"), ([file, None, False], "batch")):
            assert "is no uploaded file; upload it" in refusal(server.call(data, api=api)), path
    for plain in ("/etc/passwd", {"path": str(server.secret)}, [str(server.secret)], 7, {"a": []}):
        for data, api in (([plain, "a", ""], "look"), ([plain, None, False], "batch")):
            assert str(server.base) not in refusal(server.call(data, api=api))


def test_an_unknown_scorer_is_refused_and_loads_nothing(server):
    files = [server.upload("list.csv", b"image,prompt\na.png,a cat\n"), server.upload("a.png", png())]
    for label in ("owner/model", "../../secret.txt", "fga_blip2:/etc", EVIL, 7, ["brightness"], {"path": "x"}):
        sentence = refusal(server.call([files, label, False]))
        assert "This server has no scorer" in sentence
    sentence = refusal(server.call([files[1], "a", "owner/model"], api="look"))
    assert "This server has no scorer 'owner/model'; it has brightness" in sentence


def test_archives_of_evil_are_refused_or_read_without_their_evil(server):
    flat = io.BytesIO()
    with zipfile.ZipFile(flat, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", "image,prompt\nbomb.png,a\n../../x.png,b\ngood.png,c\n")
        archive.writestr("bomb.png", bytes(20 * 1024**2))
        archive.writestr("../../x.png", png())
        archive.writestr("good.png", png())
    event, answer = server.call([[server.upload("evil.zip", flat.getvalue())], None, False])
    assert event == "complete"
    assert (answer[0]["rows"], answer[0]["scored"], answer[0]["failed"][0]["status"]) == (3, 1, "image_error")
    assert "Left out of 'evil.zip'" in answer[0]["notes"][0]
    many = zip_of([(f"{number}.png", bytes(990_000)) for number in range(65)], compression=zipfile.ZIP_DEFLATED)
    sentence = refusal(server.call([[server.upload("total.zip", many)], None, False]))
    assert "unpacked; 61 MB are allowed" in sentence
    for content in (b"", b"PK\x03\x04", b"<html>"):
        sentence = refusal(server.call([[server.upload("broken.zip", content)], None, False]))
        assert "is no complete zip archive" in sentence


def test_markup_and_formulas_come_back_as_text(server):
    content = f'image,prompt,generator,note\n{EVIL},=cmd(),x,y\na.png,"{EVIL}",{EVIL},=1+1\n'.encode()
    files = [server.upload("list.csv", content), server.upload("a.png", png())]
    server.join(server.button("batch-start"), [files, "brightness", False], session="markup")
    status, table, csv_file, *_ = server.watch("markup")[-1]["output"]["data"]
    for page in (status, table):
        assert "<img" not in page
        assert "<script" not in page
    assert EVIL in unescape(table)
    path = csv_file["value"]["path"]
    answer = server.client.get(server.url(f"file={path}"))
    assert "attachment" in answer.headers["content-disposition"]
    assert "'=cmd()" in answer.content.decode("utf-8-sig")
    assert '"=1+1' not in answer.text


def test_values_of_the_wrong_kind_are_answered_and_break_nothing(server):
    nested = []
    for _ in range(50):
        nested = [nested]
    for data in ([], [None], [None] * 9, [nested, nested, nested], [{}, {}, {}], [10**40, 1, 2]):
        kind, said = server.call(data)
        assert kind in ("error", 400), said
        assert str(server.base) not in refusal((kind, said))


def test_what_gradio_would_answer_with_a_traceback_is_a_sentence(server, capfd):
    unknown = {"data": [], "fn_index": 99_999, "session_hash": "unknown"}
    for route, body in (("call/v2/look", {"image": None}), ("call/v2/none", {}), ("queue/join", unknown)):
        sent = server.client.post(server.url(route), json=body)
        assert (sent.status_code, sent.json()["detail"][:26]) == (400, "The values of the request ")
    assert "Traceback" not in capfd.readouterr().err


def test_lists_that_would_grow_a_thousandfold_are_refused_at_once(server):
    wide = "image,prompt," + ",".join(f"c{number}" for number in range(80_000))
    rows = [f'{{"image": "a.png", "prompt": "a", "c{number}": 1}}' for number in range(150)]
    for name, content in (("wide.csv", wide), ("many.jsonl", "\n".join(rows))):
        assert "columns" in refusal(server.call([[server.upload(name, content.encode())], None, False]))


def test_a_cancelled_batch_stops_frees_the_scorer_and_leaves_no_file(server):
    rows = "".join("a.png,a cat\n" for _ in range(200))
    files = [server.upload("list.csv", f"image,prompt\n{rows}".encode()), server.upload("a.png", png())]
    before = set((server.base / "uploads").glob("batch-*"))
    server.scorer.seconds = 0.1
    server.scorer.started.clear()
    start, first = server.button("batch-start"), server.scorer.calls
    event = server.join(start, [files, None, False], session="cancelled")
    assert server.scorer.started.wait(10)
    body = {"session_hash": "cancelled", "fn_index": start, "event_id": event}
    assert server.client.post(server.url("cancel"), json=body).status_code == 200
    wait_until(lambda: not any(server.app._queue.active_jobs))
    calls = server.scorer.calls
    server.scorer.seconds = 0.0
    assert server.is_well()
    assert server.scorer.calls <= calls + 2  # the batch of 50 blocks does not go on
    assert calls - first < 10
    assert len(set((server.base / "uploads").glob("batch-*")) - before) == 1  # of `is_well`


def test_whoever_leaves_while_waiting_makes_room(server):
    rows = "".join("a.png,a cat\n" for _ in range(200))
    files = [server.upload("list.csv", f"image,prompt\n{rows}".encode()), server.upload("a.png", png())]
    server.scorer.seconds = 0.1
    server.scorer.started.clear()
    first = server.scorer.calls
    server.join(server.button("batch-start"), [files, None, False], session="left")
    with server.client.stream("GET", server.url("queue/data"), params={"session_hash": "left"}) as lines:
        following = lines.iter_lines()  # dropped, it would end the connection
        next(following)
        assert server.scorer.started.wait(10)
    wait_until(lambda: not any(server.app._queue.active_jobs))
    assert server.scorer.calls - first < 20


def memory_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def burst(url, body, count, at_once=50):
    import httpx

    gate = asyncio.Semaphore(at_once)

    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:

        async def ask():
            async with gate:
                sent = await client.post(url, json=body)
                return sent.status_code, sent.json().get("detail")

        return await asyncio.gather(*(ask() for _ in range(count)))


@pytest.mark.parametrize("count", [60, pytest.param(1_000, marks=pytest.mark.slow)])
def test_of_a_burst_the_queue_takes_what_it_can_and_recovers(server, count):
    files = [server.upload("list.csv", b"image,prompt\na.png,a cat\n"), server.upload("a.png", png())]
    server.scorer.seconds = 0.05
    before = memory_mb()
    answers = asyncio.run(burst(server.url("call/batch"), {"data": [files, None, False]}, count))
    accepted = sum(status == 200 for status, _ in answers)
    refused = {sentence for status, sentence in answers if status == 503}
    assert {status for status, _ in answers} == {200, 503}
    assert refused == {"Too many requests are waiting (at most 8); try again in a minute."}
    assert LIMITS.max_waiting <= accepted < count
    server.scorer.seconds = 0.0
    wait_until(lambda: len(server.app._queue) == 0 and not any(server.app._queue.active_jobs), seconds=30)
    assert memory_mb() - before < 150


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    from evalmuse_hf.pages.playground.page import build_playground

    def build_page(scorer):
        return build_playground(PageScorers({"brightness": scorer}), limits=LIMITS)

    with attacked_server(tmp_path_factory.mktemp("playground"), build_page) as server:
        assert server.is_well()
        yield server


@pytest.mark.slow  # the splitter of the page takes its time to load
def test_the_playground_itself_stands_all_this(playground):
    before = playground.outside()
    good = playground.upload("a.png", png())
    for path in ("/etc/passwd", str(playground.secret), "http://localhost:9/a.png"):
        bad = {"path": path, **META}
        for api, data in (
            ("score", [bad, "a cat", None, ""]),
            ("compare", [good, bad, "a cat", None, ""]),
            ("maps", [bad, "a cat", None, ""]),
        ):
            assert "is no uploaded file" in refusal(playground.call(data, api=api))
    for name, content in (
        ("a.svg", b"<svg/>"),
        ("b.png", b""),
        ("c.png", png(size=(2_000, 2_000))),
        ("d.png", b"<html>"),
    ):
        event, (answer,) = playground.call([playground.upload(name, content), "a cat", None, ""], api="score")
        assert (event, answer["status"], answer["overall_score"]) == ("complete", "image_error", None)
        assert str(playground.base) not in answer["message"]
    for values in ([EVIL, None, "owner/model"], [EVIL, [EVIL] * 65, ""], ["x" * 4_001, None, ""], [7, {"a": 1}, 7]):
        kind, said = playground.call([good, *values], api="score")
        assert kind == "error" or said[0]["overall_score"] is None, values
        assert str(playground.base) not in str(said)
    event, (answer,) = playground.call([good, EVIL, [EVIL, "=1+1"], ""], api="score")
    assert (event, answer["status"], answer["overall_score"]) == ("complete", "ok", 5.0)
    answers = asyncio.run(burst(playground.url("call/score"), {"data": [good, "a cat", None, ""]}, 60))
    assert {status for status, _ in answers} <= {200, 503}
    wait_until(lambda: len(playground.app._queue) == 0 and not any(playground.app._queue.active_jobs), seconds=30)
    assert playground.is_well()
    assert playground.outside() == before
