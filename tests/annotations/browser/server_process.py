"""A real `evalmuse annotate serve` with a store of its own, and pages of raters in a browser, for the tests here."""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.page_assets import page_head, page_html
from evalmuse_hf.annotations.records import RatingRow, RoundRow, RoundSettings
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.annotations.store.raters import add_rater, find_rater, give_consent
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.rounds import close_round, open_round, read_rounds
from tests.annotations.browser.drawings import draw_plain

CLI = (sys.executable, "-m", "evalmuse_hf.cli")
LONG_MS = 30_000  # the machine of a test may be busy
BLUE_CUPS = {
    "prompt": "Three blue cups on a wooden table",
    "elements": [
        {"text": "Three blue cups", "category": "counting", "question": "Are there three blue cups?"},
        {"text": "blue", "category": "color", "question": "Are the cups blue?"},
        {"text": "wooden table", "category": "object", "question": "Is there a wooden table?"},
    ],
}


@dataclass
class Campaign:
    """A store with raters and rounds, and the server that shows it."""

    store: Any
    path: Path
    pictures: Path
    address: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: dict[str, str] = field(default_factory=dict)

    def add_rater(self, *, consented: bool = True) -> str:
        """A new rater, unless told otherwise one who has agreed to the instructions."""
        name = f"rater-{next(self.numbers)}"
        self.tokens[name] = add_rater(self.store, name)
        if consented:
            rater = find_rater(self.store, name)
            give_consent(self.store, rater.rater_id, current_version(self.store))
        return name

    def open_only(self, *rows: dict[str, Any], picture: Any = None, **settings: Any) -> RoundRow:
        """Close what is open, and open a round with one new item for each row."""
        for one in read_rounds(self.store):
            if one.is_open:
                close_round(self.store, one.round_id)
        number = next(self.numbers)
        full = []
        for place, row in enumerate(rows):
            name = f"{number}-{place}.png"
            (picture or draw_plain((90, 120, 40 + 20 * place))).save(self.pictures / name)
            full.append({"image": name, "prompt_id": f"p{number}-{place}", "generator": "drawn", **row})
        report = add_items(self.store, full, pictures=self.pictures)
        assert not report.problems
        return open_round(
            self.store,
            name=f"round {number}",
            kind="formal",
            items=report.item_ids,
            settings=RoundSettings(**{"ratings_per_item": 1, "range_ratings": 2, **settings}),
        )

    def ratings(self, round_row: RoundRow, **options: Any) -> list[RatingRow]:
        """What the store has of a round."""
        return read_ratings(self.store, rounds=[round_row.round_id], **options)

    def session_of(self, name: str) -> str:
        """A session token, as the page of Gradio gives it to whoever has signed in."""
        from evalmuse_hf.annotations.server.login import new_session
        from evalmuse_hf.annotations.store.sessions import session_secret

        return new_session(self.store, session_secret(self.store), find_rater(self.store, name))


def current_version(store: Any) -> str:
    from evalmuse_hf.annotations.store.guidelines import current_guidelines

    return current_guidelines(store).version


@contextmanager
def running_server(store: Path, log: Path) -> Iterator[str]:
    """Serve a store as long as the block runs; the value is the address."""
    command = [*CLI, "annotate", "serve", store, "--port", "0", "--requests-per-second", "1000"]
    with log.open("w") as file:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True)
        try:
            address = server.stdout.readline().strip()
            assert address, log.read_text()
            yield address
        finally:
            server.terminate()
            server.wait(30)
            server.stdout.close()


@contextmanager
def running_campaign(folder: Path) -> Iterator[Campaign]:
    """Make a store and serve it, as long as the block runs."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    path = folder / "store.db"
    store = open_store(path, create=True)
    try:
        with running_server(path, folder / "server.log") as address:
            yield Campaign(store=store, path=path, pictures=pictures, address=address)
    finally:
        store.close()


@dataclass
class Watch:
    """What a page asked for, and what went wrong in it."""

    hosts: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def follow(self, page: Any) -> None:
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.faults.append(f"{error}\n{error.stack}"))
        page.on("console", lambda message: self._hear(message))

    def check(self) -> None:
        """Fail if there was a fault, or a request that left this machine."""
        faults, hosts = list(self.faults), set(self.hosts)
        self.faults.clear()
        self.hosts.clear()
        assert not faults, faults
        assert hosts <= {"127.0.0.1"}

    def _note(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("data", "blob", "about"):
            self.hosts.add(parts.hostname)

    # The browser itself reports every refused request; those are looked at where a test provokes them.
    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(message.text)


def wait_until_finished(page: Any) -> None:
    """Wait until there is nothing left to rate."""
    page.get_by_role("heading", name="Nothing left for you").wait_for()


def refuse_with(status: int, word: str, sentence: str) -> Callable:
    """A route that answers as the server does when it refuses."""
    body = json.dumps({"status": word, "message": sentence})
    return lambda route: route.fulfill(status=status, body=body, content_type="application/json")


def plain_document(session: str) -> str:
    """A document with nothing but the page, which loads in no time; the rest is as in Gradio's."""
    node = f'<div id="annotation-session" data-token="{session}" data-base="/annotation/api" hidden></div>'
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{page_head()}'
    body = f"<body>{page_html()}{node}</body>"
    return f'<!doctype html><html lang="en"><head><title>Rating pictures</title>{head}</head>{body}</html>'


def open_plain(page: Any, campaign: Campaign, name: str) -> Any:
    """Show the page to a rater, without Gradio around it, from the address of the real server."""
    page.goto(place_plain(page, campaign, campaign.session_of(name)))
    return page


def place_plain(page: Any, campaign: Campaign, session: str) -> str:
    """Put the page of a session at an address of the real server; the value is that address."""
    place = f"{campaign.address}plain"
    document = plain_document(session)
    page.unroute(place)
    page.route(place, lambda route: route.fulfill(body=document, content_type="text/html; charset=utf-8"))
    return place


def sign_in(page: Any, name: str, token: str) -> None:
    """Fill in the login form of Gradio."""
    page.get_by_label("username").fill(name)
    page.get_by_label("password").fill(token)
    page.get_by_role("button", name="Login").click()


def wait_for_question(page: Any) -> None:
    """Wait until the item is shown and can be answered."""
    page.locator("#questions:not([inert])").wait_for(timeout=LONG_MS)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def wait_for(page: Any, condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Let the page work until a condition outside of it holds."""
    for _ in range(round(seconds * 20)):
        if condition():
            return True
        page.wait_for_timeout(50)
    return condition()


def stored_draft(campaign: Campaign, name: str) -> dict[str, Any] | None:
    """The draft that the store has of the item that a rater is at."""
    import sqlalchemy as sa

    from evalmuse_hf.annotations.store.tables import assignments

    rater = find_rater(campaign.store, name)
    query = sa.select(assignments.c.draft).where(
        assignments.c.rater_id == rater.rater_id, assignments.c.state == "leased"
    )
    with campaign.store.read() as connection:
        draft = connection.execute(query).scalar()
    return json.loads(draft) if isinstance(draft, str) else draft
