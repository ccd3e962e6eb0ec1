import pytest

from evalmuse_hf.ranking.score_files import read_scores_to_rank
from evalmuse_hf.scoring import Scores, write_scores
from evalmuse_hf.scoring.lists import ListError

TEXT = "model,prompt_id,loss\nA,1,2.5\nB,1,\n"


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text(TEXT)
    return path


def test_our_own_file_is_read_as_it_is(tmp_path):
    row = {"image": "a.png", "generator": "A", "prompt_id": "1", "overall_score": 3.0, "status": "ok", "elements": []}
    write_scores(Scores([row], {"scorer": "tiny"}), tmp_path / "scores.parquet")
    scores = read_scores_to_rank(tmp_path / "scores.parquet")
    assert [dict(row) for row in scores.rows] == [row]
    assert scores.provenance["scorer"] == "tiny"


def test_a_model_a_prompt_and_a_number_are_enough(foreign):
    scores = read_scores_to_rank(
        foreign, score_column="loss", generator_column="model", prompt_column="prompt_id", lower_is_better=True
    )
    assert [(row["generator"], row["prompt_id"], row["overall_score"], row["image_path"]) for row in scores.rows] == [
        ("A", "1", -2.5, None),
        ("B", "1", None, None),
    ]
    assert scores.provenance["foreign"]["lower_is_better"] is True


def test_skills_are_read_too(tmp_path):
    path = tmp_path / "other.jsonl"
    path.write_text(
        '{"image": "a.png", "generator": "A", "prompt": "a red cat", "x": 1, '
        '"elements": [{"text": "red", "category": "color", "score": 0.5}]}\n'
    )
    (row,) = read_scores_to_rank(path, score_column="x").rows
    assert (row["image_path"], row["prompt_id"], row["elements"][0]["category"]) == ("a.png", "a red cat", "color")


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"score_column": "loss"},
            "has no column generator; name one of model, prompt_id, loss by --generator-column",
        ),
        ({"generator_column": "maker"}, "has no column 'maker'"),
        ({"generator_column": "model", "prompt_column": "text"}, "has no column 'text'.*--prompt-column"),
        ({"generator_column": "model"}, "has no column 'overall_score'.*--score-column"),
        ({"generator_column": "model", "score_column": "loss", "key_column": "file"}, "'file'.*--key-column"),
    ],
)
def test_a_column_that_is_not_there_is_one_sentence(foreign, options, message):
    with pytest.raises(ListError, match=message):
        read_scores_to_rank(foreign, **options)


def test_a_folder_of_pictures_is_told_how_they_get_scores_and_not_to_write_some_into_it(tmp_path):
    (tmp_path / "models/old").mkdir(parents=True)
    (tmp_path / "models/old/00000.PNG").write_bytes(b"")
    with pytest.raises(ListError) as caught:
        read_scores_to_rank(tmp_path / "models")
    said = str(caught.value).replace(str(tmp_path), "")
    assert said == (
        "/models holds pictures and no scores; take them in with `evalmuse images import /models --prompts FILE --out "
        "pictures`, then score pictures/pairs.jsonl with `evalmuse score`, and rank that."
    )
    (tmp_path / "models/old/00000.PNG").unlink()
    with pytest.raises(ListError, match="models holds no scores; write them with"):
        read_scores_to_rank(tmp_path / "models")


def test_a_plain_file_without_a_status_needs_no_option(tmp_path):
    path = tmp_path / "base.csv"
    path.write_text("generator,overall_score,prompt_id\nA,2.5,1\nB,,1\n")
    scores = read_scores_to_rank(path)
    assert [(row["generator"], row["prompt_id"], row["overall_score"], row["status"]) for row in scores.rows] == [
        ("A", "1", 2.5, "ok"),
        ("B", "1", None, "not_scored"),
    ]
