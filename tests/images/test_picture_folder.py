import hashlib
import json
import re

import pytest

from evalmuse_hf.images.manifest import MANIFEST_COLUMNS, PictureRecord
from evalmuse_hf.images.picture_folder import PictureFolder, safe_name
from evalmuse_hf.images.picture_generators import GeneratorDescription
from evalmuse_hf.images.picture_prompts import PicturePrompt


@pytest.fixture
def folder(tmp_path):
    folder = PictureFolder(tmp_path / "out")
    folder.open()
    yield folder
    folder.close()


@pytest.mark.parametrize("text", ["00012", "SDXL-Turbo", "SD_v1.5", "a"])
def test_plain_names_stay(text):
    assert safe_name(text) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "../x", "a/b", "a\\b", "a b", "-rf", ".hidden", "x.", "é", "x" * 300, "a\0b", "日本", "\ud800"],
)
def test_other_names_become_safe_and_stay_distinct(text):
    name = safe_name(text)
    assert name.isascii()
    assert len(name) <= 49
    assert not set(name) & set("/\\ .\0")
    assert name[0] not in "-."
    assert safe_name(text + "'") != name


def test_a_name_that_differs_only_in_what_is_replaced_is_another():
    assert safe_name("a b") != safe_name("a/b")


def test_place_of_a_picture(folder):
    assert folder.place_of("SDXL", "00012", 3) == "images/SDXL/00012_3.png"
    assert ".." not in folder.place_of("../..", "/etc/passwd", 0)


def test_prompts_are_kept_and_may_get_other_columns_but_no_other_text(folder):
    folder.register_prompts([PicturePrompt("a", "one\u2028line", {"elements": ["x"]}), PicturePrompt("b", "two")])
    folder.register_prompts([PicturePrompt("b", "two", {"elements": ["y"]}), PicturePrompt("c", "three")])
    assert [(prompt.prompt_id, prompt.text, prompt.columns) for prompt in folder.prompts()] == [
        ("a", "one\u2028line", {"elements": ["x"]}),
        ("b", "two", {"elements": ["y"]}),
        ("c", "three", {}),
    ]
    with pytest.raises(ValueError, match="prompt 'a' with another text"):
        folder.register_prompts([PicturePrompt("a", "other")])
    folder.register_prompts([PicturePrompt("a", "one\u2028line")])  # a leaner list takes nothing away
    assert folder.prompts()[0].columns == {"elements": ["x"]}
    folder.register_prompts([PicturePrompt("a", "one\u2028line", {"source": "s"})])
    assert folder.prompts()[0].columns == {"elements": ["x"], "source": "s"}


def test_ids_that_differ_only_in_case_get_files_that_do_not(folder):
    folder.register_prompts([PicturePrompt("a", "one"), PicturePrompt("b", "two")])
    folder.register_prompts([PicturePrompt("A", "three")])
    assert folder.place_of("g", "a", 0) == "images/g/a_0.png"
    digest = hashlib.sha256(b"A").hexdigest()[:8]
    assert folder.place_of("g", "A", 0) == f"images/g/A-{digest}_0.png"
    folder.close()
    again = PictureFolder(folder.path, rank=3)  # another process gives the same names, whatever it draws
    again.open()
    again.register_prompts([PicturePrompt("A", "three")])
    assert [again.place_of("g", name, 0) for name in "aA"] == [folder.place_of("g", name, 0) for name in "aA"]
    again.close()


@pytest.mark.parametrize("name", ["prompts.jsonl", "pairs.jsonl", "manifest.jsonl", "generators.json", "images"])
def test_a_folder_with_files_of_others_is_refused_before_anything_is_written(tmp_path, name):
    (tmp_path / name).mkdir() if name == "images" else (tmp_path / name).write_text('{"id": 1}\n')
    with pytest.raises(ValueError, match=f"holds {name}, and no journals/"):
        PictureFolder(tmp_path).open()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_with_other_files_may_be_used(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    folder = PictureFolder(tmp_path)
    folder.open()
    folder.register_prompts([PicturePrompt("a", "one")])
    folder.close()
    folder.open()
    folder.close()


@pytest.mark.parametrize(
    "name, content",
    [
        ("prompts.jsonl", b'{"prompt_id": "a", "prompt": "on'),
        ("prompts.jsonl", b'{"id": "a", "prompt": "one"}\n'),
        ("prompts.jsonl", b"[]\n"),
        ("prompts.jsonl", b"\xff\n"),
        ("generators.json", b'{"format": 1, "gener'),
        ("generators.json", b"[]"),
        ("generators.json", b'{"generators": [{"name": "g"}]}'),
        ("generators.json", b'{"generators": {"name": "g"}}'),
        ("journals/00000.jsonl", b'{"k": [0]}\n'),
    ],
    ids=["half", "other columns", "list", "bytes", "half", "list", "half an entry", "no list", "journal"],
)
def test_a_damaged_file_is_named(folder, name, content):
    (folder.path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{re.escape(str(folder.path / name))} is no"):
        folder.merge()


def test_a_picture_whose_file_is_gone_stays_in_the_manifest(folder):
    folder.register_prompts([PicturePrompt("a", "one")])
    for k in range(3):
        place = folder.place_of("g", "a", k)
        folder.write(place, b"12345")
        values = {"id": f"g/a_{k}", "prompt_id": "a", "prompt": "one", "generator": "g", "k": k, "path": place}
        known = {**values, "bytes": 5, "status": "ok", "message": "", "origin": "generated", "attempt": 1}
        folder.add(PictureRecord(**{**dict.fromkeys(MANIFEST_COLUMNS), **known}))
    (folder.path / "images/g/a_1.png").unlink()
    (folder.path / "images/g/a_2.png").write_bytes(b"123")
    folder.merge()
    rows = [json.loads(line) for line in (folder.path / "manifest.jsonl").read_text().splitlines()]
    assert [(row["k"], row["status"], row["message"]) for row in rows] == [
        (0, "ok", ""),
        (1, "missing", "The file images/g/a_1.png is not there any more."),
        (2, "missing", "The file images/g/a_2.png has 3 bytes; 5 were written."),
    ]
    assert len((folder.path / "pairs.jsonl").read_text().splitlines()) == 1


def test_a_generator_keeps_its_meaning_and_may_learn_its_revision(folder):
    known = GeneratorDescription("m", None, None, {"steps": 4})
    folder.register_generator("g", known, origin="generated", seed=0)
    folder.register_generator("g", GeneratorDescription("m", "c1", "mit", {"steps": 4}), origin="generated", seed=0)
    folder.register_generator("g", known, origin="generated", seed=0)
    (entry,) = json.loads((folder.path / "generators.json").read_text())["generators"]
    assert entry["revision"] == "c1"
    for other, origin, words in (
        (GeneratorDescription("m", "c2", None, {"steps": 4}), "generated", "another revision"),
        (GeneratorDescription("n", None, None, {"steps": 4}), "generated", "another model"),
        (GeneratorDescription("m", None, None, {"steps": 4, "size": [1, 1]}), "generated", "another size"),
        (known, "imported", "another origin"),
    ):
        with pytest.raises(ValueError, match=words):
            folder.register_generator("g", other, origin=origin, seed=0)


def test_one_process_of_each_number_at_a_time(folder):
    with pytest.raises(ValueError, match="Another run is writing"):
        PictureFolder(folder.path).open()
    other = PictureFolder(folder.path, rank=1)
    other.open()
    other.close()
    folder.close()
    again = PictureFolder(folder.path)
    again.open()
    again.close()


def test_half_a_picture_of_a_killed_process_is_removed_and_that_of_another_is_not(folder):
    folder.write("images/g/a_0.png", b"whole")
    for rank in (0, 1):
        (folder.path / f"images/g/.b_0.png.{rank}.part").write_bytes(b"ha")
    folder.close()
    folder.open()
    assert sorted(path.name for path in (folder.path / "images/g").iterdir()) == [".b_0.png.1.part", "a_0.png"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file"):
        PictureFolder(tmp_path / "file").open()
