"""Pushing goes through the methods of transformers; the Hub here is a small server on this machine."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor

COMMIT = "0" * 40


class FakeHub(BaseHTTPRequestHandler):
    """Takes one repository: small files inside the commit, large ones by their hash."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """Stay quiet."""

    def read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def answer(self):
        path, content = self.path.split("?")[0], self.read()
        files, objects = self.server.files, self.server.objects
        reply = {}
        if path == "/api/repos/create":
            name = json.loads(content)["name"]
            reply = {"url": f"{self.server.url}/me/{name}", "id": f"me/{name}", "name": f"me/{name}"}
        elif "/preupload/" in path:
            names = [file["path"] for file in json.loads(content)["files"]]
            modes = {True: "lfs", False: "regular"}
            reply = {
                "files": [
                    {"path": name, "uploadMode": modes[name.endswith(".safetensors")], "shouldIgnore": False}
                    for name in names
                ]
            }
        elif path.endswith("/info/lfs/objects/batch"):
            asked = json.loads(content)["objects"]
            upload = {row["oid"]: {"upload": {"href": f"{self.server.url}/lfs/{row['oid']}"}} for row in asked}
            reply = {"transfer": "basic", "objects": [{**row, "actions": upload[row["oid"]]} for row in asked]}
        elif match := re.fullmatch("/lfs/([0-9a-f]{64})", path):
            objects[match[1]] = content
        elif "/commit/" in path:
            for line in map(json.loads, content.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    files[value["path"]] = objects[value["oid"]]
            reply = {"success": True, "commitOid": COMMIT, "commitUrl": f"{self.server.url}/me/tiny/commit/{COMMIT}"}
        elif path.startswith("/api/models/"):
            reply = {"id": "me/tiny", "sha": COMMIT, "siblings": []}
        missing = "/resolve/" in path
        body = b"" if missing else json.dumps(reply).encode()
        self.send_response(404 if missing else 200)
        if missing:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815


# The Hub's address is read when huggingface_hub is imported, so the push has a process of its own.
PUSH = """
import sys
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor

FGABlip2ForAlignment.from_pretrained(sys.argv[1]).push_to_hub("me/tiny", token="hf_test")
FGABlip2Processor.from_pretrained(sys.argv[1]).push_to_hub("me/tiny", token="hf_test")
"""


@pytest.fixture
def hub():
    """The server, with the files that were pushed in ``files``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHub)
    server.files, server.objects = {}, {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.slow
def test_model_and_processor_are_pushed_to_one_repository_and_load_from_its_files(
    hub, tiny_model, tiny_processor, tmp_path
):
    local, pushed = tmp_path / "local", tmp_path / "pushed"
    tiny_model.save_pretrained(local)
    tiny_processor.save_pretrained(local)
    online = dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), "0")
    environment = {**os.environ, **online, "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PUSH, local], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= set(hub.files)
    assert {"processor_config.json", "preprocessor_config.json"} & set(hub.files)
    pushed.mkdir()
    for name, content in hub.files.items():
        (pushed / name).write_bytes(content)
    model = FGABlip2ForAlignment.from_pretrained(pushed)
    torch.testing.assert_close(model.state_dict(), tiny_model.state_dict(), rtol=0, atol=0)
    prompts = ["a red cat on the table"]
    assert (
        FGABlip2Processor.from_pretrained(pushed)(prompts=prompts)["input_ids"]
        == tiny_processor(prompts=prompts)["input_ids"]
    )
