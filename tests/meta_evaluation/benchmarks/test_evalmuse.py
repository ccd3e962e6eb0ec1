import json

import pytest

from evalmuse_hf.meta_evaluation.benchmarks.evalmuse import read_evalmuse, read_evalmuse_means


def mean(picture, score):
    return {
        **{"img_path": picture, "prompt_id": "00001", "model": picture.split("/")[0], "total_score_mean": score},
        "element_score_mean": {"a cat (animal)": 1.0},
    }


@pytest.fixture
def write(tmp_path):
    def write(*records):
        path = tmp_path / "means.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        return path

    return write


def test_published_means_are_rows_without_single_ratings(write):
    rated = read_evalmuse_means(write(mean("SDXL/1.png", 4.0), mean("SD3/1.png", 3.5)))
    assert [row["overall_score"] for row in rated.rows] == [4.0, 3.5]
    assert rated.rows[0]["elements"][0]["score"] == 1.0
    assert rated.raters == {}
    assert rated.facts.in_domain == ("fga_blip2",)


def test_a_picture_with_two_means_is_refused(write):
    with pytest.raises(ValueError, match=r"means.jsonl has picture 'SDXL/1.png' twice"):
        read_evalmuse_means(write(mean("SDXL/1.png", 4.0), mean("SDXL/1.png", 3.5)))


@pytest.fixture
def built(tmp_path):
    """A data set of pairs as others may publish it: Parquet files, without the configuration of single ratings."""
    datasets = pytest.importorskip("datasets")
    from evalmuse_hf.schema import pair_features

    element = {"text": "owl", "category": "animal/human", "raw_category": "animal", "ratings": [1, 0, 1], "score": 0.7}
    rows = [
        {
            **dict.fromkeys(pair_features()),
            **{"image_path": f"A/{number}.png", "prompt_id": "1", "prompt": "an owl", "generator": "A"},
            **{"overall_ratings": [4, 5, 3], "overall_score": 4.0, "elements": [{**element, "spans": [[3, 6]]}]},
        }
        for number in range(3)
    ]
    data = datasets.Dataset.from_list(rows, features=pair_features())

    def build(ratings=None):
        (tmp_path / "data").mkdir()
        data.to_parquet(tmp_path / "data" / "test-00000-of-00001.parquet")
        configs = "- config_name: pairs\n  data_files:\n  - {split: test, path: data/test-*}\n"
        if ratings is not None:
            from evalmuse_hf.data.features import config_features

            (tmp_path / "ratings").mkdir()
            table = datasets.Dataset.from_list(ratings, features=config_features("ratings"))
            table.to_parquet(tmp_path / "ratings" / "test-00000-of-00001.parquet")
            configs += "- config_name: ratings\n  data_files:\n  - {split: test, path: ratings/test-*}\n"
        (tmp_path / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
        return tmp_path

    return build


def rating(picture, position, rater, target="overall"):
    return {
        **{"image_path": picture, "prompt_id": "1", "generator": "A", "target": target, "element_index": None},
        **{"element": None, "category": None, "rating_position": position, "rating": 4, "sure": None},
        **{"rater_id": rater, "round": 1},
    }


def test_pairs_are_read_without_looking_at_pictures(built):
    rated = read_evalmuse(built(), "test")
    assert [row["image_path"] for row in rated.rows] == ["A/0.png", "A/1.png", "A/2.png"]
    assert "image" not in rated.rows[0]
    assert rated.rows[0]["overall_ratings"] == [4, 5, 3]
    assert rated.raters == {}


def test_raters_are_named_where_all_of_a_picture_are_known(built):
    ratings = [
        *(rating("A/0.png", position, rater) for position, rater in ((2, "cy"), (0, "ann"), (1, "bob"))),
        rating("A/0.png", 0, "dee", target="element"),
        *(rating("A/1.png", position, rater) for position, rater in ((0, "ann"), (1, None), (2, "bob"))),
    ]
    assert read_evalmuse(built(ratings), "test").raters == {"A/0.png": ("ann", "bob", "cy")}


def test_a_split_that_is_not_there_is_refused(built):
    with pytest.raises(ValueError, match="The split 'dev' of"):
        read_evalmuse(built(), "dev")
