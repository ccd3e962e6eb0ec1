import json

import pytest

from evalmuse_hf.images.foreign_pictures import find_pictures
from evalmuse_hf.images.picture_prompts import PicturePrompt

PROMPTS = [PicturePrompt("00000", "a cat"), PicturePrompt("00012", "a dog"), PicturePrompt("P_1", "a dog")]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def summary(found):
    return {p.place: (None if p.prompt is None else p.prompt.prompt_id, p.k, p.generator, p.reason) for p in found}


def test_files_are_matched_by_id_by_number_and_by_what_stands_behind(tmp_path):
    touch(tmp_path, "00000.png", "12_3.JPG", "SDXL/00012.webp", "P_1.png", "P_1_2.png", "99.png", "x.txt", ".y.png")
    assert summary(find_pictures(tmp_path, PROMPTS)) == {
        "00000.png": ("00000", 0, None, None),
        "12_3.JPG": ("00012", 3, None, None),
        "99.png": (None, None, None, "unmatched"),
        "P_1.png": ("P_1", 0, None, None),
        "P_1_2.png": ("P_1", 2, None, None),
        "SDXL/00012.webp": ("00012", 0, "SDXL", None),
    }


def test_a_link_out_of_the_folder_and_one_in_circles_are_refused(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    touch(inside, "00000.png")
    touch(outside, "secret.png")
    (inside / "00012.png").symlink_to(outside / "secret.png")
    (inside / "P_1.png").symlink_to(inside / "P_1.png")
    (inside / "P_1_1.png").symlink_to(inside / "00000.png")
    found = summary(find_pictures(inside, PROMPTS))
    assert found["00012.png"][3] == "outside"
    assert found["P_1.png"][3] == "outside"
    assert found["P_1_1.png"] == ("P_1", 1, None, None)


def write_table(tmp_path, rows):
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "t.jsonl"


def test_rows_are_matched_by_id_or_text_and_tell_what_they_know(tmp_path):
    known = {"generator": "G", "seed": "7", "k": 2, "model": "m", "revision": "r", "license": "mit", "steps": 4}
    table = write_table(
        tmp_path,
        [
            {"image": "a.png", "prompt_id": "12", **known},
            {"image": "b.png", "prompt": " a cat"},
            {"image": "c.png", "prompt": "a dog"},
            {"image": "d.png", "prompt": "a cow"},
            {"image": "e.png", "prompt_id": "P_1", "prompt": "a cat"},
            {"image": "f.png", "prompt_id": "nobody"},
            {"image": None, "prompt_id": "12"},
        ],
    )
    first, second, third, *others = find_pictures(table, PROMPTS)
    assert first.path == tmp_path.resolve() / "a.png"
    assert (first.prompt.prompt_id, first.k, first.generator, first.seed) == ("00012", 2, "G", 7)
    assert (first.model, first.revision, first.license, first.parameters) == ("m", "r", "mit", {"steps": 4})
    assert (second.prompt.prompt_id, second.k, second.seed, second.parameters) == ("00000", None, None, None)
    assert "more than one" in third.message
    assert [picture.reason for picture in others] == ["unmatched"] * 3 + ["missing"]


@pytest.mark.parametrize("path", ["../x.png", "/etc/passwd", "a/../../x.png", "zero\0.png"])
def test_a_path_that_leaves_the_folder_is_never_opened(tmp_path, path):
    (found,) = find_pictures(write_table(tmp_path, [{"image": path, "prompt_id": "12"}]), PROMPTS)
    assert (found.reason, found.path) == ("outside", None)


def test_root_says_where_paths_start(tmp_path):
    touch(tmp_path, "elsewhere/x.png")
    table = write_table(tmp_path, [{"path": "x.png", "prompt_id": "12"}])
    (found,) = find_pictures(table, PROMPTS, root=tmp_path / "elsewhere")
    assert found.path.is_file()


@pytest.mark.parametrize(
    "row, words",
    [({"prompt": "a cat"}, "no column with a picture"), ({"image": "x.png"}, "nothing of a prompt")],
    ids=["no image", "no prompt"],
)
def test_a_table_without_the_columns_is_refused(tmp_path, row, words):
    with pytest.raises(ValueError, match=words):
        list(find_pictures(write_table(tmp_path, [row]), PROMPTS))


def test_nothing_at_the_path_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no folder and no table"):
        list(find_pictures(tmp_path / "none", PROMPTS))


@pytest.mark.parametrize("column", ["k", "seed"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "x", "-2", "1.5", 1e300, "9" * 21, [1], float("inf")])
def test_what_is_no_number_from_0_on_is_a_problem(tmp_path, column, value):
    (found,) = find_pictures(write_table(tmp_path, [{"image": "x.png", "prompt_id": "12", column: value}]), PROMPTS)
    assert (found.reason, found.k, found.seed) == ("bad_number", None, None)
    assert f"has the {column} {str(value)[:60]!r}, expected a whole number from 0 on" in found.message


@pytest.mark.parametrize(
    "value, expected",
    [(2, 2), ("2", 2), (2.0, 2), ("2.0", 2), ("42.", 42), (" 7 ", 7), ("", None), (" ", None), (float("nan"), None)],
)
def test_whole_numbers_may_be_written_with_a_point_and_nothing_stays_open(tmp_path, value, expected):
    row = {"image": "x.png", "prompt_id": "12", "k": value, "seed": value}
    (found,) = find_pictures(write_table(tmp_path, [row]), PROMPTS)
    assert (found.reason, found.k, found.seed) == (None, expected, expected)


def test_an_id_of_thousands_of_digits_is_an_id(tmp_path):
    prompts = [PicturePrompt("0" + "7" * 5000, "a cat")]
    (found,) = find_pictures(write_table(tmp_path, [{"image": "x.png", "prompt_id": "7" * 5000}]), prompts)
    assert found.prompt is prompts[0]
