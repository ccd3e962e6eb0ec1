"""Prints how fast the playground answers once it has reported ready: the page, the first score, and later ones.

    python benchmarks/playground.py

Each round starts a server in a process of its own, with the packaged models on the CPU, and waits for its address.
Then it asks once for the page and everything that the page loads at once, and, as a program does, for a score of a
picture that the server has never seen. Where Playwright and Chromium are installed, a browser opens the page and
presses an example too. The first answer of a round is the one that counts; a visitor has no second first visit.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

PAGE_LIMIT_S, SCORE_LIMIT_S = 1.0, 3.0
PROMPT, ELEMENTS = "a red cat left of a blue house", ["red (color)", "cat (animal)", "blue (color)", "house (object)"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
SERVER = """
import sys
from evalmuse_hf.pages.frame import start_page
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.loading import load_page_scorers
from evalmuse_hf.pages.playground.page import build_playground
app = build_playground(load_page_scorers(sys.argv[2:], device="cpu"), limits=PageLimits())
print(start_page(app, host="127.0.0.1", port=int(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@contextmanager
def running_server(scorers: list[str]) -> Iterator[tuple[str, float]]:
    """Run a server as long as the block lasts; give its address, and the seconds until it was ready.

    Args:
        scorers: Names of the scorers; none for what the page takes by itself.
    """
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port = attempt.getsockname()[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), *scorers],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            if not address:
                raise SystemExit("The server did not start; start `evalmuse space` to see why.")
            yield address, time.perf_counter() - start
        finally:
            server.kill()


def time_page(address: str) -> float:
    """Seconds for the page and the scripts and styles that it names."""
    start = time.perf_counter()
    with urlopen(address) as answer:
        text = answer.read().decode()
    for name in dict.fromkeys(re.findall(r'(?:src|href)="\./(assets/[^"]+)"', text)):
        with urlopen(f"{address}{name}") as answer:
            answer.read()
    return time.perf_counter() - start


def time_scores(address: str, number: int) -> list[float]:
    """Seconds for each of some scores of pictures that the server has not seen, upload included."""
    client = Client(address, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})
    rng = np.random.default_rng(0)
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(number):
            path = Path(folder) / f"{index}.png"
            Image.fromarray(rng.integers(0, 256, (512, 512, 3), dtype=np.uint8)).save(path)
            start = time.perf_counter()
            answer = client.predict(handle_file(path), PROMPT, ELEMENTS, "", api_name="/score")
            seconds.append(time.perf_counter() - start)
            assert answer["status"] == "ok", answer
    return seconds


def time_browser(address: str) -> tuple[float, float] | None:
    """Seconds until a browser shows the button, and from the press on an example to its dial; None without one."""
    import shutil

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(address)
        page.locator("#score").wait_for(timeout=60_000)
        opened = time.perf_counter()
        page.get_by_role("button", name="all there").click()
        page.locator(".em-dial").wait_for(timeout=60_000)
        scored = time.perf_counter()
        browser.close()
    return opened - start, scored - opened


def main(words: list[str] | None = None) -> int:
    """Measure and print; the status is 1 if a median is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scores", type=int, default=10, help="scores of a round, the first included")
    parser.add_argument("--scorer", action="append", default=[], help="as in `evalmuse space`; may be repeated")
    parser.add_argument("--no-browser", action="store_true", help="leave the browser out")
    args = parser.parse_args(words)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {args.rounds} rounds, in seconds")
    ready, pages, first, later = [], [], [], []
    opened, pressed = [], []
    for _ in range(args.rounds):
        with running_server(args.scorer) as (address, seconds):
            ready.append(seconds)
            pages.append(time_page(address))
            scores = time_scores(address, args.scores)
            first.append(scores[0])
            later += scores[1:]
            seen = None if args.no_browser else time_browser(address)
            if seen is not None:
                opened.append(seen[0])
                pressed.append(seen[1])
    rows = [
        ("until the server reports ready", ready, None),
        ("page, with its scripts and styles", pages, PAGE_LIMIT_S),
        ("first score, upload included", first, SCORE_LIMIT_S),
        ("later scores", later, None),
        ("browser: until the page can be used", opened, None),
        ("browser: from a press to the score", pressed, SCORE_LIMIT_S),
    ]
    missed = 0
    for name, values, limit in rows:
        if not values:
            continue
        median = statistics.median(values)
        missed += limit is not None and median > limit
        bound = f"   (at most {limit:g})" if limit else ""
        print(f"  {name:<36} {median:6.2f}   worst {max(values):6.2f}{bound}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
