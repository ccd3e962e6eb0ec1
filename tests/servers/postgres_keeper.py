"""Run one private PostgreSQL server for as long as the process that started this program lives.

The tests could die at any moment: by a time limit, by ``kill -9``, by a closed terminal. So the server belongs to this
program, which waits for the end of its standard input. Then, whatever ended it, it stops the server by its process id
and deletes the data folder. It prints one line of JSON: how to reach the server, or what went wrong.

    python postgres_keeper.py FOLDER_OF_THE_SERVER_PROGRAMS
"""

import contextlib
import json
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

USER = "evalmuse"
START_SECONDS = 60
STARTS = 5  # another program may take the free port before the server does
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "timezone": "UTC",
}


class ServerError(RuntimeError):
    """The server could not be started; the message is for the person who runs the tests."""


def account() -> Mapping[str, object]:
    """Whom the server runs as: PostgreSQL refuses root, so root hands it to the first of two powerless users."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise ServerError("PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody.")


def environment() -> dict[str, str]:
    """PATH alone: a PGPORT or PGDATA of the person who runs the tests means another server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def create(programs: Path, folder: Path, password: str, owner: Mapping[str, object]) -> None:
    """Make the data folder; only who knows the password may connect."""
    secret = folder / "password"
    secret.touch(0o600)
    secret.write_text(password, "utf-8")
    if owner:
        for path in (folder, secret):
            os.chown(path, owner["user"], owner["group"])
    options = ["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", "--pgdata", folder / "data", "--pwfile", secret, *options],
        **owner, cwd=folder, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    secret.unlink()
    if made.returncode:
        raise ServerError(f"PostgreSQL's initdb failed in {folder}: {made.stderr.strip()[-1000:]}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def answers(programs: Path, port: int) -> bool:
    asked = [programs / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
    return subprocess.run(asked, env=environment(), check=False).returncode == 0


def start(programs: Path, folder: Path, owner: Mapping[str, object]) -> tuple[subprocess.Popen, int]:
    """Start the server on a free port and wait until it takes connections."""
    for _ in range(STARTS):
        port = free_port()
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(port), *settings],
                **owner, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < end:
            if answers(programs, port):
                return server, port
            time.sleep(0.05)
        stop(server)
        words = (folder / "log").read_text("utf-8", "replace")
        if "Address already in use" not in words:
            break
    raise ServerError(f"PostgreSQL did not start; its log ends with: {words.strip()[-1000:]}")


def stop(server: subprocess.Popen) -> None:
    """Ask for a fast shutdown, then for an immediate one, then end the process."""
    for word, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        if server.poll() is not None:
            return
        server.send_signal(word)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(patience)


def wait_for_the_end(parent: int) -> None:
    """Return when standard input is closed, or, if a forked process still holds it, when the parent is gone."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], 1)[0]:
        pass


def main(programs: Path) -> int:
    """Keep a server; the status is 1 if it could not be started."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="evalmuse-postgres-"))
    server = None
    try:
        password = secrets.token_urlsafe(24)
        owner = account()
        create(programs, folder, password, owner)
        server, port = start(programs, folder, owner)
        facts = {"user": USER, "password": password, "port": port, "pid": server.pid, "folder": str(folder)}
        print(json.dumps(facts), flush=True)
        wait_for_the_end(parent)
    except ServerError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    finally:
        if server is not None:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
