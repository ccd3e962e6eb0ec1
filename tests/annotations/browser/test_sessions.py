import pytest

from tests.annotations.browser.server_process import BLUE_CUPS, press, wait_for, wait_for_question

pytestmark = pytest.mark.browser


def test_the_next_token_is_used_as_soon_as_an_answer_brings_it(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    following = f"{served.session_of(name)[:-1]}_"  # whatever comes is used, though the server will refuse this one
    used = []

    def pass_on(route):
        used.append(route.request.headers["authorization"].removeprefix("Bearer "))
        reply = route.fetch()
        route.fulfill(response=reply, headers={**reply.headers, "x-session-token": following})

    page.route("**/annotation/api/draft/*", pass_on)
    press(page, "4")
    assert wait_for(page, lambda: len(used) == 1)
    press(page, "5")
    assert wait_for(page, lambda: following in used)
    assert used[0] != following


def test_when_somebody_else_signs_in_nothing_of_the_one_before_stays(served, rate):
    served.open_only(BLUE_CUPS)
    first, second = served.add_rater(), served.add_rater()
    page = rate(first)
    page.evaluate("window.isTheOldOne = true")
    change = "token => { document.getElementById('annotation-session').dataset.token = token; }"
    page.evaluate(change, served.session_of(first))  # a later session of the same rater changes nothing
    press(page, "4")
    page.wait_for_timeout(300)
    assert page.evaluate("window.isTheOldOne") is True
    with page.expect_navigation():
        page.evaluate(change, served.session_of(second))
    assert page.evaluate("window.isTheOldOne") is None
    wait_for_question(page)
