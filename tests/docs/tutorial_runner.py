"""Runs the code of a tutorial as a reader would, in an empty folder, without a network, and with an empty home.

    python tests/docs/tutorial_runner.py docs/tutorials/researcher.md [--show]

Fences with ``sh`` and ``python`` are executed in the order of the page. The line before a fence may hold a comment:

- ``<!-- not run: REASON -->`` leaves it out, and has to say why.
- ``<!-- file: NAME -->`` writes it to a file, whatever its language.
- ``<!-- shows -->`` compares it with what the block before it printed: every line has to stand there, in this order.
  ``...`` stands for anything, spaces count as one, and a number with a decimal point may be off by 2 % or by two units
  of its last digit. The block before it has to be one that was executed, and a line has to say something: hold a
  number, or no ``...``.

All Python blocks of a page share one process and its names. A shell block whose lines all begin with ``evalmuse``
calls the same function in that process; so does ``accelerate launch -m evalmuse_hf.training`` or ``python -m ...``
(one process, as both are without other options). Any other shell block goes to ``sh``, and fails where its first line
does.
"""

import argparse
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OFFLINE_MODULE = ROOT / "tests" / "offline"  # its sitecustomize.py refuses addresses beyond this machine
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
LAUNCHERS = (["accelerate", "launch", "-m", "evalmuse_hf.training"], ["python", "-m", "evalmuse_hf.training"])
FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]+) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
NUMBER = re.compile(r"-?\d*\.\d+")
MARKS = ("not run: ", "file: ", "shows")


@dataclass(frozen=True, slots=True)
class Block:
    """One fence of a page.

    Attributes:
        language: ``sh``, ``python``, or whatever stands behind the backticks.
        code: What is between them.
        line: Of the opening backticks in the page, from 1.
        mark: The comment before it; None without one.
    """

    language: str
    code: str
    line: int
    mark: str | None

    @property
    def is_run(self) -> bool:
        """Whether it is executed."""
        return self.mark is None and self.language in ("sh", "python")


class TutorialError(Exception):
    """A block that failed, or printed something else than the page shows; the message names page and line."""


def read_blocks(page: Path) -> list[Block]:
    """Find the fences of a page.

    Args:
        page: Markdown file.

    Raises:
        TutorialError: If a fence is neither code, nor marked; if a mark is not known or gives no reason; or if a
            block that shows an output does not follow one that is executed, or shows nothing that could be wrong.
    """
    text = page.read_text("utf-8")
    blocks: list[Block] = []
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        block = Block(match["language"], match["code"], line, match["mark"])
        if block.mark is None and not block.is_run:
            raise TutorialError(f"{page.name}:{line}: this fence is neither sh nor python, and has no mark.")
        if block.mark is not None and not block.mark.startswith(MARKS):
            raise TutorialError(f"{page.name}:{line}: the mark {block.mark!r} is none of {MARKS}.")
        if block.mark == "shows" and not (blocks and blocks[-1].is_run):
            raise TutorialError(f"{page.name}:{line}: the block before what is shown here is not executed.")
        if block.mark == "shows" and not any(map(_says_something, block.code.splitlines())):
            raise TutorialError(f"{page.name}:{line}: no line shown here has a number, or goes without `...`.")
        blocks.append(block)
    if 2 * len(blocks) != len(re.findall(r"^```", text, re.MULTILINE)):
        raise TutorialError(f"{page.name}: a fence is indented, unclosed, or of a language with other signs.")
    return blocks


def _says_something(line: str) -> bool:
    return bool(line.strip()) and ("..." not in line or re.search(r"\d", line) is not None)


def compare(shown: str, printed: str) -> str | None:
    """Find the first line of `shown` that does not follow in `printed`.

    Args:
        shown: A block of the page.
        printed: What came out.

    >>> compare("SRCC 0.812\\n...\\n2 rows", "scores\\nSRCC   0.813\\n\\n2 rows\\n")
    >>> compare("2 rows", "3 rows")
    '2 rows'
    """
    rest = [" ".join(line.split()) for line in printed.splitlines()]
    for line in shown.splitlines():
        wanted = " ".join(line.split())
        if wanted in ("", "..."):
            continue
        place = next((number for number, other in enumerate(rest) if _agree(wanted, other)), None)
        if place is None:
            return line
        del rest[: place + 1]
    return None


def _agree(wanted: str, printed: str) -> bool:
    pattern, numbers = "", []
    for part in re.split(rf"(\.\.\.|{NUMBER.pattern})", wanted):
        if part == "...":
            pattern += ".*"
        elif NUMBER.fullmatch(part):
            pattern += f"({NUMBER.pattern})"
            numbers.append(part)
        else:
            pattern += re.escape(part)
    found = re.fullmatch(pattern, printed)
    return found is not None and all(map(_near, numbers, found.groups()))


def _near(shown: str, printed: str) -> bool:
    unit = 10.0 ** -len(shown.partition(".")[2])
    return abs(float(shown) - float(printed)) <= max(2.0001 * unit, 0.02 * abs(float(shown)))


def run_page(page: Path, *, show: bool = False) -> None:
    """Execute a page in the current folder.

    Args:
        page: Markdown file.
        show: Print every block with its output and the seconds of processors that it took.

    Raises:
        TutorialError: At the first block that fails or prints something else.
    """
    names: dict[str, Any] = {"__name__": "tutorial"}
    printed = ""
    for block in read_blocks(page):
        place = f"{page.name}:{block.line}"
        if block.is_run:
            start = _cpu_seconds()
            printed = _run_block(block, names, place)
            if show:
                sys.stdout.write(f"--- {place} {_cpu_seconds() - start:.1f} s\n{block.code}>>>\n{printed}\n")
                sys.stdout.flush()
        elif block.mark is not None and block.mark.startswith("file: "):
            Path(block.mark.removeprefix("file: ")).write_text(block.code, "utf-8")
        elif block.mark == "shows" and (missing := compare(block.code, printed)) is not None:
            raise TutorialError(
                f"{place}: the page shows\n  {missing}\nwhich was not printed in this order:\n{printed}"
            )


def _cpu_seconds() -> float:
    """What this process and those that it waited for have used; on a busy machine the clock says less."""
    return sum(os.times()[:4])


def _run_block(block: Block, names: dict[str, Any], place: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            if block.language == "python":
                exec(compile(block.code, place, "exec"), names)
            else:
                _run_shell(block.code, output)
        except (Exception, SystemExit) as error:
            raise TutorialError(f"{place}: {type(error).__name__}: {error}\n{output.getvalue()}") from error
    return output.getvalue()


def _run_shell(code: str, output: io.StringIO) -> None:
    commands = [shlex.split(line, comments=True) for line in code.replace("\\\n", " ").splitlines()]
    commands = [words for words in commands if words]
    if re.search(r"[|<>;&$`]", code) is None and all(_is_ours(words) for words in commands):
        for words in commands:
            status = _call(words)
            if status != 0:
                raise TutorialError(f"`{shlex.join(words)}` ended with status {status}.")
        return
    child = subprocess.run(["sh", "-ec", code], capture_output=True, text=True, check=False)
    output.write(child.stdout)
    if child.returncode != 0:
        raise TutorialError(f"status {child.returncode}: {child.stderr[-2000:]}")


def _is_ours(words: Sequence[str]) -> bool:
    return words[0] == "evalmuse" or any(list(words[:4])[: len(launcher)] == launcher for launcher in LAUNCHERS)


def _call(words: Sequence[str]) -> int:
    if words[0] == "evalmuse":
        from evalmuse_hf.cli.main import main

        return main([*words[1:]])
    from evalmuse_hf.training.__main__ import main as train

    (launcher,) = (launcher for launcher in LAUNCHERS if list(words[: len(launcher)]) == launcher)
    return int(train([*words[len(launcher) :]]) or 0)


def run_in_child(page: Path, folder: Path, *, show: bool = False) -> "subprocess.CompletedProcess[str]":
    """Execute a page in a process of its own, which finds no file of this user by its home, and reaches no network.

    The variables keep libraries from asking; the module on the path makes every Python process refuse whoever does.

    Args:
        page: Markdown file.
        folder: Empty folder to work in.
        show: Let it print every block with its output.
    """
    work, home = folder / "work", folder / "home"
    for new in (work, home):
        new.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_", "EVALMUSE_"))}
    environment = {
        **kept,
        **dict.fromkeys(OFFLINE, "1"),
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join([str(OFFLINE_MODULE), str(ROOT)]),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    command = [sys.executable, str(Path(__file__).resolve()), str(page.resolve()), "--here", *["--show"] * show]
    return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute one page; status 1 and one message if it does not do what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("page", type=Path, help="Markdown file")
    parser.add_argument("--show", action="store_true", help="print every block with its output and CPU seconds")
    parser.add_argument("--here", action="store_true", help="in this process and folder, with this environment")
    args = parser.parse_args(arguments)
    if not args.here:
        with tempfile.TemporaryDirectory() as folder:
            child = run_in_child(args.page, Path(folder), show=args.show)
        sys.stdout.write(child.stdout)
        sys.stderr.write(child.stderr[-8000:])
        return child.returncode
    try:
        run_page(args.page, show=args.show)
    except TutorialError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
