"""Pages of the API: every package with an `__all__`, read as text; nothing is imported."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "evalmuse_hf"
# What these hold is used through `evalmuse_hf.meta_evaluation` and through `evalmuse space`.
INNER = (
    "evalmuse_hf.meta_evaluation.benchmarks",
    "evalmuse_hf.meta_evaluation.evaluation_report",
    "evalmuse_hf.pages",
)


@functools.cache
def exporting_packages() -> tuple[str, ...]:
    """Dotted names of the packages that say what they export, the whole first."""
    found = [path.parent for path in PACKAGE.rglob("__init__.py") if exported_names(path)]
    names = [".".join(folder.relative_to(ROOT).parts) for folder in sorted(found)]
    return tuple(name for name in names if not name.startswith(INNER))


def exported_names(path: Path) -> list[str]:
    """The `__all__` of a file; empty if it has none."""
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]:
            return [name for name in ast.literal_eval(node.value) if not name.startswith("__")]
    return []


def page_name(package: str) -> str:
    """File of a package's page among the sources of the site."""
    return f"reference/api/{package.partition('.')[2] or 'evalmuse_hf'}.md"


def api_page(package: str) -> str:
    """Markdown of a package's page: what it is, every name in a line, and each with its docstring.

    A name that a package inside this one exports as well is described on that one's page, and linked here.
    """
    path = _file_of(package)
    homes = dict(_homes(path, package))
    names = exported_names(path)
    lines = [f"# {package}", "", _docstring(path), "", "| name | |", "|---|---|"]
    for name in sorted(names, key=str.lower):
        lines.append(f"| [`{name}`][{homes[name]}.{name}] | {_summary(homes[name], name)} |")
    for home in dict.fromkeys(homes[name] for name in names):
        members = [name for name in names if homes[name] == home and _describing_package(home, name) in (package, "")]
        if members:
            words = _docstring(_file_of(home)).split("\n\n")[0] if home != package else ""
            lines += ["", f"## {home.removeprefix(f'{package}.')}", "", words]
            lines += [f"\n::: {home}.{name}\n    options:\n      heading_level: 3" for name in members]
    return "\n".join(lines) + "\n"


def _describing_package(home: str, name: str) -> str:
    """The innermost package around a module that exports this name of it; empty if none does."""
    around = [package for package in exporting_packages() if home == package or home.startswith(f"{package}.")]
    return max((package for package in around if name in exported_names(_file_of(package))), key=len, default="")


def _homes(path: Path, package: str) -> Iterator[tuple[str, str]]:
    """Each name of an `__init__` with the module that defines it."""
    top = _tree(path).body
    for_types = [node for block in top if isinstance(block, ast.If) for node in block.body]
    for node in [*top, *for_types]:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evalmuse_hf"):
            yield from ((alias.asname or alias.name, _home(node.module or "", alias.name)) for alias in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, package
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, package) for target in targets if isinstance(target, ast.Name))


def _home(module: str, name: str) -> str:
    """Follow a name through packages that only pass it on."""
    path = _file_of(module)
    return dict(_homes(path, module)).get(name, module) if path.name == "__init__.py" else module


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"


def _docstring(path: Path) -> str:
    return ast.get_docstring(_tree(path)) or ""


def _summary(home: str, name: str) -> str:
    """First sentence about a name, as a cell of a table."""
    for node in _tree(_file_of(home)).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            words = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
            return re.sub(r":math:`([^`]*)`", r"`\1`", words).replace("|", "\\|")
    return "a constant"
