import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import closing

import pytest

from evalmuse_hf.annotations import serving
from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.serving import (
    AnnotationServerError,
    RunningServer,
    ServerOptions,
    build_app,
    options_from_environment,
    serve,
)

from .campaign import make_store


async def hello(scope, receive, send):
    """As small an application as there is."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.parametrize(
    "options",
    [
        {"port": -1},
        {"port": 65_536},
        {"login": "password"},
        {"open_registration": True},
        {"every_minutes": 0.0},
        {"requests_per_s": 0.0},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(AnnotationServerError):
        ServerOptions(**options)


def test_the_variables_of_a_space_are_options():
    plain = options_from_environment({})
    assert (plain.host, plain.port, plain.login, plain.hub_backup) == ("0.0.0.0", 7860, "hub", None)
    assert (plain.open_registration, plain.public_backup, plain.every_minutes) == (False, False, 5.0)
    chosen = options_from_environment(
        {
            "EVALMUSE_ANNOTATE_REPO": "me/ratings",
            "EVALMUSE_ANNOTATE_EVERY": "0.5",
            "EVALMUSE_ANNOTATE_OPEN": "1",
            "EVALMUSE_ANNOTATE_PUBLIC": "no",
            "EVALMUSE_ANNOTATE_TITLE": "Cats",
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": "8000",
        }
    )
    assert (chosen.host, chosen.port) == ("127.0.0.1", 8000)
    assert (chosen.hub_backup, chosen.every_minutes, chosen.title) == ("me/ratings", 0.5, "Cats")
    assert (chosen.open_registration, chosen.public_backup) == (True, False)
    assert options_from_environment({"EVALMUSE_ANNOTATE_LOGIN": "raters"}).login == "token"
    for name, value in (("EVERY", "often"), ("LOGIN", "password"), ("OPEN", "perhaps"), ("EVERY", "-1")):
        with pytest.raises(AnnotationServerError):
            options_from_environment({f"EVALMUSE_ANNOTATE_{name}": value})
    with pytest.raises(AnnotationServerError, match="GRADIO_SERVER_PORT must be a number"):
        options_from_environment({"GRADIO_SERVER_PORT": "http"})


def test_a_server_answers_until_it_is_stopped_and_gives_its_port_back():
    server = RunningServer(hello, host="127.0.0.1", port=0)
    with urllib.request.urlopen(server.address) as answer:
        assert answer.read() == b"hello"
    port = int(server.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(AnnotationServerError, match="choose another port with --port"):
        RunningServer(hello, host="127.0.0.1", port=port)
    server.stop()
    assert not server.is_running
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_an_address_of_another_machine_is_refused_by_its_option():
    with pytest.raises(AnnotationServerError, match="name an address of this machine with --host"):
        RunningServer(hello, host="192.0.2.1", port=0)


def test_more_connections_than_are_allowed_are_asked_to_come_again(monkeypatch):
    monkeypatch.setattr(serving, "_MOST_CONNECTIONS", 3)
    server = RunningServer(hello, host="127.0.0.1", port=0)
    port = int(server.address.rstrip("/").rpartition(":")[2])
    held = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(4)]
    try:
        statuses = []
        for connection in held:
            connection.request("GET", "/")
            answer = connection.getresponse()
            statuses.append(answer.status)
            answer.read()  # and keeps the connection open
    finally:
        for connection in held:
            connection.close()
        server.stop()
    assert statuses[0] == 200
    assert statuses[-1] == 503


def test_an_address_of_elsewhere_is_one_sentence():
    with pytest.raises(AnnotationServerError, match="Cannot listen at"):
        RunningServer(hello, host="no.such.host.invalid", port=0)


def test_users_of_the_hub_sign_in_only_in_a_space(tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "require", lambda *_, **__: None)
    with (
        closing(make_store(tmp_path / "store.sqlite").store) as store,
        pytest.raises(AnnotationServerError, match="only in a Space"),
    ):
        build_app(store, ServerOptions(login="hub"))


def test_without_gradio_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with (
        closing(make_store(tmp_path / "store.sqlite").store) as store,
        pytest.raises(ImportError, match=r"needs `gradio`: pip install 'evalmuse-hf\[annotate\]'"),
    ):
        build_app(store, ServerOptions())


def test_a_backup_is_made_of_a_file(tmp_path):
    options = ServerOptions(port=0, hub_backup="me/ratings")
    with pytest.raises(StoreError, match="backups of its own"):
        serve("postgresql://nobody@127.0.0.1/none", options, on_ready=print)
    with pytest.raises(StoreError, match="HF_HUB_OFFLINE"):
        serve(tmp_path / "store.sqlite", options, on_ready=print)


def test_the_last_backup_comes_after_the_last_answer(tmp_path, monkeypatch):
    make_store(tmp_path / "store.sqlite").store.close()
    happened = []

    class Backup:
        state = None

        def finish(self):
            happened.append("backup")

    class Server:
        def __init__(self, app, *, host, port):
            self.address, self.is_running = "http://here/", False

        def stop(self):
            happened.append("stopped")

    monkeypatch.setattr(serving, "_start_backup", lambda *_: Backup())
    monkeypatch.setattr(serving, "build_app", lambda *_: None)
    monkeypatch.setattr(serving, "RunningServer", Server)
    serve(tmp_path / "store.sqlite", ServerOptions(port=0), on_ready=happened.append)
    assert happened == ["http://here/", "stopped", "backup"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_the_ordinary_end(tmp_path, monkeypatch, ending):
    make_store(tmp_path / "store.sqlite").store.close()
    monkeypatch.setattr(serving, "build_app", lambda *_: hello)
    before = signal.getsignal(ending)
    seen = []

    def on_ready(address):
        seen.append(address)
        threading.Timer(0.1, os.kill, (os.getpid(), ending)).start()

    serve(tmp_path / "store.sqlite", ServerOptions(port=0), on_ready=on_ready)
    assert seen[0].startswith("http://127.0.0.1:")
    assert signal.getsignal(ending) == before


def test_the_door_needs_nothing_at_import():
    absent = ("sqlalchemy", "alembic", "gradio", "fastapi", "uvicorn")
    program = f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\nimport evalmuse_hf.annotations.serving"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
