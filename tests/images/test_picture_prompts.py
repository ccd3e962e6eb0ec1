import pytest

from evalmuse_hf.images.picture_prompts import PicturePrompt, read_picture_prompts


def write(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / name


def test_a_text_has_a_prompt_a_line(tmp_path):
    path = write(tmp_path, "p.txt", "\ufeffa cat\n\n  two dogs \n")
    assert read_picture_prompts(path) == [PicturePrompt("00000", "a cat"), PicturePrompt("00001", "two dogs")]


def test_a_table_keeps_its_ids_and_columns(tmp_path):
    path = write(
        tmp_path, "p.jsonl", '{"id": 7, "prompt": "a cat", "elements": ["cat"], "source": null}\n{"prompt": "b"}\n'
    )
    first, second = read_picture_prompts(path)
    assert (first.prompt_id, first.columns) == ("7", {"elements": ["cat"]})
    assert second == PicturePrompt("00001", "b")
    assert first.row() == {"prompt_id": "7", "prompt": "a cat", "elements": ["cat"]}


def test_elements_of_a_csv_are_json(tmp_path):
    path = write(tmp_path, "p.csv", 'prompt_id,prompt,elements\na,a cat,"[""cat (animal)""]"\nb,b,\n')
    assert [prompt.columns for prompt in read_picture_prompts(path)] == [{"elements": ["cat (animal)"]}, {}]


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("p.txt", "\n \n", "There is no prompt in"),
        ("p.jsonl", '{"text": "a"}\n', "line 1 of p.jsonl has no prompt"),
        ("p.jsonl", '{"prompt": " "}\n', "has no prompt"),
        ("p.jsonl", '{"prompt": "\\ud800"}\n', "half a character"),
        ("p.csv", "id,prompt\na,x\na,y\n", "Two prompts in .* are called 'a'"),
        ("p.csv", "prompt,elements\nx,cat\n", "no JSON list, got 'cat'"),
    ],
    ids=["empty", "no column", "blank", "surrogate", "doubled id", "elements"],
)
def test_what_is_no_list_of_prompts_is_refused(tmp_path, name, text, words):
    with pytest.raises(ValueError, match=words):
        read_picture_prompts(write(tmp_path, name, text))


def test_a_missing_or_binary_text_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"no list of prompts at .*none\.txt; give a text file with a prompt per line"
    ):
        read_picture_prompts(tmp_path / "none.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a text in UTF-8"):
        read_picture_prompts(tmp_path / "b.txt")
