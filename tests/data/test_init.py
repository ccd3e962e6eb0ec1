import importlib
import subprocess
import sys

import pytest

import evalmuse_hf.data


@pytest.mark.parametrize("name", evalmuse_hf.data.__all__)
def test_a_public_name_is_imported_at_first_use(name):
    home = importlib.import_module(f"evalmuse_hf.data.{evalmuse_hf.data._HOMES[name]}")
    assert getattr(evalmuse_hf.data, name) is getattr(home, name)


def test_every_public_name_has_a_home():
    assert sorted(evalmuse_hf.data._HOMES) == sorted(evalmuse_hf.data.__all__)


def test_importing_the_package_imports_neither_datasets_nor_torch():
    program = "import sys, evalmuse_hf.data; print([name for name in ('datasets', 'torch') if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'EvalMuse41K'"):
        _ = evalmuse_hf.data.EvalMuse41K
