import os
from contextlib import closing

import pytest
import sqlalchemy as sa
from PIL import Image

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import items as module
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.items import (
    add_items,
    merge_reports,
    pictures_folder,
    read_item,
    read_items,
    set_pictures_folder,
)
from evalmuse_hf.annotations.store.tables import items, prompts
from evalmuse_hf.prompts.tables import TableRow

ROWS = [
    {"image": "0.png", "prompt": "a red cat", "prompt_id": "1", "generator": "A", "elements": ["red (color)", "cat"]},
    {"image": "1.png", "prompt": "a red cat", "prompt_id": "1", "generator": "B"},
    {
        "image": "2.png",
        "prompt": "two dogs",
        "prompt_id": 2,
        "generator_license": "CC0",
        "elements": [{"text": "two", "category": "counting", "question": "Are there two dogs?"}],
    },
]


@pytest.fixture
def folder(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(4):
        Image.new("RGB", (4 + number, 3), (number, 0, 0)).save(pictures / f"{number}.png")
    return pictures


@pytest.fixture
def store(store_file):
    with closing(open_store(store_file)) as opened:
        yield opened


def reasons(report):
    return [(problem.place, problem.reason) for problem in report.problems]


def sizes(store):
    with store.read() as connection:
        rows = connection.execute(sa.select(items.c.width, items.c.height).order_by(items.c.item_id))
        return [tuple(row) for row in rows]


def test_rows_become_items_with_their_prompts(store, folder):
    report = add_items(store, ROWS, pictures=folder)
    assert (report.added, report.known, report.problems, report.item_ids) == (3, 0, (), (1, 2, 3))
    found = read_items(store)
    assert [item.image_path for item in found.values()] == ["0.png", "1.png", "2.png"]
    assert found[1].prompt is found[2].prompt
    assert [element.text for element in found[1].prompt.elements] == ["red", "cat"]
    assert (found[1].element_ids, found[3].element_ids) == ((1, 2), (3,))
    assert found[1].prompt.elements[0].raw_key == "red (color)"
    assert (found[3].questions, found[3].generator, found[3].generator_license) == (
        ("Are there two dogs?",),
        "unknown",
        "CC0",
    )
    assert sizes(store) == [(4, 3), (5, 3), (6, 3)]
    with store.read() as connection:
        assert read_item(connection, 3) == found[3]
        with pytest.raises(StoreError, match="number 9"):
            read_item(connection, 9)
    assert read_events(store, "items_added")[0].payload == {"items": 3, "prompts": 2, "elements": 3}


def test_the_same_rows_again_are_no_error_and_add_nothing(store, folder):
    add_items(store, ROWS, pictures=folder)
    again = add_items(store, [*ROWS, ROWS[0]], pictures=folder)
    assert (again.added, again.known, again.problems, again.item_ids) == (0, 4, (), (1, 2, 3))
    assert len(read_events(store, "items_added")) == 1
    assert add_items(store, [ROWS[0], ROWS[0], {**ROWS[0], "image": "3.png"}], pictures=folder).added == 1


def test_rows_are_written_in_chunks_and_progress_is_told(store, folder, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 2)
    told = []
    report = add_items(store, ROWS, pictures=folder, progress=told.append)
    assert (report.added, told, len(read_events(store, "items_added"))) == (3, [1, 2, 2, 3, 3], 2)


def test_every_bad_row_is_named_and_the_others_are_taken(store, folder, tmp_path):
    (folder / "bad.png").write_bytes(b"<svg/>")
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:40])
    (folder / "empty.png").touch()
    (folder / "out.png").symlink_to(tmp_path / "a.db")
    rows = [
        {"prompt": "no picture"},
        *({"image": name, "prompt": "x"} for name in ("bad.png", "cut.png", "empty.png", "gone.png", "out.png")),
        {"image": "../a.db", "prompt": "x"},
        ROWS[0],
        {"image": "0.png", "prompt": "another prompt"},
        {"image": "1.png", "prompt": "a red car", "prompt_id": "1"},
        {"image": "1.png", "prompt": "a red cat", "prompt_id": "1", "elements": ["cat"]},
    ]
    report = add_items(store, rows, pictures=folder)
    assert report.added == 1
    assert dict(reasons(report)) == {
        "row 1": "bad_row",
        "row 2": "unreadable",
        "row 3": "unreadable",
        "row 4": "unreadable",
        "row 5": "no_picture",
        "row 6": "bad_path",
        "row 7": "bad_path",
        "row 9": "taken",
        "row 10": "changed_prompt",
        "row 11": "changed_prompt",
    }
    assert report.counts()["unreadable"] == 3
    assert all(problem.message.startswith(f"{problem.place}: ") for problem in report.problems)
    with store.read() as connection:  # a prompt whose only picture is bad is not kept
        assert list(connection.scalars(sa.select(prompts.c.text))) == ["a red cat"]


def test_what_contradicts_the_store_is_refused_later_as_well(store, folder):
    add_items(store, ROWS, pictures=folder)
    Image.new("RGB", (9, 9)).save(folder / "0.png")
    rows = [
        ROWS[0],
        {**ROWS[2], "image": "3.png", "elements": [{"text": "two", "category": "counting", "question": "Other?"}]},
        {**ROWS[1], "prompt_id": "2", "prompt": "two dogs"},
        {**ROWS[2], "image": "3.png", "elements": ["two (counting)"]},
    ]
    report = add_items(store, rows, pictures=folder)
    assert [reason for _, reason in reasons(report)] == ["changed_picture", "changed_prompt", "taken"]
    assert report.added == 1


def test_a_table_names_its_own_rows(store, folder):
    report = add_items(store, [TableRow("line 7 of x.jsonl", {"image": "9.png", "prompt": "x"})], pictures=folder)
    assert reasons(report) == [("line 7 of x.jsonl", "no_picture")]


def test_items_without_elements_are_counted(store, folder):
    rows = [{"image": "0.png", "prompt": "x"}, ROWS[1], {**ROWS[2], "elements": []}]
    assert add_items(store, rows, pictures=folder).without_elements == 3


def test_a_file_that_is_too_large_is_not_read(store, folder, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 10)
    report = add_items(store, ROWS[:1], pictures=folder)
    assert reasons(report) == [("row 1", "unreadable")]


def test_a_picture_turned_by_its_camera_has_its_upright_size(store, folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 3)).save(folder / "turned.jpg", exif=exif)
    add_items(store, [{"image": "turned.jpg", "prompt": "x"}], pictures=folder)
    assert sizes(store) == [(3, 6)]


def test_later_folders_lie_below_the_first(store, folder, tmp_path):
    (folder / "more").mkdir()
    os.link(folder / "0.png", folder / "more" / "0.png")
    add_items(store, ROWS, pictures=folder)
    report = add_items(store, [{"image": "0.png", "prompt": "x"}], pictures=folder / "more")
    assert report.added == 1
    assert read_items(store)[report.item_ids[0]].image_path == "more/0.png"
    with pytest.raises(StoreError, match="move them there"):
        add_items(store, ROWS, pictures=tmp_path)
    with pytest.raises(StoreError, match="no folder of pictures"):
        add_items(store, ROWS, pictures=tmp_path / "no")


def test_a_store_and_its_pictures_can_be_moved_together(store, folder, tmp_path):
    with pytest.raises(StoreError, match="no pictures yet"):
        pictures_folder(store)
    add_items(store, ROWS, pictures=folder)
    store.close()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("a.db", "pictures"):
        (tmp_path / name).rename(moved / name)
    with closing(open_store(moved / "a.db")) as there:
        assert pictures_folder(there) == moved / "pictures"
        assert add_items(there, ROWS, pictures=moved / "pictures").known == 3


def test_pictures_elsewhere_are_found_by_their_whole_path(store, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    set_pictures_folder(store, elsewhere)
    assert pictures_folder(store) == elsewhere
    again = tmp_path_factory.mktemp("again")
    set_pictures_folder(store, again)
    set_pictures_folder(store, again)
    assert pictures_folder(store) == again
    assert [event.payload["before"] for event in read_events(store, "pictures_folder_set")] == [None, str(elsewhere)]
    with pytest.raises(StoreError, match="no folder of pictures"):
        set_pictures_folder(store, elsewhere / "no")


def test_reports_of_several_lists_are_added_up(store, folder):
    first = add_items(store, ROWS[:2], pictures=folder)
    second = add_items(store, [*ROWS[1:], {"prompt": "x"}], pictures=folder)
    both = merge_reports([first, second])
    assert (both.added, both.known, both.item_ids, len(both.problems)) == (3, 1, (1, 2, 3), 1)


@pytest.mark.postgres
def test_a_store_on_a_server_holds_the_same(store, folder, postgres_url):
    add_items(store, ROWS, pictures=folder)
    with closing(open_store(postgres_url, create=True)) as server:
        assert add_items(server, ROWS, pictures=folder).added == 3
        assert add_items(server, ROWS, pictures=folder).known == 3
        assert read_items(server) == read_items(store)
        assert pictures_folder(server) == folder


def test_a_list_without_a_usable_row_does_not_settle_where_pictures_are(store, folder, tmp_path):
    assert add_items(store, [{"image": "none.png", "prompt": "a"}], pictures=tmp_path / "pictures").added == 0
    (tmp_path / "elsewhere").mkdir()
    folder.joinpath("0.png").rename(tmp_path / "elsewhere" / "0.png")
    assert add_items(store, ROWS[:1], pictures=tmp_path / "elsewhere").added == 1
    assert pictures_folder(store) == tmp_path / "elsewhere"


def test_elements_that_are_not_in_their_prompt_are_counted_once_a_prompt(store, folder):
    rows = [{"image": f"{number}.png", "prompt": "a red cat", "elements": ["red", "kite"]} for number in range(3)]
    assert add_items(store, rows, pictures=folder).strange_elements == ("kite",)
