import pytest

from tests.annotations.browser.server_process import BLUE_CUPS, open_plain, press, wait_for

pytestmark = pytest.mark.browser

PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
LONG = {
    "prompt": "A photograph of a Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller "
    "who repairs a bicycle, " * 3,
    "elements": [
        {
            "text": "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller",
            "category": "human",
            "question": "Is there a Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller?",
        },
        {"text": "repairs a bicycle", "category": "activity", "question": "Is a bicycle being repaired?"},
    ],
}
OVERHANG = """host => [...host.shadowRoot.querySelectorAll("*")]
  .filter((node) => node.checkVisibility() && !node.closest(".unseen, .viewport, [aria-hidden]"))
  .filter((node) => {
    const { width, left, right } = node.getBoundingClientRect();
    return width && (right > innerWidth + 1 || left < -1);
  })
  .map((node) => `${node.tagName}.${node.className}`)"""
SMALL = """host => [...host.shadowRoot.querySelectorAll("button, label")]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44 && !node.matches(".comment"))
  .map((node) => `${node.textContent.trim()} ${node.getBoundingClientRect().height}`)"""


def test_nothing_sticks_out_at_360_pixels_and_every_button_fits_a_thumb(served, rate):
    served.open_only(LONG)
    page = rate(served.add_rater(), 360, 640, **PHONE)
    host = page.locator("#annotation-root")
    page.get_by_role("checkbox", name="Drawn wrongly: person’s hand").tap()
    assert host.evaluate(OVERHANG) == []
    assert host.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert host.evaluate("host => host.shadowRoot.querySelector('.app').scrollWidth") == 360
    page.get_by_role("button", name="Keys").tap()
    assert host.evaluate(OVERHANG) == []


def test_an_item_is_rated_by_touch_and_the_picture_stays_in_sight(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater(), 390, 844, **PHONE)
    page.get_by_role("radio", name="4: ").tap()
    for name in ("Yes: Three blue cups", "No: blue", "Yes: wooden table"):
        page.get_by_role("radio", name=name, exact=True).tap()
    frame = page.locator("#picture").bounding_box()
    assert frame["y"] >= 0
    assert frame["y"] + frame["height"] < 500
    page.get_by_role("button", name="Hide picture").tap()
    assert page.locator("#picture").is_hidden()
    page.get_by_role("button", name="Show picture").tap()
    assert page.locator("#picture").is_visible()
    page.get_by_role("button", name="Submit").tap()
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    (rating,) = served.ratings(one)
    assert (rating.overall, rating.client) == (4, "page/1 phone")


def test_a_box_is_drawn_with_a_finger_and_two_fingers_zoom(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater(), 390, 844, **PHONE)
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    page.get_by_role("checkbox", name="Drawn wrongly: object").tap()
    page.get_by_role("button", name="Mark where: object").tap()
    frame = page.locator("#picture").bounding_box()
    at = lambda x, y: (frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])  # noqa: E731
    fingers("touchStart", at(0.2, 0.2))
    for step in range(1, 5):
        fingers("touchMove", at(0.2 + 0.1 * step, 0.2 + 0.15 * step))
    fingers("touchEnd")
    assert page.locator(".box").count() == 1

    fingers("touchStart", at(0.7, 0.1), at(0.9, 0.1))
    for step in range(1, 5):
        fingers("touchMove", at(0.7 - 0.1 * step, 0.1), at(0.9, 0.1))
    fingers("touchEnd")
    assert wait_for(page, lambda: page.locator("#zoom-level").inner_text() != "Fit")

    press(page, "3", "y", "y", "y", "Control+Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    (problem,) = served.ratings(one)[0].problems
    box = problem.box
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([0.2, 0.2, 0.6, 0.8], abs=0.02)


def test_the_consent_page_fits_a_phone(served, watched):
    page = open_plain(watched(360, 640, **PHONE), served, served.add_rater(consented=False))
    page.get_by_role("checkbox", name="I have read").check()
    host = page.locator("#annotation-root")
    assert host.evaluate(OVERHANG) == []
    assert host.evaluate(SMALL) == []
