"""Links of the documentation: that each leads somewhere on a git host, and where it leads on the site."""

import itertools
import re

import pytest
import site_pages
from site_pages import address, anchors_of, headings_of, links_of, resolve, rewrite_links

PAGES = {origin: site_pages.read_source(origin) for origin in site_pages.sources()}


def test_every_page_of_the_documentation_is_checked():
    assert {"README.md", "docs/index.md", "docs/rated_data/README.md", "metrics/fga_blip2/README.md"} <= set(PAGES)
    assert sum(len(links_of(text)) for text in PAGES.values()) > 200


def test_every_link_leads_to_a_file_and_a_place_in_it():
    broken = []
    for origin, text in PAGES.items():
        for link in links_of(text):
            if site_pages.is_external(link.target):
                if not re.match(r"https?://[\w.-]+\.[a-z]{2,}(/|$)|mailto:", link.target):
                    broken.append(f"{origin}:{link.line} is no address: {link.target}")
                continue
            path = resolve(origin, link.target)
            anchor = link.target.partition("#")[2]
            if not (site_pages.ROOT / path).exists():
                broken.append(f"{origin}:{link.line} leads nowhere: {link.target}")
            elif anchor and path.endswith(".md") and anchor not in anchors_of(site_pages.read_source(path)):
                broken.append(f"{origin}:{link.line} names no heading of {path}: {link.target}")
    assert broken == []


def test_every_page_has_one_title_and_skips_no_level():
    wrong = []
    for origin in (name for name in PAGES if name.startswith("docs/")):
        levels = [level for level, _ in headings_of(PAGES[origin])]
        steps = itertools.pairwise(levels)
        if levels.count(1) != 1 or levels[0] != 1 or any(below > above + 1 for above, below in steps):
            wrong.append(f"{origin}: {levels}")
    assert wrong == []


@pytest.mark.parametrize(
    "path, page",
    [
        ("docs/scale.md", "scale.md"),
        ("docs/rated_data/README.md", "rated_data/README.md"),
        ("README.md", "project/readme.md"),
        ("spaces/api/README.md", "cards/spaces/api.md"),
        ("evalmuse_hf/mini/checkpoints/fga-blip2-mini/README.md", "cards/models/fga-blip2-mini.md"),
        ("recipes/mini.yaml", "files/recipes/mini.yaml.md"),
    ],
)
def test_every_file_has_its_place_on_the_site(path, page):
    assert address(path) == page


@pytest.mark.parametrize(
    "origin, written, shown",
    [
        ("docs/adapters.md", "[a](../recipes/mini.yaml)", "[a](files/recipes/mini.yaml.md)"),
        ("docs/rated_data/dsg.md", "[a](../own_data.md#columns)", "[a](../own_data.md#columns)"),
        ("docs/evaluating.md", "[a](rated_data/)", "[a](rated_data/README.md)"),
        ("README.md", "[a](docs/scale.md)", "[a](../scale.md)"),
        ("README.md", "see [the\nfolder](benchmarks/)", "see the\nfolder"),
        ("docs/scale.md", "[a](https://example.org) [b](#c)", "[a](https://example.org) [b](#c)"),
        ("docs/scale.md", "`[a](../README.md)`", "`[a](../README.md)`"),
        ("docs/scale.md", "```\n[a](../README.md)\n```", "```\n[a](../README.md)\n```"),
        ("docs/training.md", "[`x`](../recipes/mini.yaml)", "[`x`](files/recipes/mini.yaml.md)"),
        ("docs/ranking.md", "![a](images/ranking/skills.png)", "![a](images/ranking/skills.png)"),
        ("docs/scale.md", "[a](no_such_page.md)", "[a](no_such_page.md)"),
    ],
    ids=[
        *("a file", "a place in a page", "a folder with a page", "out of the readme", "a folder without one"),
        *("an address", "code", "a block of code", "code in a link", "a picture", "nowhere"),
    ],
)
def test_links_are_led_to_the_pages_of_the_site(origin, written, shown):
    assert rewrite_links(written, origin) == shown


def test_anchors_are_those_of_a_git_host():
    # The rule of GitHub: lower case, without punctuation, each space a hyphen.
    text = "# One: `two`, *three*\n\n```\n# no heading\n```\n\n## 95 % intervals & a_b\n\n<a id='own'></a>\n"
    assert anchors_of(text) == ["one-two-three", "95--intervals--a_b", "own"]


def test_a_file_with_fences_is_shown_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(site_pages, "ROOT", tmp_path)
    (tmp_path / "notes.txt").write_text("before\n````\nafter\n", "utf-8")
    page = site_pages.file_page("notes.txt")
    assert "`````text\nbefore\n````\nafter\n`````\n" in page


def test_the_front_matter_of_a_card_is_not_shown():
    card = PAGES["spaces/api/README.md"]
    assert card.lstrip().startswith("# ")
