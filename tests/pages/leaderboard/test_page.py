"""The leaderboard in a browser: every flow that a person takes, by mouse, by keyboard, and on a phone."""

import json
import shutil
import socket

import pytest

from evalmuse_hf.pages.frame import start_page
from evalmuse_hf.pages.leaderboard.page import TITLE, build_leaderboard
from evalmuse_hf.pages.leaderboard.records import EXAMPLES, read_records

from ...servers.page_checks import DESKTOP, PHONE, assert_accessible, overflow, save_picture, watch_addresses

pytestmark = pytest.mark.browser

FIRST = "Five invented generators, by FGA-BLIP2 [SIMULATED]"
HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "${window.hacked=2}",
    "{{window.hacked}} <script>window.hacked=3</script>",
)


def hostile_record():
    record = json.loads((EXAMPLES / "ranking_pn_vqa.json").read_text("utf-8"))
    names = dict(zip([row["generator"] for row in record["generators"]], HOSTILE, strict=False))
    for row in record["generators"]:
        row["generator"] = names.get(row["generator"], row["generator"])
    for pair in record["differences"]:
        pair.update({end: names.get(pair[end], pair[end]) for end in ("first", "second")})
    return {**record, "title": "Zz <b onclick=alert(1)>bad</b> ${1+1}", "notes": ["<svg onload=window.hacked=4>"]}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A leaderboard of the examples, a hostile record, and a file that is none; started before the browser is."""
    folder = tmp_path_factory.mktemp("records")
    shutil.copytree(EXAMPLES, folder / "ours")
    (folder / "zz_hostile.json").write_text(json.dumps(hostile_record()), "utf-8")
    (folder / "broken <i>.json").write_text("{", "utf-8")
    app = build_leaderboard(read_records(folder))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    yield start_page(app, host="127.0.0.1", port=port)
    app.close(verbose=False)


@pytest.fixture
def open_at(address, browser_page):
    """Open the page at a size, with a query; it must ask no other machine for anything."""
    asked = []

    def open_page(size=DESKTOP, query=""):
        page = browser_page(*size)
        page.set_default_timeout(30_000)
        asked.append(watch_addresses(page))
        page.goto(f"{address}{query}")
        page.wait_for_selector(".lb-page table:visible")
        return page

    yield open_page
    assert not any(asked)


def choose(page, label, option):
    page.get_by_label(label, exact=True).locator("visible=true").first.click()
    page.get_by_role("option", name=option, exact=True).locator("visible=true").first.click()


def names(page):
    return page.locator(".lb-page tbody th:visible").all_inner_texts()


def wait_for_names(page, expected):
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.lb-page tbody th')].filter((head) => "
        "head.offsetParent).map((head) => head.innerText.trim())) === JSON.stringify(wanted)",
        arg=expected,
    )


BY_MEAN = ["Illustrator_XL", "Painter_Pro", "Sketcher-Turbo", "Drawer_v2", "Drawer_v1"]
BY_NAME = ["Drawer_v1", "Drawer_v2", "Illustrator_XL", "Painter_Pro", "Sketcher-Turbo"]


def test_generators_are_sorted_searched_and_filtered_by_skill(open_at):
    page = open_at()
    assert page.title() == TITLE
    wait_for_names(page, BY_MEAN)
    assert page.get_by_text("SIMULATED Pictures, generators and people").locator("visible=true").count() == 1
    assert_accessible(page)
    save_picture(page, "leaderboard_generators_desktop")
    page.get_by_role("button", name="generator", exact=True).click()
    wait_for_names(page, BY_NAME)
    page.get_by_role("button", name="generator", exact=True).click()  # a second click turns the order round
    wait_for_names(page, BY_NAME[::-1])
    search = page.get_by_label("Search by name")
    search.press_sequentially("drawer")
    wait_for_names(page, ["Drawer_v2", "Drawer_v1"])
    search.press("Control+a")
    search.press("Backspace")
    wait_for_names(page, BY_NAME[::-1])
    choose(page, "Skill", "counting")
    page.wait_for_selector("text=Generators by the skill “counting”")
    assert page.get_by_text("fewer than 20 prompts").locator("visible=true").count() == 1
    save_picture(page, "leaderboard_skill_desktop")
    assert "skill=counting" in page.get_by_role("link", name="Link to this view").first.get_attribute("href")


def test_another_ranking_is_chosen_for_both_tabs_and_downloaded(open_at):
    page = open_at()
    choose(page, "Ranking", "Ranking of the authors of EvalMuse-40K [PUBLISHED]")
    page.wait_for_selector("text=Printed numbers of others, without intervals >> visible=true")
    page.wait_for_selector("text=Download this record", state="hidden")
    page.get_by_role("tab", name="Two generators").click()
    page.wait_for_selector("text=nothing says whether it is more than noise >> visible=true")
    choose(page, "Ranking", FIRST)
    page.wait_for_selector("text=Illustrator_XL and Painter_Pro cannot be told apart >> visible=true")
    page.get_by_role("tab", name="Generators", exact=True).click()
    wait_for_names(page, BY_MEAN)
    with page.expect_download() as download:
        page.get_by_text("Download this record").click()
    assert download.value.suggested_filename == "ranking_fga_blip2.json"
    content = download.value.path().read_bytes()
    assert content == (EXAMPLES / "ranking_fga_blip2.json").read_bytes()


def test_two_generators_are_compared(open_at):
    page = open_at(query="?tab=two&record=ours/ranking_fga_blip2.json&first=Drawer_v1&second=Illustrator_XL")
    page.wait_for_selector("text=Illustrator_XL scores higher than Drawer_v1 >> visible=true")
    assert_accessible(page)
    save_picture(page, "leaderboard_two_desktop")
    choose(page, "Second generator", "Drawer_v2")
    page.wait_for_selector("text=Drawer_v1 and Drawer_v2 cannot be told apart >> visible=true")


def test_scorers_are_compared_on_one_data_set(open_at):
    page = open_at(query="?tab=scorers")
    page.wait_for_selector("text=agreement with people >> visible=true")
    shown = names(page)
    assert [name.strip() for name in shown[:2]] == ["fga_blip2:mini", "pn_vqa:mini"]
    assert any("noise ceiling" in name for name in shown)
    assert_accessible(page)
    save_picture(page, "leaderboard_scorers_desktop")
    page.get_by_role("button", name="scorer", exact=True).click()
    page.wait_for_selector("th[aria-sort=ascending] >> text=scorer")
    choose(page, "Drawn statistic", "element accuracy")
    page.wait_for_selector("text=element accuracy, drawn >> visible=true")
    choose(page, "Data set", "richhf: Overall alignment on four benchmarks [PUBLISHED]")
    page.wait_for_selector("text=without intervals >> visible=true")
    assert not any("noise ceiling" in name for name in names(page))


def test_a_hostile_record_is_text_and_a_broken_one_is_named(open_at):
    page = open_at(query="?record=zz_hostile.json")
    page.wait_for_selector("text=${window.hacked=2} >> visible=true")
    assert [name.strip() for name in names(page)[:3]] == list(HOSTILE)
    page.get_by_role("tab", name="Two generators").click()
    page.wait_for_selector(f"text={HOSTILE[1]} >> visible=true")
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector("text=broken <i>.json >> visible=true")
    assert "It is no JSON" in page.locator("tr", has_text="broken <i>.json").inner_text()
    assert_accessible(page)
    save_picture(page, "leaderboard_about_desktop")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".lb-page img, .lb-page script, .lb-page [onload]").count() == 0


def test_the_keyboard_sorts_and_stays_where_it_was(open_at):
    page = open_at()
    wait_for_names(page, BY_MEAN)
    page.get_by_role("button", name="generator", exact=True).focus()
    page.keyboard.press("Enter")
    wait_for_names(page, BY_NAME)
    page.wait_for_function("document.activeElement.dataset.sort === 'name'")
    page.keyboard.press("Space")
    wait_for_names(page, BY_NAME[::-1])
    page.get_by_role("tab", name="Two generators").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Skills side by side >> visible=true")


def test_nobody_can_send_files_to_a_page_that_takes_none(address):
    import httpx

    sent = httpx.post(f"{address}gradio_api/upload", files={"files": ("a.png", b"x")}, trust_env=False)
    assert (sent.status_code, sent.text) == (404, "This page does not have that address.")


def test_a_phone_shows_cards_and_nothing_is_cut_off(open_at, address):
    shown = {
        "generators": "Generators by the skill",
        "two": "Skills side by side",
        "scorers": "agreement with people",
        "about": "Files that are shown",
    }
    page = open_at(PHONE)
    for tab, caption in shown.items():
        page.goto(f"{address}?tab={tab}&skill=color")
        page.wait_for_selector(f".lb-page table:visible >> text={caption}")
        assert overflow(page) == 0
        assert page.get_by_role("tab").all_inner_texts() == ["Generators", "Two generators", "Scorers", "About"]
        assert page.locator(".lb-cards:visible").last.evaluate("table => getComputedStyle(table).display") == "block"
        assert_accessible(page)
        save_picture(page, f"leaderboard_{tab}_phone")
