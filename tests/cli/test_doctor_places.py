import http.server
import os
import threading

import datasets
import huggingface_hub
import pytest

from evalmuse_hf.cli.doctor_places import cache_folders, examine_place, is_offline, offline_variables, try_hub


@pytest.fixture
def server(monkeypatch):
    """A Hub of this machine that answers with a status."""

    def serve(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        started = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=started.serve_forever, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{started.server_port}")
        stopped.append(started)

    stopped = []
    yield serve
    for started in stopped:
        started.shutdown()
        started.server_close()


def test_the_caches_are_those_that_the_libraries_use():
    caches = cache_folders()
    assert caches["HF_HUB_CACHE"] == huggingface_hub.constants.HF_HUB_CACHE
    assert caches["HF_DATASETS_CACHE"] == str(datasets.config.HF_DATASETS_CACHE)
    assert caches["HF_MODULES_CACHE"] == str(datasets.config.HF_MODULES_CACHE)


def test_a_folder_is_counted_without_what_its_links_lead_to(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a").write_bytes(b"0" * 1000)
    (tmp_path / "inner" / "b").write_bytes(b"0" * 500)
    (tmp_path / "inner" / "link").symlink_to(tmp_path / "a")
    (tmp_path / "round").symlink_to(tmp_path)
    place = examine_place(tmp_path, seconds=10)
    assert (place.size_bytes, place.is_whole, place.is_writable) == (1500, True, True)
    assert place.free_bytes > 0


def test_a_folder_that_is_not_there_yet_is_judged_by_what_it_will_be_in(tmp_path):
    place = examine_place(tmp_path / "not" / "yet", seconds=1)
    assert (place.size_bytes, place.is_whole, place.is_writable) == (0, True, True)
    (tmp_path / "file").touch()
    assert not examine_place(tmp_path / "file" / "below", seconds=1).is_writable


def test_counting_stops_when_its_time_is_over(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b").write_bytes(b"0" * 500)
    place = examine_place(tmp_path, seconds=-1)
    assert (place.size_bytes, place.is_whole) == (0, False)


def test_a_folder_that_cannot_be_read_has_no_size(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert examine_place(tmp_path, seconds=1).size_bytes is None


def test_without_a_home_the_folders_have_names_still(monkeypatch):
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where neither HOME nor an account is known
    assert cache_folders()["HF_HOME"] == "~/.cache/huggingface"


@pytest.mark.parametrize("value, expected", [("1", True), ("true", True), ("0", False), (None, False)])
def test_the_offline_variables_are_read_as_the_hub_reads_them(value, expected, monkeypatch):
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if value is not None:
        monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert is_offline(offline_variables()) is expected


@pytest.mark.parametrize("status", [200, 403])
def test_a_hub_that_answers_whatever_it_says_can_be_reached(server, status):
    server(status)
    assert try_hub() is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no address"])
def test_a_hub_that_does_not_answer_is_named(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    reason = try_hub()
    assert reason.startswith(f"{address} cannot be reached (")
    assert all(name in reason for name in ("HTTPS_PROXY", "HF_ENDPOINT", "HF_HUB_OFFLINE=1"))
