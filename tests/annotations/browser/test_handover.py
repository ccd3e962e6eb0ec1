"""One address, one browser: another rater, a later session, another campaign, another text to agree to."""

import pytest

from tests.annotations.browser.server_process import (
    BLUE_CUPS,
    place_plain,
    press,
    refuse_with,
    stored_draft,
    wait_for,
    wait_for_question,
    wait_until_finished,
)

pytestmark = pytest.mark.browser


def hand_over(page, session: str) -> None:
    """What Gradio does when it is asked anew who is there, without loading the document again."""
    page.locator("#annotation-session").evaluate("(node, token) => { node.dataset.token = token; }", session)


def save_state(page) -> str:
    return page.locator("#save-state").get_attribute("data-state")


def test_for_another_rater_the_page_is_built_anew_and_nothing_of_the_first_is_shown_or_sent(served, rate):
    one = served.open_only(BLUE_CUPS, ratings_per_item=2)
    ann, ben = served.add_rater(), served.add_rater()
    page = rate(ann)
    press(page, "4", "y", "c")
    page.keyboard.type("by ann")
    assert wait_for(page, lambda: save_state(page) == "saved")
    press(page, "Escape", "1", "n", "?")  # neither saved nor closed yet
    session = served.session_of(ben)
    place_plain(page, served, session)
    sent, held = [], []
    page.on("request", lambda request: sent.append((request.method, request.headers.get("authorization"))))
    page.route("**/annotation/api/session", lambda route: held.append(route))
    hand_over(page, session)
    assert wait_for(page, lambda: len(held) == 1)
    assert page.locator("#prompt").is_hidden()  # until it is known whose session it is
    assert page.get_by_role("dialog", include_hidden=False).count() == 0
    page.unroute("**/annotation/api/session")
    with page.expect_navigation():
        held[0].continue_()

    wait_for_question(page)
    assert page.get_by_role("radio", checked=True).count() == 0
    assert page.get_by_role("textbox", name="Comment").input_value() == ""
    assert {asker for method, asker in sent if asker} == {f"Bearer {session}"}
    assert "PUT" not in {method for method, _ in sent}
    press(page, "2", "n", "n", "n", "Enter")
    wait_until_finished(page)
    assert [(rating.rater, rating.overall) for rating in served.ratings(one)] == [(ben, 2)]
    draft = stored_draft(served, ann)
    assert (draft["overall"], draft["comment"]) == (4, "by ann")


def test_a_new_session_of_the_same_rater_is_taken_over_and_disturbs_nobody(served, rate):
    one = served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    press(page, "4", "y", "y", "c")
    page.keyboard.type("first ")
    first = page.locator("#annotation-session").get_attribute("data-token")
    assert wait_for(page, lambda: served.session_of(name) != first)  # its last second is part of it
    second = served.session_of(name)
    with page.expect_response("**/annotation/api/session"):
        hand_over(page, second)
    page.locator("#prompt").wait_for()
    page.keyboard.type("second")
    with page.expect_request("**/annotation/api/rating/*") as sent:
        press(page, "Escape", "n", "Enter")
    wait_until_finished(page)
    assert sent.value.headers["authorization"] == f"Bearer {second}"
    assert [(rating.overall, rating.comment) for rating in served.ratings(one)] == [(4, "first second")]


def test_what_was_kept_for_another_campaign_is_not_sent_to_this_one(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    refused = []

    def lose(route):
        refused.append(route.request.post_data_json["submission_id"])
        route.abort()

    def of_another_campaign(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "store_id": "another"})

    page.route("**/annotation/api/rating/*", lose)
    press(page, "3", "y", "y", "n", "Enter")
    page.get_by_text("Not sent yet.").wait_for()
    page.unroute("**/annotation/api/rating/*")
    page.route("**/annotation/api/session", of_another_campaign)
    page.reload()
    wait_for_question(page)
    assert page.get_by_role("radio", checked=True).count() == 0
    assert served.ratings(one) == []

    press(page, "1", "n", "n", "n", "Enter")  # the server knows better than the page which campaign it shows
    reload = page.get_by_role("dialog", name="Another campaign is at this address now").get_by_role("button")
    reload.wait_for()
    assert served.ratings(one) == []
    page.unroute("**/annotation/api/session")
    reload.click()
    wait_until_finished(page)
    (rating,) = served.ratings(one)
    assert (rating.overall, len(set(refused))) == (3, 1)


def test_a_draft_of_another_campaign_is_refused_too(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    named = []

    def with_another(route):
        body = route.request.post_data_json
        named.append(body.get("store_id"))
        route.continue_(post_data={**body, "store_id": "another"})

    page.route("**/annotation/api/draft/*", with_another)
    press(page, "4")
    page.get_by_role("dialog", name="Another campaign is at this address now").wait_for()
    assert stored_draft(served, name) is None
    assert named
    assert all(named)


def test_consent_is_asked_for_anew_after_it_was_refused(served, watched):
    served.open_only(BLUE_CUPS)
    page = watched()
    page.route("**/annotation/api/consent", refuse_with(422, "bad_answer", "There is a newer text."))
    page.goto(place_plain(page, served, served.session_of(served.add_rater(consented=False))))
    tick, accept = (
        page.get_by_role("checkbox", name="I have read"),
        page.get_by_role("button", name="Accept and start"),
    )
    tick.check()
    accept.click()
    page.get_by_text("There is a newer text.").wait_for()
    page.unroute("**/annotation/api/consent")
    page.get_by_role("button", name="Try again").click()
    accept.wait_for()
    assert (tick.is_checked(), accept.is_disabled()) == (False, True)
    tick.check()
    accept.click()
    wait_for_question(page)
