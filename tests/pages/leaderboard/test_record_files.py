import os
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from evalmuse_hf.pages.leaderboard import record_files
from evalmuse_hf.pages.leaderboard.record_files import SourceError, choose_files, download_records, read_folder


def test_json_files_are_found_in_folders_of_the_folder(tmp_path):
    (tmp_path / "june").mkdir()
    (tmp_path / "june" / "a.json").write_bytes(b"{}")
    (tmp_path / "B.JSON").write_bytes(b"[]")
    (tmp_path / "notes.txt").write_bytes(b"x")
    os.symlink(tmp_path, tmp_path / "again")  # a loop, which is not followed
    os.symlink(tmp_path / "gone", tmp_path / "c.json")
    files = read_folder(tmp_path)
    assert files.contents == {"B.JSON": b"[]", "june/a.json": b"{}"}
    assert [(one.key, one.reason) for one in files.left_out] == [("c.json", "It is no file that can be read.")]


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(SourceError, match="There is no folder"):
        read_folder(tmp_path / "gone")


def test_too_large_files_and_too_many_are_left_out_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(record_files, "MAX_FILES", 2)
    chosen, left_out = choose_files({"a.json": 4_000_001, "b.json": 1, "c.json": 4_000_000, "d.json": 1})
    assert chosen == ("b.json", "c.json")
    assert [one.key for one in left_out] == ["a.json", "d.json"]
    assert "4,000,001 bytes" in left_out[0].reason
    assert "too many records" in left_out[1].reason


def test_all_together_have_a_limit_and_a_long_list_is_summed_up():
    chosen, left_out = choose_files({f"{number:03}.json": 4_000_000 for number in range(100)})
    assert len(chosen) == 16  # of 4 MB each, in 64 MB
    assert len(left_out) == 51
    assert left_out[-1].reason.startswith("Another 34 are left out")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hub with one data set, in a folder; what was asked of it."""
    asked = []
    state = SimpleNamespace(asked=asked, error=None, files={"a.json": 2, "big.json": 9_000_000, "x[1].json": 2})

    def dataset_info(self, repository, *, files_metadata):
        if state.error:
            raise state.error
        siblings = [SimpleNamespace(rfilename=name, size=size) for name, size in state.files.items()]
        return SimpleNamespace(sha="0f", siblings=[*siblings, SimpleNamespace(rfilename="README.md", size=5)])

    def snapshot_download(repository, **options):
        asked.append((repository, options))
        if options.get("local_files_only") and not state.files:
            raise LocalEntryNotFoundError("no")
        for name in ("a.json", "x[1].json", "big.json"):
            (tmp_path / name).write_bytes(b"{}")
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return state


def test_of_a_data_set_of_the_hub_only_small_json_files_are_fetched(hub):
    files = download_records("owner/name")
    ((repository, options),) = hub.asked
    assert repository == "owner/name"
    assert (options["repo_type"], options["revision"]) == ("dataset", "0f")
    assert options["allow_patterns"] == ["a.json", "x[[]1].json"]  # a name is no pattern
    assert sorted(files.contents) == ["a.json", "x[1].json"]
    assert [one.key for one in files.left_out] == ["big.json"]


def test_without_a_network_what_was_fetched_before_is_shown(hub):
    hub.error = OfflineModeIsEnabled("offline")
    assert "a.json" in download_records("owner/name").contents
    assert hub.asked[0][1]["local_files_only"]


def test_without_a_network_and_a_cache_the_sentence_says_what_to_do(hub):
    hub.error, hub.files = ConnectionError("no route"), {}
    with pytest.raises(SourceError, match="is not in the cache and the Hub cannot be reached; connect once"):
        download_records("owner/name")


def test_a_data_set_that_the_hub_does_not_give_is_named(hub):
    hub.error = HfHubHTTPError("no", response=SimpleNamespace(status_code=404, headers={}, request=None, text=""))
    with pytest.raises(SourceError, match=r"does not give the data set 'owner/name' \(404\)"):
        download_records("owner/name")


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "../etc", "https://huggingface.co/datasets/a/b", "a/b@main"])
def test_what_is_neither_a_folder_nor_a_name_of_the_hub_is_refused(name):
    with pytest.raises(SourceError, match="neither a folder nor a data set"):
        download_records(name)
