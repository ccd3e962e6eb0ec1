"""Turns a tutorial into a notebook: prose becomes Markdown cells, blocks become code cells, nothing is executed.

    python tests/docs/tutorial_notebook.py docs/tutorials/own_pictures.md docs/notebooks/own_pictures.ipynb

``sh`` becomes lines with ``!``, a block for a file begins with ``%%writefile``. What a page shows of an output is left
out, since a notebook shows its own; it is stored without outputs, so that the same page gives the same bytes.
"""

import argparse
import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.docs.tutorial_runner import FENCE, Block, read_blocks

LINK = re.compile(r"\]\((?P<target>[^)#:\s]+)(?P<anchor>#[^)]*)?\)")
ITSELF = re.compile(r"\s+The same \[as a\s+notebook\]\([^)]*\)\.")
NOTE = (
    "*Generated from the tutorial of the same name; `!` lines are commands of the shell. In a fresh environment, run "
    "`%pip install 'evalmuse-hf[prompts,spaces]'` first.*"
)


def make_notebook(page: Path, target: Path) -> str:
    """Write a page as a notebook and return its text.

    Args:
        page: Markdown file of a tutorial.
        target: Where the notebook will stand, which decides how its links begin.
    """
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = []
    for kind, text in _pieces(page):
        if kind == "code":
            cells.append(new_code_cell(text))
        elif text:
            cells.append(new_markdown_cell(_move_links(ITSELF.sub("", text), page, target)))
    cells.insert(1, new_markdown_cell(NOTE))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def code_of(notebook: Any) -> list[tuple[str, str]]:
    """Read the code cells of a notebook back into what `tutorial_runner` executes: language (or file) and code.

    Args:
        notebook: As nbformat reads it.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        source: str = cell["source"]
        if source.startswith("%%writefile "):
            first, _, rest = source.partition("\n")
            found.append((first.removeprefix("%%writefile "), rest))
        elif source.startswith("!"):
            found.append(("sh", "\n".join(line.removeprefix("!") for line in source.splitlines())))
        else:
            found.append(("python", source))
    return found


def code_of_page(page: Path) -> list[tuple[str, str]]:
    """The same of a page, with continued lines joined.

    Args:
        page: Markdown file of a tutorial.
    """
    kept = [block for block in read_blocks(page) if block.is_run or (block.mark or "").startswith("file: ")]
    return [
        (block.language if block.is_run else str(block.mark).removeprefix("file: "), _joined(block)) for block in kept
    ]


def _pieces(page: Path) -> Iterator[tuple[str, str]]:
    text, end = page.read_text("utf-8"), 0
    for block, match in zip(read_blocks(page), FENCE.finditer(text), strict=True):
        mark = block.mark or ""
        if mark.startswith("not run: "):  # stays in the prose, with its reason
            continue
        yield "prose", text[end : match.start()].strip()
        end = match.end()
        if block.is_run and block.language == "sh":
            yield "code", "\n".join(f"!{line}" for line in _joined(block).splitlines())
        elif block.is_run:
            yield "code", _joined(block)
        elif mark.startswith("file: "):
            yield "code", f"%%writefile {mark.removeprefix('file: ')}\n{_joined(block)}"
    yield "prose", text[end:].strip()


def _joined(block: Block) -> str:
    code = re.sub(r" *\\\n *", " ", block.code) if block.language == "sh" else block.code
    return code.rstrip("\n")


def _move_links(text: str, page: Path, target: Path) -> str:
    def move(match: "re.Match[str]") -> str:
        place = posixpath.join(page.parent.as_posix(), match["target"])
        return f"]({posixpath.relpath(place, target.parent.as_posix())}{match['anchor'] or ''})"

    return LINK.sub(move, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one notebook."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("page", type=Path, help="Markdown file of a tutorial")
    parser.add_argument("notebook", type=Path, help="file to write")
    args = parser.parse_args(arguments)
    args.notebook.write_text(make_notebook(args.page, args.notebook), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
