import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.servers.fixtures import running_postgres

ROOT = Path(__file__).parents[2]


def ask(url: str, statement: str) -> object:
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=10) as connection:
        return connection.execute(statement).fetchone()[0]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.fixture(scope="module")
def site():
    """A server on loopback with one page that asks for a picture from another machine."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<title>Here</title><p id=size></p><script>size.textContent = innerWidth</script>")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.postgres
def test_the_url_is_of_an_empty_database_on_loopback(postgres_url):
    assert re.fullmatch(r"postgresql\+psycopg://evalmuse:[\w-]{30,}@127\.0\.0\.1:\d+/test_\d+", postgres_url)
    assert ask(postgres_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


@pytest.mark.postgres
@pytest.mark.parametrize("time_through", ["first", "second"])
def test_each_test_has_a_database_of_its_own(postgres_url, time_through):
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:  # the pool keeps it open, and the database is dropped all the same
        connection.execute(sqlalchemy.text("CREATE TABLE ratings (overall integer)"))


@pytest.mark.postgres
def test_what_is_committed_is_on_disk_and_the_server_is_not_root(postgres_url, postgres_server):
    assert [ask(postgres_url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "listen_addresses")] == [
        *("on", "on", "127.0.0.1")
    ]
    assert Path(f"/proc/{postgres_server.pid}").stat().st_uid != 0


@pytest.mark.postgres
def test_nobody_connects_without_the_password(postgres_url, postgres_server):
    import psycopg

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(postgres_url.replace(postgres_server.password, "guessed"), "SELECT 1")


@pytest.mark.postgres
def test_a_server_is_stopped_and_its_folder_deleted_when_the_block_is_left_by_an_error():
    with pytest.raises(KeyboardInterrupt), running_postgres() as server:
        raise KeyboardInterrupt
    assert not is_running(server.pid)
    assert not server.folder.exists()


@pytest.mark.postgres
def test_a_server_does_not_outlive_tests_that_were_killed():
    program = (
        "import sys, time\nfrom tests.servers.fixtures import running_postgres\n"
        "with running_postgres() as server: print(server.pid, server.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        pid, folder = tests.stdout.readline().split()
        assert is_running(int(pid))
        os.kill(tests.pid, signal.SIGKILL)
    assert wait_until(lambda: not is_running(int(pid)) and not Path(folder).exists())


@pytest.mark.browser
def test_pages_have_the_asked_sizes_and_share_nothing(browser_page, site):
    desktop, phone = browser_page(1280, 800), browser_page(390, 844, has_touch=True)
    for page, width in ((desktop, "1280"), (phone, "390")):
        page.goto(site)
        assert page.title() == "Here"
        assert page.text_content("#size") == width
    desktop.evaluate("localStorage.setItem('name', 'me')")
    assert phone.evaluate("localStorage.getItem('name')") is None


@pytest.mark.browser
@pytest.mark.parametrize("address", ["http://192.0.2.1/", "https://huggingface.co/", "ws://192.0.2.1/"])
def test_the_browser_reaches_nothing_beyond_this_machine(browser_page, site, address):
    page = browser_page(400, 300)
    page.goto(site)
    refused = []
    page.on("requestfailed", lambda request: refused.append(request.failure))
    page.on("console", lambda message: refused.append(message.text))
    ask = "fetch(address).then(() => 'reached', () => 'refused')"
    if address.startswith("ws"):
        ask = "new Promise(done => { const asked = new WebSocket(address); asked.onerror = () => done('refused'); })"
    assert page.evaluate(f"address => {ask}", address) == "refused"
    assert any("ERR_NAME_NOT_RESOLVED" in text for text in refused)


@pytest.mark.browser
def test_the_browser_reaches_this_machine_by_name(browser_page, site):
    page = browser_page(400, 300)
    assert page.goto(site.replace("127.0.0.1", "localhost")).ok


@pytest.mark.parametrize(
    "fixture, sentence",
    [
        (
            "postgres_url",
            "This test needs PostgreSQL, and its server programs are neither on PATH nor below",
        ),
        ("browser_page", "This test needs a browser, and none of chromium, chromium-browser, google-chrome,"),
    ],
)
def test_without_a_server_a_test_fails_and_says_why(tmp_path, fixture, sentence):
    (tmp_path / "test_one.py").write_text(f"def test_one({fixture}): pass", "utf-8")
    program = (
        "import pathlib, sys, pytest\nfrom tests.servers import installation\n"
        "installation.POSTGRES_VERSIONS = pathlib.Path('/nowhere')\n"
        "sys.exit(pytest.main(['-p', 'tests.servers.fixtures', '-p', 'no:cacheprovider', '--rootdir', *sys.argv[1:]]))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, tmp_path, tmp_path],
        cwd=ROOT, env={**os.environ, "PATH": "/nowhere"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 1
    assert sentence in child.stdout
    assert "`make test-servers` installs what is missing." in child.stdout
    assert "1 error" in child.stdout
    assert "skipped" not in child.stdout
