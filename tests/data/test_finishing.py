import json

from evalmuse_hf.data.finishing import _pair_names, ranking_rows
from evalmuse_hf.data.shards import ShardResult, ShardTask


def finished(*shards: tuple[str, int | None, int]):
    nothing = dict.fromkeys(("pairs", "prompts", "ratings"), 0)
    return [
        (
            ShardTask(index=index, split=split, fold=fold, source=None, groups=()),
            ShardResult(
                n_pairs=n_pairs, n_rated=0, n_prompts=0, rows=nothing, table_bytes=nothing, file_bytes=nothing,
                sha256={}, problems=(), n_elements=0, element_problems=(),
            ),
        )
        for index, (split, fold, n_pairs) in enumerate(shards)
    ]  # fmt: skip


def test_files_are_numbered_within_their_split_and_fold():
    names = _pair_names(finished(("train", 0, 5), ("train", 0, 5), ("train", 1, 5), ("test", None, 5)))
    assert list(names.values()) == [
        "data/train-fold0-00000-of-00002.parquet",
        "data/train-fold0-00001-of-00002.parquet",
        "data/train-fold1-00000-of-00001.parquet",
        "data/test-00000-of-00001.parquet",
    ]


def test_a_shard_of_which_nothing_is_left_has_no_file():
    names = _pair_names(finished(("train", None, 5), ("train", None, 0), ("train", None, 5)))
    assert list(names.values()) == ["data/train-00000-of-00002.parquet", None, "data/train-00001-of-00002.parquet"]


def test_ranking_prompts_are_read_from_an_object_and_from_a_list(tmp_path):
    prompt = {"prompt": "a cat", "element_score": {"cat (animal)": None}}
    path = tmp_path / "prompt_t2i.json"
    for content in ({"a cat": prompt, "odd": 3}, [prompt, {"prompt": 7}]):
        path.write_text(json.dumps(content), "utf-8")
        rows, problems = ranking_rows(path)
        assert [(row["prompt_id"], row["prompt"]) for row in rows] == [("00000", "a cat")]
        assert [problem.reason for problem in problems] == ["bad_ranking_prompt"]


def test_elements_of_ranking_prompts_may_be_text_and_must_have_a_category(tmp_path):
    path = tmp_path / "prompt_t2i.json"
    records = [
        {"prompt": "a cat", "element_score": "{'cat (animal)': None}"},
        {"prompt": "b", "element_score": {"b": 0}},
    ]
    path.write_text(json.dumps(records), "utf-8")
    rows, problems = ranking_rows(path)
    assert [row["elements"][0]["category"] for row in rows] == ["animal/human"]
    assert [problem.reason for problem in problems] == ["bad_element_key"]
