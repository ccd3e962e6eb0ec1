"""Everything that can happen in a campaign, at random and at once: the rules hold at any moment."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError, NotAllowedError, StoreError
from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import (
    expire_leases,
    next_task,
    own_history,
    save_draft,
    skip,
    task_of,
    why_nothing,
)
from evalmuse_hf.annotations.store.inspection import accept, batch_of, return_batch
from evalmuse_hf.annotations.store.raters import set_active
from evalmuse_hf.annotations.store.ratings import revise, submit
from evalmuse_hf.annotations.store.rounds import close_round, open_round, read_rounds, reopen_round
from tests.annotations.campaign import Clock, Work, answer_to, check_acknowledged, check_invariants, make_store

FORMAL = RoundSettings(lease_minutes=10, max_per_rater=9, gold_share=0.2, ratings_per_item=2, range_ratings=2)
PILOT = RoundSettings(lease_minutes=10, min_gold_items=1, min_gold_elements=0.0, max_gold_overall_error=2.0)


def make_campaign(place):
    """A formal round with gold items, a pilot, and a study, so that all kinds of rounds meet on the same items."""
    gold = {number: GoldAnswer(overall=3.0, elements=(1, None)) for number in range(3)}
    campaign = make_store(place, n_items=12, n_raters=8, gold=gold, settings=FORMAL, clock=Clock())
    pilot_gold = {item_id: GoldAnswer(overall=3.0) for item_id in campaign.item_ids[3:4]}
    open_round(campaign.store, name="pilot", kind="pilot", items=[], gold=pilot_gold, settings=PILOT)
    study = campaign.item_ids[6:9]
    barred = {item_id: campaign.rater_ids[:3] for item_id in study}
    open_round(campaign.store, name="study", kind="consistency", items=study, barred=barred, settings=FORMAL)
    return campaign


class Rater:
    """Somebody who does whatever a page lets a person do, in any order, also with old tabs."""

    def __init__(self, campaign, rater_id, seed):
        self.store, self.rater_id, self.rng = campaign.store, rater_id, random.Random(seed)
        self.work, self.tabs = Work(), []

    def step(self):
        action = self.rng.choices(
            (self.ask, self.answer, self.correct, self.save, self.skip, self.look), weights=(6, 8, 2, 3, 1, 1)
        )[0]
        try:
            action()
        except (ConflictError, NotAllowedError) as error:
            self.work.refused[error.status] += 1

    def ask(self):
        task = next_task(self.store, self.rater_id, rng=self.rng)
        if task is None:
            assert why_nothing(self.store, self.rater_id)
        else:
            self.tabs.append(task)

    def tab(self):
        """The newest tab, or an old one that was left open."""
        if not self.tabs:
            self.ask()
        if not self.tabs:
            raise NotAllowedError("no tab", status="no_tab")
        return self.tabs[-1] if self.rng.random() < 0.8 else self.rng.choice(self.tabs)

    def answer(self):
        task = self.tab()
        self.note(task, lambda said: submit(self.store, self.rater_id, task.assignment_id, said))

    def correct(self):
        task = task_of(self.store, self.rater_id, self.tab().assignment_id)
        send = lambda said: revise(self.store, self.rater_id, task.assignment_id, said, revision=task.revision)  # noqa: E731
        self.note(task, send)

    def note(self, task, send):
        said = answer_to(task, self.rng.randint(1, 5), value=self.rng.randint(0, 1))
        done = send(said)
        assert not done.repeated
        self.work.acknowledged.append((done.rating_id, said.submission_id, task.assignment_id, self.rater_id))
        if self.rng.random() < 0.2:
            try:
                again = send(said)
            except ConflictError as error:
                raise AssertionError("the same answer again is no conflict") from error
            assert (again.repeated, again.rating_id) == (True, done.rating_id)

    def save(self):
        task = task_of(self.store, self.rater_id, self.tab().assignment_id)
        draft = {"overall": self.rng.randint(1, 5)}
        revision = task.draft_revision - (self.rng.random() < 0.1)
        save_draft(self.store, self.rater_id, task.assignment_id, revision=revision, draft=draft)

    def skip(self):
        skip(self.store, self.rater_id, self.tab().assignment_id, reason="cannot tell")

    def look(self):
        own_history(self.store, self.rater_id)


class Organiser:
    """Somebody who returns, accepts, closes, opens and waits."""

    def __init__(self, campaign, seed):
        self.campaign, self.store, self.rng = campaign, campaign.store, random.Random(seed)
        self.refused: Counter = Counter()

    def step(self):
        actions = (self.wait, self.return_some, self.accept_some, self.close_and_open, self.disable_and_enable)
        try:
            self.rng.choices(actions, weights=(4, 3, 2, 1, 1))[0]()
        except StoreError as error:
            self.refused[str(error)[:20]] += 1

    def wait(self):
        self.campaign.clock.pass_minutes(self.rng.choice((1, 3, 12)))
        if self.rng.random() < 0.5:
            expire_leases(self.store)

    def some(self):
        found = self.rng.choice(read_rounds(self.store))
        ids = batch_of(self.store, round_id=found.round_id, waiting=self.rng.random() < 0.3)
        return self.rng.sample(ids, min(len(ids), self.rng.randint(1, 3)))

    def return_some(self):
        redo_by = self.rng.choice(("same", "others"))
        return_batch(self.store, self.some(), inspector="organiser", reason="too fast", redo_by=redo_by)

    def accept_some(self):
        accept(self.store, self.some(), inspector="organiser")

    def close_and_open(self):
        for found in read_rounds(self.store):
            if not found.is_open:
                reopen_round(self.store, found.round_id)
        close_round(self.store, self.rng.choice(read_rounds(self.store)).round_id)

    def disable_and_enable(self):
        for name in self.campaign.rater_names:
            set_active(self.store, name, self.rng.random() < 0.95)


def run_at_once(campaign, *, steps, seed):
    raters = [Rater(campaign, rater_id, seed + rater_id) for rater_id in campaign.rater_ids]
    organiser = Organiser(campaign, seed)
    ready = threading.Barrier(len(raters) + 1)

    def run(person):
        ready.wait()
        for _ in range(steps):
            person.step()

    with ThreadPoolExecutor(len(raters) + 1) as pool:
        for done in pool.map(run, [*raters, organiser]):
            assert done is None
    finish(campaign, raters)


def finish(campaign, raters):
    total = Work()
    for rater in raters:
        total.add(rater.work)
    check_acknowledged(campaign.store, total)
    check_invariants(campaign.store)
    assert len(total.acknowledged) > 20
    assert len(total.refused) >= 3  # or nothing has happened that had to be refused


@pytest.mark.parametrize("seed", range(2))
def test_the_rules_hold_after_every_step(tmp_path, seed):
    campaign = make_campaign(tmp_path / "store.sqlite")
    raters = [Rater(campaign, rater_id, seed + rater_id) for rater_id in campaign.rater_ids]
    people = [*raters, Organiser(campaign, seed)]
    rng = random.Random(seed)
    for step in range(250):
        rng.choice(people).step()
        if step % 10 == 0:
            check_invariants(campaign.store)
    finish(campaign, raters)
    assert "reannotation" in {found.kind for found in read_rounds(campaign.store)}


def test_the_rules_hold_when_all_happens_at_once(tmp_path):
    run_at_once(make_campaign(tmp_path / "store.sqlite"), steps=20, seed=5)


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(3))
def test_the_rules_hold_when_all_happens_at_once_on_postgresql(postgres_url, seed):
    run_at_once(make_campaign(postgres_url), steps=30, seed=seed)


def test_a_rater_who_did_nothing_wrong_is_never_refused_for_good(tmp_path):
    campaign = make_campaign(tmp_path / "store.sqlite")
    rater_id = campaign.rater_ids[4]
    with pytest.raises(AnnotationError, match="not given to you"):
        task_of(campaign.store, rater_id, 1)
    n_done = 0
    while (task := next_task(campaign.store, rater_id, rng=random.Random(n_done))) is not None:
        submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
        n_done += 1
    # The gold item of the pilot, the three of the study, and gold and up to nine others of the formal round.
    assert 5 <= n_done <= 12
    check_invariants(campaign.store)
