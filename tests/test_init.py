import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import evalmuse_hf

HEAVY = ("torch", "numpy", "scipy", "pandas", "transformers", "datasets", "evaluate", "accelerate", "peft", "PIL")
PUBLIC = {
    "EvalMuse40K",
    "FGABlip2Config",
    "FGABlip2ForAlignment",
    "FGABlip2Processor",
    "FGATrainer",
    "FGATrainingArguments",
    "__version__",
    "load_scorer",
}


def run_python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_no_dependency():
    program = f"import sys, evalmuse_hf; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert run_python(program).strip() == "[]"


def test_listing_the_names_imports_no_dependency():
    program = f"import sys, evalmuse_hf; dir(evalmuse_hf); print([name for name in {HEAVY!r} if name in sys.modules])"
    assert run_python(program).strip() == "[]"


def test_the_public_names_are_the_promised_ones():
    assert set(evalmuse_hf.__all__) == PUBLIC
    assert set(dir(evalmuse_hf)) >= PUBLIC


def test_type_checkers_and_python_find_the_names_in_the_same_place():
    tree = ast.parse(Path(evalmuse_hf.__file__).read_text("utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evalmuse_hf")
        for alias in node.names
    }
    assert imported == evalmuse_hf._HOMES


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_a_public_name_is_imported_at_first_use(name):
    home = evalmuse_hf._HOMES[name]
    assert getattr(evalmuse_hf, name) is getattr(importlib.import_module(home), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'FGABlip3'"):
        _ = evalmuse_hf.FGABlip3
