import io
import json
import os
import threading
import time
import zipfile

import pytest

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.frame import start_page
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.loading import DEFAULT_SCORERS, load_page_scorers
from evalmuse_hf.pages.playground.example_drawings import EXAMPLES, draw_examples
from evalmuse_hf.pages.playground.page import build_playground
from evalmuse_hf.pages.scorers import PageScorers
from evalmuse_hf.schema import Element
from tests.servers.page_checks import (
    DESKTOP,
    PHONE,
    assert_accessible,
    overflow,
    save_picture,
    watch_addresses,
)

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=window.owned=1>"
TEMPLATE = "${window.owned=1} {{value}}"
RABBIT = EXAMPLES[0].prompt
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.owned=1' width='9' height='9'/>"


def start(scorers, **limits):
    app = build_playground(scorers, limits=PageLimits(**limits))
    return app, start_page(app)


@pytest.fixture(scope="module")
def address():
    """The page as anybody gets it, with both packaged scorers."""
    app, address = start(load_page_scorers(DEFAULT_SCORERS, device="cpu"))
    yield address
    app.close(verbose=False)


class Patient:
    """A scorer that scores as soon as somebody opens its gate."""

    def __init__(self, name):
        self.name, self.gate, self.asked = name, threading.Event(), 0

    def score(self, *, images, prompts, elements=None):
        self.asked += 1
        self.gate.wait(10)
        found = tuple(ElementScore(one.text, None, 0.5, "ok") for one in map(Element.read, elements[0]))
        return [PairScore(0.5, found) for _ in images]


@pytest.fixture(scope="module")
def patient():
    """A page whose two scorers wait, and they themselves."""
    scorers = [Patient("first"), Patient("second")]
    for scorer in scorers:
        scorer.gate.set()
    app, address = start(PageScorers({scorer.name: scorer for scorer in scorers}), max_file_size=20_000)
    yield address, scorers
    app.close(verbose=False)


def visit(address, browser_page, size=DESKTOP, **options):
    page = browser_page(*size, **options)
    page.set_default_timeout(20_000)
    page.goto(address)
    page.locator("#score").wait_for()
    return page


def png(number=0):
    buffer = io.BytesIO()
    draw(EXAMPLES[number].scene).image.save(buffer, "PNG")
    return buffer.getvalue()


def upload(page, where, content, name="mine.png"):
    page.locator(f"{where} input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )
    page.locator(f"{where} img").wait_for()


def score(page, dials=1):
    page.locator("#score").click()
    page.locator(".em-dial").nth(dials - 1).wait_for()
    page.locator("#details table").wait_for()


def lines(page):
    return page.locator("#elements textarea").input_value().splitlines()


def test_an_example_is_scored_with_one_press(address, browser_page):
    page = browser_page(*DESKTOP)
    asked = watch_addresses(page)
    page.goto(address)
    page.locator("#score").wait_for()
    assert page.title() == "EvalMuse playground"
    assert page.locator("html").get_attribute("lang") == "en"
    assert "do not judge photographs" in page.locator("#playground-header").inner_text()
    save_picture(page, "playground/begin-desktop")
    page.get_by_role("button", name="all there").click()
    page.locator("#details table").wait_for()
    dial = page.get_by_role("img", name="Overall score, fga_blip2:mini: 4.10 on a scale from 1 to 5")
    assert dial.bounding_box()["y"] + dial.bounding_box()["height"] < DESKTOP[1]  # seen without scrolling
    assert page.locator("#prompt textarea").input_value() == RABBIT
    assert "between 4 (matches mostly) and 5 (matches fully)" in page.locator("#overall").inner_text()
    chips = page.locator("#chips-A").inner_text()
    assert "1.00 animal/human" in chips
    assert "location" in chips
    assert page.locator("#score").bounding_box()["y"] < DESKTOP[1]
    save_picture(page, "playground/example-desktop", full=False)
    assert_accessible(page)
    assert overflow(page) == 0
    assert asked == []


def test_what_a_visitor_types_and_calls_a_file_is_text(address, browser_page):
    page = visit(address, browser_page)
    upload(page, "#picture", png(), name=f'"><{EVIL}.png')
    page.locator("#prompt textarea").fill(f"a purple rabbit {EVIL} {TEMPLATE}")
    page.wait_for_function("document.querySelector('#elements textarea').value.includes('rabbit')")
    page.locator("#elements textarea").fill(f"rabbit (animal)\n{EVIL} (color)\n{TEMPLATE}")
    score(page)
    assert EVIL in page.locator("#chips-A").inner_text()
    table = page.locator("#details").inner_text()
    assert EVIL in table
    assert TEMPLATE in table
    page.get_by_role("button", name="Where the model looked").click()
    page.get_by_label("Element", exact=True).click()
    page.get_by_role("option", name=EVIL).click()
    page.locator("#map-sentence .em-note").wait_for()
    assert page.evaluate("window.owned") is None
    assert page.locator("img[src=x]").count() == 0


def test_elements_follow_the_prompt_until_somebody_edits_them(address, browser_page):
    page = visit(address, browser_page)
    upload(page, "#picture", png())
    page.locator("#prompt textarea").press_sequentially("two red cats", delay=5)
    page.wait_for_function("document.querySelector('#elements textarea').value.includes('cats')")
    assert lines(page) == ["two (counting)", "red (color)", "cats (animal/human)"]
    page.get_by_text("Proposed from a fixed list of words.").wait_for()
    page.locator("#elements textarea").fill("cats (animal/human)\nsofa (object)")
    page.get_by_text("These are yours.").wait_for()
    page.locator("#prompt textarea").press_sequentially(" and a dog")
    score(page)
    assert lines(page) == ["cats (animal/human)", "sofa (object)"]
    details = page.locator("#details").inner_text()
    assert "“sofa”: does not stand in the prompt" in details
    assert "never learned “dog”" in details
    page.get_by_role("button", name="Propose again").click()
    page.wait_for_function("document.querySelector('#elements textarea').value.includes('dog')")
    assert "sofa (object)" not in lines(page)
    page.get_by_text("These are yours.").wait_for(state="hidden")
    page.locator("#prompt textarea").fill("a blue bird")  # and at once, before the proposal is there
    score(page)
    page.get_by_role("row", name="bird").wait_for()
    assert lines(page) == ["blue (color)", "bird (animal/human)"]


def test_a_prompt_that_is_pasted_gets_elements_too(patient, browser_page):
    page = visit(patient[0], browser_page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('a purple rabbit')")
    page.locator("#prompt textarea").click()
    page.keyboard.press("Control+V")  # one event, where typing sends one a letter
    page.wait_for_function("document.querySelector('#elements textarea').value.includes('rabbit')", timeout=5_000)


def test_two_pictures_and_two_scorers_stand_side_by_side(address, browser_page):
    page = visit(address, browser_page)
    page.get_by_role("button", name="all there").click()
    page.locator(".em-dial").wait_for()
    page.get_by_label("Second picture").check()
    page.locator("#second-picture").wait_for()
    page.locator("#score").click()
    page.get_by_text("Picture B is missing: upload it, or untick “Second picture” to score only one.").wait_for()
    upload(page, "#second-picture", png(1))
    page.get_by_label("pn_vqa:mini").check()
    score(page, dials=4)
    said = page.locator("#overall").inner_text()
    assert "fga_blip2:mini scores picture A higher than picture B, by 1.92 (A 4.10, B 2.18)." in said
    assert "One pair of pictures says nothing about who drew them" in said
    assert "not the scale of the raters" in said
    assert "Picture B" in page.locator("#chips-B").inner_text()
    header = page.locator("#details thead").inner_text().split("\t")
    assert header[2:5] == ["fga_blip2:mini A", "fga_blip2:mini B", "B − A"]
    page.get_by_role("button", name="Where the model looked").click()
    page.get_by_label("Element", exact=True).click()
    page.get_by_role("option", name="rabbit").click()
    page.get_by_role("img", name="Where fga_blip2:mini looked for “rabbit”: most at the").wait_for()
    assert "peak in the right place" in page.locator("#map-sentence").inner_text()
    page.mouse.move(0, 0)
    page.wait_for_function("!document.querySelector('#maps .translucent:not(.hide)')")
    save_picture(page, "playground/two-pictures-desktop")
    assert_accessible(page)
    assert overflow(page) == 0
    page.get_by_label("Element", exact=True).click()
    page.get_by_role("option", name="in a forest").click()
    page.get_by_text("this map is no evidence").wait_for()
    assert page.locator("#heat img").count() == 0


def test_what_cannot_be_scored_is_said_in_the_page(patient, browser_page):
    page = visit(patient[0], browser_page)
    for content, prompt, sentence in (
        (None, "a cat", "There is no picture yet"),
        (png(), " ", "There is no prompt yet"),
        (SVG, "a cat", "is an SVG drawing, not pixels"),
        (png()[:300], "a cat", "Cannot read picture 'odd.png'"),
    ):
        if page.locator("#picture img").count():
            page.locator("#picture").get_by_role("button", name="Remove Image").click()
        if content is not None:
            upload(page, "#picture", content, name="odd.png")
        page.locator("#prompt textarea").fill(prompt)
        page.locator("#score").click()
        alert = page.locator("#overall [role=alert]").filter(has_text=sentence)
        alert.wait_for()
        assert "/" not in alert.inner_text()  # no folder of the server
        if content is None:
            save_picture(page, "playground/error-desktop", full=False)
            assert_accessible(page)
    assert page.evaluate("window.owned") is None
    page.locator("#picture").get_by_role("button", name="Remove Image").click()
    page.locator("#picture input[type=file]").set_input_files(
        {"name": "big.png", "mimeType": "image/png", "buffer": os.urandom(30_000)}
    )
    # and a file that is too large is refused with its size
    page.get_by_text('File(s) exceed the maximum allowed size of 19.5 Kb: "big.png"').wait_for()
    assert page.locator("#picture img").count() == 0


def test_stop_ends_the_work_and_the_next_request_is_answered(patient, browser_page):
    address, (first, second) = patient
    page = visit(address, browser_page)
    upload(page, "#picture", png())
    page.locator("#prompt textarea").fill("a cat")
    page.get_by_label("second", exact=True).check()
    first.gate.clear()
    asked = first.asked
    page.locator("#score").click()
    end = time.monotonic() + 10
    while first.asked == asked and time.monotonic() < end:
        page.wait_for_timeout(20)
    page.locator("#stop").click()
    page.get_by_text("Nothing more is scored").wait_for()
    seconds = second.asked
    first.gate.set()
    page.get_by_label("second", exact=True).uncheck()
    page.locator("#score").click()
    page.locator(".em-card").wait_for()
    assert second.asked == seconds  # the scorer after the stop was never asked


def test_the_keyboard_is_enough_on_a_phone(address, browser_page):
    page = visit(address, browser_page, PHONE, has_touch=True)
    assert overflow(page) == 0
    assert page.get_by_role("tab").all_inner_texts() == ["One picture", "Many pictures", "About"]  # none is in a menu
    save_picture(page, "playground/begin-phone")
    example = page.get_by_role("button", name="no bird")
    for _ in range(20):
        page.keyboard.press("Tab")
        if example.evaluate("node => node === document.activeElement"):
            break
    assert example.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("#details table").wait_for()
    page.locator("#prompt textarea").focus()
    page.keyboard.press("Tab")
    assert page.locator("#elements textarea").evaluate("node => node === document.activeElement")
    for _ in ("propose again", "one scorer", "the other", "second picture", "score"):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "score"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#overall').getBoundingClientRect().top < 200")
    page.locator(".em-dial").wait_for()
    assert_accessible(page)
    assert overflow(page) == 0
    save_picture(page, "playground/example-phone")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_many_pictures_are_scored_in_their_tab(address, browser_page, size):
    rows = [
        {"image": f"{number}.png", "prompt": example.prompt, "generator": f"model {'AB'[number % 2]}"}
        for number, example in enumerate(EXAMPLES)
    ]
    rows.append({"image": "gone.png", "prompt": "a cat", "generator": "model A"})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("pairs.jsonl", "\n".join(map(json.dumps, rows)))
        for number in range(len(EXAMPLES)):
            file.writestr(f"{number}.png", png(number))
    page = visit(address, browser_page, size)
    page.get_by_role("tab", name="Many pictures").click()
    page.locator("#batch-files input[type=file]").set_input_files(
        {"name": "pairs.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    )
    page.get_by_text("pairs.zip").first.wait_for()
    page.get_by_role("button", name="Score all").click()
    page.get_by_text("5 of 6 rows have a score").wait_for()
    page.locator("#batch-table tbody tr").nth(5).wait_for()
    assert "4.10" in page.locator("#batch-table").inner_text()
    assert overflow(page) == 0
    save_picture(page, f"playground/batch-{'desktop' if size == DESKTOP else 'phone'}")


def test_dark_pages_have_contrast_too(address, browser_page):
    page = visit(address, browser_page, color_scheme="dark")
    page.get_by_role("button", name="swapped").click()
    page.locator("#details table").wait_for()
    assert_accessible(page)
    save_picture(page, "playground/example-dark", full=False)
    page.get_by_role("tab", name="About").click()
    page.get_by_text("Your pictures").wait_for()
    assert_accessible(page)


def test_programs_get_scores_elements_maps_and_what_there_is(address, tmp_path):
    from gradio_client import Client, handle_file

    client = Client(address, verbose=False, analytics_enabled=False)
    paths = draw_examples(tmp_path)
    first, second = (handle_file(path) for path in paths[:2])
    elements = client.predict(prompt=RABBIT, api_name="/propose_elements")["elements"]
    assert elements[:2] == ["purple (color)", "rabbit (animal/human)"]
    asked = {"prompt": RABBIT, "elements": elements, "scorer": "fga_blip2:mini"}
    answer = client.predict(image=first, api_name="/score", **asked)
    assert (answer["status"], round(answer["overall_score"], 2)) == ("ok", 4.1)
    pair = client.predict(image=first, second_image=second, api_name="/compare", **asked)
    assert pair["difference"] == pytest.approx(pair["second"]["overall_score"] - answer["overall_score"], abs=1e-5)
    maps = client.predict(image=first, api_name="/maps", **asked)["maps"]
    assert [one["text"] for one in maps][:2] == ["purple", "rabbit"]
    assert sum(map(sum, maps[1]["values"])) == pytest.approx(1, abs=1e-3)
    about = client.predict(api_name="/about")
    assert [one["label"] for one in about["scorers"]] == ["fga_blip2:mini", "pn_vqa:mini"]
    endpoints = {"/score", "/compare", "/maps", "/propose_elements", "/batch", "/about"}
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == endpoints


def test_the_list_of_endpoints_is_on_the_page(address, browser_page):
    page = visit(address, browser_page)
    page.get_by_role("button", name="Use via API").click()
    page.get_by_text("/propose_elements", exact=False).first.wait_for()
    assert "Score a picture against its prompt" in page.locator("body").inner_text()
