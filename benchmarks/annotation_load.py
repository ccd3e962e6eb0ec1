"""Prints how long raters wait until what they say is saved, when fifty of them work at the same time.

    python benchmarks/annotation_load.py
    python benchmarks/annotation_load.py --drafts 0      # answers only: as many as saves are offered
    python benchmarks/annotation_load.py --url postgresql://user:password@127.0.0.1/empty

`evalmuse annotate serve` runs in a process of its own on a new store. Each rater in this one asks for an item, fetches
its picture, and saves drafts, as the page does while a rater thinks, and then the answer; the pauses are such that all
together offer so many saves per second. A save is timed from the first byte that is sent to the last one that is read.
In the end every acknowledged answer must be in the store once, under its rater, and no item may have more ratings than
were asked for.
"""

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
from PIL import Image

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.server.login import known_rater, new_session
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.guidelines import current_guidelines
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.annotations.store.raters import add_rater, give_consent
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.rounds import open_round
from evalmuse_hf.annotations.store.sessions import session_secret

BASE = "/annotation/api"
BAR_S = 0.3
RATINGS_PER_ITEM = 3
SIDE = 512


@dataclass
class Measured:
    """What the raters saw.

    Attributes:
        answers: Seconds of each answer.
        drafts: Seconds of each draft.
        others: Seconds of each other request.
        acknowledged: Number of each rating, with its rater and value.
        errors: Answers that were none, by what they were.
    """

    answers: list[float] = field(default_factory=list)
    drafts: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    acknowledged: list[tuple[int, str, int]] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def make_store(place: str, pictures: Path, *, n_items: int, n_raters: int) -> tuple[Store, dict[str, str]]:
    """A store with pictures and raters who agreed to the instructions; and the session of each rater.

    Args:
        place: File or URL.
        pictures: Folder, made here.
        n_items: Pictures.
        n_raters: Raters.
    """
    rng = np.random.default_rng(0)
    pictures.mkdir()
    rows = []
    for number in range(n_items):
        coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8))
        coarse.resize((SIDE, SIDE)).save(pictures / f"{number}.jpg", quality=95)
        elements = ["a red cat (animal)", "sofa (object)", f"{number} dogs (counting)", "blue (color)"]
        prompt = f"a red cat on a sofa with {number} dogs in a blue room"
        rows.append({"image": f"{number}.jpg", "prompt": prompt, "elements": elements, "generator": "none"})
    store = open_store(place, create=True)
    add_items(store, rows, pictures=pictures)
    open_round(store, name="load", kind="formal", settings=RoundSettings(ratings_per_item=RATINGS_PER_ITEM))
    version, secret = current_guidelines(store).version, session_secret(store)
    sessions = {}
    for number in range(n_raters):
        name = f"rater {number}"
        add_rater(store, name, login="hub")  # without a token, whose slow hash is not what is measured
        give_consent(store, known_rater(store, name, login="hub").rater_id, version)
        sessions[name] = new_session(store, secret, known_rater(store, name, login="hub"))
    return store, sessions


@contextmanager
def served(place: str) -> Iterator[tuple[str, psutil.Process]]:
    """Run `evalmuse annotate serve`; give its address and the process.

    Args:
        place: Of the store.
    """
    command = [sys.executable, "-m", "evalmuse_hf.cli", "annotate", "serve", place, "--port", "0", "--quiet"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        if not address:
            raise SystemExit("The server did not start.")
        yield address, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait()


class Rater(threading.Thread):
    """One rater: works until the time is over.

    Attributes:
        measured: What this rater saw.
    """

    def __init__(
        self,
        name: str,
        address: str,
        token: str,
        *,
        pause_s: float,
        n_drafts: int,
        ends_at: float,
        counts_from: float,
    ):
        super().__init__(daemon=True)
        self.rater = name
        self.measured = Measured()
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pause_s, self._n_drafts = pause_s, n_drafts
        self._ends_at, self._counts_from = ends_at, counts_from
        self._random = random.Random(name)

    def run(self) -> None:
        """Rate item after item, at moments of its own plan; a late answer does not shift the plan."""
        due = time.monotonic() + self._random.uniform(0, self._pause_s)
        while due < self._ends_at:
            task = json.loads(self._send("GET", "/task") or "{}").get("task")
            if task is None:
                self.measured.errors["nothing to rate"] += 1
                return
            number = task["assignment_id"]
            self._send("GET", f"/picture/{number}")
            answer = self._answer(task)
            self._think(task, answer, until=due)
            body = self._send("POST", f"/rating/{number}", answer)
            if body is not None:
                done = json.loads(body)["rating_id"]
                self.measured.acknowledged.append((done, self.rater, answer["overall"]))
            due += self._random.uniform(0.5, 1.5) * self._pause_s
        self._connection.close()

    def _think(self, task: dict[str, Any], answer: dict[str, Any], *, until: float) -> None:
        """Save what is filled in so far, at even distances."""
        revision = task["draft_revision"]
        for left in range(self._n_drafts, 0, -1):
            draft = {name: answer[name] for name in ("overall", "elements", "comment")}
            saved = self._send("PUT", f"/draft/{task['assignment_id']}", {"revision": revision, "draft": draft})
            revision = json.loads(saved or "{}").get("revision", revision)
            time.sleep(max(0.0, (until - time.monotonic()) / left))
        time.sleep(max(0.0, until - time.monotonic()))

    def _answer(self, task: dict[str, Any]) -> dict[str, Any]:
        elements = {str(element["element_id"]): {"value": 1, "sure": True} for element in task["elements"]}
        answer = {"submission_id": str(uuid.uuid4()), "overall": self._random.randint(1, 5), "elements": elements}
        return {**answer, "duration_s": self._pause_s, "client": "benchmark", "comment": ""}

    def _send(self, method: str, path: str, body: Any = None) -> bytes | None:
        content = None if body is None else json.dumps(body)
        start = time.perf_counter()
        try:
            self._connection.request(method, BASE + path, content, self._headers)
            reply = self._connection.getresponse()
            answer = reply.read()
        except (OSError, http.client.HTTPException) as error:
            self.measured.errors[f"{method} {type(error).__name__}"] += 1
            self._connection.close()
            return None
        if time.monotonic() >= self._counts_from:
            kinds = {"POST": self.measured.answers, "PUT": self.measured.drafts}
            times = kinds.get(method, self.measured.others)
            times.append(time.perf_counter() - start)
        if reply.status != http.client.OK:
            self.measured.errors[f"{method} {reply.status}"] += 1
            return None
        return answer


def check_store(store: Store, acknowledged: Sequence[tuple[int, str, int]]) -> str:
    """Say whether the store has every acknowledged answer once, and nothing besides.

    Args:
        store: The store.
        acknowledged: As in `Measured`.
    """
    rows = read_ratings(store, standings=("counted", "revised", "returned"), gold=None)
    stored = sorted((row.rating_id, str(row.rater), row.overall) for row in rows)
    if stored != sorted(acknowledged):
        return f"WRONG: {len(stored)} in the store, {len(acknowledged)} acknowledged"
    pairs = Counter((row.item_id, row.rater) for row in rows)
    ratings = Counter(row.item_id for row in rows)
    # Where ratings are far apart, an item is rated by three more.
    if max(pairs.values()) > 1 or max(ratings.values()) > 2 * RATINGS_PER_ITEM:
        return "WRONG: an item was rated twice by one rater, or too often"
    return f"all {len(rows)} answers are in the store once"


def measure(place: str, folder: Path, args: argparse.Namespace) -> bool:
    """Run the raters and print what they saw.

    Args:
        place: Of a store that is made here.
        folder: For pictures.
        args: Options of the command line.
    """
    n_items = int(args.saves_per_second * (args.seconds + args.warm_up) / RATINGS_PER_ITEM * 1.3) + args.raters
    store, sessions = make_store(place, folder / "pictures", n_items=n_items, n_raters=args.raters)
    with served(place) as (address, process):
        before, start = sum(process.cpu_times()[:2]), time.monotonic()
        counts_from = time.monotonic() + args.warm_up
        pause_s = args.raters * (args.drafts + 1) / args.saves_per_second
        raters = [
            Rater(
                *(name, address, token),
                pause_s=pause_s,
                n_drafts=args.drafts,
                counts_from=counts_from,
                ends_at=counts_from + args.seconds,
            )
            for name, token in sessions.items()
        ]
        for rater in raters:
            rater.start()
        for rater in raters:
            rater.join()
        busy = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - start)
    seen = [rater.measured for rater in raters]
    answers, drafts, others = (
        [seconds for one in seen for seconds in getattr(one, kind)] for kind in ("answers", "drafts", "others")
    )
    saves = answers + drafts
    errors = sum((one.errors for one in seen), Counter[str]())
    verdict = check_store(store, [entry for one in seen for entry in one.acknowledged])
    store.close()
    kind = "PostgreSQL" if "://" in place else "SQLite"
    print(f"{args.raters} raters, {len(saves)} saves in {args.seconds:g} s on {kind}, {os.cpu_count()} cores")
    print(f"  saves per second     {len(saves) / args.seconds:6.1f}  (offered {args.saves_per_second:g})")
    for name, times in (("an answer", answers), ("a draft", drafts), ("other requests", others)):
        if not times:
            continue
        middle, *high = (1000 * float(np.quantile(times, share)) for share in (0.5, 0.95, 0.99, 1.0))
        print(
            f"  {name:<20s} {middle:6.0f} ms median, " + " / ".join(f"{value:.0f}" for value in high) + " p95/p99/max"
        )
    print(f"  server               {100 * busy:6.0f} % of a core")
    print(f"  errors               {dict(errors) or 'none'}")
    print(f"  kept                 {verdict}")
    slow = max(float(np.quantile(times, 0.95)) for times in (answers, drafts or answers))
    good = slow < BAR_S and not errors and not verdict.startswith("WRONG")
    print(f"  bar                  p95 of either save below {1000 * BAR_S:.0f} ms: {'met' if good else 'MISSED'}")
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark.

    Args:
        arguments: Of the command line; None takes those of the process.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raters", type=int, default=50)
    parser.add_argument("--saves-per-second", type=float, default=25.0, help="drafts and answers, of all raters")
    parser.add_argument("--drafts", type=int, default=3, metavar="N", help="before each answer (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds that are not counted")
    parser.add_argument("--url", help="of an empty PostgreSQL database, instead of a SQLite file")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        place = args.url or str(Path(folder) / "store.sqlite")
        return 0 if measure(place, Path(folder), args) else 1


if __name__ == "__main__":
    raise SystemExit(main())
