"""Small stores for tests, what raters send, and the rules that must hold in every store, read from its tables."""

import atexit
import functools
import random
import shutil
import tempfile
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalmuse_hf.annotations.errors import ConflictError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.records import (
    Acknowledgement,
    ElementAnswer,
    GoldAnswer,
    RoundKind,
    RoundRow,
    RoundSettings,
    Submission,
    Task,
)
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, save_draft, skip
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.items import add_items
from evalmuse_hf.annotations.store.range_rule import items_over_range
from evalmuse_hf.annotations.store.raters import add_rater, find_rater, give_consent
from evalmuse_hf.annotations.store.ratings import read_ratings, revise, submit
from evalmuse_hf.annotations.store.rounds import open_round

HOLDING = ("leased", "submitted", "returned")
ALL_STANDINGS = ("counted", "revised", "returned")


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += 60 * minutes


@dataclass
class Campaign:
    """A store with one round, and who is in it."""

    store: Store
    place: str | Path
    round: RoundRow
    rater_ids: list[int]
    rater_names: list[str]
    item_ids: list[int]
    clock: Clock | None = None
    tokens: dict[str, str] = field(default_factory=dict)


def make_store(
    place: str | Path,
    *,
    n_items: int = 4,
    n_raters: int = 4,
    n_elements: int = 2,
    kind: RoundKind = "formal",
    name: str = "main",
    settings: RoundSettings | None = None,
    gold: Mapping[int, GoldAnswer] | None = None,
    clock: Clock | None = None,
    pictures: Path | None = None,
    tokens: bool = False,
    images_per_prompt: int = 1,
) -> Campaign:
    """Make a store with items, raters who agreed to the instructions, and one open round.

    Args:
        place: A file that does not exist, or the URL of an empty database.
        n_items: Items, called picture_0000.png and so on.
        n_raters: Raters, called rater_000 and so on.
        n_elements: Elements of each prompt.
        kind: Of the round.
        name: Of the round.
        settings: Of the round.
        gold: Known answers, by the place of the item in the list.
        clock: Of the store.
        pictures: Folder for real pictures, made if absent; without one the store only has their names.
        tokens: Whether raters have tokens, which takes a moment each; else nobody can log in.
        images_per_prompt: Items that share a prompt.
    """
    store = _open_new(place, clock)
    if pictures is None:
        item_ids = _insert_items(store, n_items, n_elements, images_per_prompt)
    else:
        item_ids = _add_pictures(store, n_items, n_elements, images_per_prompt, pictures)
    gold_items = {item_ids[place]: answer for place, answer in (gold or {}).items()}
    opened = open_round(store, name=name, kind=kind, settings=settings, gold=gold_items)
    campaign = Campaign(store, place, opened, [], [], item_ids, clock)
    add_raters(campaign, n_raters, tokens=tokens)
    return campaign


def _open_new(place: str | Path, clock: Clock | None) -> Store:
    if "://" in str(place):
        return open_store(place, create=True, clock=clock)
    shutil.copyfile(_empty_store(), place)  # which is a lot faster than to make each anew
    store = open_store(place, clock=clock)
    # No test pulls the plug, and a disk that is waited for at every commit makes up most of the time.
    sa.event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    store.engine.dispose()
    return store


@functools.cache
def _empty_store() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="evalmuse-empty-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_store(folder / "empty.sqlite", create=True).close()
    return folder / "empty.sqlite"


def add_raters(campaign: Campaign, number: int, *, tokens: bool = False) -> None:
    """Add raters who agree to the instructions of the campaign's round."""
    store, now = campaign.store, campaign.store.clock()
    names = [f"rater_{len(campaign.rater_ids) + place:03d}" for place in range(number)]
    if tokens:
        for name in names:
            campaign.tokens[name] = add_rater(store, name) or ""
    else:
        facts = {"login": "token", "is_organiser": False, "is_active": True, "created_at": now}
        with store.begin() as connection:
            connection.execute(sa.insert(tables.raters), [{"name": name, **facts} for name in names])
    for name in names:
        rater = find_rater(store, name)
        assert rater is not None
        campaign.rater_ids.append(rater.rater_id)
    campaign.rater_names += names
    if not tokens:
        agreed = {"guideline_version": campaign.round.guideline_version, "at": now}
        with store.begin() as connection:
            rows = [{"rater_id": rater_id, **agreed} for rater_id in campaign.rater_ids[-number:]]
            connection.execute(sa.insert(tables.consents), rows)
    else:
        for rater_id in campaign.rater_ids[-number:]:
            give_consent(store, rater_id, campaign.round.guideline_version)


def _insert_items(store: Store, n_items: int, n_elements: int, images_per_prompt: int) -> list[int]:
    n_prompts = -(-n_items // images_per_prompt)
    prompts = [
        {"prompt_id": f"p{n:05d}", "text": f"a red cat and {n} dogs", "source": "real"} for n in range(n_prompts)
    ]
    elements = [
        {
            "prompt_id": prompt["prompt_id"],
            "position": position,
            "text": ("a red cat", f"{n} dogs")[position] if position < 2 else f"thing {position}",
            "category": ("color", "counting")[position] if position < 2 else "object",
            "question": "Is there a red cat?" if position == 0 else "",
        }
        for n, prompt in enumerate(prompts)
        for position in range(n_elements)
    ]
    items = [
        {
            "prompt_id": f"p{n // images_per_prompt:05d}",
            "image_path": f"picture_{n:04d}.png",
            "generator": ("first", "second")[n % 2],
            "sha256": f"{n:064x}",
            "width": 8,
            "height": 8,
        }
        for n in range(n_items)
    ]
    with store.begin() as connection:
        connection.execute(sa.insert(tables.prompts), prompts)
        if elements:
            connection.execute(sa.insert(tables.elements), elements)
        connection.execute(sa.insert(tables.items), items)
        return list(connection.scalars(sa.select(tables.items.c.item_id).order_by(tables.items.c.image_path)))


def _add_pictures(store: Store, n_items: int, n_elements: int, images_per_prompt: int, pictures: Path) -> list[int]:
    from PIL import Image

    pictures.mkdir(parents=True, exist_ok=True)
    rows = []
    for n in range(n_items):
        colour = (40 * n % 256, 90 * n % 256, 160)
        Image.new("RGB", (96, 64), colour).save(pictures / f"picture_{n:04d}.png")
        place = n // images_per_prompt
        texts = [
            "a red cat (color)",
            f"{place} dogs (counting)",
            *(f"thing {k} (object)" for k in range(2, n_elements)),
        ]
        rows.append(
            {
                "image": f"picture_{n:04d}.png",
                "prompt": f"a red cat and {place} dogs",
                "prompt_id": f"p{place:05d}",
                "generator": ("first", "second")[n % 2],
                "elements": texts[:n_elements],
            }
        )
    report = add_items(store, rows, pictures=pictures)
    assert report.added == n_items, report
    return list(report.item_ids)


def answer_to(
    task: Task,
    overall: int = 3,
    *,
    value: int = 1,
    sure: bool = True,
    submission_id: str | None = None,
    **others: Any,
) -> Submission:
    """A complete answer to a task, the same to every element."""
    return Submission(
        submission_id=submission_id or str(uuid.uuid4()),
        overall=overall,
        elements=tuple(
            ElementAnswer(element_id=element_id, value=value, sure=sure) for element_id in task.item.element_ids
        ),
        **{"duration_s": 12.5, "client": "test/1", **others},
    )


def payload_of(element_ids: Iterable[int], overall: int = 3, *, value: int = 1, **others: Any) -> dict[str, Any]:
    """An answer as a page sends it."""
    return {
        "submission_id": str(uuid.uuid4()),
        "overall": overall,
        "elements": {str(element_id): {"value": value, "sure": True} for element_id in element_ids},
        "prompt_meaningless": False,
        "split_wrong": False,
        "problems": [],
        "comment": "",
        "duration_s": 12.5,
        "client": "test/1",
        **others,
    }


def rate_next(campaign: Campaign, rater: int, overall: int = 3, **others: Any) -> Acknowledgement | None:
    """Let a rater, named by place in the list, rate the next item; None if there is nothing."""
    rater_id = campaign.rater_ids[rater]
    task = next_task(campaign.store, rater_id)
    if task is None:
        return None
    return submit(campaign.store, rater_id, task.assignment_id, answer_to(task, overall, **others))


@dataclass
class Work:
    """What raters did in a campaign, as they remember it: every acknowledgement they were given."""

    acknowledged: list[tuple[int, str, int, int]] = field(default_factory=list)
    skipped: int = 0
    refused: Counter = field(default_factory=Counter)

    def add(self, other: "Work") -> None:
        self.acknowledged += other.acknowledged
        self.skipped += other.skipped
        self.refused += other.refused


def work_off(store: Store, rater_id: int, *, seed: int, at_most: int | None = None) -> Work:
    """Rate as a person with a bad connection does, until nothing is left: repeat, skip, save, correct, look twice."""
    rng = random.Random(seed)
    work = Work()
    while at_most is None or len(work.acknowledged) < at_most:
        task = next_task(store, rater_id, rng=rng)
        if task is None:
            break
        chance = rng.random()
        if chance < 0.03:
            skip(store, rater_id, task.assignment_id, reason="cannot tell")
            work.skipped += 1
            continue
        if chance < 0.2:
            save_draft(
                store, rater_id, task.assignment_id, revision=task.draft_revision, draft={"overall": rng.randint(1, 5)}
            )
        if chance < 0.3:
            again = next_task(store, rater_id, rng=rng)  # a second tab
            assert again is not None
            assert again.assignment_id == task.assignment_id
        said = answer_to(task, rng.randint(1, 5), value=rng.randint(0, 1))
        work.acknowledged.append(_send(store, rater_id, task.assignment_id, said))
        if 0.4 < chance < 0.6:
            repeated = submit(store, rater_id, task.assignment_id, said)
            assert repeated.repeated
            assert repeated.rating_id == work.acknowledged[-1][0]
        if chance > 0.95:
            better = answer_to(task, rng.randint(1, 5))
            work.acknowledged.append(_send(store, rater_id, task.assignment_id, better, revision=1))
        if chance > 0.98:
            try:
                submit(store, rater_id, task.assignment_id, answer_to(task, 5))
            except ConflictError as error:
                work.refused[error.status] += 1
    return work


def _send(
    store: Store, rater_id: int, assignment_id: int, said: Submission, *, revision: int | None = None
) -> tuple[int, str, int, int]:
    if revision is None:
        done = submit(store, rater_id, assignment_id, said)
    else:
        done = revise(store, rater_id, assignment_id, said, revision=revision)
    return done.rating_id, said.submission_id, assignment_id, rater_id


def work_off_in_threads(store: Store, rater_ids: Iterable[int], *, seed: int, at_most: int | None = None) -> Work:
    """Let all raters work at once, each in a thread that begins when all are there."""
    rater_ids = list(rater_ids)
    ready = threading.Barrier(len(rater_ids))

    def run(rater_id: int) -> Work:
        ready.wait()
        return work_off(store, rater_id, seed=seed + rater_id, at_most=at_most)

    total = Work()
    with ThreadPoolExecutor(len(rater_ids)) as pool:
        for work in pool.map(run, rater_ids):
            total.add(work)
    return total


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do things at the same time; what they return, or the exception that they raise."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        ready.wait()
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def check_acknowledged(store: Store, work: Work) -> None:
    """Every acknowledged answer is in the log once, under its rater and item, and nothing else is."""
    names = {rater.rater_id: rater.name for rater in _rows(store, tables.raters)}
    submissions = {row.rating_id: row.submission_id for row in _rows(store, tables.ratings)}
    log = [
        (row.rating_id, submissions[row.rating_id], row.assignment_id, row.rater)
        for row in read_ratings(store, standings=ALL_STANDINGS, gold=None)
    ]
    said = [(*facts[:3], names[facts[3]]) for facts in work.acknowledged]
    assert sorted(log) == sorted(said)
    assert len({facts[1] for facts in log}) == len(log)


def check_invariants(store: Store) -> None:
    """The rules that hold at any moment in any store, whatever has happened, each read from the tables."""
    round_items = {row.round_item_id: row for row in _rows(store, tables.round_items)}
    assignments = _rows(store, tables.assignments)
    _check_spots(round_items, assignments)
    _check_who(store, round_items, assignments)
    _check_log(store, round_items, assignments)
    _check_range_rule(store, round_items)


def _rows(store: Store, table: sa.Table) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key.columns)))


def _check_spots(round_items: Mapping[int, Any], assignments: Iterable[Any]) -> None:
    held = Counter(row.round_item_id for row in assignments if row.state in HOLDING)
    for round_item_id, item in round_items.items():
        if not item.is_gold:
            assert 0 <= item.open_spots == item.quota - held[round_item_id], (item, held[round_item_id])
    leases = Counter(row.rater_id for row in assignments if row.state == "leased")
    assert max(leases.values(), default=0) <= 1


def _check_who(store: Store, round_items: Mapping[int, Any], assignments: Iterable[Any]) -> None:
    """No rater has an item twice, in whatever rounds, or one that is barred, or more than the round allows."""
    barred = {(row.round_item_id, row.rater_id) for row in _rows(store, tables.barred)}
    met: Counter = Counter()
    in_round: Counter = Counter()
    for row in assignments:
        item = round_items[row.round_item_id]
        assert row.round_id == item.round_id
        assert (row.round_item_id, row.rater_id) not in barred
        met[item.item_id, row.rater_id] += row.state != "expired"
        in_round[row.round_id, row.rater_id] += row.state in HOLDING and not item.is_gold
    assert max(met.values(), default=0) <= 1
    for row in _rows(store, tables.rounds):
        most = row.settings["max_per_rater"]
        counts = [number for (round_id, _), number in in_round.items() if round_id == row.round_id]
        # Beyond a soft limit raters go on with what the others cannot take.
        assert most is None or row.settings.get("soft_limit") or max(counts, default=0) <= most


def _check_log(store: Store, round_items: Mapping[int, Any], assignments: Iterable[Any]) -> None:
    """What counts is what is submitted, complete, in unbroken revisions."""
    prompt_of = {row.item_id: row.prompt_id for row in _rows(store, tables.items)}
    elements: dict[str, set[int]] = defaultdict(set)
    for row in _rows(store, tables.elements):
        elements[row.prompt_id].add(row.element_id)
    revisions: dict[int, list[int]] = defaultdict(list)
    counted: Counter = Counter()
    for row in read_ratings(store, standings=ALL_STANDINGS, gold=None):
        revisions[row.assignment_id].append(row.revision)
        counted[row.assignment_id] += row.standing == "counted"
        assert {answer.element_id for answer in row.elements} == elements[prompt_of[row.item_id]]
        assert len(row.elements) == len(elements[prompt_of[row.item_id]])
    for row in assignments:
        assert revisions[row.assignment_id] == list(range(len(revisions[row.assignment_id])))
        assert counted[row.assignment_id] == (row.state == "submitted"), row
        assert row.round_item_id in round_items
        if row.state in ("submitted", "returned", "refused"):
            assert revisions[row.assignment_id]
        if row.state == "expired":
            assert not revisions[row.assignment_id]


def _check_range_rule(store: Store, round_items: Mapping[int, Any]) -> None:
    """Every item over the range was sent once, to one round, where its first raters are barred."""
    rounds = _rows(store, tables.rounds)
    barred: dict[int, set[int]] = defaultdict(set)
    for row in _rows(store, tables.barred):
        barred[row.round_item_id].add(row.rater_id)
    for row in rounds:
        if row.kind != "formal" or row.settings["range_threshold"] is None:
            continue
        children = [child.round_id for child in rounds if child.parent_id == row.round_id]
        assert (
            len([child for child in rounds if child.parent_id == row.round_id and child.kind == "reannotation"]) <= 1
        )
        sent = {item.item_id: item for item in round_items.values() if item.round_id in children}
        over = {wide.item_id for wide in items_over_range(store, row.round_id)}
        assert over <= set(sent), f"not sent: {over - set(sent)}"
        events = Counter(event.subject for event in _rows(store, tables.events) if event.kind == "reannotation")
        for item_id, item in sent.items():
            assert events[f"item {item_id}"] == (item_id in over) or events[f"item {item_id}"] == 1
            if events[f"item {item_id}"]:
                assert len(barred[item.round_item_id]) >= row.settings["range_ratings"]
