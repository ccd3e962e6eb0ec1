"""The built site in a browser, opened as files: on desktop and phone, with its search, without another server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import site_pages

from tests.servers.page_checks import DESKTOP, PHONE, assert_accessible, overflow, save_picture, watch_addresses

ROOT = Path(__file__).parents[3]
SITE = ROOT / "build" / "site"
LOOKED_AT = (
    *(("index", DESKTOP), ("index", PHONE), ("tutorials/own_pictures", PHONE)),
    *(("reference/api/training", DESKTOP), ("reference/commands", PHONE)),
)
# Long pages repeat themselves, and axe takes minutes for all of it.
SHORTEN = """() => {
    document.querySelectorAll("article > :nth-child(n+30)").forEach((element) => element.remove());
    document.querySelectorAll("tbody > tr:nth-child(n+8)").forEach((row) => row.remove());
    document.querySelectorAll(".md-sidebar--secondary li:nth-child(n+8)").forEach((item) => item.remove());
}"""

pytestmark = pytest.mark.browser


def files_behind_the_site():
    """Files that the site is built from."""
    made = [path for path in (ROOT / "docs").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [
        ROOT / "mkdocs.yml",
        *made,
        *(ROOT / "evalmuse_hf").rglob("*.py"),
        *(ROOT / name for name in site_pages.sources()),
    ]


def is_outdated(built, made_of):
    if not built.is_file():
        return True
    return any(path.stat().st_mtime > built.stat().st_mtime for path in made_of)


@pytest.fixture(scope="module")
def site():
    """The site of the last `make docs`; built if there is none, or if anything that it is made of is newer."""
    if is_outdated(SITE / "index.html", files_behind_the_site()):
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return SITE


def test_a_site_that_is_older_than_what_it_is_made_of_is_built_anew(tmp_path):
    page, source = tmp_path / "index.html", tmp_path / "index.md"
    source.write_text("")
    assert is_outdated(page, [source])
    page.write_text("")
    os.utime(source, (1, 1))
    assert not is_outdated(page, [source])
    os.utime(source)
    os.utime(page, (2, 2))
    assert is_outdated(page, [source])
    names = {path.relative_to(ROOT).as_posix() for path in files_behind_the_site()}
    assert {"mkdocs.yml", "README.md", "docs/site/hooks.py", "docs/assets/site.css", "evalmuse_hf/schema.py"} <= names


@pytest.mark.parametrize("name, size", LOOKED_AT)
def test_a_page_is_accessible_and_fits(browser_page, site, name, size):
    page = browser_page(*size)
    asked = watch_addresses(page)
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state()
    save_picture(page, f"site-{name.replace('/', '-')}-{'phone' if size == PHONE else 'desktop'}", full=False)
    assert overflow(page) == 0
    assert asked == []
    page.evaluate(SHORTEN)
    assert_accessible(page)


def test_the_dark_colours_can_be_read(browser_page, site):
    page = browser_page(*DESKTOP, color_scheme="dark")
    page.goto((site / "tutorials" / "own_pictures.html").as_uri())
    page.wait_for_load_state()
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    assert_accessible(page)


def test_the_search_finds_a_function_without_a_server(browser_page, site):
    page = browser_page(*DESKTOP)
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("krippendorff alpha")
    result = page.locator(".md-search-result__link", has_text="krippendorff_alpha").first
    result.wait_for()
    page.keyboard.press("Escape")
    assert errors == []


def test_the_menu_of_a_phone_opens(browser_page, site):
    page = browser_page(*PHONE)
    page.goto((site / "index.html").as_uri())
    entry = page.locator(".md-nav--primary > .md-nav__list > .md-nav__item > label", has_text="Tutorials")
    assert entry.bounding_box()["x"] < 0
    page.locator("label.md-header__button[for=__drawer]").click()
    place = (
        "() => document.querySelector('.md-nav--primary > .md-nav__list > .md-nav__item').getBoundingClientRect().x"
    )
    page.wait_for_function(f"({place})() >= 0")
