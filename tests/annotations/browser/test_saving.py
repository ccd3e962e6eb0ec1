import pytest

from evalmuse_hf.annotations.store.assignment import next_task, save_draft
from evalmuse_hf.annotations.store.raters import find_rater, renew_tokens
from evalmuse_hf.annotations.store.rounds import close_round
from tests.annotations.browser.server_process import (
    BLUE_CUPS,
    open_plain,
    press,
    sign_in,
    stored_draft,
    wait_for,
    wait_for_question,
)

pytestmark = pytest.mark.browser


def save_state(page) -> str:
    return page.locator("#save-state").get_attribute("data-state")


def test_what_is_filled_in_is_saved_on_the_server_and_there_again_in_another_browser(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    press(page, "4", "n", "u", "c")
    page.keyboard.type("draft")
    assert wait_for(page, lambda: save_state(page) == "saved")
    assert stored_draft(served, name)["comment"] == "draft"

    other = rate(name)
    assert other.get_by_role("radio", name="4: ").is_checked()
    assert other.get_by_role("radio", name="No: Three blue cups").is_checked()
    assert other.get_by_role("checkbox", name="Not sure: blue", exact=True).is_checked()
    assert other.get_by_role("textbox", name="Comment").input_value() == "draft"


def test_what_another_device_saved_later_is_not_undone_by_the_first(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    desk = rate(name)
    press(desk, "4")
    assert wait_for(desk, lambda: save_state(desk) == "saved")
    phone = rate(name, 390, 844)
    press(phone, "2")
    assert wait_for(phone, lambda: save_state(phone) == "saved")
    desk.reload()
    wait_for_question(desk)
    assert desk.get_by_role("radio", name="2: ").is_checked()


def test_what_this_device_could_not_save_does_not_undo_what_another_one_saved_meanwhile(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    rater = find_rater(served.store, name).rater_id
    task = next_task(served.store, rater)  # the one at hand

    def save_elsewhere(revision: int, overall: int) -> None:
        page.route("**/annotation/api/draft/*", lambda route: route.abort())
        press(page, "4", "y")
        assert wait_for(page, lambda: save_state(page) == "offline")
        draft = {"overall": overall, "elements": {}}
        save_draft(served.store, rater, task.assignment_id, revision=revision, draft=draft)
        page.unroute("**/annotation/api/draft/*")
        page.reload()

    save_elsewhere(0, 2)
    dialog = page.get_by_role("dialog", name="This picture is open twice")
    dialog.wait_for()
    press(page, "Escape", "Escape")
    page.wait_for_timeout(1000)  # beyond the 0.8 s of the autosave
    assert stored_draft(served, name)["overall"] == 2
    dialog.get_by_role("button", name="Take what was saved there").click()
    wait_for_question(page)
    assert page.get_by_role("radio", checked=True).count() == 1
    assert page.get_by_role("radio", name="2: ").is_checked()

    save_elsewhere(1, 3)
    dialog.get_by_role("button", name="Keep what is filled in here").click()
    wait_for_question(page)
    assert wait_for(page, lambda: save_state(page) == "saved")
    assert stored_draft(served, name)["overall"] == 4


def test_a_reload_at_once_loses_nothing_and_is_no_second_tab(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "2", "y")
    page.reload()  # well before the 0.8 s of the autosave
    wait_for_question(page)
    assert page.get_by_role("radio", name="2: ").is_checked()
    press(page, "n")
    assert wait_for(page, lambda: save_state(page) == "saved")
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_role("radio", name="No: blue", exact=True).is_checked()


def test_a_save_whose_acknowledgement_was_lost_is_no_second_tab(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/annotation/api/draft/*", lose_the_first)
    press(page, "4", "y")
    assert wait_for(page, lambda: save_state(page) == "offline")
    press(page, "n")
    assert wait_for(page, lambda: save_state(page) == "saved")
    assert lost == [200]
    assert page.get_by_role("dialog").count() == 0
    assert [answer["value"] for answer in stored_draft(served, name)["elements"].values()] == [1, 0, None]


def test_skipping_without_a_connection_waits_for_it(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    page.context.set_offline(True)
    press(page, "k", "Enter")
    page.get_by_text("Not connected").first.wait_for()
    page.context.set_offline(False)
    page.get_by_role("heading", name="Nothing left for you").wait_for()


def test_without_a_connection_it_says_so_keeps_everything_and_saves_later(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    page.context.set_offline(True)
    press(page, "5", "y")
    page.get_by_text("Not connected: kept on this device, will retry").first.wait_for()
    assert stored_draft(served, name) is None
    press(page, "n")
    page.context.set_offline(False)
    assert wait_for(page, lambda: save_state(page) == "saved")
    assert [answer["value"] for answer in stored_draft(served, name)["elements"].values()] == [1, 0, None]


def test_an_answer_submitted_without_a_connection_is_sent_once_when_it_is_back(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "5", "y", "y", "y")
    page.context.set_offline(True)
    press(page, "Enter")
    page.get_by_text("Not sent yet.").wait_for()
    press(page, "1", "n", "Enter")  # what is on its way cannot be changed
    page.context.set_offline(False)
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    (rating,) = served.ratings(one)
    assert (rating.overall, [answer.value for answer in rating.elements]) == (5, [1, 1, 1])


def test_an_answer_whose_acknowledgement_was_lost_is_stored_once(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.request.post_data_json["submission_id"])
        route.fetch()
        route.abort()

    page.route("**/annotation/api/rating/*", lose_the_first)
    press(page, "3", "y", "y", "n", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert len(lost) == 1
    assert len(served.ratings(one, standings=("counted", "revised"))) == 1


def test_an_answer_that_was_not_sent_before_the_browser_closed_is_sent_at_the_next_visit(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    page.route("**/annotation/api/rating/*", lambda route: route.abort())
    press(page, "3", "y", "y", "n", "Enter")
    page.get_by_text("Not sent yet.").wait_for()
    page.unroute("**/annotation/api/rating/*")
    page.reload()
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert [rating.overall for rating in served.ratings(one)] == [3]


def test_two_tabs_are_told_of_each_other_and_either_may_go_on(served, rate):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    first, second = rate(name), rate(name)
    press(first, "4")
    assert wait_for(first, lambda: save_state(first) == "saved")
    press(second, "2", "y")
    dialog = second.get_by_role("dialog", name="This picture is open twice")
    dialog.get_by_role("button", name="Take what was saved there").click()
    wait_for_question(second)
    assert second.get_by_role("radio", name="4: ").is_checked()
    assert not second.get_by_role("radio", name="Yes: Three blue cups").is_checked()

    press(second, "1")
    assert wait_for(second, lambda: save_state(second) == "saved")
    press(first, "5")
    first.get_by_role("dialog").get_by_role("button", name="Keep what is filled in here").click()
    assert wait_for(first, lambda: save_state(first) == "saved")
    assert stored_draft(served, name)["overall"] == 5


def test_a_picture_that_was_answered_in_another_tab_is_not_answered_again(served, rate):
    one = served.open_only(BLUE_CUPS)
    name = served.add_rater()
    first, second = rate(name), rate(name)
    press(first, "4", "y", "y", "y", "Enter")
    first.get_by_role("heading", name="Nothing left for you").wait_for()
    press(second, "1", "n", "n", "n", "Enter")
    dialog = second.get_by_role("dialog", name="You have answered this picture")
    dialog.get_by_role("button", name="Go on").click()
    second.get_by_role("heading", name="Nothing left for you").wait_for()
    assert [rating.overall for rating in served.ratings(one)] == [4]


def test_a_lease_that_ran_out_is_explained_once_another_rater_has_the_picture(served, rate):
    one = served.open_only(BLUE_CUPS, lease_minutes=0.01)
    page = rate(served.add_rater())
    other = find_rater(served.store, served.add_rater()).rater_id
    assert wait_for(page, lambda: next_task(served.store, other) is not None)
    press(page, "1", "n", "n", "n", "Enter")
    dialog = page.get_by_role("dialog", name="The time for this picture ran out")
    assert "went to another rater" in dialog.inner_text()
    dialog.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert served.ratings(one) == []


def test_a_round_that_was_closed_meanwhile_is_explained(served, rate):
    one = served.open_only(BLUE_CUPS, BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    press(page, "1", "n", "n", "n", "Enter")
    page.get_by_text("1 done").wait_for()
    wait_for_question(page)
    press(page, "b")
    page.get_by_text("You are correcting an answer").wait_for()
    wait_for_question(page)
    close_round(served.store, one.round_id)
    press(page, "5", "Enter")
    page.get_by_role("dialog", name="This round was closed").get_by_role("button", name="Go on").click()
    assert wait_for(page, lambda: page.get_by_role("dialog").count() == 0)
    assert [rating.overall for rating in served.ratings(one)] == [1]


def test_after_signing_in_again_what_was_filled_in_is_still_there(served, watched):
    one = served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = watched()
    page.goto(served.address)
    sign_in(page, name, served.tokens[name])
    wait_for_question(page)
    press(page, "4", "y")
    token = renew_tokens(served.store, [name])[name]  # ends the session
    press(page, "n")
    dialog = page.get_by_role("dialog", name="Please sign in again")
    dialog.get_by_role("button", name="Sign in again").click()
    sign_in(page, name, token)
    wait_for_question(page)
    assert page.get_by_role("radio", name="4: ").is_checked()
    assert page.get_by_role("radio", name="No: blue", exact=True).is_checked()
    press(page, "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert len(served.ratings(one)) == 1


def test_a_busy_server_is_asked_again(served, watched):
    served.open_only(BLUE_CUPS)
    page = watched()
    refused = []

    def refuse_twice(route):
        if len(refused) == 2:
            route.continue_()
            return
        refused.append(1)
        route.fulfill(status=503, body="<html>The proxy is full</html>", content_type="text/html")

    page.route("**/annotation/api/task", refuse_twice)
    open_plain(page, served, served.add_rater())
    wait_for_question(page)
    assert len(refused) == 2
