from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.item_rows import parse_item_row
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import item_writing
from evalmuse_hf.annotations.store.item_writing import PictureFacts, PlacedRow, read_known, write_items
from evalmuse_hf.annotations.store.tables import elements, items, prompts


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        yield opened


def placed(image, prompt_id, **columns):
    row = parse_item_row({"image": image, "prompt": f"p{prompt_id}", "prompt_id": prompt_id, **columns})
    return PlacedRow(f"row of {image}", row, Path(image), image)


def facts(*names):
    return {name: PictureFacts(sha256=name * 2, width=1, height=2) for name in names}


def test_what_the_store_has_is_found_by_path_and_by_id(store):
    rows = [placed("a", "1", elements=["x (color)", "y"]), placed("b", "2")]
    write_items(store, rows, facts("a", "b"), actor="organiser")
    with store.read() as connection:
        known = read_known(connection, [placed("a", "2"), placed("c", "3")])
    assert list(known.items) == ["a"]
    assert (known.items["a"].prompt_id, known.items["a"].sha256) == ("1", "aa")
    assert list(known.prompts) == ["2"]
    with store.read() as connection:
        assert read_known(connection, rows[:1]).prompts["1"].parts == (("x", "color", ""), ("y", None, ""))


def test_a_chunk_is_written_as_a_whole_or_not_at_all(store, monkeypatch):
    def fail(*_, **__):
        raise KeyError

    monkeypatch.setattr(item_writing, "log_event", fail)
    with pytest.raises(KeyError):
        write_items(store, [placed("a", "1", elements=["x"])], facts("a"), actor="organiser")
    with store.read() as connection:
        counts = [
            connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in (items, prompts, elements)
        ]
    assert counts == [0, 0, 0]


def test_the_first_row_of_a_prompt_says_what_its_elements_are(store):
    rows = [placed("a", "1"), placed("b", "1", elements=["x"]), placed("c", "1", elements=[])]
    written = write_items(store, rows, facts("a", "b", "c"), actor="organiser")
    assert (written.added, [problem[1] for problem in written.problems]) == (2, ["changed_prompt"])
    assert written.has_elements == {1: False, 2: False}


def test_no_rows_write_nothing(store):
    assert write_items(store, [], {}, actor="organiser").added == 0
