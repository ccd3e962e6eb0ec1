import json
import runpy
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from evalmuse_hf.data.push_plan import PublishingError, plan_push, split_front_matter

WRITE = runpy.run_path(str(Path(__file__).parents[1] / "hub" / "built_folder.py"))["write_built_folder"]
SHARD = "data/train-00001-of-00003.parquet"


@pytest.fixture
def built(tmp_path):
    return WRITE(tmp_path / "evalmuse-40k")


def change_build(folder: Path, change) -> None:
    build = json.loads((folder / "build.json").read_text("utf-8"))
    change(build)
    (folder / "build.json").write_text(json.dumps(build), "utf-8")


def change_card(folder: Path, change) -> None:
    metadata, _ = split_front_matter(folder / "README.md")
    change(metadata)
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(metadata)}---\n\n# page\n", "utf-8")


def test_a_plan_lists_the_card_the_record_of_the_build_and_its_parquet_files(built):
    plan = plan_push(built, "me/evalmuse-40k")
    shards = [f"data/train-0000{shard}-of-00003.parquet" for shard in range(3)]
    assert [file.path for file in plan.files] == [
        *("README.md", "build.json"),
        *shards,
        "prompts/train-00000-of-00001.parquet",
    ]
    assert [file.rows for file in plan.files] == [None, None, 4, 4, 4, 2]
    assert plan.size == sum((built / file.path).stat().st_size for file in plan.files)
    assert plan.url.endswith("/datasets/me/evalmuse-40k")
    assert plan.left_out == ()


def test_caches_journals_locks_and_notes_stay_where_they_are(built):
    for name in (".build/shard-0.json", ".cache/huggingface/x", ".build.lock", "data/.hidden/y", "notes.txt"):
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).write_text("mine", "utf-8")
    plan = plan_push(built, "me/evalmuse-40k")
    assert plan.left_out == (".build/", ".cache/", ".build.lock", "notes.txt", "data/.hidden/")
    assert len(plan.files) == 6


@pytest.mark.parametrize("repo", ["evalmuse-40k", "me/", "me/a/b", "me/a--b", "me/..", "https://hub/me/a", "me/a b"])
def test_a_name_that_is_no_repository_is_refused(built, repo):
    with pytest.raises(PublishingError, match="is no id of a repository; expected OWNER/NAME"):
        plan_push(built, repo)


@pytest.mark.parametrize("name", ["README.md", "build.json", SHARD])
def test_a_folder_with_a_missing_file_is_refused(built, name):
    (built / name).unlink()
    with pytest.raises(PublishingError, match=f"is no complete build: {name} is missing. Build it with `evalmuse"):
        plan_push(built, "me/x")


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(PublishingError, match=r"is no complete build: build\.json is missing"):
        plan_push(tmp_path / "absent", "me/x")


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", r"build\.json is not JSON"),
        ("[]", r"build\.json does not have format 1"),
        ('{"format": 2}', r"build\.json does not have format 1"),
        ('{"format": 1, "splits": {"train": {}}}', r"build\.json names no files"),
        ('{"format": 1, "files": {"a": {}}}', r"build\.json names no splits"),
        ('{"format": 1, "files": {"a": 3}, "splits": {"train": 3}}', "a is missing"),
        (f'{{"format": 1, "files": {{"{SHARD}": {{}}}}, "splits": {{"train": 3}}}}', "not in the form that a build"),
    ],
)
def test_a_record_of_the_build_in_another_form_is_refused(built, text, message):
    (built / "build.json").write_text(text, "utf-8")
    with pytest.raises(PublishingError, match=message):
        plan_push(built, "me/x")


@pytest.mark.parametrize("text", ["", "# page\n", "---\n- a\n---\n", "---\na: [\n---\n", "x\n---\na: 1\n---\n"])
def test_a_card_without_front_matter_is_refused(built, text):
    (built / "README.md").write_text(text, "utf-8")
    with pytest.raises(PublishingError, match=r"README\.md does not begin with YAML between two lines `---`"):
        plan_push(built, "me/x")


def test_a_file_of_another_size_is_refused(built):
    with (built / SHARD).open("ab") as file:
        file.write(b"x")
    with pytest.raises(PublishingError, match=rf"{SHARD} has \d+ bytes, expected \d+"):
        plan_push(built, "me/x")


def test_a_file_that_is_not_parquet_is_refused(built):
    (built / SHARD).write_bytes(bytes((built / SHARD).stat().st_size))
    with pytest.raises(PublishingError, match=f"{SHARD} is not readable as Parquet"):
        plan_push(built, "me/x")


def test_rows_that_the_footers_do_not_hold_are_refused(built):
    change_build(built, lambda build: build["files"][SHARD].update(rows=5))
    with pytest.raises(PublishingError, match=rf"build.json, file '{SHARD}' promises 5 rows and the .* hold 4"):
        plan_push(built, "me/x")


def test_pairs_that_the_record_counts_otherwise_are_refused(built):
    change_build(built, lambda build: build["splits"]["train"].update(pairs=13))
    with pytest.raises(PublishingError, match=r"build.json, split 'train' promises 13 rows and the .* hold 12"):
        plan_push(built, "me/x")


def test_a_card_that_promises_other_rows_is_refused(built):
    change_card(built, lambda card: card["dataset_info"][1]["splits"][0].update(num_examples=3))
    with pytest.raises(PublishingError, match=r"README.md, config 'prompts', split 'train' promises 3 rows .* hold 2"):
        plan_push(built, "me/x")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda card: card.pop("configs"), r"README.md names no `configs`"),
        (lambda card: card.pop("dataset_info"), r"has no `dataset_info` for the config 'pairs'"),
        (lambda card: card["dataset_info"].pop(), r"has no `dataset_info` for the config 'prompts'"),
        (lambda card: card["dataset_info"][0].pop("splits"), r"names the splits \['train'\] in `configs` and \[\]"),
        (lambda card: card["configs"][0].update(data_files="data/*.parquet"), "not in the form that a build writes"),
        (lambda card: card["configs"][0]["data_files"][0].update(path="other/*"), r"No file of .* matches 'other/\*'"),
        (lambda card: card["configs"][0]["data_files"][0].update(path="../*"), r"No file of .* matches '\.\./\*'"),
        (lambda card: card["configs"][0]["data_files"][0].update(path="/etc/*"), r"No file of .* matches '/etc/\*'"),
    ],
    ids=["no configs", "no info", "one info less", "no splits", "a bare pattern", "no match", "above", "absolute"],
)
def test_a_card_that_load_dataset_could_not_follow_is_refused(built, change, message):
    change_card(built, change)
    with pytest.raises(PublishingError, match=message):
        plan_push(built, "me/x")


def test_a_card_with_one_config_needs_no_list(built):
    def keep_pairs(card):
        card["configs"] = card["configs"][:1]
        card["dataset_info"] = card["dataset_info"][0]

    change_card(built, keep_pairs)
    assert len(plan_push(built, "me/x").files) == 6


def test_a_shard_of_another_build_is_refused(built):
    pq.write_table(pa.table({"image_path": ["a"]}), built / "data" / "train-00000-of-00001.parquet")
    with pytest.raises(PublishingError, match=r"data/train-00000-of-00001.parquet matches the config 'pairs' .* not"):
        plan_push(built, "me/x")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "data/../../secret", "a\\b"])
def test_a_record_that_names_files_outside_the_folder_is_refused(built, path):
    (built.parent / "secret").write_text("x", "utf-8")
    change_build(built, lambda build: build["files"].update({path: {"rows": 1, "bytes": 1}}))
    with pytest.raises(PublishingError, match="leads out of it"):
        plan_push(built, "me/x")


@pytest.mark.parametrize("name", [SHARD, "README.md"])
def test_a_link_is_refused(built, name):
    moved = built.parent / "moved"
    (built / name).rename(moved)
    (built / name).symlink_to(moved)
    with pytest.raises(PublishingError, match=f"'{name}' leads out of it"):
        plan_push(built, "me/x")
