"""The backup of a store, against a stand-in of the Hub on this machine."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.server import hub_backup, stored_copies
from evalmuse_hf.annotations.server.hub_backup import StoreBackup
from evalmuse_hf.annotations.server.hub_copies import restore_store
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.annotations.store.sessions import session_secret
from evalmuse_hf.annotations.store.snapshot import write_snapshot
from tests.hub.stand_in import HubStandIn, Repository

from ..campaign import make_store, rate_next

CHILD = Path(__file__).with_name("backup_child.py")
REPO = ("datasets", "me/ratings")


def run_child(verb, folder, environment):
    command = [sys.executable, str(CHILD), verb, str(folder)]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout)


def test_a_store_goes_to_a_private_data_set_and_comes_back(tmp_path):
    store = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=2).store
    secret = session_secret(store).hex().encode()
    with HubStandIn() as hub:
        environment = hub.environment(HF_HOME=str(tmp_path / "home"))
        pushed = run_child("push", tmp_path, environment)
        repository = hub.repositories[REPO]
        # At the start, not again without a change, after the rating, not again; and at the end, after the correction.
        assert pushed["pushes"] == [True, False, True, False]
        assert (pushed["stopped"], repository.n_commits, repository.private) == (None, 3, True)
        assert set(repository.files) == {"store.sqlite", "ratings.jsonl", "backup.json"}
        lines = [json.loads(line) for line in repository.files["ratings.jsonl"].decode().splitlines()]
        assert [(line["rater"], line["overall"], line["comment"]) for line in lines] == [
            ("rater_000", 2, "\u00e9 <b>"),
            ("rater_000", 4, ""),
        ]
        facts = json.loads(repository.files["backup.json"])
        assert (facts["store_id"], facts["last_rating_id"]) == (pushed["id"], 2)
        for content in repository.files.values():
            assert secret not in content
        (tmp_path / "copy.sqlite").write_bytes(repository.files["store.sqlite"])
        with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

        repository.files["pictures/a.png"] = b"a picture"
        hub.repositories["datasets", "me/empty"] = Repository(private=True)
        hub.repositories["datasets", "me/public"] = Repository()
        hub.repositories["datasets", "me/no-store"] = Repository(private=True, files={"store.sqlite": b"nothing"})
        shutil.copy(tmp_path / "copy.sqlite", tmp_path / "before.sqlite")
        with closing(sqlite3.connect(tmp_path / "before.sqlite")) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            connection.execute("DELETE FROM element_ratings")
            connection.execute("DELETE FROM ratings")
            connection.commit()
        found = run_child("restore", tmp_path, environment)
    assert (found["missing"], found["empty"], found["found"]) == (None, None, facts["sha256"])
    assert (found["ratings"], found["id"], found["same_secret"]) == ([2, 4], pushed["id"], False)
    assert (found["pictures"], found["left"]) == (["a.png"], [])
    assert "backup of another store" in found["other"]
    assert "more ratings than the store here" in found["behind"]
    assert "is public" in found["public"]
    assert "cannot be used" in found["foreign"]
    assert "is no annotation store" in found["no_store"]
    assert "left by a store that is gone" in found["leftover"]
    assert "There is no folder" in found["no_folder"]
    assert repository.n_commits == 3


def test_a_hub_that_does_not_answer_is_not_taken_for_one_without_a_copy(tmp_path):
    with HubStandIn() as hub:
        hub.repositories[REPO] = Repository(private=True, files={"store.sqlite": b"of somebody"})
        hub.refusals["HEAD /datasets/me/ratings/resolve/"] = 403
        sentence = run_child("unreadable", tmp_path, hub.environment(HF_HOME=str(tmp_path / "home")))
    assert sentence is not None
    assert "me/ratings" in sentence
    assert list(tmp_path.glob("*.sqlite")) == []


def test_two_copies_of_one_state_are_the_same_file(tmp_path):
    """Which is how a push knows that nothing changed."""
    store = make_store(tmp_path / "store.sqlite", n_items=2, n_raters=2).store
    for name in ("a", "b"):
        write_snapshot(store, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.fixture
def hub():
    with HubStandIn() as hub, hub.here():
        yield hub


@contextmanager
def backup_of(store, **options):
    """A backup that is sent when a test says so, and was sent once."""
    backup = StoreBackup(store, "me/ratings", every_minutes=60, **options)
    try:
        backup.trigger().result(30)  # behind the one that the scheduler begins with, or before it
        yield backup
    finally:
        backup.stop()


def send(backup):
    return backup.trigger().result(30)


def stored(files):
    """Overall ratings and the number of the last one, as the files of a data set have them."""
    lines = [json.loads(line)["overall"] for line in files["ratings.jsonl"].decode().splitlines()]
    return lines, json.loads(files["backup.json"])["last_rating_id"]


@pytest.fixture
def campaign(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=6, n_raters=2)
    with closing(campaign.store):
        yield campaign


def test_all_three_files_are_of_one_moment_though_raters_go_on(hub, campaign, tmp_path, monkeypatch):
    real = stored_copies.write_snapshot

    def write_and_go_on(store, target):
        real(store, target)
        if campaign.store is store:
            rate_next(campaign, 0, 5)

    rate_next(campaign, 0, 2)
    monkeypatch.setattr(stored_copies, "write_snapshot", write_and_go_on)
    with backup_of(campaign.store):
        pass
    files = hub.repositories[REPO].files
    assert len(read_ratings(campaign.store)) > len(stored(files)[0]) >= 1
    (tmp_path / "elsewhere").mkdir()
    assert restore_store("me/ratings", tmp_path / "elsewhere" / "store.sqlite")
    with closing(open_store(tmp_path / "elsewhere" / "store.sqlite")) as again:
        ratings = [row.overall for row in read_ratings(again)]
    assert stored(files) == (ratings, len(ratings))


def test_a_copy_that_is_not_the_one_told_of_is_not_brought_back(hub, campaign, tmp_path):
    rate_next(campaign, 0, 2)
    with backup_of(campaign.store) as backup:
        before = hub.repositories[REPO].files["store.sqlite"]
        rate_next(campaign, 0, 3)
        assert send(backup) is not None
    files = hub.repositories[REPO].files
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / "elsewhere" / "store.sqlite"
    now, files["store.sqlite"] = files["store.sqlite"], before
    with pytest.raises(StoreError, match=r"not the one that its backup\.json tells of"):
        restore_store("me/ratings", place)
    files["store.sqlite"] = now
    facts = json.loads(files["backup.json"])
    files["backup.json"] = json.dumps({**facts, "last_rating_id": 7}).encode()
    with pytest.raises(StoreError, match="not the one"):
        restore_store("me/ratings", place)
    files["backup.json"] = b"[]"
    with pytest.raises(StoreError, match="none of this version"):
        restore_store("me/ratings", place)
    assert list(place.parent.iterdir()) == []
    del files["backup.json"]  # put there by hand
    assert restore_store("me/ratings", place) == facts["sha256"]


def second_server(campaign, tmp_path):
    """What another container brings back from the data set."""
    folder = tmp_path / "second"
    folder.mkdir()
    came_from = restore_store("me/ratings", folder / "store.sqlite")
    store = open_store(folder / "store.sqlite")
    return replace(campaign, store=store), came_from


def test_of_two_servers_neither_overwrites_the_other(hub, campaign, tmp_path):
    rate_next(campaign, 0, 1)
    with backup_of(campaign.store) as first:
        second, came_from = second_server(campaign, tmp_path)
        with closing(second.store), backup_of(second.store, came_from=came_from) as other:
            assert other.state.facts.diverged == ""
            rate_next(campaign, 0, 2)
            rate_next(second, 1, 5)
            rate_next(second, 1, 4)  # more than the other has
            assert send(other) is not None
            assert send(first) is not None
            # The one that comes later stops, and what it has goes to a branch.
            facts = first.state.facts
            assert "Another server has written to me/ratings (up to rating 3)" in facts.diverged
            assert facts.error == ""
            assert other.state.facts.diverged == ""
            repository = hub.repositories[REPO]
            (branch,) = repository.branches
            assert branch in facts.diverged
            assert stored(repository.files) == ([1, 5, 4], 3)
            assert stored(repository.branches[branch].files) == ([1, 2], 2)
            # What comes in later goes there too, and the other goes on.
            rate_next(campaign, 0, 3)
            rate_next(second, 1, 1)
            assert send(first) is not None
            assert send(other) is not None
            assert stored(repository.files) == ([1, 5, 4, 1], 4)
            assert stored(repository.branches[branch].files) == ([1, 2, 3], 3)
    assert len(read_events(campaign.store, "backup_diverged")) == 1
    with pytest.raises(StoreError, match="or other ones"):
        StoreBackup(campaign.store, "me/ratings", every_minutes=60)


def test_a_commit_between_the_look_and_the_own_commit_is_noticed(hub, campaign, tmp_path, monkeypatch):
    rate_next(campaign, 0, 1)
    with backup_of(campaign.store) as first:
        second, came_from = second_server(campaign, tmp_path)
        with closing(second.store), backup_of(second.store, came_from=came_from) as other:
            rate_next(campaign, 0, 2)
            rate_next(second, 1, 5)
            real, looks = hub_backup.read_remote, []

            def look_and_be_overtaken(api, repo):
                found = real(api, repo)
                if threading.current_thread() is not threading.main_thread():
                    looks.append(found)
                    if len(looks) == 1:
                        monkeypatch.setattr(hub_backup, "read_remote", real)
                        other.push_to_hub()
                return found

            monkeypatch.setattr(hub_backup, "read_remote", look_and_be_overtaken)
            send(first)
            assert first.state.facts.diverged
            assert stored(hub.repositories[REPO].files)[0] == [1, 5]
            (branch,) = hub.repositories[REPO].branches.values()
            assert stored(branch.files)[0] == [1, 2]


def test_files_put_into_the_data_set_by_hand_and_a_lost_answer_are_no_conflict(hub, campaign, monkeypatch):
    rate_next(campaign, 0, 1)
    with backup_of(campaign.store) as backup:
        repository = hub.repositories[REPO]
        repository.files["pictures/new.png"] = b"a picture"
        repository.commit = "1" * 40
        rate_next(campaign, 0, 2)
        real = backup.api.create_commit

        def arrive_and_lose_the_answer(**options):
            real(**options)
            raise OSError("the connection was lost")

        monkeypatch.setattr(backup.api, "create_commit", arrive_and_lose_the_answer)
        with pytest.raises(OSError, match="lost"):
            send(backup)
        monkeypatch.setattr(backup.api, "create_commit", real)
        rate_next(campaign, 0, 3)
        assert send(backup) is not None
        assert backup.state.facts.diverged == ""
        assert stored(repository.files)[0] == [1, 2, 3]
        assert "pictures/new.png" in repository.files


def test_a_server_that_kept_its_disk_goes_on_after_what_it_sent(hub, campaign):
    rate_next(campaign, 0, 1)
    with backup_of(campaign.store):
        pass
    rate_next(campaign, 0, 2)  # was not sent before the end
    with backup_of(campaign.store) as again:
        assert again.state.facts.diverged == ""
    assert stored(hub.repositories[REPO].files)[0] == [1, 2]


def test_a_backup_that_fails_is_seen_and_logged_once(hub, campaign):
    with backup_of(campaign.store) as backup:
        saved_at = backup.state.facts.saved_at
        assert saved_at is not None
        rate_next(campaign, 0, 1)
        hub.refusals["POST /api/datasets/me/ratings/commit"] = 403
        for _ in range(2):
            with pytest.raises(OSError, match="403"):
                send(backup)
        facts = backup.state.facts
        assert (facts.n_failures, facts.saved_at) == (2, saved_at)
        assert "403" in facts.error
        (event,) = read_events(campaign.store, "backup_failed")
        assert (event.actor, event.payload["data_set"]) == ("system", "me/ratings")
        hub.refusals.clear()
        assert send(backup) is not None
        assert (backup.state.facts.error, backup.state.facts.n_failures) == ("", 0)


def test_the_end_leaves_a_commit_that_takes_longer_its_files(hub, campaign, monkeypatch):
    with backup_of(campaign.store) as backup:
        real, go = backup.api.create_commit, threading.Event()
        monkeypatch.setattr(backup.api, "create_commit", lambda **options: go.wait(20) and real(**options))
        monkeypatch.setattr(hub_backup, "_LAST_S", 0.3)
        rate_next(campaign, 0, 1)
        sending = backup.trigger()
        backup.finish()
        with pytest.raises(NotYet):
            sending.result(0)
        go.set()
        assert sending.result(30) is not None
    assert stored(hub.repositories[REPO].files)[0] == [1]
