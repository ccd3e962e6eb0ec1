"""A real PostgreSQL server and a real browser for the tests that ask for them; `tests/conftest.py` registers them.

A test that uses one bears the mark ``postgres`` or ``browser`` and runs in `make test-servers`, which installs what is
missing. Where a server cannot be had the test fails: a skipped test would prove nothing and look like one that passed.
Heavy imports wait until a fixture is used, because every run of pytest loads this module.
"""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import installation

KEEPER = Path(__file__).with_name("postgres_keeper.py")
INSTALL = "`make test-servers` installs what is missing."
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
BROWSER_OPTIONS = (
    "--no-sandbox",  # it refuses to start as root, and in most containers, without
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-background-networking",
    # No name and no address but this machine's leads anywhere, whatever asks: page, worker, or the browser itself.
    f"--host-resolver-rules=MAP * ~NOTFOUND{''.join(f', EXCLUDE {name}' for name in LOCAL_NAMES)}",
)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """How to reach a private PostgreSQL server, and where it lives while it runs."""

    user: str
    password: str
    port: int
    pid: int
    folder: Path

    def url(self, database: str, *, driver: str = "postgresql+psycopg") -> str:
        return f"{driver}://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement of administration, outside a transaction."""
        import psycopg

        with psycopg.connect(self.url("postgres", driver="postgresql"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Keep a server as long as the block runs; it also ends if this process dies, however it dies."""
    programs = installation.find_postgres()
    if programs is None:
        pytest.fail(
            "This test needs PostgreSQL, and its server programs are neither on PATH nor below "
            f"{installation.POSTGRES_VERSIONS}. {INSTALL}",
            pytrace=False,
        )
    # A session of its own: Ctrl-C in the terminal reaches the tests, which then let the server go in their own order.
    with subprocess.Popen(
        [sys.executable, KEEPER, programs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as keeper:
        line = keeper.stdout.readline()
        facts = json.loads(line) if line else {"error": "The keeper of PostgreSQL ended without a word."}
        if "error" in facts:
            pytest.fail(facts["error"], pytrace=False)
        yield PostgresServer(**{**facts, "folder": Path(facts["folder"])})


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of this process: loopback, a free port, a random password, data on disk by fsync."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, database_numbers: Iterator[int]) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database that no other test sees; connections left open are cut afterwards."""
    name = f"test_{next(database_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser of this machine."""
    path = installation.find_chromium()
    if path is None:
        names = ", ".join(installation.CHROMIUM_NAMES)
        pytest.fail(f"This test needs a browser, and none of {names} is on PATH. {INSTALL}", pytrace=False)
    return path


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator:
    """A headless Chromium, driven by Playwright, that reaches nothing beyond this machine.

    It lives for one module: while Playwright's own loop is open, `asyncio.run` fails in every test of this thread.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=list(BROWSER_OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture
def browser_page(browser) -> Iterator[Callable]:
    """Open pages: ``browser_page(390, 844)`` is one of that size in pixels, with cookies and storage of its own.

    Further options go to Playwright's ``new_context``, such as ``has_touch=True``.
    """
    contexts = []

    def open_page(width: int, height: int, **options: object):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()
