import pytest

from evalmuse_hf.prompts import SOURCES, read_prompts


def test_a_diffusiondb_table_needs_only_its_prompt(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"image_name": "1.webp", "prompt": " a moth ", "seed": 3},
        {"image_name": "2.webp", "prompt": None, "seed": 4},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "metadata.parquet")
    (found,) = read_prompts(tmp_path / "metadata.parquet")
    assert found.row() == {"id": "metadata-000001", "prompt": "a moth", "source": "diffusiondb"}


def test_parti_prompts_carry_category_and_challenge(tmp_path):
    path = tmp_path / "P2.tsv"
    path.write_text("Prompt\tCategory\tChallenge\tNote\na newt, green\tAnimals\tColors\tnone\n")
    (found,) = read_prompts(path)
    assert (found.source, found.text) == ("parti_prompts", "a newt, green")
    assert found.attributes == {"category": "Animals", "challenge": "Colors"}


def test_gecko_prompts_carry_their_skill(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text(',dataset_id,prompt,prompt_type\n0,count/one,"one newt, wet",Gecko(S)\n')
    (found,) = read_prompts(path)
    assert (found.source, found.text, found.attributes["category"]) == ("gecko", "one newt, wet", "count/one")


def test_a_folder_of_texts_has_a_category_per_file(tmp_path):
    (tmp_path / "shape.txt").write_text("a round door\n\na square hat\n")
    (tmp_path / "color.txt").write_text("a green moth")
    found = list(read_prompts(tmp_path))
    assert [(prompt.prompt_id, prompt.attributes["category"]) for prompt in found] == [
        ("color-000001", "color"),
        ("shape-000001", "shape"),
        ("shape-000003", "shape"),
    ]
    assert {prompt.source for prompt in found} == {"t2i_compbench"} < set(SOURCES)


def test_a_text_has_a_prompt_a_line_and_a_table_may_name_its_column(tmp_path):
    (tmp_path / "mine.txt").write_text("a moth\n", "utf-8")
    assert [prompt.source for prompt in read_prompts(tmp_path / "mine.txt")] == ["text"]
    (tmp_path / "mine.csv").write_text("caption\na moth\n")
    (found,) = read_prompts(tmp_path / "mine.csv", column="caption")
    assert (found.source, found.text) == ("table", "a moth")


@pytest.mark.parametrize(
    "name, content, options, message",
    [
        ("t.csv", b"text\na\n", {}, r"row 1 of t\.csv has no column 'prompt', only text"),
        ("t.txt", b"\xff", {}, r"is not a text in UTF-8"),
        ("t.txt", b"a", {"source": "web"}, r"There is no source 'web', only diffusiondb"),
    ],
    ids=["column", "encoding", "source"],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content, options, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(read_prompts(tmp_path / name, **options))


def test_nothing_there_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"has no \.txt files"):
        list(read_prompts(tmp_path))
    with pytest.raises(ValueError, match=r"There are no prompts at"):
        list(read_prompts(tmp_path / "gone"))
