import os
import sys

import pytest

from tests.packaging import running_app
from tests.packaging.running_app import AppError, free_port, running

SERVER = """
import http.server, sys, threading
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def start(tmp_path):
    def start_program(program, *words):
        port = free_port()
        return running(
            "The program",
            [sys.executable, "-S", "-c", program, str(port), *words],
            port=port,
            cwd=tmp_path,
            variables={**os.environ, "PYTHONPATH": ""},
            log=tmp_path / "log.txt",
        )

    running_app.take_sigint()
    return start_program


def test_a_program_is_awaited_asked_and_ended_by_ctrl_c(start, tmp_path):
    (tmp_path / "index.html").write_text("<html>hello</html>")
    with start(SERVER, "0") as app:
        assert app.wait_until_ready(20) == "<html>hello</html>"
        app.end(20)
        assert app.process.returncode == 0


def test_a_program_that_ends_with_a_complaint_is_found(start):
    with start(SERVER, "3") as app:
        app.wait_until_ready(20)
        with pytest.raises(AppError, match="ended with status 3 after Ctrl-C"):
            app.end(20)


def test_a_program_that_ends_before_it_answers_is_found_at_once_with_what_it_said(start):
    with start("import sys; sys.exit('no model')") as app, pytest.raises(AppError, match="status 1:\nno model"):
        app.wait_until_ready(60)


def test_a_program_that_never_answers_is_given_up_and_does_not_outlive_the_block(start):
    with start("import threading; threading.Event().wait()") as app, pytest.raises(AppError, match="within 0 s"):
        app.wait_until_ready(0.2)
    assert app.process.returncode == -9
