"""Reports of the comparison of scorers: ``python benchmarks/metrics_study.py --data PATH --write PAGE``.

Runs the two commands that ``docs/metrics_study.md`` shows and puts their output between the marks of
that page, PAGE (without ``--write`` it prints them). PATH is a folder with

- ``tifa160/human_annotations_with_scores.json`` (github.com/Yushi-Hu/tifa, Hu et al., 2023);
- ``dsg/tifa160-likert-anns.csv`` and ``dsg/*_dsg.csv`` (github.com/j-min/DSG, Cho et al., 2024).

Neither is part of this package; without ``--data`` only the embedded world is done. Four minutes on two cores.
"""

import argparse
import contextlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

from evalmuse_hf.cli.main import main as evalmuse

COMMANDS = {
    "tifa160 and dsg": ("study", "metrics", "--dataset", "tifa160=PATH/tifa160", "dsg=PATH/dsg", "--markdown"),
    "embedded": ("study", "metrics", "--markdown"),
}
"""By the name of the mark on the page; PATH stands for the folder."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the commands, print their output, and write it where that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, metavar="PATH", help="folder with the folders of both data sets")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the reports between the marks of this page")
    parser.add_argument("--quick", action="store_true", help="20 prompts and resamples, to see that it works")
    parser.add_argument("--only", choices=tuple(COMMANDS), help="one of the two")
    args = parser.parse_args(words)
    for name, command in COMMANDS.items():
        if args.only not in (None, name) or (args.data is None and any("PATH" in word for word in command)):
            continue
        report = run(command, args.data, quick=args.quick)
        print(report)
        if args.write:
            text = args.write.read_text("utf-8")
            args.write.write_text(put(text, name, report), encoding="utf-8")
    return 0


def run(command: Sequence[str], data: Path | None, *, quick: bool) -> str:
    """What a command prints, its headings two levels lower and without its title.

    Args:
        command: Words after `evalmuse`.
        data: What stands for PATH.
        quick: Whether to do as little as possible.
    """
    words = [word.replace("PATH", str(data)) for word in command]
    words += ["--quick", "--n-resamples", "20"] if quick else []
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = evalmuse([*words, "--device", "cpu"])
    if status:
        raise SystemExit(status)
    _, _, body = out.getvalue().partition("\n")
    return re.sub(r"^## ", "### ", body.strip(), flags=re.MULTILINE)


def put(page: str, name: str, report: str) -> str:
    """Replace what stands between two marks of a page.

    Args:
        page: The page.
        name: Of the marks.
        report: What shall stand there.

    """
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before, opened, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed:
        raise SystemExit(f"The page has no marks {begin} and {end}; put them where the report shall stand.")
    return f"{before}{begin}\n\n{report}\n\n{end}{after}"


if __name__ == "__main__":
    raise SystemExit(main())
