"""A page on a real server, in a folder of its own with a secret beside it, and a client that sends what it likes."""

import json
import os
import socket
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalmuse_hf.pages.frame import start_page
from tests.pages.batch_files import Brightness

SECRET = "hunter2-of-this-server"
META = {"meta": {"_type": "gradio.FileData"}}
_TIMEOUT_S = 60


@dataclass
class AttackedServer:
    """How to reach it, and what must not change."""

    app: Any
    scorer: Brightness
    address: str
    port: int
    client: Any
    base: Path
    secret: Path

    def url(self, path):
        return f"{self.address}gradio_api/{path}"

    def upload(self, name, content):
        """Upload a file, and spell it as a client does."""
        sent = self.client.post(self.url("upload"), files={"files": (name, content)})
        assert sent.status_code == 200, sent.text
        return {"path": sent.json()[0], "orig_name": name, **META}

    def call(self, data, *, api="batch"):
        """The event of an endpoint and its answer; of a request that is refused at the door, status and sentence."""
        sent = self.client.post(self.url(f"call/{api}"), json={"data": data})
        if sent.status_code != 200:
            return sent.status_code, sent.json()["detail"]
        lines = self.client.get(self.url(f"call/{api}/{sent.json()['event_id']}")).text.splitlines()
        return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))

    def join(self, fn_index, data, *, session):
        """Start what a button starts, as the page does it."""
        body = {"data": data, "fn_index": fn_index, "session_hash": session, "trigger_id": None}
        sent = self.client.post(self.url("queue/join"), json=body)
        assert sent.status_code == 200, sent.text
        return sent.json()["event_id"]

    def watch(self, session):
        """Messages of a session until what it started is complete."""
        messages = []
        with self.client.stream("GET", self.url("queue/data"), params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                if line.startswith("data: "):
                    messages.append(json.loads(line.removeprefix("data: ")))
                    if messages[-1]["msg"] == "process_completed":
                        break
        return messages

    def button(self, name):
        """Number of the event of a component with that ``elem_id``."""
        ids = {block_id for block_id, block in self.app.blocks.items() if getattr(block, "elem_id", None) == name}
        return next(index for index, fn in self.app.fns.items() if any(target[0] in ids for target in fn.targets))

    def is_well(self):
        """Whether an ordinary batch is scored."""
        from tests.pages.batch_files import png

        files = [self.upload("list.csv", b"image,prompt\na.png,a cat\n"), self.upload("a.png", png())]
        event, answer = self.call([files, None, False])
        return event == "complete" and answer[0]["scored"] == 1

    def outside(self):
        """Every file beside the folder of uploads, with its size."""
        uploads = Path(os.environ["GRADIO_TEMP_DIR"])
        return {
            str(path): path.stat().st_size if path.is_file() else None
            for path in self.base.rglob("*")
            if uploads not in (path, *path.parents) and "matplotlib" not in str(path)
        }


@contextmanager
def attacked_server(base, build):
    """Run a page in a folder of its own.

    Args:
        base: An empty folder.
        build: Makes the page of a scorer.
    """
    for name in ("uploads", "temp", "cwd"):
        (base / name).mkdir()
    import httpx

    secret = base / "secret.txt"
    secret.write_text(SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(base / "uploads"))
        patch.setattr(tempfile, "tempdir", str(base / "temp"))
        patch.chdir(base / "cwd")
        scorer = Brightness()
        app = build(scorer)
        with socket.socket() as attempt:
            attempt.bind(("127.0.0.1", 0))
            port = attempt.getsockname()[1]
        address = start_page(app, host="127.0.0.1", port=port)
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            yield AttackedServer(app, scorer, address, port, client, base, secret)
        app.close(verbose=False)


def wait_until(is_true, *, seconds=10):
    """Wait for what another thread does; fail if it does not."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
