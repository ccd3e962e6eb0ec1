"""What every page in a browser is held to: nothing from elsewhere, no serious fault of accessibility, a picture of it.

Pictures go to the folder that ``EVALMUSE_PICTURES`` names, else to ``build/pictures`` of the checkout, so that a
person can look at what the tests saw.
"""

import functools
import os
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
PICTURES = Path(os.environ.get("EVALMUSE_PICTURES", ROOT / "build" / "pictures"))
DESKTOP, PHONE = (1280, 900), (390, 844)
SERIOUS = ("serious", "critical")
LOCAL_HOSTS = ("127.0.0.1", "localhost", "")
RUN_AXE = """async (rules) => {
    const disabled = Object.fromEntries(rules.map((rule) => [rule, {enabled: false}]));
    const found = await axe.run(document, {resultTypes: ["violations"], rules: disabled});
    return found.violations.map((each) => ({
        rule: each.id, impact: each.impact, help: each.help,
        nodes: each.nodes.map((node) => node.html.slice(0, 200) + " -- " + (node.failureSummary || "")),
    }));
}"""


@functools.cache
def axe_script() -> str:
    """axe-core, from the package that carries it."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def accessibility_faults(page, *, without=()) -> list[dict]:
    """The serious and critical findings of axe-core on what the page shows now; `without` names rules to leave out."""
    page.evaluate(axe_script())
    found = page.evaluate(RUN_AXE, list(without))
    return [fault for fault in found if fault["impact"] in SERIOUS]


def assert_accessible(page, *, without=()) -> None:
    """Fail with rule, advice and the first nodes of each serious finding."""
    faults = accessibility_faults(page, without=without)
    lines = [f"{fault['rule']} ({fault['impact']}): {fault['help']}: {fault['nodes'][:3]}" for fault in faults]
    assert not faults, "\n".join(lines)


def save_picture(page, name: str, *, full=True) -> Path:
    """Keep a screenshot, of the whole page or of what is in view."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=full)
    return path


def watch_addresses(page) -> list[str]:
    """A list that fills with every address beyond this machine that the page asks for; it must stay empty."""
    asked: list[str] = []

    def note(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOCAL_HOSTS:
            asked.append(request.url)

    page.on("request", note)
    return asked


def overflow(page) -> int:
    """Pixels by which the page is wider than the window; 0 if nobody has to scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
