import asyncio
import os
import re
import stat
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalmuse_hf.pages import frame
from evalmuse_hf.scoring.addresses import ServingError


def test_the_package_can_be_imported_without_gradio():
    code = "import sys; sys.modules['gradio'] = None; import evalmuse_hf.pages.frame as frame\n"
    code += "try: frame.prepare_gradio()\nexcept ImportError as error: print(error)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert child.stdout.strip() == "A page in the browser needs `gradio`: pip install 'evalmuse-hf[spaces]'", child


def test_uploads_get_a_folder_that_only_this_user_reads(monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    frame.prepare_gradio.cache_clear()
    frame.prepare_gradio()
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    frame.prepare_gradio.cache_clear()
    frame.prepare_gradio()
    assert Path(os.environ["GRADIO_TEMP_DIR"]) == folder
    frame.prepare_gradio.cache_clear()


def test_what_a_killed_server_left_goes_when_the_next_one_starts(tmp_path, monkeypatch):
    left = tmp_path / "evalmuse-pages-12-abcdefgh"
    left.mkdir()
    os.utime(left, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    frame.prepare_gradio.cache_clear()
    frame.prepare_gradio()
    frame.prepare_gradio.cache_clear()
    assert [path.name for path in tmp_path.iterdir()] == [Path(os.environ["GRADIO_TEMP_DIR"]).name]


@pytest.mark.parametrize("keep_s", [1, 60, 3_600])
def test_uploads_are_deleted_before_their_time_is_over(keep_s):
    period, age = frame.block_options("a page", keep_uploads_s=keep_s)["delete_cache"]
    assert 0.8 * keep_s < period + age < keep_s  # a file that is a little too young waits for another round
    assert age > 0.8 * keep_s


@pytest.mark.parametrize("phase", [0.0, 0.5, 0.99])
def test_gradio_deletes_an_upload_within_its_time(tmp_path, monkeypatch, phase):
    from gradio import route_utils

    upload = tmp_path / "picture.png"
    upload.write_bytes(b"of a visitor")
    came = upload.stat().st_ctime
    period, age = frame.block_options("a page", keep_uploads_s=100)["delete_cache"]
    clock = [came - phase * period]  # of the last look before it came

    async def sleep(seconds):
        if not upload.exists():
            raise InterruptedError
        clock[0] += seconds

    now = SimpleNamespace(fromtimestamp=datetime.fromtimestamp, now=lambda: datetime.fromtimestamp(clock[0]))
    monkeypatch.setattr(route_utils, "datetime", now)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    blocks = SimpleNamespace(blocks={}, temp_file_sets=[{str(upload)}])
    with pytest.raises(InterruptedError):
        asyncio.run(route_utils.delete_files_on_schedule(SimpleNamespace(get_blocks=lambda: blocks), period, age))
    assert 80 < clock[0] - came < 100


def test_the_theme_asks_for_no_font_and_no_other_address():
    theme = frame.page_theme()
    css = theme._get_theme_css()
    assert theme.font == frame.SYSTEM_FONTS
    assert "@font-face" not in css
    assert re.findall(r"url\((?!\"data:)", css) == []
    assert theme._stylesheets == []


def test_nothing_but_what_visitors_sent_is_served_and_unforeseen_errors_stay_secret():
    options = frame.launch_options(css=".mine {}")
    assert options["css"].endswith(".mine {}")
    assert options["show_error"] is False
    assert "allowed_paths" not in options
    assert options["footer_links"] == ["api"]


def test_examples_for_programs_lie_beside_the_program():
    gradio = frame.prepare_gradio()
    one = frame.name_examples(gradio.Image(), "picture.png").example_inputs()
    assert (one["path"], one["url"]) == ("picture.png", "picture.png")
    two = frame.name_examples(gradio.File(file_count="multiple"), "pairs.csv", "pictures.zip").example_inputs()
    assert [file["url"] for file in two] == ["pairs.csv", "pictures.zip"]


def test_an_address_that_is_taken_is_refused_before_anything_starts():
    class Unstarted:
        def launch(self, **_):
            raise AssertionError("it was started")

    with pytest.raises(ServingError, match="from 1 to 65535, got 0"):
        frame.start_page(Unstarted(), port=0)


def test_a_page_that_finds_no_port_says_so():
    class NoPort:
        _queue = SimpleNamespace(is_guarded=True)

        def launch(self, **options):
            assert options["max_file_size"] == 20 * 1024**2
            raise OSError("Cannot find empty port in range")

    with pytest.raises(ServingError, match="The page cannot be started: Cannot find empty port"):
        frame.start_page(NoPort())


@pytest.mark.parametrize("takes_uploads", [True, False])
def test_a_page_says_whether_it_takes_files(takes_uploads):
    seen = []

    class Page:
        _queue = SimpleNamespace(is_guarded=True)

        def launch(self, *, app_kwargs, **_):
            seen.append(app_kwargs["middleware"][0].kwargs["uploads"])
            return None, "http://here/", None

    page = Page()
    if not takes_uploads:
        page.takes_uploads = False
    frame.start_page(page)
    assert seen == [takes_uploads]
