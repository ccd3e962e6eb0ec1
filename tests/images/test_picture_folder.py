import json

import pytest

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
    with pytest.raises(ValueError, match="'a' and 'A' differ in case only"):
        folder.register_prompts([PicturePrompt("A", "other")])


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
