"""Pushing goes through the methods of transformers; the Hub here is a small server on this machine."""

import base64
import json
import re
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


@pytest.fixture
def hub(monkeypatch):
    """The server, with the files that were pushed in ``files``; libraries are told that this is the Hub."""
    import huggingface_hub
    from huggingface_hub import constants, hf_api

    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHub)
    server.files, server.objects = {}, {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    for module in (constants, hf_api):
        for name in ("ENDPOINT", "_HF_DEFAULT_ENDPOINT"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, server.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(hf_api.api, "endpoint", server.url)
    huggingface_hub.close_session()
    yield server
    huggingface_hub.close_session()
    server.shutdown()
    server.server_close()
    thread.join()


def test_model_and_processor_are_pushed_to_one_repository_and_load_from_its_files(
    hub, tiny_model, tiny_processor, tmp_path
):
    tiny_model.push_to_hub("me/tiny", token="hf_test")
    tiny_processor.push_to_hub("me/tiny", token="hf_test")
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= set(hub.files)
    assert {"processor_config.json", "preprocessor_config.json"} & set(hub.files)
    for name, content in hub.files.items():
        (tmp_path / name).write_bytes(content)
    model = FGABlip2ForAlignment.from_pretrained(tmp_path)
    torch.testing.assert_close(model.state_dict(), tiny_model.state_dict(), rtol=0, atol=0)
    prompts = ["a red cat on the table"]
    assert (
        FGABlip2Processor.from_pretrained(tmp_path)(prompts=prompts)["input_ids"]
        == tiny_processor(prompts=prompts)["input_ids"]
    )
