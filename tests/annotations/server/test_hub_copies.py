import json

import pytest
from huggingface_hub import HfApi

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.server.hub_copies import check_visibility, continues, explained, read_remote
from evalmuse_hf.annotations.server.stored_copies import LocalCopy
from tests.hub.stand_in import HubStandIn, Repository

FACTS = {"format": 1, "store_id": "a", "sha256": "b", "last_rating_id": 2, "last_event_id": 9, "instance": "c"}


@pytest.fixture
def hub():
    with HubStandIn() as hub, hub.here():
        hub.repositories["datasets", "me/ratings"] = Repository(private=True)
        yield hub


def test_a_data_set_says_what_it_holds(hub):
    files = hub.repositories["datasets", "me/ratings"].files
    assert (read_remote(HfApi(), "me/ratings"), read_remote(HfApi(), "me/nothing")) == (None, None)
    files["backup.json"] = json.dumps(FACTS).encode()
    found = read_remote(HfApi(), "me/ratings")
    assert (found.store_id, found.sha256, found.last_rating_id, found.instance) == ("a", "b", 2, "c")
    for odd in (b"x", b"[]", b"{}", json.dumps({**FACTS, "format": 2}).encode(), b'{"format": 1, "store_id": "a"}'):
        files["backup.json"] = odd
        with pytest.raises(StoreError, match="none of this version"):
            read_remote(HfApi(), "me/ratings")


def test_a_copy_continues_another_if_it_has_all_of_it(hub, tmp_path):
    files = hub.repositories["datasets", "me/ratings"].files
    files |= {"backup.json": json.dumps(FACTS).encode(), "ratings.jsonl": b"one\ntwo\n"}
    remote = read_remote(HfApi(), "me/ratings")

    def is_continued(text, last_rating=3, last_event=9):
        (tmp_path / "ratings.jsonl").write_bytes(text)
        copy = LocalCopy(folder=tmp_path, sha256="", last_rating_id=last_rating, last_event_id=last_event)
        return continues(HfApi(), "me/ratings", copy, remote)

    assert is_continued(b"one\ntwo\nthree\n")
    assert is_continued(b"one\ntwo\n", 2)
    assert not is_continued(b"one\n2\nthree\n")
    assert not is_continued(b"one\n", 1)
    assert not is_continued(b"one\ntwo\nthree\n", last_event=8)  # raters were added there


def test_what_everybody_can_read_is_refused_unless_it_is_meant(hub):
    hub.repositories["datasets", "me/public"] = Repository()
    check_visibility(HfApi(), "me/ratings", allow_public=False)
    check_visibility(HfApi(), "me/nothing", allow_public=False)
    check_visibility(HfApi(), "me/public", allow_public=True)
    with pytest.raises(StoreError, match="hashed tokens"):
        check_visibility(HfApi(), "me/public", allow_public=False)


def test_what_the_client_says_becomes_a_sentence(hub):
    with pytest.raises(StoreError, match=r"cannot be used at http.* \(no way\)"), explained("me/ratings"):
        raise OSError("no way\nnor two")


def test_a_hub_that_is_out_of_reach_is_a_sentence(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    api = HfApi(endpoint="http://127.0.0.1:1", token=False)
    match = r"cannot be reached \(.*check the network, or serve without --hub-backup"
    with pytest.raises(StoreError, match=match), explained("me/ratings"):
        api.repo_info("me/ratings", repo_type="dataset")
