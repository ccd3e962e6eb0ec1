import json
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images import importing
from evalmuse_hf.images.generation import generate_pictures
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.importing import import_pictures
from evalmuse_hf.images.manifest import MANIFEST_COLUMNS
from evalmuse_hf.images.picture_prompts import PicturePrompt
from evalmuse_hf.mini.picture_generator import DrawnWorldGenerator

PROMPTS = [PicturePrompt(f"{number:05d}", f"prompt {number}", {"elements": ["x"]}) for number in range(4)]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


@pytest.fixture
def made(tmp_path, picture):
    """A folder with three good pictures, made elsewhere."""
    folder = tmp_path / "made"
    folder.mkdir()
    for name, seed in (("00000.png", 1), ("00001.png", 2), ("00001_1.png", 3)):
        (folder / name).write_bytes(picture(seed, as_bytes=True))
    return folder


def read_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def reasons(summary):
    return sorted((problem.place, problem.reason) for problem in summary.problems)


def bomb():
    """A PNG of a few bytes that says it has 100,000 x 100,000 pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_the_manifest_has_the_columns_of_generated_pictures_and_null_for_the_unknown(tmp_path, made, picture):
    summary = import_pictures(made, PROMPTS[:2], tmp_path / "out", generator="MJ", license="theirs")
    assert (summary.imported, summary.kept, summary.problems) == (3, 0, ())
    assert summary.counts == {"MJ": {"ok": 3}}
    rows = read_lines(tmp_path / "out/manifest.jsonl")
    assert [row["id"] for row in rows] == ["MJ/00000_0", "MJ/00001_0", "MJ/00001_1"]
    first = rows[0]
    assert tuple(first) == MANIFEST_COLUMNS
    unknown = ("seed", "parameters", "model", "revision", "libraries", "seconds", "created")
    assert [first[name] for name in unknown] == [None] * len(unknown)
    assert (first["license"], first["origin"], first["width"]) == ("theirs", "imported", 16)
    content = (tmp_path / "out" / first["path"]).read_bytes()
    assert content == picture(1, as_bytes=True)  # the file as it was, not stored anew
    assert content_hash(content) == first["sha256"]
    pairs = read_lines(tmp_path / "out/pairs.jsonl")
    assert [(pair["prompt_id"], pair["elements"]) for pair in pairs] == [("00000", ["x"]), *[("00001", ["x"])] * 2]


def test_importing_again_changes_nothing(tmp_path, made):
    import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    before = (tmp_path / "out/manifest.jsonl").read_bytes()
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert (summary.imported, summary.kept) == (0, 3)
    assert reasons(summary) == [("00002", "no_picture"), ("00003", "no_picture")]
    assert (tmp_path / "out/manifest.jsonl").read_bytes() == before


def test_what_is_wrong_is_counted_and_listed_and_takes_nothing_else_with_it(tmp_path, made, picture):
    files = {
        "00002.png": SVG,
        "00002_1.png": b"<!doctype html>",
        "00002_2.png": b"",
        "00002_3.png": picture(4, as_bytes=True)[:60],
        "00002_4.png": bomb(),
        "00002_5.png": picture(1, as_bytes=True),
        "holiday.png": picture(5, as_bytes=True),
    }
    for name, content in files.items():
        (made / name).write_bytes(content)
    os.mkfifo(made / "00003.png")
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert (summary.imported, summary.counts) == (3, {"MJ": {"ok": 3}})
    assert reasons(summary) == [
        ("00002", "no_picture"),
        ("00002.png", "unreadable"),
        *((f"00002_{k}.png", "unreadable") for k in (1, 2, 3, 4)),
        ("00002_5.png", "duplicate"),
        ("00003", "no_picture"),
        ("00003.png", "unreadable"),
        ("holiday.png", "unmatched"),
    ]
    listed = read_lines(tmp_path / "out/import_problems.jsonl")
    assert len(listed) == len(summary.problems)
    assert all(row["message"].endswith((".", ")")) for row in listed)


def test_the_same_pixels_in_another_format_are_a_duplicate(tmp_path, made, picture):
    picture(1).save(made / "00003.bmp")
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert ("00003.bmp", "duplicate") in reasons(summary)
    assert "shows the same pixels as MJ/00000_0" in summary.problems[0].message


def test_another_picture_for_a_place_that_is_taken_is_refused(tmp_path, made, picture):
    import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    (made / "00000.png").write_bytes(picture(9, as_bytes=True))
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert ("00000.png", "taken") in reasons(summary)


def test_black_pictures_are_taken_with_a_status_and_make_no_pair(tmp_path, made):
    Image.new("RGB", (9, 9)).save(made / "00002.png")
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert summary.statuses == {"ok": 3, "black": 1}
    assert len(read_lines(tmp_path / "out/pairs.jsonl")) == 3


def test_the_folders_of_the_release_name_the_generators(tmp_path, picture):
    for name in ("SDXL/00000.png", "SDXL/00001_2.png", "IF/00001.png", "00003.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(picture(len(name) + ord(name[0]), as_bytes=True))
    summary = import_pictures(tmp_path / "images", PROMPTS, tmp_path / "out")
    assert {name: counts["ok"] for name, counts in summary.counts.items()} == {"IF": 1, "SDXL": 2}
    assert ("00003.png", "no_generator") in reasons(summary)


def test_rows_without_k_are_numbered_and_recognized_again(tmp_path, made):
    rows = [{"image": name, "prompt_id": "00001", "generator": "G"} for name in ("00000.png", "00001.png")]
    (made / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {**rows[0], "image": "no.png"}]))
    summary = import_pictures(made / "t.jsonl", PROMPTS, tmp_path / "out")
    assert [row["k"] for row in read_lines(tmp_path / "out/manifest.jsonl")] == [0, 1]
    assert ("line 3 of t.jsonl", "missing") in reasons(summary)
    again = import_pictures(made / "t.jsonl", PROMPTS, tmp_path / "out")
    assert (again.imported, again.kept) == (0, 2)


def test_links_leave_the_file_where_it_is(tmp_path, made):
    import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ", link=True)
    assert (tmp_path / "out/images/MJ/00000_0.png").samefile(made / "00000.png")
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ", link=True)
    assert summary.kept == 3


def test_a_huge_file_is_not_opened(tmp_path, made, monkeypatch):
    monkeypatch.setattr(importing, "MAX_BYTES", 100)
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert summary.imported == 0
    place = summary.problems[0].place
    assert summary.problems[0].message == f"Cannot read picture '{place}': its file has more than 100 bytes."


def test_generated_and_imported_pictures_share_a_folder_but_no_name(tmp_path, made):
    generate_pictures(PROMPTS, [DrawnWorldGenerator("Drawer_v1")], tmp_path / "out")
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    assert summary.counts == {"Drawer_v1": {"ok": 4}, "MJ": {"ok": 3}}
    summary = import_pictures(made, PROMPTS, tmp_path / "out", generator="Drawer_v1")
    assert (summary.imported, [problem.reason for problem in summary.problems[:3]]) == (0, ["other_generator"] * 3)
    message = summary.problems[0].message
    assert "another origin ('generated', now 'imported')" in message
    assert "give the pictures another generator" in message
    assert "NEW=" not in message


def test_names_that_cannot_be_used_take_no_other_picture_with_them(tmp_path, picture):
    for number, name in enumerate(("Other/00000.png", "GenA/00000.png", "gena/00001.png", "zeta/00002.png")):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(picture(number, as_bytes=True))
    summary = import_pictures(tmp_path / "in", PROMPTS, tmp_path / "out")
    assert (summary.imported, len(read_lines(tmp_path / "out/manifest.jsonl"))) == (3, 3)
    assert ("gena/00001.png", "other_generator") in reasons(summary)


def test_a_table_that_breaks_off_leaves_what_was_taken_before(tmp_path, made):
    good = {"image": "00000.png", "prompt_id": "00000", "generator": "G"}
    (made / "t.jsonl").write_text(json.dumps(good) + "\n" + json.dumps({"image": "x"}) + "\n")
    with pytest.raises(ValueError, match="says nothing of a prompt"):
        import_pictures(made / "t.jsonl", PROMPTS, tmp_path / "out")
    assert [row["id"] for row in read_lines(tmp_path / "out/manifest.jsonl")] == ["G/00000_0"]
    assert len(read_lines(tmp_path / "out/pairs.jsonl")) == 1


def test_problems_of_each_import_are_added_and_name_it(tmp_path, made, picture):
    (made / "none.png").write_bytes(picture(5, as_bytes=True))
    other = tmp_path / "other"
    other.mkdir()
    for source in (made, other):
        import_pictures(source, PROMPTS[:1], tmp_path / "out", generator="MJ")
    listed = [(row["source"], row["reason"]) for row in read_lines(tmp_path / "out/import_problems.jsonl")]
    assert listed == [(str(made), "unmatched")] * 3 + [(str(other), "no_picture")]


def test_a_leaner_list_of_prompts_takes_nothing_from_earlier_pairs(tmp_path, made):
    import_pictures(made, PROMPTS, tmp_path / "out", generator="MJ")
    before = (tmp_path / "out/pairs.jsonl").read_bytes()
    lean = [PicturePrompt(prompt.prompt_id, prompt.text) for prompt in PROMPTS]
    import_pictures(made, lean, tmp_path / "out", generator="MJ")
    assert (tmp_path / "out/pairs.jsonl").read_bytes() == before


@pytest.mark.parametrize("as_table", [False, True], ids=["folder", "table"])
def test_a_picture_whose_file_is_gone_is_taken_again(tmp_path, made, as_table):
    source = made
    if as_table:
        rows = [{"image": name, "prompt_id": "00001", "generator": "MJ"} for name in ("00001.png", "00001_1.png")]
        source = made / "t.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_pictures(source, PROMPTS, tmp_path / "out", generator="MJ")
    before = read_lines(tmp_path / "out/manifest.jsonl")
    (tmp_path / "out/images/MJ/00001_1.png").unlink()
    summary = import_pictures(source, PROMPTS, tmp_path / "out", generator="MJ")
    assert (summary.imported, summary.kept) == (1, len(before) - 1)
    after = read_lines(tmp_path / "out/manifest.jsonl")
    assert after == [{**row, "attempt": 1 + row["id"].endswith("1_1")} for row in before]


def test_a_folder_with_files_of_others_is_refused(tmp_path, made):
    (made / "prompts.jsonl").write_text('{"id": "00000", "prompt": "mine"}\n')
    with pytest.raises(ValueError, match=r"holds prompts\.jsonl, and no journals/"):
        import_pictures(made, PROMPTS, made, generator="MJ")
    assert (made / "prompts.jsonl").read_text() == '{"id": "00000", "prompt": "mine"}\n'


def test_pictures_of_other_modes_are_read_as_rgb(tmp_path):
    (tmp_path / "in").mkdir()
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(pixels).save(tmp_path / "in/00000.png")
    summary = import_pictures(tmp_path / "in", PROMPTS[:1], tmp_path / "out", generator="MJ")
    assert summary.counts == {"MJ": {"ok": 1}}
