import pytest

from evalmuse_hf.annotations.records import Box
from tests.annotations.browser.server_process import BLUE_CUPS, press, wait_for, wait_for_question

pytestmark = pytest.mark.browser


def sides(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def finish(served, page, one):
    press(page, "3", "y", "y", "y", "Control+Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    (rating,) = served.ratings(one)
    return rating


def test_a_box_is_placed_moved_resized_and_fixed_by_keyboard(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "p", "ArrowDown", "d")
    box = page.get_by_role("group", name="person’s hand, box 1")
    assert box.evaluate("node => node.getRootNode().activeElement === node")
    press(page, *["ArrowLeft"] * 10, *["ArrowDown"] * 5, *["Shift+ArrowRight"] * 10, *["Shift+ArrowUp"] * 20, "Enter")
    assert page.get_by_role("checkbox", name="Drawn wrongly: person’s hand").is_checked()
    rating = finish(served, page, one)
    (problem,) = rating.problems
    assert problem.label == "human-hand"
    # From [.35, .35, .65, .65]: .1 to the left, .05 down, then .1 wider and .2 lower.
    assert sides(problem.box) == pytest.approx([0.25, 0.4, 0.65, 0.5])


def test_boxes_are_drawn_moved_and_resized_by_mouse_also_in_a_zoomed_picture(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    stage = page.locator("#stage")
    page.get_by_role("checkbox", name="Drawn wrongly: animal").click()
    page.get_by_role("button", name="Mark where: animal").click()
    frame = stage.bounding_box()

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        across, down = frame["width"], frame["height"]
        page.mouse.move(frame["x"] + start[0] * across, frame["y"] + start[1] * down)
        page.mouse.down()
        page.mouse.move(frame["x"] + end[0] * across, frame["y"] + end[1] * down, steps=4)
        page.mouse.up()

    drag((0.8, 0.7), (0.2, 0.3))  # from any corner
    drag((0.5, 0.5), (0.6, 0.6))  # inside: moves
    drag((0.3, 0.4), (0.4, 0.5))  # its upper left corner: resizes
    page.keyboard.press("+")
    page.keyboard.press("+")
    frame = stage.bounding_box()
    page.get_by_role("button", name="Another box: animal").click()
    drag((0.45, 0.45), (0.55, 0.6))
    rating = finish(served, page, one)
    assert [problem.label for problem in rating.problems] == ["animal", "animal"]
    found = [side for problem in rating.problems for side in sides(problem.box)]
    assert found == pytest.approx([0.4, 0.5, 0.9, 0.8, 0.45, 0.45, 0.55, 0.6], abs=0.01)


def test_a_box_stays_inside_the_picture_and_goes_with_delete(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "p", "d", *["ArrowUp"] * 50, *["ArrowLeft"] * 50, "Enter")
    press(page, "d", "Delete")  # a second box of the same label, taken back
    press(page, "ArrowDown", "Space")
    assert page.get_by_role("group", name="person’s face, box 2").count() == 0
    rating = finish(served, page, one)
    face, hand = rating.problems
    assert sides(face.box) == pytest.approx([0, 0, 0.3, 0.3])
    assert (hand.label, hand.box) == ("human-hand", None)


def test_unticking_a_problem_takes_its_boxes_away_and_escape_stops_drawing(served, rate):
    one = served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    tick = page.get_by_role("checkbox", name="Drawn wrongly: object")
    tick.click()
    page.get_by_role("button", name="Mark where: object").click()
    assert page.get_by_text("Drag a box around it: object").first.is_visible()
    press(page, "Escape")
    assert page.locator("#drawing-hint").is_hidden()
    press(page, "d", "Enter")
    assert page.locator(".box").count() == 1
    tick.click()
    assert page.locator(".box").count() == 0
    assert finish(served, page, one).problems == ()


def test_boxes_are_there_again_after_a_reload(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "p", "d", "Enter")
    page.reload()
    wait_for_question(page)
    assert page.get_by_role("group", name="person’s face, box 1").is_visible()
    assert wait_for(page, lambda: page.locator("#save-state").get_attribute("data-state") == "saved")


def test_the_picture_is_zoomed_by_keys_wheel_and_double_click_and_moved_by_dragging(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    stage, level = page.locator("#stage"), page.locator("#zoom-level")
    fitted = stage.bounding_box()
    middle = (fitted["x"] + fitted["width"] / 2, fitted["y"] + fitted["height"] / 2)
    press(page, "+")
    assert level.inner_text() == "140 %"
    press(page, "-", "+", "+", "0")
    assert level.inner_text() == "Fit"
    page.mouse.dblclick(*middle)
    assert stage.bounding_box()["width"] == pytest.approx(2.5 * fitted["width"], rel=0.01)
    before = stage.bounding_box()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 10, steps=3)
    page.mouse.up()
    assert stage.bounding_box()["x"] - before["x"] == pytest.approx(60, abs=1)
    page.mouse.dblclick(*middle)
    assert level.inner_text() == "Fit"
    page.mouse.wheel(0, -240)
    assert wait_for(page, lambda: level.inner_text() != "Fit")
