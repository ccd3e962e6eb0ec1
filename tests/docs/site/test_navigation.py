"""The navigation of the site has every page, and its settings ask nothing of another server."""

import api_pages
import site_pages
import yaml

ROOT = site_pages.ROOT


class Loader(yaml.SafeLoader):
    """Reads mkdocs' file without calling what it names."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)
SETTINGS = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)


def pages_of(entry):
    if isinstance(entry, str):
        return [entry]
    return [page for part in (entry if isinstance(entry, list) else entry.values()) for page in pages_of(part)]


PAGES = pages_of(SETTINGS["nav"])


def test_every_page_is_in_the_navigation_once():
    sources = [site_pages.address(origin) for origin in site_pages.sources()]
    made = [api_pages.page_name(package) for package in api_pages.exporting_packages()]
    assert sorted(PAGES) == sorted([*sources, *made]), "mkdocs.yml has the navigation of the site."


def test_nothing_is_asked_of_another_server():
    assert SETTINGS["theme"]["font"] is False
    assert SETTINGS["use_directory_urls"] is False
    assert not {"repo_url", "google_analytics"} & set(SETTINGS)
    assert not {"analytics", "version", "social"} & set(SETTINGS["extra"])
    loaded = [*SETTINGS["extra"]["polyfills"], *SETTINGS["extra_css"], *SETTINGS["extra_javascript"]]
    assert [name for name in loaded if not (ROOT / "docs" / name).is_file()] == []
    assert "offline" in SETTINGS["plugins"]


def test_the_navigation_has_its_sections_in_the_order_of_a_newcomer():
    sections = ["Start", "Tutorials", "Concepts", "How-to", "Reference", "Measurements", "Project"]
    assert [name for entry in SETTINGS["nav"] for name in entry] == sections


def test_code_of_the_site_is_no_part_of_it():
    assert "/site/" in SETTINGS["exclude_docs"].split()
