import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images import Preparation, read_picture
from evalmuse_hf.images.reading_process import ReadingProcess, serve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "picture \udcff.png"  # a name that is no UTF-8
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(path)
    return path


def read(process, source, **options):
    return process.read(source, **{"preparation": None, "timeout": 30.0, "wanted": lambda content: True, **options})


def test_a_process_reads_what_this_one_would(path):
    process = ReadingProcess()
    try:
        for source in (path, str(path), path.read_bytes(), {"bytes": path.read_bytes(), "path": "x.png"}):
            expected = read_picture(source, Preparation(3))
            got = read(process, source, preparation=Preparation(3))
            assert (got.content, got.problem) == (expected.content, None)
            assert np.array_equal(got.pixels, expected.pixels)
        assert read(process, "absent.png") == read_picture("absent.png")
        assert read(process, {"bytes": b"no", "path": "x.png"}) == read_picture({"bytes": b"no", "path": "x.png"})
    finally:
        process.close()


def test_its_time_begins_with_a_picture(path):
    process = ReadingProcess()
    process.check_time(time.monotonic() + 1e6)
    assert read(process, path).problem is None
    process.check_time(time.monotonic() + 1e6)
    assert not process.expired
    process.close()
    assert "its decoder died" in read(process, path)


@pytest.mark.parametrize(
    "source, can",
    [
        ("a.png", True),
        (b"a", True),
        ({"path": "a.png"}, True),
        ({"bytes": b"a"}, True),
        ({"path": 3}, False),
        (3, False),
    ],
    ids=["a path", "bytes", "a mapping with a path", "one with bytes", "one with a number", "a number"],
)
def test_it_says_what_can_be_sent(source, can):
    assert ReadingProcess.can_send(source) is can


def test_serving_ends_with_the_stream():
    sending = io.BytesIO()
    serve(io.BytesIO(b""), sending)
    assert sending.getvalue().endswith(b'{"ready": true}')


def test_neither_the_current_folder_nor_torch_is_imported(tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported from the current folder')")
    (tmp_path / "json.py").write_text("raise SystemExit('imported from the current folder')")
    program = (
        "import sys; from evalmuse_hf.images.reading_process import ReadingProcess\n"
        "assert 'torch' not in sys.modules\n"
        "process = ReadingProcess(); print(process.read('absent', None, timeout=30, wanted=bool)); process.close()"
    )
    words = [sys.executable, "-P", "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{program}"]
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True, env=variables)
    assert "there is no file at absent" in done.stdout


def test_a_process_that_cannot_begin_is_no_fault_of_a_picture(path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    process = ReadingProcess()
    with pytest.raises(RuntimeError, match="ended with status 1 before it had begun"):
        read(process, path)
    process.close()
