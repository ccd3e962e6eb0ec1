"""The server and the pages of the browser tests."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.annotations.browser.server_process import Campaign, Watch, open_plain, running_campaign, wait_for_question


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """One server for all tests; each opens a round of its own and closes those before it."""
    with running_campaign(tmp_path_factory.mktemp("campaign")) as campaign:
        yield campaign


@pytest.fixture
def watched(browser_page) -> Iterator[Callable]:
    """Open pages whose requests and faults are looked at when the test is over."""
    watch = Watch()

    def open_page(width: int = 1280, height: int = 800, **options: object):
        page = browser_page(width, height, **options)
        watch.follow(page)
        return page

    yield open_page
    watch.check()


@pytest.fixture(scope="module")
def desk(browser) -> Iterator[tuple]:
    """A window that many tests use one after the other, as a new one takes longer than most of them; and its watch."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 800})) as context:
        page, watch = context.new_page(), Watch()
        watch.follow(page)
        yield page, watch


@pytest.fixture
def rate(served, watched, desk) -> Iterator[Callable]:
    """Show a rater the first item: ``rate(name)``, in the window of the module.

    With options of `browser_page`, and at the second call, in a window of its own.
    """
    page, watch = desk
    free = [page]

    def show(name: str, *size: int, **options: object):
        own = watched(*size, **options) if size or options or not free else free.pop()
        wait_for_question(open_plain(own, served, name))
        return own

    yield show
    page.context.set_offline(False)
    page.unroute_all()
    if not free:
        page.evaluate("localStorage.clear()")
        page.emulate_media(color_scheme="null", reduced_motion="null")
        page.goto("about:blank")
    watch.check()
