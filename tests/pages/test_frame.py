import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalmuse_hf.pages import frame
from evalmuse_hf.scoring.serving import ServingError


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
