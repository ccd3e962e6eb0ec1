"""Find the server programs that some tests need, and install what is missing; `make test-servers` runs this file.

Nothing but the standard library is imported, so the tests' fixtures may import it at collection.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POSTGRES_PROGRAMS = ("initdb", "postgres", "pg_isready")
# Debian keeps the programs of a server out of PATH, one folder for each major version.
POSTGRES_VERSIONS = Path("/usr/lib/postgresql")
# Without this file Debian's package makes a cluster of its own and starts it on port 5432; ours needs neither.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/evalmuse-tests.conf")


def find_chromium() -> Path | None:
    """Path of the first Chromium or Chrome on PATH; None where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def find_postgres() -> Path | None:
    """Folder of PostgreSQL's server programs, of the newest version; None where there is none."""
    on_path = shutil.which("postgres")
    folders = sorted(POSTGRES_VERSIONS.glob("*/bin"), key=lambda folder: int_or_zero(folder.parent.name), reverse=True)
    folders += [Path(on_path).resolve().parent] if on_path else []
    complete = (folder for folder in folders if all((folder / name).is_file() for name in POSTGRES_PROGRAMS))
    return next(complete, None)


def int_or_zero(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def missing_packages() -> list[str]:
    """Debian packages whose programs are not on this machine."""
    packages = [] if find_postgres() else ["postgresql"]
    # The font is for screenshots: the browser's package brings none.
    return packages if find_chromium() else [*packages, "chromium", "fonts-liberation"]


def install(packages: Sequence[str]) -> str:
    """Install packages by apt-get. The answer is a sentence that says what is wrong, empty if nothing is."""
    wanted = f"The tests of servers need the Debian packages {', '.join(packages)}"
    if shutil.which("apt-get") is None:
        return f"{wanted}, and there is no apt-get here; install PostgreSQL's server and Chromium by hand."
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        return f"{wanted}, and only root may install them; run `sudo {' '.join(command)}`."
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n", "utf-8")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for step in (["apt-get", "update"], command):
            status = subprocess.run(step, env=environment, check=False).returncode
            if status:
                return f"{wanted}, and `{' '.join(step)}` failed with status {status}; its own words are above."
    finally:
        NO_CLUSTER.unlink()
    if absent := missing_packages():
        return f"{wanted}; they are installed, but the programs of {', '.join(absent)} are still not found."
    return ""


def main() -> str | None:
    """Install what is missing; the return value is for `sys.exit`."""
    packages = missing_packages()
    return (install(packages) or None) if packages else None


if __name__ == "__main__":
    sys.exit(main())
