"""Take the screenshots of the docs, from a real server: ``python -m tests.annotations.browser.screenshots``."""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.annotations.browser.drawings import draw_woman_and_cat
from tests.annotations.browser.server_process import Campaign, press, running_campaign, sign_in, wait_for_question
from tests.servers.fixtures import BROWSER_OPTIONS
from tests.servers.installation import find_chromium

FOLDER = Path(__file__).parents[3] / "docs" / "images" / "annotation"
LARGEST = 100_000  # bytes
COLORS = 256
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}
ITEM = {
    "prompt": "A smiling woman holding two red apples beside a striped cat, on a green hill at noon",
    "elements": [
        {"text": "smiling woman", "category": "human", "question": "Is there a smiling woman?"},
        {"text": "two red apples", "category": "counting", "question": "Are there two red apples?"},
        {"text": "striped cat", "category": "animal", "question": "Is there a striped cat?"},
        {"text": "beside", "category": "spatial", "question": "Is the woman beside the cat?"},
        {"text": "green hill", "category": "location", "question": "Is there a green hill?"},
        {"text": "daylight", "category": "attribute", "question": "Is it day?"},
    ],
}


def take_all(folder: Path) -> list[Path]:
    """Go through the page once for each size."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with (
        tempfile.TemporaryDirectory() as place,
        running_campaign(Path(place) / "campaign") as campaign,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=list(BROWSER_OPTIONS))
        for size, options in SIZES.items():
            page = chromium.new_context(**options).new_page()
            taken += take(page, campaign, lambda name, size=size: folder / f"{name}-{size}.png")
        chromium.close()
    return taken


def take(page: Any, campaign: Campaign, path_of: Callable[[str], Path]) -> list[Path]:
    """Rate one item from the first visit to the end, with a picture of each stage."""
    campaign.open_only(ITEM, picture=draw_woman_and_cat())
    name = campaign.add_rater(consented=False)
    page.goto(campaign.address)
    sign_in(page, name, campaign.tokens[name])
    page.get_by_role("heading", name="Rating pictures: instructions and consent").wait_for()
    taken = [save(page, path_of("consent"))]

    page.get_by_role("checkbox", name="I have read").check()
    page.get_by_role("button", name="Accept and start").click()
    wait_for_question(page)
    press(page, "4", "y", "y", "u", "y")
    page.locator("#save-state[data-state=saved]").wait_for()
    taken.append(save(page, path_of("rating")))

    press(page, "p", "ArrowDown", "d")
    # Onto the hand with six fingers.
    press(page, *["ArrowRight"] * 9, *["ArrowDown"] * 29, *["Shift+ArrowLeft"] * 15, *["Shift+ArrowUp"] * 15)
    page.locator("#save-state[data-state=saved]").wait_for()
    taken.append(save(page, path_of("boxes")))

    press(page, "Enter", "y", "y", "y", "Control+Enter")
    page.get_by_role("heading", name="Nothing left for you").wait_for()
    taken.append(save(page, path_of("finished")))
    return taken


def save(page: Any, path: Path) -> Path:
    """Save what is in the window, with few colors."""
    page.wait_for_timeout(300)  # animations
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{path} has {size:,} bytes, more than {LARGEST:,}; use fewer colors.")
    return path


if __name__ == "__main__":
    for made in take_all(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(made, made.stat().st_size)
