import pytest

from tests.annotations.browser.server_process import BLUE_CUPS, press, wait_for_question

pytestmark = pytest.mark.browser

SHIFT = 8  # of the modifiers in Chromium's protocol


def type_on(page, *keys: tuple[str, str, int]) -> None:
    """Press keys of any keyboard: what each gives, where it is, and with which modifiers."""
    keyboard = page.context.new_cdp_session(page)
    for key, code, modifiers in keys:
        for kind in ("rawKeyDown", "keyUp"):
            happening = {"type": kind, "key": key, "code": code, "modifiers": modifiers}
            keyboard.send("Input.dispatchKeyEvent", happening)


@pytest.fixture
def page(served, rate):
    served.open_only(BLUE_CUPS)
    return rate(served.add_rater())


def test_keys_work_by_their_place_where_digits_need_shift_or_letters_are_not_latin(page):
    type_on(page, ("!", "Digit1", SHIFT), ('"', "Quote", 0))  # with Shift on a keyboard of the USA: no digits
    assert page.get_by_role("radio", checked=True).count() == 0
    type_on(page, ('"', "Digit3", 0))  # France
    assert page.get_by_role("radio", name="3: ").is_checked()
    type_on(page, ("4", "Digit4", SHIFT))  # France, with Shift
    assert page.get_by_role("radio", name="4: ").is_checked()
    type_on(page, ("н", "KeyY", 0), ("т", "KeyN", 0), ("ψ", "KeyY", 0))  # Russia twice, and Greece
    for name in ("Yes: Three blue cups", "No: blue", "Yes: wooden table"):
        assert page.get_by_role("radio", name=name, exact=True).is_checked()
    type_on(page, ("ئ", "KeyZ", 0), ("س", "KeyS", 0))  # Arabia; the first has no meaning
    assert page.get_by_role("checkbox", name="The split into elements may be wrong").is_checked()
    type_on(page, ("y", "KeyF", 0), ("؟", "Slash", SHIFT))  # a Latin letter counts as printed, wherever it is
    assert page.get_by_role("dialog", name="Keys").is_visible()


def test_single_keys_can_be_turned_off_and_stay_so(page):
    press(page, "?")
    page.get_by_role("checkbox", name="Single keys").uncheck()
    press(page, "Escape")
    page.reload()
    wait_for_question(page)
    press(page, "4", "y", "s", "+", "?", "k", "b")
    assert page.get_by_role("radio", checked=True).count() == 0
    assert page.get_by_role("dialog").count() == 0
    assert page.locator("#zoom-level").inner_text() == "Fit"
    assert page.locator(".by-key").first.is_hidden()
    skip = page.get_by_role("button", name="Skip")
    assert (skip.get_attribute("aria-keyshortcuts"), skip.get_attribute("title")) == (None, "Skip this picture")
    press(page, "ArrowDown", "Enter")  # no single letters, digits or signs: they do what they did
    assert page.get_by_text("Still open: the overall rating and 3 elements").first.is_visible()

    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single keys").check()
    press(page, "Escape", "4")
    assert page.get_by_role("radio", name="4: ").is_checked()
    assert skip.get_attribute("aria-keyshortcuts") == "k"


def test_arrows_choose_inside_a_group_and_go_through_the_elements_elsewhere(page):
    said = page.get_by_role("status")
    press(page, "ArrowDown")
    said.filter(has_text="Element blue: open").wait_for(state="attached")
    press(page, "n")
    said.filter(has_text="Element wooden table: open").wait_for(state="attached")
    press(page, "ArrowUp", "u")
    said.filter(has_text="Element blue: no, not sure").wait_for(state="attached")
    current = page.locator(".element.current .element-name span").first
    assert current.inner_text() == "blue"

    page.get_by_role("radio", name="3: ").focus()
    press(page, "Space", "ArrowDown")
    assert page.get_by_role("radio", name="4: ").is_checked()
    assert current.inner_text() == "blue"
    press(page, "2")
    said.filter(has_text="Overall: 2").wait_for(state="attached")
