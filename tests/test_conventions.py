"""The part of the house style that a machine can check. It reads the source; it imports next to nothing.

A number such as the length of a file is a prompt to look, never a reason to cut a thought in two: an exception goes
into the dictionary beside the check, with its reason. A rule is one test, which names all files that break it.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "evalmuse_hf"
TESTS = ROOT / "tests"

# A stage may import the stages before it and the leaves, never a stage after it.
STAGES = (
    *("schema", "elements", "prompts", "images", "annotations", "data", "mini", "models"),
    *("scoring", "training", "meta_evaluation", "ranking", "evaluation_modules", "pages", "cli"),
)
LEAVES = ("stats", "reports", "llm", "nearest", "optional")
FORBIDDEN_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py", "tools.py", "base.py"}
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# These load on a bare GPU image that has none of the packages below.
LEAN = ("schema", "stats", "elements", "images", "models", "scoring", "training/losses")
ABSENT_THERE = ("datasets", "evaluate", "gradio", "matplotlib")

SOURCES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def stage_of(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "cli" if part == "__main__" else part  # `python -m evalmuse_hf` is the command line


def files_of(part: str) -> list[Path]:
    return [path for path in SOURCES if path == PACKAGE / f"{part}.py" or PACKAGE / part in path.parents]


def imported_modules(path: Path) -> Iterator[str]:
    """Absolute names of everything that a file imports, at its top or inside a function."""
    package = [*path.relative_to(ROOT).parent.parts]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [] if node.level == 0 else package[: len(package) - node.level + 1]
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(TREES[path]) if isinstance(node, FUNCTION))


def refuse(violations: Iterable[str]) -> None:
    """Fail with a line for each violation."""
    lines = list(violations)
    assert not lines, "\n".join(["", *lines])


def dotted(node: ast.AST) -> str:
    """Spell an attribute chain such as ``np.random.normal``; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return f"{start}.{node.attr}"
    return ""


def test_every_module_belongs_to_a_known_stage():
    unknown = {stage_of(path) for path in SOURCES} - {*STAGES, *LEAVES, "__init__"}
    assert not unknown, f"Give {sorted(unknown)} a place in STAGES or LEAVES, and in the map of the README."


def test_imports_follow_the_data():
    refuse(misplaced_imports())


def misplaced_imports() -> Iterator[str]:
    for path in SOURCES:
        stage = stage_of(path)
        earlier = STAGES[: STAGES.index(stage)] if stage in STAGES else ()
        allowed = {stage, *LEAVES, *earlier} if stage in STAGES else {stage, "optional"}
        parts = [module.split(".") for module in imported_modules(path)]
        used = {part[1] for part in parts if part[0] == "evalmuse_hf" and len(part) > 1} - {"__version__"}
        if stage != "__init__" and used - allowed:
            yield f"{name_of(path)} imports {sorted(used - allowed)}, which come after {stage}."


def test_lean_modules_do_not_import_what_a_gpu_image_lacks():
    refuse(heavy_imports())


def heavy_imports() -> Iterator[str]:
    for path in (path for part in LEAN for path in files_of(part)):
        at_top = [node for node in TREES[path].body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in at_top if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in at_top if isinstance(node, ast.ImportFrom)}
        if found := {name.split(".")[0] for name in names} & set(ABSENT_THERE):
            yield f"{name_of(path)} imports {sorted(found)}; move the import into the function."


def test_lean_packages_load_where_those_are_absent():
    parts = [part.replace("/", ".") for part in LEAN if files_of(part)]
    program = (
        f"import importlib, sys\nsys.modules.update(dict.fromkeys({ABSENT_THERE!r}))\n"
        f"for part in {parts!r}: importlib.import_module('evalmuse_hf.' + part)"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert child.returncode == 0, child.stderr[-2000:]


def test_a_file_bears_the_name_of_its_noun():
    refuse(
        f"{name_of(path)}: name the file after the noun that it holds."
        for path in SOURCES
        if path.name in FORBIDDEN_NAMES
    )


def test_files_and_functions_are_short():
    refuse(long_files_and_functions())


def long_files_and_functions() -> Iterator[str]:
    for path in SOURCES:
        lines = len(path.read_text("utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            yield f"{name_of(path)} has {lines} lines; split it by noun."
        for function in functions_of(path):
            # Documentation is never too long: the docstring does not count.
            first = function.body[0]
            documentation = first.end_lineno - first.lineno + 1 if ast.get_docstring(function, clean=False) else 0
            length = function.end_lineno - function.lineno + 1 - documentation
            if length > MAX_FUNCTION_LINES:
                yield f"{name_of(path)}: {function.name} has {length} lines."


def test_an_init_file_is_a_table_of_contents():
    refuse(code_in_init_files())


def code_in_init_files() -> Iterator[str]:
    for path in SOURCES:
        if path.name != "__init__.py" or path.parent in (PACKAGE, PACKAGE / "data"):
            continue  # those two hold the lazy table, tested in test_init.py
        for node in TREES[path].body:
            documentation = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            contents = isinstance(node, ast.Assign) and [dotted(target) for target in node.targets] == ["__all__"]
            if not (isinstance(node, ast.Import | ast.ImportFrom) or documentation or contents):
                yield f"{name_of(path)}:{node.lineno} holds code; an __init__ holds imports and __all__."
        if not ast.get_docstring(TREES[path]):
            yield f"{name_of(path)} needs a sentence that says what the package is."


def test_every_module_has_a_test_file_in_the_same_place():
    refuse(untested_modules())


def untested_modules() -> Iterator[str]:
    for path in SOURCES:
        if path.name.startswith("__") or not any(functions_of(path)):
            continue  # constants and plain records: nothing runs
        relative = path.relative_to(PACKAGE)
        expected = TESTS / relative.with_name(f"test_{relative.name}")
        if not expected.is_file():
            yield f"{name_of(path)} has no {name_of(expected)}."


def test_predictions_and_references_are_keyword_only():
    refuse(swappable_arguments())


def swappable_arguments() -> Iterator[str]:
    for path in SOURCES:
        for function in functions_of(path):
            positional = {argument.arg for argument in [*function.args.posonlyargs, *function.args.args]}
            names = positional | {argument.arg for argument in function.args.kwonlyargs}
            both = {"predictions", "references"}
            # `evaluate` calls `_compute` itself, by name.
            if names >= both and positional & both and function.name != "_compute":
                yield f"{name_of(path)}:{function.lineno} {function.name} lets predictions and references be swapped."


def test_only_the_command_line_prints():
    refuse(printing_lines())


def printing_lines() -> Iterator[str]:
    for path in SOURCES:
        if stage_of(path) == "cli" or path.name == "__main__.py":
            continue
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Call) and dotted(node.func) == "print":
                yield f"{name_of(path)}:{node.lineno} prints; a library logs."


def test_randomness_is_an_argument():
    refuse(global_generators())


def global_generators() -> Iterator[str]:
    allowed = re.compile(r"(np|numpy)\.random\.(Generator|BitGenerator|SeedSequence|PCG64|Philox|default_rng)$")
    for path in SOURCES:
        modules = set(imported_modules(path))
        names = {name for name in map(dotted, ast.walk(TREES[path])) if not allowed.match(name)}
        found = {name for name in names if re.match(r"(np|numpy)\.random\.\w", name)}
        found |= {name for name in names if re.match(r"random\.(?!Random$)\w", name)} if "random" in modules else set()
        found |= {name for name in modules if re.match(r"random\.(?!Random$)\w", name)}
        found |= names & {"torch.manual_seed", "torch.random.manual_seed", "torch.cuda.manual_seed_all"}
        if found:
            yield f"{name_of(path)} uses the global generator ({sorted(found)}); take an `rng` or a `seed`."


def documented_arguments(docstring: str) -> list[str]:
    """Names in the ``Args:`` section of a Google docstring, in order; ``a, b: text`` documents two."""
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n|\s*\n)*)", f"{docstring}\n", re.MULTILINE)
    if section is None:
        return []
    entries = re.findall(r"^ {4}([*\w][\w*, ]*?)(?: \([^)]*\))?:", section[1], re.MULTILINE)
    return [name.strip() for entry in entries for name in entry.split(",")]


def real_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    names = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    names += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    names += [argument.arg for argument in arguments.kwonlyargs]
    names += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return [name for name in names if name not in ("self", "cls")]


def test_documented_arguments_are_the_real_ones_in_order():
    refuse(misdocumented_functions())


def misdocumented_functions() -> Iterator[str]:
    for path in SOURCES:
        for function in functions_of(path):
            documented = documented_arguments(ast.get_docstring(function) or "")
            if documented and documented != (real := real_arguments(function)):
                yield f"{name_of(path)}:{function.lineno} {function.name} documents {documented} but takes {real}."


def test_documented_arguments_are_read_from_a_google_docstring():
    arguments = "    first, second: Two.\n        More: of it.\n    *rest (int): Others.\n"
    docstring = f"Do it.\n\nArgs:\n{arguments}\nReturns:\n    x: y"
    assert documented_arguments(docstring) == ["first", "second", "*rest"]


def test_features_name_the_width_of_a_float():
    """`Value("float")` is float32, which once turned a perfect ranking into nan."""
    narrow = re.compile(r"Value\(\s*[\"']float[\"']\s*\)")
    refuse(name_of(path) for path in SOURCES if narrow.search(path.read_text("utf-8")))
