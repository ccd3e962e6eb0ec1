import pytest

from tests.annotations.browser.server_process import (
    BLUE_CUPS,
    open_plain,
    press,
    refuse_with,
    wait_for,
    wait_for_question,
    wait_until_finished,
)

pytestmark = pytest.mark.browser


# Of the first answer about the next item only one byte comes; as in a browser, giving up ends the wait for the rest.
STALL = """() => {
  const ask = window.fetch;
  let stalled = false;
  window.fetch = (place, options) => {
    if (stalled || !place.endsWith("/task")) return ask(place, options);
    stalled = true;
    const start = (answer) => {
      answer.enqueue(new Uint8Array([123]));
      options.signal.addEventListener("abort", () => answer.error(options.signal.reason));
    };
    window.stalled = true;
    return Promise.resolve(new Response(new ReadableStream({ start }), { status: 200 }));
  };
}"""


def test_an_answer_that_stops_half_way_is_given_up_and_asked_for_again(served, watched):
    served.open_only(BLUE_CUPS)
    page = watched()
    page.clock.install()
    page.add_init_script(f"({STALL})()")
    open_plain(page, served, served.add_rater())
    page.wait_for_function("window.stalled")
    page.wait_for_timeout(50)
    page.clock.fast_forward(21_000)
    page.get_by_text("The answer of the server was cut off. Trying again").wait_for()
    page.clock.fast_forward(2_000)
    wait_for_question(page)


def test_a_server_in_trouble_is_not_asked_for_ever_and_what_it_says_is_shown(served, watched):
    one = served.open_only(BLUE_CUPS)
    page = watched()
    page.clock.install()
    open_plain(page, served, served.add_rater())
    wait_for_question(page)
    asked = []

    def refuse(route):
        asked.append(route.request.post_data_json["submission_id"])
        refuse_with(503, "server_error", "Two servers write to one store.")(route)

    page.route("**/annotation/api/rating/*", refuse)
    press(page, "4", "y", "y", "n", "Enter")
    page.get_by_text("The server is busy").first.wait_for()
    dialog = page.get_by_role("dialog", name="The server has a problem")
    for _ in range(20):
        if dialog.is_visible():
            break
        page.clock.fast_forward(40_000)
        page.wait_for_timeout(50)
    assert "Two servers write to one store." in dialog.inner_text()
    assert len(asked) == 6
    page.clock.fast_forward(600_000)
    press(page, "Escape", "Escape")  # cannot be waved away
    page.wait_for_timeout(100)
    assert dialog.is_visible()
    assert len(asked) == 6

    page.unroute("**/annotation/api/rating/*")
    dialog.get_by_role("button", name="Try again").click()
    wait_until_finished(page)
    (rating,) = served.ratings(one)
    assert (rating.overall, len(set(asked))) == (4, 1)


def test_a_draft_that_a_server_in_trouble_does_not_take_is_tried_again_with_the_next_change(served, watched):
    served.open_only(BLUE_CUPS)
    page = watched()
    page.clock.install()
    open_plain(page, served, served.add_rater())
    wait_for_question(page)
    asked = []

    def refuse(route):
        asked.append(1)
        refuse_with(503, "server_error", "The disk is full.")(route)

    page.route("**/annotation/api/draft/*", refuse)
    press(page, "4")
    state = page.locator("#save-state")
    for _ in range(20):
        if state.get_attribute("data-state") == "trouble":
            break
        page.clock.fast_forward(40_000)
        page.wait_for_timeout(50)
    assert state.inner_text() == "Not saved by the server: kept on this device"
    assert "The disk is full." in page.get_by_role("alert").first.inner_text()
    page.clock.fast_forward(600_000)
    assert len(asked) == 6
    page.unroute("**/annotation/api/draft/*")
    press(page, "y")
    assert wait_for(page, lambda: state.get_attribute("data-state") == "saved")
