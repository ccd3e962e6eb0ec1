import pytest

from tests.annotations.browser.server_process import BLUE_CUPS, open_plain, press, wait_for_question

pytestmark = pytest.mark.browser

# Contrast as WCAG 2 defines it, of every piece of text that is shown, against the first opaque ground behind it.
LOW_CONTRAST = """() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((value) => linear(value / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const root = document.getElementById("annotation-root").shadowRoot;
  const found = [];
  for (const node of root.querySelectorAll("*")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest(".unseen, [inert], style")) continue;
    let ground = node;
    while (ground && (parse(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
    if (!ground) continue;
    const front = light(parse(getComputedStyle(node).color));
    const back = light(parse(getComputedStyle(ground).backgroundColor));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.trim().slice(0, 30)}`);
  }
  return found;
}"""

NAMELESS = """host => [...host.shadowRoot.querySelectorAll("button, input, textarea, [role]")]
  .filter((node) => node.checkVisibility() && !["status", "alert"].includes(node.role))
  .filter((node) => !node.ariaLabel && !node.textContent.trim() && !node.labels?.length)
  .filter((node) => !node.hasAttribute("aria-labelledby"))
  .map((node) => node.outerHTML)"""


def test_the_first_visit_shows_instructions_and_needs_consent(served, watched):
    one = served.open_only(BLUE_CUPS)
    name = served.add_rater(consented=False)
    page = open_plain(watched(), served, name)
    page.get_by_role("heading", name="Rating pictures: instructions and consent").wait_for()
    assert page.get_by_text("Taking part is voluntary").is_visible()
    accept = page.get_by_role("button", name="Accept and start")
    assert accept.is_disabled()
    page.reload()
    page.get_by_role("checkbox", name="I have read").check()
    accept.click()
    wait_for_question(page)
    press(page, "i")
    assert page.get_by_role("dialog", name="Instructions").is_visible()
    press(page, "Escape", "2", "y", "y", "y", "Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    assert served.ratings(one)[0].guideline_version == one.guideline_version

    page.reload()  # agreed once is agreed
    page.get_by_role("heading", name="Nothing left for you").wait_for()


def test_everything_has_a_role_and_a_name(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    overall = page.get_by_role("radiogroup", name="How well does the picture match the prompt?")
    assert overall.get_by_role("radio").count() == 5
    assert page.get_by_role("radio", name="5: Matches fully").count() == 1
    for element in ("Three blue cups", "blue", "wooden table"):
        group = page.locator("#elements").get_by_role("radiogroup", name=element)
        assert group.get_by_role("radio").count() == 2 if element != "blue" else 4
    for name in ("face", "hand", "arm or leg"):
        assert page.get_by_role("checkbox", name=f"Drawn wrongly: person’s {name}").count() == 1
    assert page.get_by_role("progressbar", name="Progress").get_attribute("aria-valuetext") == "0 done, 1 left"
    assert page.get_by_role("img", name="The picture to rate").is_visible()
    for name in ("Zoom in", "Zoom out", "Fit the picture", "Skip", "Previous", "Instructions", "Keys", "Submit"):
        assert page.get_by_role("button", name=name).count() == 1
    assert page.get_by_role("textbox", name="Comment").count() == 1
    nameless = page.locator("#annotation-root").evaluate(NAMELESS)
    assert nameless == []


def test_text_is_readable_in_both_schemes(served, rate):
    served.open_only(BLUE_CUPS, BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "4", "y", "u", "n", "p", "Space")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator(f"#annotation-root[data-scheme={scheme}]").wait_for()
        assert page.evaluate(LOW_CONTRAST) == []
        press(page, "?")
        assert page.evaluate(LOW_CONTRAST) == []
        press(page, "Escape")


def test_the_focus_is_seen_and_goes_through_the_page_by_tab(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    press(page, "4")
    names = []
    for _ in range(24):
        press(page, "Tab")
        seen = page.locator("#annotation-root").evaluate(
            """host => { const node = host.shadowRoot.activeElement; if (!node) return null;
            const shown = node.matches(".grade input, .pill input") ? node.nextElementSibling : node;
            return [node.ariaLabel || node.textContent.trim() || node.id, getComputedStyle(shown).outlineStyle]; }"""
        )
        if seen is None:
            break
        names.append(seen[0])
        assert seen[1] != "none", seen
    assert "Skip" in names
    assert any(name.startswith("4: ") for name in names)
    assert "Not sure: wooden table" in names
    assert any(name.startswith("Submit") for name in names)


def test_what_happens_is_said_to_a_screen_reader(served, rate):
    served.open_only(BLUE_CUPS, BLUE_CUPS)
    page = rate(served.add_rater())
    said = page.get_by_role("status")
    press(page, "s")
    said.filter(has_text="The split may be wrong").wait_for(state="attached")
    press(page, "4", "y", "y", "y", "Enter")
    said.filter(has_text="Saved.").wait_for(state="attached")
    assert said.get_attribute("aria-live") == "polite"


def test_nothing_moves_for_whoever_asked_for_that(served, rate):
    served.open_only(BLUE_CUPS)
    page = rate(served.add_rater())
    page.emulate_media(reduced_motion="reduce")
    press(page, "Enter")
    assert page.locator("#missing").evaluate("node => getComputedStyle(node).animationName") == "none"
