"""A Hub in memory, on this machine: enough of its API for the clients that the tests start.

`HubStandIn` is a context manager. A test starts its client as a child process with `environment()`, because clients
read their endpoint when they are imported, or lets its own process be the client with `here()`, and looks at
`requests`, `objects` and `repositories` afterwards. Repositories may be models or data sets; their large files are
kept by their hash, as the Hub does.
"""

import base64
import hashlib
import json
import os
import re
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

OWNER = "me"
TOKEN = "hf_test"
LARGE = (".parquet", ".safetensors")
NO_COMMIT = "0" * 40


@dataclass
class Repository:
    """One repository at its newest commit.

    Attributes:
        files: Content of each file.
        hashes: SHA-256 of those that arrived by their hash.
        private: Whether it was made so.
        commit: Hash of the newest commit.
        n_commits: Commits so far.
        branches: Other branches, by name.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    private: bool = False
    commit: str = NO_COMMIT
    n_commits: int = 0
    branches: dict[str, "Repository"] = field(default_factory=dict)

    def entry(self, path: str) -> dict[str, Any]:
        """What the API says of one file."""
        content = self.files[path]
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry = {"type": "file", "path": path, "size": len(content), "oid": blob}
        if path in self.hashes:
            entry["lfs"] = {"oid": self.hashes[path], "size": len(content), "pointerSize": 130}
        return entry

    def entries(self, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        """Files and folders below a folder (the root is empty), as the API lists them."""
        start = f"{folder}/" if folder else ""
        found: dict[str, dict[str, Any]] = {}
        for path in sorted(self.files):
            if not path.startswith(start):
                continue
            parts = path.removeprefix(start).split("/")
            for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
                name = start + "/".join(parts[:depth])
                found[name] = {"type": "directory", "path": name, "oid": NO_COMMIT, "size": 0}
            if recursive or len(parts) == 1:
                found[path] = self.entry(path)
        return list(found.values())

    def apply(self, lines: list[dict[str, Any]], objects: dict[str, bytes]) -> None:
        """Make one commit of its operations."""
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
                self.hashes.pop(value["path"], None)
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = objects[value["oid"]]
                self.hashes[value["path"]] = value["oid"]
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]
                self.hashes.pop(value["path"], None)
        self.n_commits += 1
        self.commit = hashlib.sha1(json.dumps([self.commit, lines]).encode()).hexdigest()


class HubStandIn:
    """The server and what it holds.

    Attributes:
        repositories: By kind (``"models"`` or ``"datasets"``) and id.
        objects: Large files by their SHA-256; those of an unfinished push, too.
        requests: Method and path of each request, in order.
        refusals: Status to answer instead of the usual one, by the start of ``"METHOD /path"``.
        n_taken: Large files to take before the next one waits for ever; None takes all.
        waiting: Set when one waits.
    """

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.refusals: dict[str, int] = {}
        self.n_taken: int | None = None
        self.waiting = threading.Event()
        self._closing = threading.Event()

    def __enter__(self) -> "HubStandIn":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.hub = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def environment(self, **variables: str) -> dict[str, str]:
        """Variables for a child process that takes this server for the Hub.

        Args:
            **variables: More of them; an empty value removes one.
        """
        online = dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"), "0")
        chosen = {"HF_ENDPOINT": self.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", **online, **variables}
        return {name: value for name, value in {**os.environ, **chosen}.items() if value}

    @contextmanager
    def here(self, *, offline: bool = False, cache: Path | None = None, **variables: str) -> Iterator[None]:
        """Let this process take this server for the Hub, which spares the imports of a child.

        `huggingface_hub` looks at these settings when it is used; a library that copies them when it is imported, as
        `datasets` does, needs a child with `environment()`.

        Args:
            offline: Forbid requests.
            cache: Folder for what is fetched.
            **variables: More of them; an empty value removes one.
        """
        from huggingface_hub import constants, hf_api

        with pytest.MonkeyPatch.context() as patched:
            for name, value in {"HF_TOKEN": TOKEN, **variables}.items():
                patched.setenv(name, value) if value else patched.delenv(name, raising=False)
            address = variables.get("HF_ENDPOINT", self.url)
            template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address, 1)
            patched.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
            patched.setattr(constants, "ENDPOINT", address)
            patched.setattr(hf_api.api, "endpoint", address)
            if "transformers.utils.hub" in sys.modules:  # it keeps a client of its own, made at first use
                patched.setattr("transformers.utils.hub._hf_api", None)
            patched.setattr(constants, "HF_HUB_OFFLINE", offline)
            patched.setattr(constants, "HF_HUB_DISABLE_XET", True)
            if cache is not None:
                patched.setattr(constants, "HF_HUB_CACHE", str(cache))
            yield

    def uploads(self) -> list[str]:
        """Hashes of the large files that were sent, in order, also if they were sent twice."""
        return [path.rpartition("/")[2] for method, path in self.requests if method == "PUT"]

    def take(self, oid: str, content: bytes) -> None:
        """Keep one large file, or let its sender wait."""
        if self.n_taken is not None and len(self.objects) >= self.n_taken:
            self.waiting.set()
            self._closing.wait()
            return
        if hashlib.sha256(content).hexdigest() != oid:
            raise ValueError(f"{oid} came with other content")
        self.objects[oid] = content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""

    def answer(self) -> None:
        """Answer any request."""
        self.hub: HubStandIn = self.server.hub  # type: ignore[attr-defined]
        url = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(url.query)
        path = urllib.parse.unquote(url.path)
        body = self._read()
        self.hub.requests.append((self.command, path))
        for start, status in self.hub.refusals.items():
            if f"{self.command} {path}".startswith(start):
                return self._send(status, {"error": "refused by the test"})
        try:
            return self._route(path, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client was killed
            return None

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _send(self, status: int, reply: Any = None, *, content: bytes | None = None, **headers: str) -> None:
        body = json.dumps(reply).encode() if content is None else content
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if content is None else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _route(self, path: str, body: bytes) -> None:
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if match := re.fullmatch(r"/large/([0-9a-f]{64})", path):
            self.hub.take(match[1], body)
            return self._send(200, {})
        if re.fullmatch(r"/(datasets/)?[^/]+/[^/]+\.git/info/lfs/objects/batch", path):
            return self._batch(json.loads(body)["objects"])
        if match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/([\w-]+)(?:/([^/]+)(?:/(.*))?)?)?", path):
            return self._api(
                match[1], match[2], match[3] or "", revision=match[4] or "", folder=match[5] or "", body=body
            )
        if match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            return self._resolve("datasets" if match[1] else "models", match[2], match[3])
        return self._send(404, {"error": f"no route {path}"})

    def _create(self, asked: dict[str, Any]) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"error": "Invalid username or password."})
        owner = asked.get("organization") or OWNER
        if owner != OWNER:
            return self._send(403, {"error": f"no rights to create a repository under {owner}"})
        kind, name = f"{asked.get('type') or 'model'}s", f"{owner}/{asked['name']}"
        reply = {"url": f"{self.hub.url}/{'datasets/' if kind == 'datasets' else ''}{name}", "id": name, "name": name}
        if (kind, name) in self.hub.repositories:
            return self._send(409, {**reply, "error": "You already created this repository"})
        self.hub.repositories[kind, name] = Repository(private=asked.get("visibility") == "private")
        return self._send(200, reply)

    def _batch(self, asked: list[dict[str, Any]]) -> None:
        """Say where to send each large file, and nothing for those that are here."""
        actions = [
            {} if row["oid"] in self.hub.objects else {"upload": {"href": f"{self.hub.url}/large/{row['oid']}"}}
            for row in asked
        ]
        rows = [{**row, **({"actions": action} if action else {})} for row, action in zip(asked, actions, strict=True)]
        self._send(200, {"transfer": "basic", "objects": rows})

    def _api(self, kind: str, name: str, verb: str, *, revision: str, folder: str, body: bytes) -> None:
        repository = self.hub.repositories.get((kind, name))
        if repository is None:
            return self._send(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
        if verb == "preupload":
            return self._send(200, {"files": [self._mode(repository, row) for row in json.loads(body)["files"]]})
        if verb == "branch":
            new = Repository(files=dict(repository.files), hashes=dict(repository.hashes), commit=repository.commit)
            is_new = repository.branches.setdefault(revision, new) is new
            return self._send(200 if is_new else 409, {})
        if verb == "commit":
            repository = repository.branches.get(revision, repository)
            return self._commit(repository, name, [json.loads(line) for line in body.splitlines() if line.strip()])
        if verb == "tree":
            entries = repository.entries(
                folder, recursive=self.query.get("recursive", [""])[0].lower() in ("true", "1")
            )
            missing = bool(folder) and not entries
            return self._send(404, {}, X_Error_Code="EntryNotFound") if missing else self._send(200, entries)
        if verb == "paths-info":
            asked = json.loads(body) if body.startswith(b"{") else urllib.parse.parse_qs(body.decode())
            every = {entry["path"]: entry for entry in repository.entries("", recursive=True)}
            return self._send(200, [every[path.rstrip("/")] for path in asked["paths"] if path.rstrip("/") in every])
        if verb in ("", "revision"):
            siblings = [{"rfilename": path} for path in sorted(repository.files)]
            facts = {"id": name, "sha": repository.commit, "private": repository.private, "siblings": siblings}
            return self._send(200, {**facts, "tags": [], "disabled": False, "gated": False})
        return self._send(404, {"error": f"no route {verb}"}, X_Error_Code="EntryNotFound")

    @staticmethod
    def _mode(repository: Repository, row: dict[str, Any]) -> dict[str, Any]:
        path = row["path"]
        entry = repository.entry(path) if path in repository.files else {}
        oid = entry["lfs"]["oid"] if "lfs" in entry else entry.get("oid")
        mode = "lfs" if path.endswith(LARGE) else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid}

    def _commit(self, repository: Repository, name: str, lines: list[dict[str, Any]]) -> None:
        parent = next((line["value"].get("parentCommit") for line in lines if line["key"] == "header"), None)
        if parent not in (None, repository.commit):
            return self._send(412, {"error": "A commit has happened since."})
        repository.apply(lines, self.hub.objects)
        address = f"{self.hub.url}/{name}/commit/{repository.commit}"
        return self._send(200, {"success": True, "commitOid": repository.commit, "commitUrl": address})

    def _resolve(self, kind: str, name: str, path: str) -> None:
        repository = self.hub.repositories.get((kind, name))
        if repository is None:
            return self._send(404, {}, X_Error_Code="RepoNotFound")
        if path not in repository.files:
            return self._send(404, {}, X_Error_Code="EntryNotFound", X_Repo_Commit=repository.commit)
        content, entry = repository.files[path], repository.entry(path)
        oid = repository.hashes.get(path, entry["oid"])
        headers = {"ETag": f'"{oid}"', "X_Repo_Commit": repository.commit, "Accept_Ranges": "bytes"}
        if path in repository.hashes:
            headers |= {"X_Linked_Size": str(len(content)), "X_Linked_Etag": f'"{oid}"'}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            return self._send(200, content=content, **headers)
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        part = f"bytes {first}-{last}/{len(content)}"
        return self._send(206, content=content[first : last + 1], Content_Range=part, **headers)
