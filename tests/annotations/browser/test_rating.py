import pytest

from evalmuse_hf.annotations.store.inspection import return_batch
from tests.annotations.browser.server_process import BLUE_CUPS, open_plain, press, wait_for, wait_for_question

pytestmark = pytest.mark.browser


def test_an_item_is_rated_by_keyboard_alone(served, rate):
    one = served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)

    press(page, "4", "y", "u", "n", "y", "s", "m", "c")
    page.keyboard.type("5 cups, not 3")
    press(page, "Control+Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()

    (rating,) = served.ratings(one)
    assert (rating.rater, rating.overall, rating.comment) == (name, 4, "5 cups, not 3")
    assert [(answer.value, answer.sure) for answer in rating.elements] == [(1, True), (0, False), (1, True)]
    assert rating.split_wrong
    assert rating.prompt_meaningless
    assert rating.client == "page/1 desktop"
    assert 0 < rating.duration_s < 60


def test_an_item_is_rated_by_mouse_alone(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())

    page.get_by_role("radio", name="2: ").click()
    page.get_by_role("radio", name="Yes: wooden table").click()
    page.get_by_role("radio", name="No: Three blue cups").click()
    page.get_by_role("checkbox", name="Not sure: blue", exact=True).click()
    page.get_by_role("radio", name="Yes: blue", exact=True).click()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="Nothing left for you").wait_for()

    (rating,) = served.ratings(one)
    assert rating.overall == 2
    assert [(answer.value, answer.sure) for answer in rating.elements] == [(0, True), (1, False), (1, True)]


def test_enter_does_not_submit_what_is_incomplete_and_says_what_is_open(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "y", "y", "Enter")
    assert page.get_by_text("Still open: the overall rating and “wooden table”").first.is_visible()
    assert page.get_by_role("button", name="Submit").get_attribute("aria-disabled") == "true"
    assert served.ratings(one) == []


def test_keys_do_nothing_while_somebody_writes_or_a_window_is_open(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "c", "3", "y", "Escape")
    assert page.get_by_role("textbox", name="Comment").input_value() == "3y"
    press(page, "?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    press(page, "5", "n", "Escape")
    assert page.get_by_role("radio", checked=True).count() == 0
    press(page, "5")
    assert page.get_by_role("radio", name="5: ").is_checked()


def test_the_prompt_marks_elements_by_code_points_and_a_click_chooses_one(served, rate):
    outside_the_basic_plane = "\U0001f469\u200d\U0001f33e \U0001d49c"  # a farmer of three code points, and a letter
    prompt = f"{outside_the_basic_plane} red cat\nby the sea"
    served.open_only({"prompt": prompt, "elements": ["red cat (animal)", "the sea (location)", "a boat (object)"]})
    page = rate(served.add_rater())
    marks = page.locator("#prompt .word")
    assert marks.all_inner_texts() == ["red cat", "the sea"]
    assert page.locator("#prompt").inner_text() == prompt
    assert page.locator("#prompt .current").inner_text() == "red cat"
    assert page.get_by_text("Not found word for word:").is_visible()

    page.get_by_text("the sea").first.click()
    press(page, "n")
    assert page.get_by_role("radio", name="No: the sea").is_checked()
    assert marks.nth(1).get_attribute("data-answer") == "no"
    assert page.locator("#unplaced .current").inner_text() == "a boat"
    press(page, "ArrowUp", "ArrowUp", "y")
    assert page.get_by_role("radio", name="Yes: red cat").is_checked()


def test_html_in_a_prompt_and_in_a_comment_stays_text(served, rate):
    attack = "<img src=x onerror=\"document.title='got you'\"> & <script>document.title='got you'</script> cat"
    one = served.open_only(
        {"prompt": attack, "elements": [{"text": "<b>cat</b>", "category": "<i>", "question": "<u>"}]}
    )
    page = rate(served.add_rater())
    assert page.locator("#prompt").inner_text() == attack
    assert page.locator("#prompt img, #elements b, #elements i, #elements u").count() == 0
    assert page.get_by_text("<b>cat</b>").first.is_visible()
    press(page, "1", "n", "c")
    page.keyboard.type("<b>'; DROP TABLE ratings; --</b>")
    press(page, "Control+Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert served.ratings(one)[0].comment == "<b>'; DROP TABLE ratings; --</b>"
    press(page, "b")
    wait_for_question(page)
    assert page.get_by_role("textbox", name="Comment").input_value() == "<b>'; DROP TABLE ratings; --</b>"
    assert page.title() == "Rating pictures"


def test_the_previous_answer_is_corrected_and_the_one_at_work_is_not_lost(served, rate):
    one = served.open_only(BLUE_CUPS, BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "5", "y", "y", "y", "Enter")
    page.get_by_text("1 done · 1 left").wait_for()
    wait_for_question(page)
    press(page, "3", "n", "b")
    page.get_by_text("You are correcting an answer").wait_for()
    wait_for_question(page)
    assert page.get_by_role("radio", name="5: ").is_checked()
    press(page, "2", "Enter")
    page.get_by_text("You are correcting an answer").wait_for(state="hidden")
    wait_for_question(page)
    assert page.get_by_role("radio", name="3: ").is_checked()
    assert page.get_by_role("radio", name="No: Three blue cups").is_checked()

    ratings = served.ratings(one, standings=("counted", "revised"))
    assert [(rating.overall, rating.revision, rating.standing) for rating in ratings] == [
        (5, 0, "revised"),
        (2, 1, "counted"),
    ]


def test_skipping_asks_for_a_reason_and_goes_on(served, rate):
    one = served.open_only(BLUE_CUPS, BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "k")
    page.get_by_role("radio", name="Another reason").check()
    page.get_by_role("button", name="Skip it").click()
    assert page.get_by_text("Say in a few words why.").is_visible()
    page.get_by_role("textbox", name="In your words").fill("The <b>sea</b> is missing")
    press(page, "Enter")
    page.get_by_text("0 done · 1 left").wait_for()
    wait_for_question(page)
    press(page, "4", "y", "y", "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert len(served.ratings(one)) == 1
    assert skip_reasons(served).count("The <b>sea</b> is missing") == 1  # other tests skip in this store too


def skip_reasons(served) -> list[str]:
    import sqlalchemy as sa

    from evalmuse_hf.annotations.store.tables import assignments

    query = sa.select(assignments.c.skip_reason).where(assignments.c.state == "skipped")
    with served.store.read() as connection:
        return list(connection.execute(query).scalars())


def test_a_picture_that_is_gone_is_explained_and_can_be_skipped(served, watched):
    served.open_only(BLUE_CUPS)
    for path in served.pictures.iterdir():
        path.unlink()
    page = open_plain(watched(), served, served.add_rater())
    page.get_by_role("button", name="Skip this picture").wait_for()
    press(page, "5", "y")
    assert page.get_by_role("radio", checked=True).count() == 0
    page.get_by_role("button", name="Skip this picture").click()
    page.get_by_role("button", name="Skip it").click()
    page.get_by_role("heading", name="Nothing left for you").wait_for()


def test_nothing_left_looks_again_when_asked(served, rate, watched):
    served.open_only(BLUE_CUPS)
    name = served.add_rater()
    page = rate(name)
    press(page, "4", "y", "y", "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    two = served.open_only(BLUE_CUPS)
    page.get_by_role("button", name="Look again").click()
    wait_for_question(page)
    press(page, "1", "n", "n", "n", "Enter")
    assert wait_for(page, lambda: len(served.ratings(two)) == 1)


def test_a_key_held_down_answers_once(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    page.keyboard.down("y")
    page.keyboard.down("y")  # playwright marks the second one as a repetition
    page.keyboard.up("y")
    assert page.get_by_role("radio", checked=True).count() == 1


def test_a_prompt_without_elements_needs_the_overall_rating_only(served, rate):
    one = served.open_only({"prompt": "Solitude"})
    page = rate(served.add_rater())
    assert page.get_by_text("Is it in the picture?").is_hidden()
    press(page, "y", "ArrowDown", "u", "2", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert [(rating.overall, rating.elements) for rating in served.ratings(one)] == [(2, ())]


def test_an_answer_that_an_inspection_sent_back_is_given_again(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "1", "y", "y", "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    returned = [rating.rating_id for rating in served.ratings(one)]
    return_batch(served.store, returned, inspector="organiser", reason="1 although all is there")
    page.get_by_role("button", name="Look again").click()
    wait_for_question(page)
    assert page.get_by_text("This answer was sent back to you.").is_visible()
    press(page, "5", *["y"] * 3, "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    ratings = served.ratings(one, standings=("counted", "revised", "returned"))
    assert [(rating.overall, rating.standing) for rating in ratings] == [(1, "returned"), (5, "counted")]


def test_the_time_of_a_long_pause_counts_for_a_minute_at_most(served, watched):
    one = served.open_only(BLUE_CUPS)
    page = watched()
    page.clock.install()
    open_plain(page, served, served.add_rater())
    wait_for_question(page)
    press(page, "3", "y")
    page.clock.fast_forward(600_000)
    press(page, "y", "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert 60 <= served.ratings(one)[0].duration_s < 100
