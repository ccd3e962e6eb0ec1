"""The Hub is a small server on this machine; what loads from it, and what is killed, is a process of its own."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from evalmuse_hf.data import build_dataset
from evalmuse_hf.data.card_health import with_health
from evalmuse_hf.data.health import check_dataset
from evalmuse_hf.data.publishing import push_dataset
from evalmuse_hf.data.push_plan import PublishingError
from evalmuse_hf.mini import write_release

HUB = Path(__file__).parents[1] / "hub"
STAND_IN = runpy.run_path(str(HUB / "stand_in.py"))
WRITE = runpy.run_path(str(HUB / "built_folder.py"))["write_built_folder"]
REPO = "me/mine"
TIMEOUT = 300  # seconds; a child of a busy machine

PUSH = """
import json, sys
from evalmuse_hf.data.publishing import push_dataset
from evalmuse_hf.data.push_plan import PublishingError

try:
    report = push_dataset(sys.argv[1], sys.argv[2], private="private" in sys.argv, dry_run="dry" in sys.argv)
except PublishingError as error:
    sys.exit(str(error))
print(json.dumps({"commit": report.commit, "removed": report.removed}))
"""

LOAD_PICTURES = """
import sys
import datasets

whole = datasets.load_dataset(sys.argv[1], split="train")
streamed = list(datasets.load_dataset(sys.argv[1], split="train", streaming=True))
assert len(whole) == len(streamed)
for one, other in zip(whole, streamed):
    assert one["image"].tobytes() == other["image"].tobytes()
print(len(whole), whole[0]["image"].size)
"""

LOAD = """
import json, sys
import datasets

rows = {}
for config in ("pairs", "prompts"):
    for streaming in (False, True):
        split = datasets.load_dataset(sys.argv[1], config, split="train", streaming=streaming)
        rows[f"{config} {streaming}"] = [next(iter(row.values())) for row in split]
print(json.dumps(rows))
"""


@pytest.fixture
def hub():
    with STAND_IN["HubStandIn"]() as server:
        yield server


@pytest.fixture
def built(tmp_path):
    return WRITE(tmp_path / "evalmuse-40k")


def start(program: str, *words: object, environment: dict[str, str]) -> subprocess.Popen:
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def push(hub, folder: Path, *words: str, repo: str = REPO, offline: bool = False, **variables: str) -> tuple[str, str]:
    """What the program above would print to stdout and stderr."""
    try:
        with hub.here(offline=offline, **variables):
            report = push_dataset(folder, repo, private="private" in words, dry_run="dry" in words)
    except PublishingError as error:
        return "", str(error)
    return json.dumps({"commit": report.commit, "removed": report.removed}), ""


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(folder: Path) -> dict[str, bytes]:
    """The files, with the numbers of the health report in the card."""
    card = with_health((folder / "README.md").read_text("utf-8"), check_dataset(folder).as_json())
    return {**content_of(folder), "README.md": card.encode()}


def test_a_push_makes_the_repository_and_all_files_visible_in_one_commit(hub, built):
    (built / ".cache").mkdir()
    (built / ".cache" / "state").write_text("mine", "utf-8")
    printed, errors = push(hub, built)
    assert printed, errors
    repository = hub.repositories["datasets", REPO]
    expected = published(built)
    del expected[".cache/state"]
    assert repository.files == expected
    assert repository.n_commits == 1
    assert not repository.private
    assert json.loads(printed)["commit"].endswith(f"/commit/{repository.commit}")
    assert set(repository.hashes) == {path for path in expected if path.endswith(".parquet")}


def test_what_was_pushed_loads_whole_and_streaming(hub, built):
    printed, errors = push(hub, built)
    assert printed, errors
    printed, errors = start(LOAD, REPO, environment=hub.environment()).communicate(timeout=TIMEOUT)
    assert printed, errors
    rows = json.loads(printed)
    assert rows["pairs False"] == rows["pairs True"] == [f"pairs {n // 4} {n % 4} of 3" for n in range(12)]
    assert rows["prompts False"] == rows["prompts True"] == ["prompts 0 0 of 3", "prompts 0 1 of 3"]


@pytest.mark.slow
def test_the_command_publishes_a_built_release_whose_pictures_stream(hub, tmp_path):
    write_release(tmp_path / "raw", train_prompts=2, test_prompts=1, images_per_prompt=2, seed=0)
    build_dataset(tmp_path / "raw", tmp_path / "built", num_proc=1)
    command = [sys.executable, "-m", "evalmuse_hf.cli", "dataset", "push", tmp_path / "built", REPO, "--json"]
    done = subprocess.run(command, env=hub.environment(), capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["commit"].endswith(hub.repositories["datasets", REPO].commit)
    printed, errors = start(LOAD_PICTURES, REPO, environment=hub.environment()).communicate(timeout=TIMEOUT)
    assert printed.startswith("4 ("), errors


def test_a_push_that_was_killed_goes_on_without_sending_again_what_has_arrived(hub, built):
    hub.n_taken = 2
    child = start(PUSH, built, REPO, environment=hub.environment())
    assert hub.waiting.wait(TIMEOUT)
    child.kill()
    child.communicate()
    assert hub.repositories["datasets", REPO].n_commits == 0
    arrived = set(hub.objects)
    hub.n_taken = None
    sent_before = len(hub.uploads())
    printed, errors = push(hub, built)
    assert printed, errors
    sent_again = hub.uploads()[sent_before:]
    assert len(arrived) == len(sent_again) == 2
    assert not arrived & set(sent_again)
    assert hub.repositories["datasets", REPO].files == published(built)


def test_a_new_build_takes_the_place_of_the_old_one_and_leaves_the_rest(hub, built, tmp_path):
    push(hub, built)
    repository = hub.repositories["datasets", REPO]
    push(hub, built)
    assert repository.n_commits == 1  # nothing new
    mine = {"LICENSE": b"x", "extra/mine.parquet": b"y", "data/notes.md": b"z"}
    repository.files |= mine
    smaller = WRITE(tmp_path / "smaller", n_shards=2)
    printed, errors = push(hub, smaller)
    assert printed, errors
    assert json.loads(printed)["removed"] == [f"data/train-0000{shard}-of-00003.parquet" for shard in range(3)]
    assert repository.files == {**published(smaller), **mine}
    assert repository.n_commits == 2


def test_a_private_push_makes_a_private_repository_and_refuses_a_public_one(hub, built):
    push(hub, built, "private", repo="me/secret")
    assert hub.repositories["datasets", "me/secret"].private
    hub.repositories["datasets", REPO] = STAND_IN["Repository"]()
    _, errors = push(hub, built, "private")
    assert errors.strip().endswith("exists and is public; make it private in its settings, or push without --private.")
    assert hub.repositories["datasets", REPO].files == {}


def test_a_dry_run_sends_no_request_and_needs_no_token(hub, built):
    printed, errors = push(hub, built, "dry", offline=True, HF_TOKEN="")
    assert json.loads(printed) == {"commit": None, "removed": []}, errors
    assert hub.requests == []


def test_content_that_is_not_that_of_the_build_is_not_published(hub, built):
    build = json.loads((built / "build.json").read_text("utf-8"))
    build["files"]["data/train-00001-of-00003.parquet"]["sha256"] = "0" * 64
    (built / "build.json").write_text(json.dumps(build), "utf-8")
    _, errors = push(hub, built)
    assert "the content of data/train-00001-of-00003.parquet is not that of the build" in errors
    assert hub.repositories["datasets", REPO].files == {}


@pytest.mark.parametrize(
    "refusals, repo, variables, message",
    [
        ({}, REPO, {"HF_TOKEN": "hf_other"}, "does not accept the token; log in again with `hf auth login`."),
        (
            {},
            "you/mine",
            {},
            "The token may not write to you/mine; use one with write permission for 'you'",
        ),
        ({"POST /api/repos/create": 404}, REPO, {}, "has no user or organisation 'me' that this token may write to."),
        ({"POST /api/repos/create": 418}, REPO, {}, "answered 418"),
        ({"POST /api/validate-yaml": 400}, REPO, {}, "does not take me/mine: "),
        ({"PUT /large": 418}, REPO, {}, "What has arrived stays there; the same command goes on from it."),
        ({f"POST /api/datasets/{REPO}/commit": 412}, REPO, {}, "was changed by someone else during the upload; run"),
        ({}, REPO, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "http://127.0.0.1:9 cannot be reached ("),
    ],
    ids=["token", "owner", "no owner", "other", "card", "upload", "changed", "no server"],
)
def test_a_refusal_of_the_hub_is_one_sentence(hub, built, refusals, repo, variables, message):
    hub.refusals = refusals
    printed, errors = push(hub, built, repo=repo, **variables)
    assert not printed
    assert any(message in line for line in errors.splitlines())
    assert "Traceback" not in errors
    assert all(repository.files == {} for repository in hub.repositories.values())


def test_a_push_without_network_is_refused_before_anything_is_sent(built, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishingError, match=r"HF_HUB_OFFLINE=1 forbids to reach .* with --dry-run\."):
        push_dataset(built, REPO)


def test_a_push_without_token_says_how_to_get_one(built, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(PublishingError, match=r"No token for .*: log in with `hf auth login`, or set HF_TOKEN to one"):
        push_dataset(built, REPO)
