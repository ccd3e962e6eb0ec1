from contextlib import closing

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.store.engine import Store, sqlite_engine
from evalmuse_hf.annotations.store.tables import APPEND_ONLY, metadata, name_key, raters


@pytest.mark.parametrize(
    "left, right",
    [("Anna", "ANNA"), ("straße", "STRASSE"), ("\u212bsa", "åsa"), ("\uff21nna", "anna"), ("İ", "i\u0307")],
)
def test_names_that_differ_only_in_case_or_form_have_one_key(left, right):
    assert name_key(left) == name_key(right)


def test_names_that_differ_have_two_keys():
    assert len({name_key(name) for name in ("anna", "ana", "änna", "anna b")}) == 4


def test_a_rater_gets_the_key_of_its_name_whoever_writes_it(tmp_path):
    with closing(Store(sqlite_engine(tmp_path / "a.db"))) as store:
        metadata.create_all(store.engine)
        row = {"login": "token", "is_organiser": False, "is_active": True, "created_at": 0.0}
        with store.begin() as connection:
            connection.execute(sa.insert(raters), [{"name": "Anna", **row}, {"name": "BOB", **row}])
            assert list(connection.scalars(sa.select(raters.c.name_key))) == ["anna", "bob"]
        with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
            connection.execute(sa.insert(raters).values(name="ANNA", **row))


def test_what_is_append_only_are_tables():
    assert set(APPEND_ONLY) <= set(metadata.tables)
