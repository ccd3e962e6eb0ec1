"""An empty store for every test, copied from one, because making its tables takes ten times as long."""

import shutil

import pytest

from evalmuse_hf.annotations.opening import open_store


@pytest.fixture(scope="session")
def first_store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "first.db"
    open_store(path, create=True, clock=lambda: 3.0).close()
    return path


@pytest.fixture
def store_file(first_store, tmp_path):
    """Path of an empty store of this test."""
    return shutil.copy(first_store, tmp_path / "a.db")
