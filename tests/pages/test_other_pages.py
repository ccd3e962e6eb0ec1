"""The pages that are for programs first: that of the scoring API, and that of a metric, in a browser."""

import io
from pathlib import Path

import pytest

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.pages.frame import launch_options, prepare_gradio, start_page
from evalmuse_hf.pages.guard import guard_options
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.metric_page import build_page
from evalmuse_hf.pages.playground.example_drawings import EXAMPLES
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.scoring.serving import build_app, start_app
from tests.servers.page_checks import DESKTOP, PHONE, assert_accessible, overflow, save_picture, watch_addresses

pytestmark = pytest.mark.browser

METRIC = Path(__file__).parents[2] / "metrics" / "fga_blip2"
PROMPT, ELEMENTS = EXAMPLES[0].prompt, "purple (color)\nrabbit (animal/human)"


@pytest.fixture(scope="module")
def addresses():
    """Both pages, as the apps of their Spaces start them."""
    prepare_gradio()
    api, metric = build_app(load_scorer("fga_blip2", model="mini")), build_page(str(METRIC), environ={})
    options = {**launch_options(), **guard_options(PageLimits())}
    yield {"api": start_app(api, options=options), "metric": start_page(metric)}
    for app in (api, metric):
        app.close(verbose=False)


@pytest.fixture(scope="module")
def png():
    buffer = io.BytesIO()
    draw(EXAMPLES[0].scene).image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name, answer", [("api", "overall_score"), ("metric", "score")])
def test_a_picture_is_scored_through_the_page(addresses, browser_page, png, name, answer, size):
    page = browser_page(*size)
    page.set_default_timeout(20_000)
    asked = watch_addresses(page)
    page.goto(addresses[name])
    score = page.get_by_role("button", name="Score", exact=True)
    score.wait_for()
    page.locator("input[type=file]").set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": png})
    page.locator("[data-testid=image] img, .image-container img").first.wait_for()
    page.get_by_label("prompt").fill(PROMPT)
    page.get_by_label("elements").fill(ELEMENTS)
    if name == "metric":
        page.get_by_label("model").click()
        page.get_by_role("option", name="mini").click()
    score.click()
    result = page.locator(".json-holder")
    result.get_by_text(f'"{answer}"').wait_for()
    assert '"rabbit' in result.inner_text()
    assert "4.099" in result.inner_text()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    assert_accessible(page)
    assert overflow(page) == 0
    assert asked == []
    save_picture(page, f"pages/{name}-{'desktop' if size == DESKTOP else 'phone'}")
