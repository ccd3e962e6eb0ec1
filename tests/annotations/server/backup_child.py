"""What a server does with its backup, in a process of its own: the client of the Hub reads its address at import."""

import json
import sys
import time
from pathlib import Path

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.server.hub_backup import StoreBackup
from evalmuse_hf.annotations.server.hub_copies import restore_store
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.ratings import read_ratings, revise, submit
from evalmuse_hf.annotations.store.sessions import session_secret, store_id

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.annotations.campaign import answer_to, make_store

REPO = "me/ratings"


def refused(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except StoreError as error:
        return str(error)
    return None


def push(folder):
    """Back a campaign up as it goes on; say what each push did."""
    store = open_store(folder / "store.sqlite")
    rater = 1
    backup = StoreBackup(store, REPO, every_minutes=60)
    while not hasattr(backup, "last_future"):  # the scheduler's thread sets it
        time.sleep(0.01)
    pushes = [backup.last_future.result(30) is not None, backup.trigger().result(30) is not None]
    task = next_task(store, rater)
    submit(store, rater, task.assignment_id, answer_to(task, 2, comment="\u00e9 <b>"))
    pushes += [backup.trigger().result(30) is not None, backup.trigger().result(30) is not None]
    revise(store, rater, task.assignment_id, answer_to(task, 4), revision=1)
    backup.finish()
    stopped = backup.trigger().result(30)
    print(json.dumps({"pushes": pushes, "stopped": stopped, "id": store_id(store)}))


def restore(folder):
    """Bring it back elsewhere; try what must not be done."""
    place = folder / "elsewhere" / "store.sqlite"
    place.parent.mkdir()
    facts = {"missing": restore_store("me/nothing", place), "empty": restore_store("me/empty", place)}
    facts["found"] = restore_store(REPO, place)
    old, store = open_store(folder / "store.sqlite"), open_store(place)
    facts["ratings"] = [row.overall for row in read_ratings(store, standings=("counted", "revised"))]
    facts["id"] = store_id(store)
    facts["same_secret"] = session_secret(store) == session_secret(old)
    facts["pictures"] = sorted(path.name for path in (place.parent / "pictures").iterdir())
    facts["left"] = sorted(path.name for path in place.parent.iterdir() if path.name.startswith(".restoring"))
    other = make_store(folder / "other.sqlite").store
    behind = open_store(folder / "before.sqlite")
    facts["other"] = refused(StoreBackup, other, REPO, every_minutes=60)
    facts["behind"] = refused(StoreBackup, behind, REPO, every_minutes=60)
    facts["public"] = refused(StoreBackup, store, "me/public", every_minutes=60)
    facts["foreign"] = refused(StoreBackup, store, "somebody/ratings", every_minutes=60)
    facts["no_store"] = refused(restore_store, "me/no-store", folder / "elsewhere" / "b.sqlite")
    (folder / "elsewhere" / "c.sqlite-wal").write_bytes(b"x")
    facts["leftover"] = refused(restore_store, REPO, folder / "elsewhere" / "c.sqlite")
    facts["no_folder"] = refused(restore_store, REPO, folder / "nowhere" / "d.sqlite")
    print(json.dumps(facts))


def unreadable(folder):
    """The Hub does not say whether there is a copy."""
    print(json.dumps(refused(restore_store, REPO, folder / "e.sqlite")))


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
