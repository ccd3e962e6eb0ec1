"""The page on differences from the official code names every place that has the switch."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility.md"


def places(tree: ast.AST, around: str = "") -> Iterator[str]:
    """Public functions and classes that take `compat`; for a constructor the name of its class."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            name = around if node.name == "__init__" else node.name
            arguments = [*node.args.args, *node.args.kwonlyargs]
            if any(argument.arg == "compat" for argument in arguments) and not name.startswith("_"):
                yield name
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "compat":
            yield around
        elif isinstance(node, ast.ClassDef):
            yield from places(node, node.name)


def test_every_function_and_class_with_the_switch_is_in_the_table():
    sources = [path.read_text("utf-8") for path in (ROOT / "evalmuse_hf").rglob("*.py")]
    found = {name for source in sources if "compat" in source for name in places(ast.parse(source))}
    assert {"load_scorer", "AlignmentCollator", "FGATrainingArguments", "plcc", "read_dsg", "read_rows"} <= found
    table = PAGE.read_text("utf-8").partition("|---|")[2].partition("\n\n")[0]
    named = set(re.findall(r"\w+", " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))))
    assert found - named == set()
