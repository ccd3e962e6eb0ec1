"""Tutorials do what they say, and the notebook is that of its tutorial."""

import os
from pathlib import Path

import pytest

from tests.docs.tutorial_notebook import code_of, code_of_page, make_notebook
from tests.docs.tutorial_runner import TutorialError, compare, read_blocks, run_in_child, run_page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "quick_start.md", *sorted((DOCS / "tutorials").glob("*.md"))]
PAGE, NOTEBOOK = DOCS / "tutorials" / "own_pictures.md", DOCS / "notebooks" / "own_pictures.ipynb"


@pytest.mark.tutorial
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_runs_and_prints_what_the_page_shows(page, tmp_path):
    child = run_in_child(page, tmp_path)
    assert child.returncode == 0, child.stderr[-4000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_runs_something_shows_something_and_ends_with_where_to_go(page):
    blocks = read_blocks(page)
    assert sum(block.is_run for block in blocks) > 2
    assert any(block.mark == "shows" for block in blocks)
    headings = [line for line in page.read_text("utf-8").splitlines() if line.startswith("## ")]
    assert headings[-1] in ("## Where to go", "## What next")


def test_there_is_one_tutorial_for_each_kind_of_user():
    names = {"researcher", "own_pictures", "training", "ranking_generators", "new_benchmark"}
    assert {page.stem for page in PAGES} == {"quick_start", *names}


def test_the_notebook_is_what_its_tutorial_gives_today():
    made = make_notebook(PAGE.relative_to(DOCS.parent), NOTEBOOK.relative_to(DOCS.parent))
    advice = (
        "run `python tests/docs/tutorial_notebook.py docs/tutorials/own_pictures.md docs/notebooks/own_pictures.ipynb`"
    )
    assert NOTEBOOK.read_text("utf-8") == made, advice


def test_the_notebook_is_valid_and_has_the_code_that_the_test_of_its_tutorial_runs():
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert code_of(notebook) == code_of_page(PAGE)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")


@pytest.mark.parametrize(
    "page, problem",
    [
        ("```sh\nfalse\n```\n", "page.md:1"),
        ("```python\nprint(1 / 0)\n```\n", "ZeroDivisionError"),
        ("```sh\nevalmuse score missing.csv --model mini\n```\n", "ended with status 2"),
        ("```sh\nexit 3 | cat\nls nowhere\n```\n", "nowhere"),
        ("```python\nprint(2)\n```\n\n<!-- shows -->\n```text\n3\n```\n", "the page shows"),
        ("```yaml\na: 1\n```\n", "has no mark"),
        ("<!-- not run -->\n```sh\nfalse\n```\n", "is none of"),
        ("  ```sh\n  true\n  ```\n```sh\ntrue\n", "unclosed"),
        ("```sh\nls\n```\n\n<!-- shows -->\n```text\n...\nSRCC ...\n```\n", "page.md:6: no line shown here"),
        ("<!-- shows -->\n```text\n3\n```\n", "is not executed"),
        (
            "```sh\necho 3\n```\n<!-- not run: slow -->\n```sh\necho 4\n```\n<!-- shows -->\n```text\n3\n```\n",
            "page.md:9: the block before what is shown here is not executed",
        ),
        (
            "```sh\necho 3\n```\n<!-- file: a.txt -->\n```text\n4\n```\n<!-- shows -->\n```text\n3\n```\n",
            "is not executed",
        ),
    ],
)
def test_a_page_that_does_not_do_what_it_says_is_found(page, problem, tmp_path, monkeypatch):
    (tmp_path / "page.md").write_text(page)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TutorialError, match=problem):
        run_page(tmp_path / "page.md")


def test_blocks_share_names_files_are_written_and_reasons_skip(tmp_path, monkeypatch, capsys):
    (tmp_path / "page.md").write_text(
        "<!-- file: a.txt -->\n```text\nred\n```\n\n```python\nword = open('a.txt').read().strip()\n```\n\n"
        "<!-- not run: never ends -->\n```sh\nsleep 1000\n```\n\n```python\nprint(word, 1 / 3)\n```\n\n"
        "<!-- shows -->\n```text\nred 0.333\n```\n\n```sh\necho $((1 + 1)) | cat\n```\n\n"
        "<!-- shows -->\n```text\n2\n```\n"
    )
    monkeypatch.chdir(tmp_path)
    run_page(tmp_path / "page.md", show=True)
    assert "red 0.333" in capsys.readouterr().out


@pytest.mark.parametrize(
    "shown, printed, missing",
    [
        ("a 0.50", "a 0.51", None),
        ("a 0.50", "a 0.53", "a 0.50"),
        ("SRCC 0.812 [...", "x\nSRCC   0.813  [0.1, 0.2]\n", None),
        ("12 rows", "13 rows", "12 rows"),
        ("a\nb", "b\na", "b"),
        ("a\n...\nc", "a\nb\nc", None),
        ("value nan", "value nan", None),
        ("a nan", "a 0.5", "a nan"),
        ("-0.27 x", "-0.28 x", None),
        ("0.27", "-0.27", "0.27"),
        ("1.5", "nan", "1.5"),
    ],
)
def test_shown_lines_have_to_follow_in_what_was_printed(shown, printed, missing):
    assert compare(shown, printed) == missing


def test_a_tutorial_sees_neither_the_network_nor_the_home_of_its_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nfrom os import environ\n\n"
        "print(environ['HF_HUB_OFFLINE'], environ.get('HF_TOKEN'), environ['HOME'])\n```\n"
        f"\n<!-- shows -->\n```text\n1 None {tmp_path}/home\n```\n\n"
        "```python\nimport socket\n\ntry:\n    socket.create_connection(('192.0.2.1', 80), timeout=0.1)\n"
        "except OSError as error:\n    print(type(error).__name__)\n```\n"
        "\n<!-- shows -->\n```text\nNetworkRefusedError\n```\n\n"
        "```sh\npython -c \"import socket; socket.getaddrinfo('huggingface.co', 443)\" 2>error.txt || echo status $?, "
        "$(grep -o '[A-Z]\\w*RefusedError' error.txt | head -n 1)\n```\n"
        "\n<!-- shows -->\n```text\nstatus 1, NetworkRefusedError\n```\n"
    )
    child = run_in_child(page, tmp_path)
    assert child.returncode == 0, child.stderr
    assert os.environ["HF_TOKEN"] == "secret"
